/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The index of a user: closed when idle, lost and built again. */
#include "config.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/table.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/index/vfs.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

/*
 * Opening a store without a free descriptor fails with an error, at whatever
 * step the descriptors run out.
 */
START_TEST(test_no_descriptor_is_left)
{
	struct store_error err;
	struct rlimit was, now;
	struct store *st = NULL;
	char path[256];
	int fd, failed = 0;

	(void)snprintf(path, sizeof(path), "%s/other", su.root);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	fd = dup(0);
	ck_assert_int_ne(fd, -1);
	(void)close(fd);
	for (int more = 0; more < 32 && st == NULL; more++) {
		now = was;
		now.rlim_cur = (rlim_t)(fd + more);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &now), 0);
		st = su_open_other(su.proc, path, &err);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
		if (st == NULL)
			ck_assert_msg(err.kind == STORE_ERR_LIMIT,
			    "%d: %s", more, err.text);
		failed += st == NULL;
	}
	ck_assert(st != NULL);
	ck_assert_int_gt(failed, 3);
	store_close(st);
}
END_TEST

/* What is left of index.db-shm; a page of it has 4,096 octets. */
static const off_t cuts[] = { 0, 100, 4096, 16384 };

/*
 * Another program writes over index.db-shm, which makes it shorter first.  One
 * command of the user may fail, and nothing is lost.  Other users notice
 * nothing.
 */
START_TEST(test_wal_index_is_cut)
{
	struct store_error err;
	struct store *st;
	struct view *v, *w;
	struct op *op;
	char path[256], name[16];
	uint32_t told[6] = { 0 };

	(void)snprintf(path, sizeof(path), "%s/other", su.root);
	st = su_open_other(su.proc, path, &err);
	ck_assert_ptr_nonnull(st);
	w = su_select(su.proc, st, "INBOX");
	for (int i = 0; i < 6; i++) {
		told[i] = su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
		    0);
		(void)su_append(su.proc, st, "INBOX", SU_BODY_CRLF, 0);
		(void)snprintf(path, sizeof(path), "%s/penfold/index.db-shm",
		    su.root);
		ck_assert_int_eq(truncate(path, cuts[_i]), 0);
		(void)snprintf(name, sizeof(name), "box%d", i);
		op = folder_create_new(su.store, slice_str(name), 0);
		(void)su_finish(su.proc, op);
		op_free(op);
	}
	su_sync(w);
	ck_assert(!view_lost(w));
	ck_assert_uint_eq(view_exists(w), 6);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 6);
	for (int i = 0; i < 6; i++)
		ck_assert_uint_eq(view_uid(v, (uint32_t)i + 1), told[i]);
	ck_assert_int_eq(su_count_names("penfold", "damaged"), 0);
	view_close(v);
	view_close(w);
	store_close(st);
}
END_TEST

/* A SIGBUS that has nothing to do with an index ends the process. */
START_TEST(test_other_sigbus)
{
	char path[256];
	volatile char *p;
	int fd, status;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s/file", su.root);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	ck_assert_int_ne(fd, -1);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne((void *)p, MAP_FAILED);
	if ((pid = fork()) == 0) {
		(void)p[0];
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	(void)close(fd);
}
END_TEST

static pthread_t	 loop;
static unsigned int	 nsyncs;	/* of the loop's thread */

static int
on_sync(const struct shim_event *ev, void *arg)
{
	(void)ev;
	(void)arg;
	nsyncs += pthread_equal(pthread_self(), loop) != 0;
	return 0;
}

/* Append until the WAL was begun anew so often. */
static void
append_much(int times)
{
	int pages = 0, now;

	for (int i = 0; times > 0; i++) {
		ck_assert_int_lt(i, 10000);
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
		su_turn(su.proc, 0);
		now = sql_wal_pages(su.store->db);
		times -= now < pages;
		pages = now;
	}
}

/* The loop's thread never waits for the disk; helper threads do. */
START_TEST(test_loop_never_syncs)
{
	struct store_error err;
	struct store *st;
	struct view *v;
	struct idset uids;
	struct op *op;
	char path[256];

	loop = pthread_self();
	nsyncs = 0;
	shim_hook(SHIM_SYNC, NULL, on_sync, NULL);
	(void)snprintf(path, sizeof(path), "%s/other", su.root);
	st = su_open_other(su.proc, path, &err);
	ck_assert_ptr_nonnull(st);
	(void)su_append(su.proc, st, "INBOX", SU_BODY_CRLF, 0);
	store_close(st);
	append_much(2);
	v = su_select(su.proc, su.store, "INBOX");
	idset_init(&uids, 10);
	(void)idset_add_range(&uids, 1, 40);
	shim_set(&(struct shim_rule){ .calls = SHIM_LINK, .errnum = EMLINK });
	op = copy_new(v, &uids, SLICE_LIT("Sent"), 0);
	su_must(su.proc, op);
	op_free(op);
	idset_clear(&uids);
	ck_assert_int_eq(su_count_names(".Sent/cur", ""), 40);
	su_set_flags(su.proc, v, 2, FLAGS_ADD, FLAG_SEEN | FLAG_DELETED, "k");
	su_do(expunge_new(v, NULL), STORE_OK);
	view_close(v);
	/* A store that nobody uses is closed for want of room. */
	su.options.open_max = 1;
	storage_configure(su.proc, &su.options);
	su_turn_until(su.proc->nstores_open == 1);
	ck_assert_uint_eq(nsyncs, 0);
	(void)shim_clear();
}
END_TEST

/* Count the descriptors that this process has open on the index. */
static int
count_index_fds(void)
{
	struct dirent *e;
	char target[256];
	DIR *d = opendir("/proc/self/fd");
	ssize_t len;
	int n = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		len = readlinkat(dirfd(d), e->d_name, target,
		    sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		n += strncmp(target, su.root, strlen(su.root)) == 0 &&
		    strstr(target, "/index.db") != NULL;
	}
	if (d != NULL)
		(void)closedir(d);
	return n;
}

/*
 * An index that nobody uses is closed: it costs three descriptors and a cache.
 */
START_TEST(test_idle_index_is_closed)
{
	struct view *v;

	store_close(su.store);
	su_process_free(su.proc);
	su.options.idle_close = 1;
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	ck_assert_int_gt(count_index_fds(), 0);
	su_turn_until(count_index_fds() == 0);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
}
END_TEST

START_TEST(test_index_lost_and_found)
{
	struct view *v;
	uint32_t validity;
	char path[256];

	(void)su_append(su.proc, su.store, "Sent", SU_BODY_CRLF, 0);
	(void)su_append(su.proc, su.store, "Sent", SU_BODY_CRLF, FLAG_SEEN);
	v = su_select(su.proc, su.store, "Sent");
	validity = view_uidvalidity(v);
	view_close(v);
	store_close(su.store);
	su_process_free(su.proc);
	for (size_t i = 0; i < 3; i++) {
		static const char *const ends[] = { "", "-wal", "-shm" };
		FILE *f;

		(void)snprintf(path, sizeof(path), "%s/penfold/index.db%s",
		    su.root, ends[i]);
		f = fopen(path, "w");
		ck_assert(f != NULL);
		fprintf(f, "this is no database any more");
		(void)fclose(f);
	}
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	v = su_select(su.proc, su.store, "Sent");
	ck_assert_uint_eq(view_exists(v), 2);
	ck_assert_uint_eq(view_uid(v, 2), 2);
	ck_assert_uint_eq(view_uidvalidity(v), validity);
	ck_assert_uint_ge(view_uidnext(v), 1000);
	view_close(v);
}
END_TEST

static uint32_t
uidnext(void)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	uint32_t next = view_uidnext(v);

	view_close(v);
	return next;
}

