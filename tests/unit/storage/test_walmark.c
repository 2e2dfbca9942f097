/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * An index some of whose files were removed, renamed or restored from a backup
 * by other programs, while it was in use or not.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "storage/index/checkpoint.h"
#include "storage/index/index.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/index/vfs.h"
#include "storage/index/walmark.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

static void
move(const char *from, const char *to)
{
	ck_assert_int_eq(rename(su_in_penfold(from), su_in_penfold(to)), 0);
}

static void
copy(const char *from, const char *to)
{
	static char data[1 << 20];
	FILE *f = fopen(su_in_penfold(from), "r");
	size_t len;

	ck_assert_ptr_nonnull(f);
	len = fread(data, 1, sizeof(data), f);
	ck_assert_uint_lt(len, sizeof(data));
	(void)fclose(f);
	ck_assert_ptr_nonnull(f = fopen(su_in_penfold(to), "w"));
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static sqlite3 *
open_raw(const char *name)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(su_in_penfold(name), &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 10000);
	return db;
}

static void
do_raw(sqlite3 *db, const char *text)
{
	ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
}

/* Copy the database alone, with all that was committed so far. */
static void
back_up(const char *name)
{
	sqlite3 *from = open_raw("index.db"), *to = open_raw(name);
	sqlite3_backup *b;

	b = sqlite3_backup_init(to, "main", from, "main");
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(sqlite3_backup_step(b, -1), SQLITE_DONE);
	sqlite3_backup_finish(b);
	sqlite3_close(to);
	sqlite3_close(from);
}

/* Another program has the next commit begin the WAL anew. */
static void
begin_wal(void)
{
	sqlite3 *db = open_raw("index.db");

	sqlite3_busy_timeout(db, 0);
	do_raw(db, "SELECT * FROM meta; PRAGMA wal_checkpoint(RESTART)");
	sqlite3_close(db);
}

/* As a helper thread does it. */
static void
checkpoint(void)
{
	vfs_may_sleep(true);
	ck_assert_int_eq(checkpoint_run(su_in_penfold("index.db"), false),
	    SQL_DONE);
	vfs_may_sleep(false);
}

static void
append(const char *name)
{
	(void)su_append(su.proc, su.store, name, SU_BODY_LF, 0);
}

static void
check_exists(const char *name, uint32_t n)
{
	struct view *v = su_select(su.proc, su.store, name);

	ck_assert_uint_eq(view_exists(v), n);
	view_close(v);
}

static void
stop(void)
{
	store_close(su.store);
	su_process_free(su.proc);
}

static void
start(void)
{
	su.proc = su_process_new();
	su.store = su_open(su.proc);
}

/* How many files were set aside. */
static int
aside(void)
{
	return su_count_names("penfold", "damaged");
}

/*
 * Start another program that has the index open, and does this meanwhile.  It
 * ends when *end is closed.
 */
