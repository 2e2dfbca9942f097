/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Which index is opened, and when an old one is set aside. */
#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/index/index.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

static void
overwrite(const char *name, const char *text)
{
	FILE *f = fopen(su_in_penfold(name), "w");

	ck_assert_ptr_nonnull(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static void
damage_index(void)
{
	overwrite("index.db", "this is no database any more");
	overwrite("index.db-wal", "");
	overwrite("index.db-shm", "");
}

/* A message with a keyword that no file name shows, and a view of it. */
static struct view *
make_message(void)
{
	struct view *v;
	char name[16];

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	v = su_select(su.proc, su.store, "INBOX");
	for (int i = 0; i < 30; i++) {
		(void)snprintf(name, sizeof(name), "kw%d", i);
		su_set_flags(su.proc, v, 1, FLAGS_ADD, 0, name);
	}
	return v;
}

static int
damaged_files(void)
{
	return su_count_names("penfold", "damaged");
}

/* One NOOP; returns whether it succeeded. */
static bool
noop(struct view *v)
{
	struct op *op = select_refresh_new(v);
	bool done = su_finish(su.proc, op) == RUN_DONE;

	op_free(op);
	return done;
}

/* Reading the index fails; what was known of it stays known. */
START_TEST(test_error_of_the_disk_is_no_damage)
{
	struct view *v = make_message();
	struct op *op;

	view_close(v);
	su_restart();
	store_close(su.store);
	su_process_free(su.proc);
	su.proc = su_process_new();
	/* The first reads of index.db fail: some of them, or all. */
	shim_set(&(struct shim_rule){ .calls = SHIM_READ,
	    .path = "/index.db", .skip = (unsigned long)_i % 8,
	    .count = _i < 8 ? 1 : 0, .errnum = EIO });
	su.store = store_open(su.proc, SLICE_LIT("user"),
	    slice_str(su.root), &(struct store_error){ .kind = STORE_OK });
	ck_assert_ptr_nonnull(su.store);
	for (int i = 0; i < 3; i++) {
		op = select_new(su.store, SLICE_LIT("INBOX"), 0);
		(void)su_finish(su.proc, op);
		op_free(op);
	}
	(void)shim_clear();
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 1);
	ck_assert_uint_eq(view_keywords(v), 30);
	ck_assert(!view_lost(v));
	view_close(v);
	ck_assert_int_eq(damaged_files(), 0);
}
END_TEST

/* Read the structure of message 1, which fails; returns how many reads did. */
static unsigned long
fail_to_read(struct view *v)
{
	const struct message *m;
	struct reader *r;
	struct idset one;

	idset_init(&one, 10);
	(void)idset_add(&one, 1);
	shim_set(&(struct shim_rule){ .calls = SHIM_READ,
	    .path = "/index.db", .errnum = EIO });
	r = reader_new(v, &one, NEED_SIZE | NEED_STRUCT);
	while (reader_next(r, &m) == RUN_WAIT)
		su_turn_all();
	reader_free(r);
	idset_clear(&one);
	return shim_clear();
}

/*
 * SQLite opens for reading what it cannot open for writing.  Which file that
 * is, and when, a moment without descriptors ends with that moment.
 */
START_TEST(test_moment_without_descriptors)
{
	struct store_error err;
	struct op *op;
	unsigned long n = 0, failed = 1;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	for (; failed == 1; n++) {
		store_close(su.store);
		su_process_free(su.proc);
		su.proc = su_process_new();
		shim_set(&(struct shim_rule){ .calls = SHIM_OPEN,
		    .path = "/penfold/index.db", .skip = n, .count = 1,
		    .errnum = EMFILE });
		su.store = store_open(su.proc, SLICE_LIT("user"),
		    slice_str(su.root), &err);
		ck_assert_ptr_nonnull(su.store);
		op = op_ready_new(su.store);
		(void)su_finish(su.proc, op);
		op_free(op);
		failed = shim_clear();
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	}
	/* The database, WAL and WAL-index, at least. */
	ck_assert_uint_gt(n, 3);
	ck_assert_int_eq(damaged_files(), 0);
}
END_TEST

/* A session goes on after an error of the disk in one of its commands. */
START_TEST(test_session_survives_an_error_of_the_disk)
{
	struct buf body;
	struct view *v;

	view_close(make_message());
	su_restart();
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_gt(fail_to_read(v), 0);
	ck_assert(noop(v));
	ck_assert(!view_lost(v));
	buf_init(&body, 1000);
	su_body(v, 1, &body);
	buf_clear(&body);
	ck_assert_uint_eq(view_keywords(v), 30);
	view_close(v);
	ck_assert_int_eq(damaged_files(), 0);
}
END_TEST

/* A damaged index is kept under a name of its own, however many there are. */
START_TEST(test_damaged_indexes_are_kept)
{
	char text[64];
	FILE *f;

	for (int i = 0; i < 3; i++) {
		store_close(su.store);
		su_process_free(su.proc);
		damage_index();
		su.proc = su_process_new();
		su.store = su_open(su.proc);
		ck_assert_int_eq(damaged_files(), 3 * (i + 1));
	}
	f = fopen(su_in_penfold("index.db"), "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(text, 1, 15, f), 15);
	(void)fclose(f);
	ck_assert_mem_eq(text, "SQLite format 3", 15);
}
END_TEST

/*
 * Two processes find the same damage.  B stops before it takes the lock, until
 * A has made a new index and used it.
 */
static struct {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 changed;
	int		 calls;
	bool		 go;
} gate = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

static int
stop_first(const struct shim_event *ev, void *arg)
{
	(void)ev;
	(void)arg;
	pthread_mutex_lock(&gate.mutex);
	if (gate.calls++ == 0) {
		pthread_cond_broadcast(&gate.changed);
		while (!gate.go)
			pthread_cond_wait(&gate.changed, &gate.mutex);
	}
	pthread_mutex_unlock(&gate.mutex);
	return 0;
}

START_TEST(test_two_processes_set_aside_once)
{
	struct storage *b;
	struct store *in_b;
	struct view *v;
	struct op *op;

	store_close(su.store);
	su_process_free(su.proc);
	damage_index();
	gate.calls = 0;
	gate.go = false;
	shim_hook(SHIM_OPEN, "/index.lock", stop_first, NULL);
	b = su_process_new();
	in_b = store_open(b, SLICE_LIT("user"), slice_str(su.root),
	    &(struct store_error){ .kind = STORE_OK });
	ck_assert_ptr_nonnull(in_b);
	pthread_mutex_lock(&gate.mutex);
	while (gate.calls == 0)
		pthread_cond_wait(&gate.changed, &gate.mutex);
	pthread_mutex_unlock(&gate.mutex);
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	v = make_message();
	ck_assert_int_eq(damaged_files(), 3);
	pthread_mutex_lock(&gate.mutex);
	gate.go = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.mutex);
	op = op_ready_new(in_b);
	su_must(b, op);
	op_free(op);
	(void)shim_clear();
	ck_assert_int_eq(damaged_files(), 3);
	ck_assert_str_eq(in_b->self.id, su.store->self.id);
	ck_assert(noop(v));
	ck_assert(!view_lost(v));
	view_close(v);
	store_close(in_b);
	su_process_free(b);
}
END_TEST

/* Replace the index by another, as an administrator does. */
static void
replace_index(void)
{
	ck_assert_int_eq(rename(su_in_penfold("index.db"),
	    su_in_penfold("taken")), 0);
	(void)unlink(su_in_penfold("index.db-wal"));
	(void)unlink(su_in_penfold("index.db-shm"));
}

static int
index_fds(void)
{
	return su.store->db != NULL;
}

/* The index was replaced while the handle was open, or closed. */
START_TEST(test_another_index_ends_the_sessions)
{
	struct storage *other;
	struct store *st;
	struct view *v;

	su.options.idle_close = _i == 0 ? 3600 : 1;
	su_restart();
	v = make_message();
	if (_i == 1)
		su_turn_until(index_fds() == 0);
	replace_index();
	other = su_process_new();
	st = su_open(other);
	(void)su_append(other, st, "INBOX", SU_BODY_LF, 0);
	ck_assert(!noop(v));
	ck_assert(view_lost(v));
	ck_assert(store_lost(su.store));
	view_close(v);
	store_close(su.store);
	su.store = su_open(su.proc);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 2);
	view_close(v);
	store_close(st);
	su_process_free(other);
}
END_TEST

