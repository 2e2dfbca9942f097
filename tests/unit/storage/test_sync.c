/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Syncs by helper threads: who waits for what, and what a failure means. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "storage/index/sync.h"
#include "tests/unit/shim.h"
#include "tests/unit/util.h"

#define DEADLINE_MS	60000

static struct sync *s;
static int	 fds[2];		/* files named 0 and 1 */
static struct syncfile *files[2];

/*
 * Helper threads that sync a file stop in stop_here() until let_go().  The
 * events are counted under the mutex.
 */
static struct {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 changed;
	bool		 stopping;	/* threads stop */
	unsigned int	 entered;	/* syncs that have begun */
	unsigned int	 of_file[2];	/* the same, of each file */
} gate = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.changed = PTHREAD_COND_INITIALIZER,
};

static int
stop_here(const struct shim_event *ev, void *arg)
{
	(void)arg;
	pthread_mutex_lock(&gate.mutex);
	gate.entered++;
	gate.of_file[ev->path[strlen(ev->path) - 1] == '1']++;
	pthread_cond_broadcast(&gate.changed);
	while (gate.stopping)
		pthread_cond_wait(&gate.changed, &gate.mutex);
	pthread_mutex_unlock(&gate.mutex);
	return 0;
}

/* Wait until n syncs have begun. */
static void
wait_entered(unsigned int n)
{
	struct timespec end;
	int rc = 0;

	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += DEADLINE_MS / 1000;
	pthread_mutex_lock(&gate.mutex);
	while (gate.entered < n && rc == 0)
		rc = pthread_cond_timedwait(&gate.changed, &gate.mutex, &end);
	pthread_mutex_unlock(&gate.mutex);
	ck_assert_int_eq(rc, 0);
}

static void
let_go(void)
{
	pthread_mutex_lock(&gate.mutex);
	gate.stopping = false;
	pthread_cond_broadcast(&gate.changed);
	pthread_mutex_unlock(&gate.mutex);
}

static void
stop_all(void)
{
	gate.stopping = true;
	shim_hook(SHIM_SYNC, NULL, stop_here, NULL);
}

/* Wait for a ticket as the loop does; returns what syncfile_done() says. */
static int
wait_done(struct syncfile *f, uint64_t ticket)
{
	struct pollfd p = { .fd = sync_fd(s), .events = POLLIN };
	int rc;

	while ((rc = syncfile_done(f, ticket)) == 0) {
		ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
		ck_assert(sync_drain(s));
	}
	return rc;
}

static void
setup_threads(unsigned int nthreads)
{
	char path[128];
	const char *dir = unit_dir();

	gate.stopping = false;
	gate.entered = gate.of_file[0] = gate.of_file[1] = 0;
	s = sync_new(nthreads);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%d", dir, i);
		fds[i] = open(path, O_WRONLY | O_CREAT, 0600);
		ck_assert_int_ne(fds[i], -1);
		files[i] = syncfile_new(s, fds[i], NULL, "file");
	}
}

static void
setup(void)
{
	setup_threads(1);
}

static void
teardown(void)
{
	let_go();
	for (int i = 0; i < 2; i++)
		syncfile_unref(files[i]);
	sync_free(s);
	(void)shim_clear();
}

