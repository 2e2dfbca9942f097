/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Old files in tmp/ are removed, a few times a day. */
#include "config.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <sqlite3.h>

#include "storage/index/due.h"
#include "storage/index/store_state.h"
#include "storage/store.h"
#include "tests/unit/storeutil.h"

static void
sweep(void)
{
	su.store->purge_due_ms = 0;
	due_touch(su.store);
	su_turn_until(su.store->purge_due_ms != 0 && !su.store->sweep_job);
}

/* Let it be long ago that tmp/ was swept. */
static void
forget(void)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(su.store->db_path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "UPDATE meta SET value = "
	    "value - 8 * 3600 WHERE key = 'swept'", NULL, NULL, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(sqlite3_changes(db), 1);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

static void
make_file(const char *name)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", su.root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(close(fd), 0);
}

START_TEST(test_old_files_in_tmp)
{
	char path[128];

	/* The first command makes the folders. */
	ck_assert_uint_eq(su_messages(su.proc, su.store, "Sent"), 0);
	su.proc->delays.tmp_s = 3600;
	make_file("tmp/a");
	make_file(".Sent/tmp/b");
	make_file(".Sent/tmp/c");
	su_deliver("d", SU_BODY_LF);
	(void)snprintf(path, sizeof(path), "%s/tmp/folder", su.root);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	sweep();
	ck_assert_int_eq(su_count_names("tmp", ""), 2);
	ck_assert_int_eq(su_count_names(".Sent/tmp", ""), 2);
	su.proc->delays.tmp_s = 0;
	sweep();
	ck_assert_int_eq(su_count_names("tmp", ""), 2);
	forget();
	sweep();
	ck_assert_int_eq(su_count_names("tmp", ""), 1);
	ck_assert_int_eq(su_count_names(".Sent/tmp", ""), 0);
	ck_assert_uint_eq(su_messages(su.proc, su.store, "INBOX"), 1);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_old_files_in_tmp);
	(void)slices;
}

Suite *
suite_sweep(void)
{
	return su_suite("sweep", add_tests);
}