/* Closing an unused handle and opening it again changes nothing. */
START_TEST(test_same_index_is_recognized)
{
	struct view *v;

	su.options.idle_close = 1;
	su_restart();
	v = make_message();
	su_turn_until(index_fds() == 0);
	ck_assert(noop(v));
	ck_assert(!view_lost(v));
	view_close(v);
}
END_TEST

/* A WAL without an index is not taken for that of the new one. */
START_TEST(test_wal_without_an_index_is_set_aside)
{
	struct view *v = make_message();

	view_close(v);
	store_close(su.store);
	su_process_free(su.proc);
	ck_assert_int_eq(unlink(su_in_penfold("index.db")), 0);
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 1);
	ck_assert_int_gt(damaged_files(), 0);
	view_close(v);
}
END_TEST

/* What was committed to a WAL whose name is gone is not lost. */
START_TEST(test_removed_wal_is_rescued)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct view *v = make_message(), *w = su_select(other, st, "INBOX");
	struct op *op;

	ck_assert_int_eq(unlink(su_in_penfold("index.db-wal")), 0);
	for (int i = 0; i < 1000 && !noop(v); i++)
		;
	op = select_refresh_new(w);
	su_must(other, op);
	op_free(op);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	(void)su_append(other, st, "INBOX", SU_BODY_LF, 0);
	ck_assert(!view_lost(v));
	ck_assert(!view_lost(w));
	su_refresh(su.proc, v);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 3);
	ck_assert_uint_eq(view_keywords(v), 30);
	view_close(v);
	view_close(w);
	store_close(st);
	su_process_free(other);
	su_restart();
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 3);
	ck_assert_uint_eq(view_keywords(v), 30);
	ck_assert_uint_eq(view_uid(v, 3), 3);
	view_close(v);
	ck_assert_int_eq(damaged_files(), 0);
}
END_TEST