/* Each boot is counted once, and raises UIDNEXT once. */
START_TEST(test_boots_are_counted)
{
	static const struct {
		const char	*boot_id;
		int64_t		 boots;
		uint32_t	 uidnext;
	} rows[] = {
		{ "one", 2, 10001 }, { "one", 2, 10001 },
		{ "two", 3, 20001 }, { "one", 4, 30001 },
	};

	ck_assert_int_eq(su.store->boots, 1);
	ck_assert_uint_eq(uidnext(), 1);
	for (size_t i = 0; i < NROWS(rows); i++) {
		su_reboot(rows[i].boot_id);
		ck_assert_int_eq(su.store->boots, rows[i].boots);
		ck_assert_uint_eq(uidnext(), rows[i].uidnext);
	}
}
END_TEST

/*
 * SQLite, on the loop's thread, does not sleep until it can read: the operation
 * waits in the event loop.
 */
START_TEST(test_loop_never_sleeps)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(VFS_NAME);
	struct view *v = su_select(su.proc, su.store, "INBOX");
	struct op *op;

	ck_assert_ptr_nonnull(vfs);
	/* Ten minutes: more than the test may take. */
	(void)vfs->xSleep(vfs, 600000000);
	shim_set(&(struct shim_rule){ .calls = SHIM_LOCK,
	    .path = "/index.db-shm", .errnum = EAGAIN });
	op = select_refresh_new(v);
	ck_assert_int_eq(op_run(op), RUN_WAIT);
	ck_assert_uint_gt(shim_clear(), 0);
	su_must(su.proc, op);
	op_free(op);
	view_close(v);
}
END_TEST

static struct op *
make_select(void)
{
	return select_new(su.store, SLICE_LIT("Sent"), 0);
}

static struct op *
make_status(void)
{
	return status_new(su.store, SLICE_LIT("Sent"));
}

static struct op *
make_list(void)
{
	return list_new(su.store);
}

static struct op	*(*const lookers[])(void) = {
	make_select, make_status, make_list,
};

/*
 * What looks for a mailbox that is not in memory waits for a lock for reading,
 * too, whichever of its reads finds none.
 */
START_TEST(test_looking_waits_for_the_lock)
{
	unsigned long failed = 1, waits = 0;

	for (unsigned long n = 0; failed > 0; n++) {
		struct op *op;
		enum run run;

		su_restart();
		op = op_ready_new(su.store);
		su_must(su.proc, op);
		op_free(op);
		op = lookers[_i]();
		shim_set(&(struct shim_rule){ .calls = SHIM_LOCK, .skip = n,
		    .path = "/index.db-shm", .errnum = EAGAIN });
		while ((run = op_run(op)) == RUN_MORE)
			continue;
		failed = shim_clear();
		ck_assert_msg(run != RUN_FAIL, "lock %lu: %s", n,
		    op_error(op)->text);
		waits += failed > 0 && run == RUN_WAIT;
		su_must(su.proc, op);
		op_free(op);
	}
	ck_assert_uint_gt(waits, 0);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_no_descriptor_is_left);
	tcase_add_loop_test(tc, test_wal_index_is_cut, 0, NROWS(cuts));
	if (!slices) {
		tcase_add_test(tc, test_other_sigbus);
		tcase_add_test(tc, test_loop_never_syncs);
	}
	tcase_add_test(tc, test_loop_never_sleeps);
	tcase_add_loop_test(tc, test_looking_waits_for_the_lock, 0,
	    NROWS(lookers));
	tcase_add_test(tc, test_idle_index_is_closed);
	tcase_add_test(tc, test_index_lost_and_found);
	tcase_add_test(tc, test_boots_are_counted);
	(void)slices;
}

Suite *
suite_index(void)
{
	return su_suite("index", add_tests);
}
