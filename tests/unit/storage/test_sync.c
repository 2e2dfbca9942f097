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
		files[i] = syncfile_new(s, fds[i]);
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
	for (int i = 0; i < 2; i++) {
		syncfile_free(files[i]);
		(void)close(fds[i]);
	}
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

/* Without a descriptor nothing is ever synced. */
START_TEST(test_sync_without_a_file)
{
	uint64_t ticket = syncfile_want(NULL);

	errno = 0;
	ck_assert_int_eq(syncfile_done(NULL, ticket), -1);
	ck_assert_int_eq(errno, EIO);
	syncfile_free(NULL);
	sync_free(NULL);
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

/* A sync that is only queued is dropped with its file. */
START_TEST(test_sync_free_drops_what_is_queued)
{
	stop_all();
	(void)syncfile_want(files[0]);
	wait_entered(1);
	(void)syncfile_want(files[1]);
	syncfile_free(files[1]);
	files[1] = NULL;
	let_go();
	ck_assert_int_eq(wait_done(files[0], syncfile_want(files[0])), 1);
	ck_assert_uint_eq(gate.of_file[1], 0);
}
END_TEST

static void *
free_file(void *arg)
{
	bool *stopping = arg;

	syncfile_free(files[0]);
	pthread_mutex_lock(&gate.mutex);
	*stopping = gate.stopping;
	pthread_mutex_unlock(&gate.mutex);
	return NULL;
}

/* The descriptor is in use until the sync that has begun ends. */
START_TEST(test_sync_free_waits_for_what_runs)
{
	bool stopping = true;
	pthread_t thread;

	stop_all();
	(void)syncfile_want(files[0]);
	wait_entered(1);
	(void)syncfile_want(files[0]);
	ck_assert_int_eq(pthread_create(&thread, NULL, free_file, &stopping),
	    0);
	let_go();
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	files[0] = NULL;
	ck_assert(!stopping);
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
	/* The other thread would have taken the first of two. */
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
		files[i] = syncfile_new(s, fds[i]);
	}
}
END_TEST

/* A checkpoint is under way until its thread says that it has ended. */
START_TEST(test_sync_checkpoint)
{
	bool running = false;
	char path[128];

	stop_all();
	(void)syncfile_want(files[0]);
	wait_entered(1);
	/* There is no such database; that is the same for whoever waits. */
	(void)snprintf(path, sizeof(path), "%s/none.db", unit_dir());
	sync_checkpoint(s, path, &running);
	ck_assert(sync_checkpoint_running(s, &running));
	let_go();
	sync_checkpoint_wait(s, &running);
	ck_assert(!sync_checkpoint_running(s, &running));
	ck_assert(readable());
}
END_TEST

Suite *
suite_sync(void)
{
	Suite *suite = suite_create("sync");
	TCase *tc = tcase_create("sync");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_sync_done);
	tcase_add_test(tc, test_sync_without_a_file);
	tcase_add_test(tc, test_sync_queued_is_shared);
	tcase_add_test(tc, test_sync_that_runs_is_not_shared);
	tcase_add_test(tc, test_sync_failure);
	tcase_add_test(tc, test_sync_interrupted);
	tcase_add_test(tc, test_sync_free_drops_what_is_queued);
	tcase_add_test(tc, test_sync_free_waits_for_what_runs);
	tcase_add_test(tc, test_sync_threads);
	tcase_add_test(tc, test_sync_of_a_file_by_one_thread);
	tcase_add_test(tc, test_sync_resize);
	tcase_add_test(tc, test_sync_free_finishes);
	tcase_add_test(tc, test_sync_checkpoint);
	suite_add_tcase(suite, tc);
	return suite;
}
