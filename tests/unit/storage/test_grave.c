/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* What a deleted mailbox leaves behind, and when that is removed. */
#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/base/compat.h"
#include "storage/index/store_state.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

/* Count the rows in the index that belong to messages. */
static int
count_rows(void)
{
	static const char query[] = "SELECT (SELECT count(*) FROM entry)"
	    " + (SELECT count(*) FROM name) + (SELECT count(*) FROM content)"
	    " + (SELECT count(*) FROM structure)"
	    " + (SELECT count(*) FROM header)"
	    " + (SELECT count(*) FROM share) + (SELECT count(*) FROM grave)"
	    " + (SELECT count(*) FROM expunged)"
	    " + (SELECT count(*) FROM keyword)";
	sqlite3 *db;
	sqlite3_stmt *stmt;
	char path[96];
	int n;

	(void)snprintf(path, sizeof(path), "%s/penfold/index.db", su.root);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, query, -1, &stmt, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

/* Count the messages in folders of deleted mailboxes. */
static int
files_in_graves(void)
{
	char pattern[128];
	glob_t g;
	int n = 0;

	(void)snprintf(pattern, sizeof(pattern),
	    "%s/penfold/expunged/mailbox.*/cur/*", su.root);
	if (glob(pattern, 0, NULL, &g) == 0) {
		n = (int)g.gl_pathc;
		globfree(&g);
	}
	return n;
}

START_TEST(test_deleted_mailbox_leaves_nothing)
{
	struct idset set;
	struct view *v, *w;
	struct buf b;
	char dir[128];

	su_do(folder_create_new(su.store, SLICE_LIT("Big"), 0), STORE_OK);
	for (int i = 0; i < 450; i++)
		(void)su_append(su.proc, su.store, "Big", SU_BODY_CRLF, 0);
	v = su_select(su.proc, su.store, "Big");
	idset_init(&set, IDSET_NOLIMIT);
	(void)idset_add_range(&set, 1, 10);
	su_do(copy_new(v, &set, SLICE_LIT("Big"), false), STORE_OK);
	su_do(expunge_all_new(v, &set), STORE_OK);
	idset_clear(&set);
	(void)idset_add_range(&set, 11, 20);
	su_do(copy_new(v, &set, SLICE_LIT("Trash"), true), STORE_OK);
	/* Files of other programs in the Maildir are deleted with it. */
	(void)snprintf(dir, sizeof(dir), "%s/.Big/courierimapkeywords",
	    su.root);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	(void)strlcat(dir, "/:list", sizeof(dir));
	ck_assert_int_ge(close(open(dir, O_WRONLY | O_CREAT, 0600)), 0);
	ck_assert_int_gt(count_rows(), 0);
	su_do(folder_delete_new(su.store, SLICE_LIT("Big")), STORE_OK);
	su_turn_until(su_count_names("penfold/expunged", "") == 0);
	w = su_select(su.proc, su.store, "Trash");
	ck_assert_uint_eq(view_exists(w), 10);
	buf_init(&b, 10000);
	su_body(w, 1, &b);
	ck_assert(slice_eq_str(buf_slice(&b), SU_BODY_CRLF));
	buf_clear(&b);
	view_close(w);
	su_do(folder_delete_new(su.store, SLICE_LIT("Trash")), STORE_OK);
	su_turn_until(count_rows() == 0);
	su_turn_until(su_count_names("penfold/expunged", "") == 0);
	view_close(v);
	idset_clear(&set);
}
END_TEST

/* After a crash, the next process to open the index empties the grave. */
START_TEST(test_grave_outlives_a_crash)
{
	static const char left[] =
	    "INSERT INTO grave VALUES (999);"
	    "INSERT INTO entry VALUES (999, 1, 0, 0, 1, 0, 0);"
	    "INSERT INTO name (mailbox, uid, base) VALUES (999, 1, 'x');";
	char path[256];
	sqlite3 *db;

	su_do(folder_create_new(su.store, SLICE_LIT("A"), 0), STORE_OK);
	store_close(su.store);
	su_process_free(su.proc);
	(void)snprintf(path, sizeof(path), "%s/penfold/index.db", su.root);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, left, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	(void)snprintf(path, sizeof(path),
	    "mkdir -p %s/penfold/expunged/mailbox.999/cur && "
	    "touch %s/penfold/expunged/mailbox.999/cur/x", su.root, su.root);
	ck_assert_int_eq(system(path), 0);
	ck_assert_int_eq(count_rows(), 3);
	su.delays.purge_first_ms = 0;
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	su_turn_until(count_rows() == 0);
	su_turn_until(su_count_names("penfold/expunged", "") == 0);
}
END_TEST

/*
 * As long as a power cut may bring a deleted mailbox back, its mail is not
 * removed.
 */
START_TEST(test_mail_stays_until_its_grave_is_on_disk)
{
	su_do(folder_create_new(su.store, SLICE_LIT("A"), 0), STORE_OK);
	(void)su_append(su.proc, su.store, "A", SU_BODY_CRLF, 0);
	shim_set(&(struct shim_rule){ .calls = SHIM_SYNC,
	    .path = "/index.db-wal", .errnum = EIO });
	su_do(folder_delete_new(su.store, SLICE_LIT("A")), STORE_ERR_UNSURE);
	su_turn_until(TAILQ_EMPTY(&su.proc->jobs));
	ck_assert_uint_gt(shim_clear(), 0);
	ck_assert_int_eq(su_count_names("penfold/expunged", "mailbox."), 1);
	ck_assert_int_eq(files_in_graves(), 1);
}
END_TEST

static int
cut_wal_index(const struct shim_event *ev, void *arg)
{
	char path[128];

	(void)ev;
	(void)arg;
	(void)snprintf(path, sizeof(path), "%s/penfold/index.db-shm",
	    su.root);
	ck_assert_int_eq(truncate(path, 0), 0);
	return 0;
}

/*
 * The COMMIT of a DELETE is lost, with the index that it was written to, and
 * nobody knows whether the mailbox is deleted.  Its folder is, in the end.
 */
START_TEST(test_lost_delete_leaves_nothing)
{
	su_do(folder_create_new(su.store, SLICE_LIT("A"), 0), STORE_OK);
	(void)su_append(su.proc, su.store, "A", SU_BODY_CRLF, 0);
	shim_hook(SHIM_WRITE, "/index.db-wal", cut_wal_index, NULL);
	su_do(folder_delete_new(su.store, SLICE_LIT("A")), STORE_ERR_UNSURE);
	(void)shim_clear();
	ck_assert_int_eq(su_count_names("penfold/expunged", "mailbox."), 1);
	su.delays.purge_first_ms = 0;
	su.delays.purge_ms = 10;
	su.options.expunged_keep = 0;
	su_restart();
	ck_assert_uint_eq(su_mailbox_id("A"), 0);
	su_turn_until(count_rows() == 0);
	su_turn_until(su_count_names("penfold/expunged", "") == 0);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_deleted_mailbox_leaves_nothing);
	tcase_add_test(tc, test_grave_outlives_a_crash);
	tcase_add_test(tc, test_mail_stays_until_its_grave_is_on_disk);
	tcase_add_test(tc, test_lost_delete_leaves_nothing);
	(void)slices;
}

Suite *
suite_grave(void)
{
	return su_suite("grave", add_tests);
}
