/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* What was expunged is removed when its time is up, in pieces. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "storage/index/due.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

#define MESSAGES	6

/* Run SQL on the index of the user, by a connection of its own. */
static void
execute(const char *text)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(su.store->db_path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/*
 * Expunge messages of INBOX and Sent, UID 1 from each, then UID 2, and so on.
 * The first was expunged longest ago, and all but the last too long ago.
 */
static void
expunge_some(void)
{
	static const char *const boxes[] = { "INBOX", "Sent" };

	for (int i = 0; i < MESSAGES; i++) {
		struct view *v;

		(void)su_append(su.proc, su.store, boxes[i % 2],
		    SU_BODY_CRLF, FLAG_DELETED);
		v = su_select(su.proc, su.store, boxes[i % 2]);
		su_do(expunge_new(v, NULL), STORE_OK);
		view_close(v);
	}
	execute("UPDATE expunged SET time = time + uid * 20 - 10000 - "
	    "(SELECT count(*) FROM mailbox m "
	    "WHERE m.id = expunged.mailbox AND m.name = 'INBOX');"
	    "UPDATE expunged SET time = time + 10000 WHERE uid = 3 AND "
	    "mailbox = (SELECT id FROM mailbox WHERE name = 'Sent')");
	ck_assert_int_eq(su_count_names("penfold/expunged", ""), MESSAGES);
}

static void
purge(void)
{
	su.store->purge_due_ms = 0;
	due_touch(su.store);
	su_turn_until(su.store->purge_due_ms != 0 && !su.store->purge_job);
}

/* What a hook has seen. */
struct seen {
	unsigned int	 unlinks;
	unsigned int	 locked;	/* of them, within a transaction */
	unsigned int	 disorder;	/* of them, older than the one before */
	unsigned int	 uid;		/* of the last one */
};

static int
on_unlink(const struct shim_event *ev, void *arg)
{
	struct seen *s = arg;
	unsigned int uid = 0;
	const char *dot = strrchr(ev->path, '.');

	if (dot != NULL)
		(void)sscanf(dot, ".%u", &uid);
	s->unlinks++;
	s->locked += sql_in_tx(su.store->db);
	s->disorder += uid < s->uid;
	s->uid = uid;
	return 0;
}

/*
 * The oldest files go first, and while files are unlinked, which can take long,
 * others can write to the index.
 */
START_TEST(test_purge_without_the_lock)
{
	struct seen seen = { 0 };

	expunge_some();
	shim_hook(SHIM_UNLINK, "expunged/message", on_unlink, &seen);
	purge();
	(void)shim_clear();
	ck_assert_uint_eq(seen.unlinks, MESSAGES - 1);
	ck_assert_uint_eq(seen.locked, 0);
	ck_assert_uint_eq(seen.disorder, 0);
	ck_assert_int_eq(su_count_names("penfold/expunged", ""), 1);
}
END_TEST

/*
 * If the index cannot be written, files are gone all the same, and their rows
 * are cleared by the next purge.
 */
START_TEST(test_purge_on_a_full_disk)
{
	expunge_some();
	shim_set(&(struct shim_rule){ .calls = SHIM_WRITE,
	    .path = "index.db-wal", .errnum = ENOSPC });
	purge();
	ck_assert_uint_gt(shim_clear(), 0);
	ck_assert_int_eq(su_count_names("penfold/expunged", ""), 1);
	su.store->disk_full = false;
	purge();
	execute("CREATE TEMP TABLE one (n CHECK (n = 1));"
	    "INSERT INTO one SELECT count(*) FROM expunged "
	    "WHERE content <> 0 OR base IS NOT NULL;"
	    "DELETE FROM one; INSERT INTO one SELECT count(*) FROM content");
}
END_TEST

/* Two processes may purge at once. */
START_TEST(test_two_purges)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);

	expunge_some();
	su.store->purge_due_ms = st->purge_due_ms = 0;
	due_touch(su.store);
	due_touch(st);
	while (su.store->purge_due_ms == 0 || su.store->purge_job ||
	    st->purge_due_ms == 0 || st->purge_job)
		su_turn_all();
	ck_assert_int_eq(su_count_names("penfold/expunged", ""), 1);
	execute("CREATE TEMP TABLE one (n CHECK (n = 1));"
	    "INSERT INTO one SELECT count(*) FROM content");
	store_close(st);
	su_process_free(other);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	(void)slices;
	tcase_add_test(tc, test_purge_without_the_lock);
	tcase_add_test(tc, test_purge_on_a_full_disk);
	tcase_add_test(tc, test_two_purges);
}

Suite *
suite_purge(void)
{
	return su_suite("purge", add_tests);
}