static pid_t
start_user(const char *text, int *end)
{
	int ready[2], stop[2];
	char path[160], c;
	sqlite3 *db = NULL;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s", su_in_penfold("index.db"));
	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_eq(pipe(stop), 0);
	if ((pid = fork()) == 0) {
		(void)close(stop[1]);
		if (sqlite3_open(path, &db) != SQLITE_OK ||
		    sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		_exit(read(stop[0], &c, 1) == 0 ? 0 : 1);
	}
	ck_assert_int_gt(pid, 0);
	(void)close(ready[1]);
	(void)close(stop[0]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	*end = stop[1];
	return pid;
}

static void
end_user(pid_t pid, int end)
{
	int status;

	(void)close(end);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

/* Run an operation in both processes until it has succeeded in both. */
static void
both_ready(struct storage *other, struct store *st)
{
	struct op *a = op_ready_new(su.store), *b = op_ready_new(st);

	while (op_run(a) == RUN_WAIT || op_run(b) == RUN_WAIT) {
		su_turn(su.proc, 1);
		su_turn(other, 1);
	}
	su_must(su.proc, a);
	su_must(other, b);
	op_free(a);
	op_free(b);
}

/*
 * A database that was restored from a backup, without a WAL, is not mixed with
 * the WAL of the index that was there before: a new one, or a later state of
 * the same.
 */
START_TEST(test_foreign_wal_is_set_aside)
{
	static const struct {
		bool	 other;		/* the index before is another one */
		int	 begins;	/* the WAL of the index before */
		bool	 ours;		/* a checkpoint of ours does that */
	} rows[] = {
		{ .other = true, .begins = 0 },
		{ .other = true, .begins = 3 },
		{ .other = true, .begins = 3, .ours = true },
		{ .other = false, .begins = 2, .ours = true },
		{ .other = false, .begins = 5, .ours = true },
	};
	struct view *v;

	append("INBOX");
	v = su_select(su.proc, su.store, "INBOX");
	su_store_numbered(v, 1, 0, 30);
	view_close(v);
	checkpoint();
	stop();
	back_up("backup");
	if (rows[_i].other) {
		ck_assert_int_eq(unlink(su_in_penfold("index.db")), 0);
		(void)unlink(su_in_penfold("index.db-wal"));
		(void)unlink(su_in_penfold("index.db-shm"));
	}
	for (int i = 0; i <= rows[_i].begins; i++) {
		start();
		if (i > 0 && rows[_i].ours)
			checkpoint();
		if (i > 0)
			begin_wal();
		append("Sent");
		stop();
	}
	move("backup", "index.db");
	start();
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 1);
	ck_assert_uint_eq(view_keywords(v), 30);
	view_close(v);
	check_exists("Sent", (uint32_t)rows[_i].begins + 1);
	ck_assert_int_eq(aside(), 1);
	ck_assert_int_eq(su_count_names("penfold", "-wal"), 2);
}
END_TEST

/* The same for a WAL of last week, beside the database of today. */
START_TEST(test_older_wal_is_set_aside)
{
	append("INBOX");
	if (_i == 1) {
		checkpoint();
		append("INBOX");
	}
	copy("index.db-wal", "backup");
	append("INBOX");
	checkpoint();
	stop();
	move("backup", "index.db-wal");
	ck_assert_int_eq(unlink(su_in_penfold("index.db-shm")), 0);
	start();
	check_exists("INBOX", 2 + (uint32_t)_i);
	ck_assert_int_eq(aside(), 1);
}
END_TEST

/* The WAL of the index itself is kept, wherever its marks stand. */
START_TEST(test_own_wal_is_kept)
{
	struct storage *other;
	struct store *st;
	struct view *v;

	append("INBOX");
	v = su_select(su.proc, su.store, "INBOX");
	su_store_numbered(v, 1, 0, 30);
	view_close(v);
	for (int i = 0; i < 12; i++) {
		other = su_process_new();
		st = su_open(other);
		if (i % 2 == 0)
			begin_wal();
		(void)su_append(i % 3 == 0 ? other : su.proc,
		    i % 3 == 0 ? st : su.store, "INBOX", SU_BODY_LF, 0);
		if (i % 3 == 1)
			checkpoint();
		if (i % 5 == 0)
			begin_wal();
		append("Sent");
		store_close(st);
		su_process_free(other);
		if (i % 4 == 0)
			su_restart();
	}
	su_restart();
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 13);
	ck_assert_uint_eq(view_keywords(v), 30);
	view_close(v);
	ck_assert_int_eq(aside(), 0);
}
END_TEST

/* However long a reader keeps checkpoints from ending, the WAL is our own. */
START_TEST(test_marks_without_end)
{
	sqlite3 *reader;

	append("INBOX");
	reader = open_raw("index.db");
	do_raw(reader, "BEGIN; SELECT * FROM meta");
	for (int i = 0; i < 20; i++) {
		append("INBOX");
		checkpoint();
	}
	sqlite3_close(reader);
	su_restart();
	check_exists("INBOX", 21);
	for (int i = 0; i < 3; i++) {
		append("INBOX");
		checkpoint();
		su_restart();
	}
	check_exists("INBOX", 24);
	ck_assert_int_eq(aside(), 0);
}
END_TEST

/* The list of marks, as the database with its WAL has it. */
static void
read_marks(sqlite3 *db, char *list, size_t size)
{
	sqlite3_stmt *stmt;

	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT value FROM meta "
	    "WHERE key = 'walmark'", -1, &stmt, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	(void)snprintf(list, size, "%s",
	    (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
}

/*
 * A checkpoint that a reader keeps from ending writes the newest mark to the
 * database without a sync.  The mark that is on disk stays in the list until
 * that was synced.
 */
START_TEST(test_mark_on_disk_stays)
{
	char list[200], *old;
	sqlite3 *db, *reader;

	append("INBOX");
	checkpoint();
	db = open_raw("index.db");
	do_raw(db, "PRAGMA synchronous = NORMAL");
	ck_assert_int_eq(walmark_write(db, su_in_penfold("index.db"), false),
	    SQLITE_OK);
	read_marks(db, list, sizeof(list));
	old = strchr(list, ' ');
	ck_assert_ptr_nonnull(old);
	reader = open_raw("index.db");
	do_raw(reader, "BEGIN; SELECT * FROM meta");
	append("INBOX");
	do_raw(db, "PRAGMA wal_checkpoint(PASSIVE)");
	if (_i == 0)
		shim_set(&(struct shim_rule){ .calls = SHIM_SYNC,
		    .path = "/penfold/index.db", .errnum = EIO });
	ck_assert_int_eq(walmark_write(db, su_in_penfold("index.db"), false),
	    SQLITE_OK);
	ck_assert_uint_eq(shim_clear(), _i == 0);
	old = strdup(old);
	read_marks(db, list, sizeof(list));
	ck_assert_int_eq(strstr(list, old) != NULL, _i == 0);
	free(old);
	sqlite3_close(reader);
	sqlite3_close(db);
}
END_TEST

/*
 * Another program still uses the index that was there before: its WAL-index
 * says that nothing of the WAL is needed, which holds for that index alone.
 */
START_TEST(test_foreign_wal_index_is_not_used)
{
	pid_t pid;
	int end;

	append("INBOX");
	checkpoint();
	back_up("backup");
	for (int i = 0; i < 2; i++) {
		append("Sent");
		checkpoint();
		begin_wal();
	}
	append("Sent");
	stop();
	pid = start_user("SELECT * FROM meta; PRAGMA wal_checkpoint", &end);
	move("backup", "index.db");
	start();
	check_exists("INBOX", 1);
	check_exists("Sent", 3);
	append("INBOX");
	check_exists("INBOX", 2);
	end_user(pid, end);
	su_restart();
	check_exists("INBOX", 2);
	check_exists("Sent", 3);
	ck_assert_int_eq(aside(), 1);
}
END_TEST

/*
 * The WAL, the WAL-index or both lose their names while two processes use them:
 * nothing that was committed is lost, and both go on together.
 */
START_TEST(test_files_in_use_are_taken_away)
{
	static const struct {
		const char	*names[2];
		bool		 renamed;
	} rows[] = {
		{ .names = { "index.db-shm" } },
		{ .names = { "index.db-wal" } },
		{ .names = { "index.db-wal", "index.db-shm" } },
		{ .names = { "index.db-shm" }, .renamed = true },
		{ .names = { "index.db-wal" }, .renamed = true },
		{ .names = { "index.db-wal", "index.db-shm" },
		    .renamed = true },
	};
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct view *v, *w;

	append("INBOX");
	v = su_select(su.proc, su.store, "INBOX");
	w = su_select(other, st, "INBOX");
	for (int i = 0; i < 2; i++)
		if (rows[_i].names[i] != NULL && rows[_i].renamed)
			move(rows[_i].names[i], i == 0 ? "a" : "b");
		else if (rows[_i].names[i] != NULL)
			ck_assert_int_eq(unlink(su_in_penfold(
			    rows[_i].names[i])), 0);
	both_ready(other, st);
	(void)su_append(other, st, "INBOX", SU_BODY_LF, 0);
	append("INBOX");
	ck_assert(!view_lost(v));
	ck_assert(!view_lost(w));
	su_refresh(other, w);
	su_sync(w);
	ck_assert_uint_eq(view_exists(w), 3);
	view_close(v);
	view_close(w);
	store_close(st);
	su_process_free(other);
	su_restart();
	check_exists("INBOX", 3);
	ck_assert_int_eq(aside(), 0);
}
END_TEST

/* Nobody writes under locks that others no longer see. */
START_TEST(test_no_commit_without_the_wal_index)
{
	append("INBOX");
	ck_assert_int_eq(index_tx_start(su.store), SQL_DONE);
	ck_assert_int_eq(sql_do(su.store->db, SQL_ROLLBACK, SQL_NOARGS),
	    SQL_DONE);
	ck_assert_int_eq(unlink(su_in_penfold("index.db-shm")), 0);
	ck_assert_int_eq(index_tx_start(su.store), SQL_BUSY);
	ck_assert_int_eq(checkpoint_run(su_in_penfold("index.db"), false),
	    SQL_BUSY);
	append("INBOX");
	ck_assert_int_eq(index_tx_start(su.store), SQL_DONE);
	ck_assert_int_eq(sql_do(su.store->db, SQL_ROLLBACK, SQL_NOARGS),
	    SQL_DONE);
	checkpoint();
	check_exists("INBOX", 2);
}
END_TEST

static int
count_look(const struct shim_event *ev, void *arg)
{
	(void)ev;
	atomic_fetch_add((atomic_int *)arg, 1);
	return 0;
}

/*
 * Another program has the files open that were removed, and does not notice:
 * the index is not opened until that program has ended.
 */
START_TEST(test_no_second_wal_index)
{
	const char *name = _i == 0 ? "index.db-shm" : "index.db-wal";
	atomic_int looks = 0;
	struct op *op;
	pid_t pid;
	int end;

	append("INBOX");
	stop();
	pid = start_user("BEGIN IMMEDIATE", &end);
	ck_assert_int_eq(unlink(su_in_penfold(name)), 0);
	shim_hook(SHIM_STAT, name, count_look, &looks);
	su.proc = su_process_new();
	su.store = store_open(su.proc, SLICE_LIT("user"), slice_str(su.root),
	    &(struct store_error){ .kind = STORE_OK });
	ck_assert_ptr_nonnull(su.store);
	op = op_ready_new(su.store);
	while (atomic_load(&looks) < 4) {
		ck_assert_int_eq(op_run(op), RUN_WAIT);
		su_turn(su.proc, 10);
	}
	(void)shim_clear();
	ck_assert_int_ne(access(su_in_penfold(name), F_OK), 0);
	end_user(pid, end);
	su_must(su.proc, op);
	op_free(op);
	append("INBOX");
	ck_assert_int_eq(aside(), 0);
}
END_TEST

/* A rescue of a removed WAL that has failed is tried again. */
START_TEST(test_failed_rescue_is_tried_again)
{
	append("INBOX");
	ck_assert_int_eq(unlink(su_in_penfold("index.db-wal")), 0);
	shim_set(&(struct shim_rule){ .calls = SHIM_WRITE,
	    .path = "/penfold/index.db", .errnum = _i == 0 ? EIO : ENOSPC });
	for (int i = 0; i < 3; i++)
		su_do(op_ready_new(su.store), _i == 0 ? STORE_ERR_IO :
		    STORE_ERR_OVERQUOTA);
	ck_assert_uint_gt(shim_clear(), 2);
	append("INBOX");
	check_exists("INBOX", 2);
	su_restart();
	check_exists("INBOX", 2);
	ck_assert_int_eq(aside(), 0);
}
END_TEST

/* And that is done for a store that nobody uses, too. */
START_TEST(test_rescue_of_an_unused_store)
{
	su.delays.heal_ms = 0;
	su_restart();
	append("INBOX");
	ck_assert_int_eq(unlink(su_in_penfold("index.db-wal")), 0);
	shim_set(&(struct shim_rule){ .calls = SHIM_WRITE,
	    .path = "/penfold/index.db", .errnum = EIO });
	su_do(op_ready_new(su.store), STORE_ERR_IO);
	ck_assert_ptr_null(su.store->db);
	(void)shim_clear();
	su_turn_until(su.store->db != NULL);
	su_restart();
	check_exists("INBOX", 1);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_loop_test(tc, test_foreign_wal_is_set_aside, 0, 5);
	tcase_add_loop_test(tc, test_older_wal_is_set_aside, 0, 2);
	tcase_add_test(tc, test_own_wal_is_kept);
	tcase_add_test(tc, test_marks_without_end);
	tcase_add_loop_test(tc, test_mark_on_disk_stays, 0, 2);
	tcase_add_test(tc, test_foreign_wal_index_is_not_used);
	tcase_add_loop_test(tc, test_files_in_use_are_taken_away, 0, 6);
	tcase_add_test(tc, test_no_commit_without_the_wal_index);
	tcase_add_loop_test(tc, test_no_second_wal_index, 0, 2);
	tcase_add_loop_test(tc, test_failed_rescue_is_tried_again, 0, 2);
	tcase_add_test(tc, test_rescue_of_an_unused_store);
	(void)slices;
}

Suite *
suite_walmark(void)
{
	return su_suite("walmark", add_tests);
}