static bool
readable(void)
{
	struct pollfd p = { .fd = sync_fd(s), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

START_TEST(test_sync_done)
{
	uint64_t a, b;

	ck_assert(!readable());
	ck_assert(!sync_drain(s));
	a = syncfile_want(files[0]);
	ck_assert_int_eq(wait_done(files[0], a), 1);
	b = syncfile_want(files[0]);
	ck_assert_uint_gt(b, a);
	ck_assert_int_eq(wait_done(files[0], b), 1);
	ck_assert_int_eq(syncfile_done(files[0], a), 1);
	(void)sync_drain(s);
	ck_assert(!readable());
	ck_assert(!sync_drain(s));
}
END_TEST

/* Whoever asks while a sync is only queued shares it. */
START_TEST(test_sync_queued_is_shared)
{
	uint64_t a, b;

	stop_all();
	(void)syncfile_want(files[0]);
	wait_entered(1);
	a = syncfile_want(files[1]);
	b = syncfile_want(files[1]);
	ck_assert_uint_eq(a, b);
	ck_assert_int_eq(syncfile_done(files[1], a), 0);
	let_go();
	ck_assert_int_eq(wait_done(files[1], a), 1);
	ck_assert_uint_eq(gate.of_file[1], 1);
}
END_TEST

/* A sync that has begun may miss later writes: it is followed by another. */
START_TEST(test_sync_that_runs_is_not_shared)
{
	uint64_t a, b;

	stop_all();
	a = syncfile_want(files[0]);
	wait_entered(1);
	b = syncfile_want(files[0]);
	ck_assert_uint_gt(b, a);
	ck_assert_int_eq(syncfile_done(files[0], a), 0);
	let_go();
	ck_assert_int_eq(wait_done(files[0], b), 1);
	ck_assert_int_eq(syncfile_done(files[0], a), 1);
	ck_assert_uint_eq(gate.of_file[0], 2);
}
END_TEST

/* After a failure, older writes may be lost as well; a later sync is fine. */
START_TEST(test_sync_failure)
{
	uint64_t a, b, c;

	a = syncfile_want(files[0]);
	ck_assert_int_eq(wait_done(files[0], a), 1);
	shim_set(&(struct shim_rule){
		.calls = SHIM_SYNC, .count = 1, .errnum = ENOSPC
	});
	b = syncfile_want(files[0]);
	ck_assert_int_eq(wait_done(files[0], b), -1);
	c = syncfile_want(files[0]);
	ck_assert_int_eq(wait_done(files[0], c), 1);
	errno = 0;
	ck_assert_int_eq(syncfile_done(files[0], b), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(syncfile_done(files[0], a), -1);
	/* Another file has lost nothing. */
	ck_assert_int_eq(wait_done(files[1], syncfile_want(files[1])), 1);
	ck_assert_uint_eq(shim_clear(), 1);
}
END_TEST

/* A signal is no failure. */
START_TEST(test_sync_interrupted)
{
	shim_set(&(struct shim_rule){
		.calls = SHIM_SYNC, .count = 2, .errnum = EINTR
	});
	ck_assert_int_eq(wait_done(files[0], syncfile_want(files[0])), 1);
	ck_assert_uint_eq(shim_seen(), 3);
}
END_TEST

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

/* A descriptor is closed after the syncs that were asked for. */
START_TEST(test_sync_is_made_after_the_last_reference)
{
	uint64_t ticket;

	stop_all();
	(void)syncfile_want(files[0]);
	wait_entered(1);
	(void)syncfile_want(files[1]);
	syncfile_unref(files[1]);
	files[1] = NULL;
	ck_assert(is_open(fds[1]));
	ticket = syncfile_want(files[0]);
	let_go();
	ck_assert_int_eq(wait_done(files[0], ticket), 1);
	ck_assert_uint_eq(gate.of_file[1], 1);
	ck_assert(!is_open(fds[1]));
	syncfile_unref(syncfile_ref(files[0]));
	ck_assert(is_open(fds[0]));
	syncfile_unref(files[0]);
	files[0] = NULL;
	ck_assert(!is_open(fds[0]));
}
END_TEST

/*
 * After a failure in a group no sync of it proves anything, until everything
 * was written again.
 */
START_TEST(test_sync_failure_of_a_group)
{
	struct syncgroup *g = syncgroup_new(s, &gate);
	struct sync_failure failure;
	uint64_t ticket, failures;
	int fd[2];

	for (int i = 0; i < 2; i++) {
		fd[i] = dup(fds[i]);
		syncfile_unref(files[i]);
		files[i] = syncfile_new(s, fd[i], g, i == 0 ? "zero" : "one");
	}
	ck_assert(!sync_next_failure(s, &failure));
	shim_set(&(struct shim_rule){
		.calls = SHIM_SYNC, .count = 1, .errnum = ENOSPC
	});
	ticket = syncfile_want(files[0]);
	ck_assert_int_eq(wait_done(files[0], ticket), -1);
	ck_assert(sync_next_failure(s, &failure));
	ck_assert(!sync_next_failure(s, &failure));
	ck_assert_ptr_eq(failure.arg, &gate);
	ck_assert_int_eq(failure.errnum, ENOSPC);
	ck_assert_str_eq(failure.what, "zero");
	ck_assert_int_eq(wait_done(files[1], syncfile_want(files[1])), -1);
	ck_assert_int_eq(wait_done(files[0], syncfile_want(files[0])), -1);
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert_int_eq(syncgroup_errno(g, &failures), ENOSPC);
	/* Files that failed are synced again. */
	shim_set(&(struct shim_rule){
		.calls = SHIM_SYNC, .count = 1, .errnum = EIO
	});
	ck_assert_int_eq(syncgroup_heal(g, failures), -1);
	ck_assert_int_eq(syncfile_done(files[0], ticket), -1);
	ck_assert_int_eq(syncgroup_heal(g, failures), 0);
	ck_assert_uint_eq(shim_seen(), 3);
	ck_assert_int_eq(syncfile_done(files[0], ticket), 1);
	ck_assert_int_eq(wait_done(files[1], syncfile_want(files[1])), 1);
	ck_assert_int_eq(syncgroup_errno(g, NULL), 0);
	/* A failure while that is done is not healed by it. */
	syncgroup_fail(g, EIO, "two");
	ck_assert_int_eq(syncgroup_heal(g, failures), 0);
	ck_assert_int_eq(syncgroup_errno(g, NULL), EIO);
	syncgroup_free(g);
	ck_assert(!sync_next_failure(s, &failure));
}
END_TEST

/* Two threads sync two files at the same time. */
START_TEST(test_sync_threads)
{
	teardown();
	setup_threads(2);
	stop_all();
	(void)syncfile_want(files[0]);
	(void)syncfile_want(files[1]);
	wait_entered(2);
}
END_TEST

/* A file is synced by one thread at a time. */
START_TEST(test_sync_of_a_file_by_one_thread)
{
	uint64_t b;

	teardown();
	setup_threads(2);
	stop_all();
	(void)syncfile_want(files[0]);
	wait_entered(1);
	b = syncfile_want(files[0]);
	(void)syncfile_want(files[1]);
	/* Were the first file queued again, the other thread would take it. */
	wait_entered(2);
	ck_assert_uint_eq(gate.of_file[1], 1);
	let_go();
	ck_assert_int_eq(wait_done(files[0], b), 1);
}
END_TEST

/* Threads may become more and fewer; one at least remains. */
START_TEST(test_sync_resize)
{
	static const unsigned int sizes[] = { 0, 3, 1, 1000, 2 };

	for (size_t i = 0; i < NROWS(sizes); i++) {
		sync_resize(s, sizes[i]);
		ck_assert_int_eq(wait_done(files[0], syncfile_want(files[0])),
		    1);
	}
	stop_all();
	(void)syncfile_want(files[0]);
	(void)syncfile_want(files[1]);
	wait_entered(2);
}
END_TEST

/* What is queued when the threads end is still done. */
START_TEST(test_sync_free_finishes)
{
	stop_all();
	(void)syncfile_want(files[0]);
	wait_entered(1);
	(void)syncfile_want(files[1]);
	let_go();
	sync_free(s);
	ck_assert_uint_eq(gate.of_file[1], 1);
	s = sync_new(1);
	for (int i = 0; i < 2; i++) {
		/* syncfile_free() needs the threads that have ended. */
		free(files[i]);
		files[i] = syncfile_new(s, fds[i], NULL, "file");
	}
}
END_TEST

/* What a job has done, and whether its argument was freed. */
static int	ran, dropped;

static void
job_run(void *arg)
{
	ck_assert_ptr_eq(arg, &ran);
	ran++;
}

static void
job_drop(void *arg)
{
	ck_assert_ptr_eq(arg, &ran);
	dropped++;
}

/* A job runs once, and its argument is freed when nobody needs it. */
START_TEST(test_sync_job)
{
	struct syncjob *j;

	ran = dropped = 0;
	stop_all();
	(void)syncfile_want(files[0]);
	wait_entered(1);
	j = syncjob_new(s, job_run, job_drop, &ran);
	ck_assert(!syncjob_ended(j));
	let_go();
	while (!syncjob_ended(j)) {
		struct pollfd p = { .fd = sync_fd(s), .events = POLLIN };

		ck_assert_int_eq(poll(&p, 1, DEADLINE_MS), 1);
		ck_assert(sync_drain(s));
	}
	ck_assert_int_eq(ran, 1);
	ck_assert_int_eq(dropped, 0);
	syncjob_free(j);
	ck_assert_int_eq(dropped, 1);
	/* One that was given up before it ran. */
	syncjob_free(syncjob_new(s, job_run, job_drop, &ran));
	teardown();
	ck_assert_int_eq(ran, 2);
	ck_assert_int_eq(dropped, 2);
	setup();
	syncjob_free(NULL);
}
END_TEST

Suite *
suite_sync(void)
{
	Suite *suite = suite_create("sync");
	TCase *tc = tcase_create("sync");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_sync_done);
	tcase_add_test(tc, test_sync_queued_is_shared);
	tcase_add_test(tc, test_sync_that_runs_is_not_shared);
	tcase_add_test(tc, test_sync_failure);
	tcase_add_test(tc, test_sync_interrupted);
	tcase_add_test(tc, test_sync_is_made_after_the_last_reference);
	tcase_add_test(tc, test_sync_failure_of_a_group);
	tcase_add_test(tc, test_sync_threads);
	tcase_add_test(tc, test_sync_of_a_file_by_one_thread);
	tcase_add_test(tc, test_sync_resize);
	tcase_add_test(tc, test_sync_free_finishes);
	tcase_add_test(tc, test_sync_job);
	suite_add_tcase(suite, tc);
	return suite;
}