/* Nothing is committed to a WAL that others no longer read. */
START_TEST(test_no_commit_to_a_removed_wal)
{
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	ck_assert_int_eq(index_tx_start(su.store), SQL_DONE);
	ck_assert_int_eq(sql_do(su.store->db, SQL_ROLLBACK, SQL_NOARGS),
	    SQL_DONE);
	ck_assert_int_eq(unlink(su_in_penfold("index.db-wal")), 0);
	ck_assert_int_eq(index_tx_start(su.store), SQL_BUSY);
	ck_assert(!sql_in_tx(su.store->db));
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	ck_assert_int_eq(index_tx_start(su.store), SQL_DONE);
	ck_assert_int_eq(sql_do(su.store->db, SQL_ROLLBACK, SQL_NOARGS),
	    SQL_DONE);
}
END_TEST

/*
 * Two processes rescue the same WAL.  The first is stopped before it writes to
 * the database, until the second has asked about the WAL for a while, or has
 * failed to open the index.
 */
static int
stop_rescue(const struct shim_event *ev, void *arg)
{
	const char *name = strrchr(ev->path, '/');

	(void)arg;
	pthread_mutex_lock(&gate.mutex);
	if (ev->call == SHIM_WRITE && strcmp(name, "/index.db") == 0) {
		if (gate.calls == 0)
			gate.calls = 1;
		while (!gate.go)
			pthread_cond_wait(&gate.changed, &gate.mutex);
	} else if (ev->call == SHIM_STAT && gate.calls > 0 &&
	    strncmp(name, "/index.db-wal", 13) == 0)
		gate.calls++;
	pthread_mutex_unlock(&gate.mutex);
	return 0;
}

/* Whether the second rescuer has seen that the first has not ended. */
static bool
has_met_rescuer(void)
{
	bool met;

	pthread_mutex_lock(&gate.mutex);
	met = gate.calls > 6;
	pthread_mutex_unlock(&gate.mutex);
	return met;
}

/*
 * Start a process that makes a checkpoint: it has SQLite's lock for that, which
 * is octet 121 of the WAL-index, until *end is closed.
 */
static pid_t
start_checkpoint(int *end)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_start = 121, .l_len = 1 };
	int ready[2], stop[2], fd;
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	ck_assert_int_eq(pipe(stop), 0);
	if ((pid = fork()) == 0) {
		(void)close(stop[1]);
		fd = open(su_in_penfold("index.db-shm"), O_RDWR);
		if (fd == -1 || fcntl(fd, F_SETLK, &lock) == -1 ||
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

/* In the second round, a third process makes a checkpoint. */
START_TEST(test_two_processes_rescue_a_wal)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct view *v = make_message();
	struct op *a, *b;
	pid_t pid = -1;
	int end = -1, status;

	gate.calls = _i;
	gate.go = false;
	if (_i == 1)
		pid = start_checkpoint(&end);
	ck_assert_int_eq(unlink(su_in_penfold("index.db-wal")), 0);
	shim_hook(SHIM_WRITE | SHIM_STAT, "/index.db", stop_rescue, NULL);
	a = op_ready_new(su.store);
	b = op_ready_new(st);
	while (!has_met_rescuer() && op_error(a)->kind == STORE_OK &&
	    op_error(b)->kind == STORE_OK) {
		(void)op_run(a);
		(void)op_run(b);
		su_turn(su.proc, 10);
		su_turn(other, 10);
	}
	pthread_mutex_lock(&gate.mutex);
	gate.go = true;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.mutex);
	if (_i == 1) {
		(void)close(end);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	su_must(su.proc, a);
	su_must(other, b);
	op_free(a);
	op_free(b);
	(void)shim_clear();
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	(void)su_append(other, st, "INBOX", SU_BODY_LF, 0);
	ck_assert(!view_lost(v));
	view_close(v);
	store_close(st);
	su_process_free(other);
	su_restart();
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 3);
	ck_assert_uint_eq(view_keywords(v), 30);
	view_close(v);
	ck_assert_int_eq(damaged_files(), 0);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_loop_test(tc, test_error_of_the_disk_is_no_damage, 0, 9);
	tcase_add_test(tc, test_moment_without_descriptors);
	tcase_add_test(tc, test_session_survives_an_error_of_the_disk);
	tcase_add_test(tc, test_damaged_indexes_are_kept);
	tcase_add_test(tc, test_two_processes_set_aside_once);
	tcase_add_loop_test(tc, test_another_index_ends_the_sessions, 0, 2);
	tcase_add_test(tc, test_same_index_is_recognized);
	tcase_add_test(tc, test_wal_without_an_index_is_set_aside);
	tcase_add_test(tc, test_removed_wal_is_rescued);
	tcase_add_test(tc, test_no_commit_to_a_removed_wal);
	tcase_add_loop_test(tc, test_two_processes_rescue_a_wal, 0, 2);
	(void)slices;
}

Suite *
suite_opening(void)
{
	return su_suite("opening", add_tests);
}
