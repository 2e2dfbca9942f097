/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The helper threads; sync.h says what they do.  One mutex protects all that
 * they share with the loop.  They call no function of the store but those of
 * jobs, which open connections of their own.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "storage/index/sync.h"
#include "storage/index/vfs.h"

#define THREADS_MAX	64

struct syncgroup {
	struct sync	*sync;
	unsigned int	 refs;
	TAILQ_HEAD(, syncfile) files;
	uint64_t	 failures;	/* how often a sync has failed */
	uint64_t	 healed;	/* failures that were healed */
	struct sync_failure last;
	bool		 fresh;		/* in sync->failed */
	TAILQ_ENTRY(syncgroup) failed_link;
};

struct syncfile {
	TAILQ_ENTRY(syncfile) link;	/* in sync->queue */
	TAILQ_ENTRY(syncfile) group_link;
	struct sync	*sync;
	struct syncgroup *group;	/* NULL: none */
	unsigned int	 refs;		/* the queue holds one, too */
	int		 fd;
	char		 what[80];	/* names the file in the log */
	bool		 queued;
	bool		 busy;		/* a thread is syncing it */
	uint64_t	 wanted;	/* the last ticket given out */
	uint64_t	 done;		/* tickets up to this are done */
	uint64_t	 failed;	/* the last ticket that failed */
	uint64_t	 failure;	/* group->failures at that time */
	int		 errnum;
};

struct syncjob {
	TAILQ_ENTRY(syncjob) link;
	struct sync	*sync;
	void		(*run)(void *);
	void		(*drop)(void *);
	void		*arg;
	bool		 ended;
	bool		 given_up;	/* by syncjob_free() */
};

/* A helper thread.  Its slot is used again after the thread was joined. */
struct helper {
	struct sync	*sync;
	pthread_t	 thread;
	bool		 joinable;	/* started and not yet joined */
	bool		 ended;		/* finished, so that joining is quick */
};

struct sync {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 work;		/* wakes threads: there is work */
	pthread_cond_t	 idle;		/* a sync has ended */
	TAILQ_HEAD(, syncfile) queue;
	TAILQ_HEAD(, syncjob) jobs;
	TAILQ_HEAD(, syncgroup) failed;	/* the loop does not know yet */
	bool		 stop;
	unsigned int	 nhelpers;	/* how many of the helpers should run */
	struct helper	 helpers[THREADS_MAX];
	bool		 notified;	/* a byte is in the pipe */
	int		 fds[2];	/* a pipe: read, write */
};

/* Functions whose names end in _locked are called with the mutex held. */

static void
notify_locked(struct sync *s)
{
	if (s->notified)
		return;
	s->notified = true;
	/* If the pipe is full, its reader will wake up anyway. */
	if (write(s->fds[1], "", 1) == -1)
		return;
}

static int
group_errno_locked(const struct syncgroup *g)
{
	return g != NULL && g->failures > g->healed ? g->last.errnum : 0;
}

static void
group_fail_locked(struct syncgroup *g, int errnum, const char *what)
{
	g->failures++;
	g->last.errnum = errnum;
	(void)snprintf(g->last.what, sizeof(g->last.what), "%s", what);
	if (!g->fresh && g->last.arg != NULL) {
		g->fresh = true;
		TAILQ_INSERT_TAIL(&g->sync->failed, g, failed_link);
		notify_locked(g->sync);
	}
}

static void
group_unref_locked(struct syncgroup *g)
{
	if (--g->refs > 0)
		return;
	if (g->fresh)
		TAILQ_REMOVE(&g->sync->failed, g, failed_link);
	free(g);
}

static void
file_unref_locked(struct syncfile *f)
{
	if (--f->refs > 0)
		return;
	(void)close(f->fd);
	if (f->group != NULL) {
		TAILQ_REMOVE(&f->group->files, f, group_link);
		group_unref_locked(f->group);
	}
	free(f);
}

static void
queue_locked(struct syncfile *f)
{
	f->refs++;
	f->queued = true;
	TAILQ_INSERT_TAIL(&f->sync->queue, f, link);
	(void)pthread_cond_signal(&f->sync->work);
}

static int
sync_fd_now(int fd)
{
	int rc;

	do {
		rc = fdatasync(fd);
	} while (rc == -1 && errno == EINTR);
	return rc;
}

/* Sync one file, which was in the queue and has its reference. */
static void
sync_one_locked(struct sync *s, struct syncfile *f)
{
	uint64_t ticket = f->wanted;
	int rc, errnum;

	f->queued = false;
	f->busy = true;
	(void)pthread_mutex_unlock(&s->mutex);
	rc = sync_fd_now(f->fd);
	errnum = errno;
	(void)pthread_mutex_lock(&s->mutex);
	f->busy = false;
	f->done = ticket;
	if (rc == -1 && f->group != NULL)
		group_fail_locked(f->group, errnum, f->what);
	/* While the group has failed, a sync that succeeds proves nothing. */
	if (rc == 0)
		errnum = group_errno_locked(f->group);
	if (errnum != 0) {
		f->failed = ticket;
		f->failure = f->group == NULL ? 0 : f->group->failures;
		f->errnum = errnum;
	}
	/* Another sync was asked for while this one ran: queue it now. */
	if (f->wanted > ticket && !f->queued)
		queue_locked(f);
	(void)pthread_cond_broadcast(&s->idle);
	notify_locked(s);
	file_unref_locked(f);
}

static void
job_drop_locked(struct sync *s, struct syncjob *j)
{
	(void)pthread_mutex_unlock(&s->mutex);
	j->drop(j->arg);
	free(j);
	(void)pthread_mutex_lock(&s->mutex);
}

static void
job_run_locked(struct sync *s, struct syncjob *j)
{
	(void)pthread_mutex_unlock(&s->mutex);
	j->run(j->arg);
	(void)pthread_mutex_lock(&s->mutex);
	j->ended = true;
	if (j->given_up)
		job_drop_locked(s, j);
	notify_locked(s);
}

static bool
unwanted(const struct helper *h)
{
	return h->sync->stop || h >= h->sync->helpers + h->sync->nhelpers;
}

static void *
helper(void *arg)
{
	struct helper *h = arg;
	struct sync *s = h->sync;
	struct syncfile *f;
	struct syncjob *j;

	vfs_may_sleep(true);
	(void)pthread_mutex_lock(&s->mutex);
	for (;;) {
		if ((f = TAILQ_FIRST(&s->queue)) != NULL) {
			TAILQ_REMOVE(&s->queue, f, link);
			sync_one_locked(s, f);
		} else if ((j = TAILQ_FIRST(&s->jobs)) != NULL) {
			TAILQ_REMOVE(&s->jobs, j, link);
			job_run_locked(s, j);
		} else if (unwanted(h))
			break;
		else
			(void)pthread_cond_wait(&s->work, &s->mutex);
	}
	h->ended = true;
	(void)pthread_mutex_unlock(&s->mutex);
	return NULL;
}

/*
 * Make sure that a thread runs in this slot.  Called with the mutex held.
 * Returns 0, or -1 if no thread could be started.
 */
static int
start_helper(struct helper *h)
{
	/* A running thread stays, even if it was surplus for a moment. */
	if (h->joinable && !h->ended)
		return 0;
	if (h->joinable)
		(void)pthread_join(h->thread, NULL);
	h->ended = false;
	h->joinable = pthread_create(&h->thread, NULL, helper, h) == 0;
	return h->joinable ? 0 : -1;
}

void
sync_resize(struct sync *s, unsigned int nthreads)
{
	sigset_t all, old;
	unsigned int n = 0;

	if (nthreads < 1)
		nthreads = 1;
	if (nthreads > THREADS_MAX)
		nthreads = THREADS_MAX;
	/* The new threads inherit this mask, so that they take no signals. */
	(void)sigfillset(&all);
	/* A fault of a thread that blocks it ends the process; see vfs.h. */
	(void)sigdelset(&all, SIGBUS);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	(void)pthread_mutex_lock(&s->mutex);
	while (n < nthreads && start_helper(&s->helpers[n]) == 0)
		n++;
	s->nhelpers = n;
	(void)pthread_cond_broadcast(&s->work);
	(void)pthread_mutex_unlock(&s->mutex);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (n == 0)
		log_fatal("store sync: cannot start a helper thread");
}

struct sync *
sync_new(unsigned int nthreads)
{
	struct sync *s;

	s = xcalloc(1, sizeof(*s));
	TAILQ_INIT(&s->queue);
	TAILQ_INIT(&s->jobs);
	TAILQ_INIT(&s->failed);
	if (pthread_mutex_init(&s->mutex, NULL) != 0 ||
	    pthread_cond_init(&s->work, NULL) != 0 ||
	    pthread_cond_init(&s->idle, NULL) != 0)
		log_fatal("store sync: cannot create a mutex");
	if (pipe2(s->fds, O_NONBLOCK | O_CLOEXEC) == -1)
		log_fatal("store sync: pipe2: %s", strerror(errno));
	for (unsigned int i = 0; i < THREADS_MAX; i++)
		s->helpers[i].sync = s;
	sync_resize(s, nthreads);
	return s;
}

void
sync_free(struct sync *s)
{
	if (s == NULL)
		return;
	(void)pthread_mutex_lock(&s->mutex);
	s->stop = true;
	(void)pthread_cond_broadcast(&s->work);
	(void)pthread_mutex_unlock(&s->mutex);
	for (unsigned int i = 0; i < THREADS_MAX; i++)
		if (s->helpers[i].joinable)
			(void)pthread_join(s->helpers[i].thread, NULL);
	(void)pthread_mutex_destroy(&s->mutex);
	(void)pthread_cond_destroy(&s->work);
	(void)pthread_cond_destroy(&s->idle);
	(void)close(s->fds[0]);
	(void)close(s->fds[1]);
	free(s);
}

int
sync_fd(const struct sync *s)
{
	return s->fds[0];
}

bool
sync_drain(struct sync *s)
{
	bool finished;
	char byte;

	(void)pthread_mutex_lock(&s->mutex);
	finished = s->notified;
	if (s->notified && read(s->fds[0], &byte, 1) == 1)
		s->notified = false;
	(void)pthread_mutex_unlock(&s->mutex);
	return finished;
}

bool
sync_next_failure(struct sync *s, struct sync_failure *out)
{
	struct syncgroup *g;

	(void)pthread_mutex_lock(&s->mutex);
	if ((g = TAILQ_FIRST(&s->failed)) != NULL) {
		TAILQ_REMOVE(&s->failed, g, failed_link);
		g->fresh = false;
		*out = g->last;
	}
	(void)pthread_mutex_unlock(&s->mutex);
	return g != NULL;
}

struct syncfile *
syncfile_new(struct sync *s, int fd, struct syncgroup *g, const char *what)
{
	struct syncfile *f;

	f = xcalloc(1, sizeof(*f));
	f->sync = s;
	f->refs = 1;
	f->fd = fd;
	(void)snprintf(f->what, sizeof(f->what), "%s", what);
	f->group = g;
	if (g != NULL) {
		(void)pthread_mutex_lock(&s->mutex);
		g->refs++;
		TAILQ_INSERT_TAIL(&g->files, f, group_link);
		(void)pthread_mutex_unlock(&s->mutex);
	}
	return f;
}

struct syncfile *
syncfile_ref(struct syncfile *f)
{
	(void)pthread_mutex_lock(&f->sync->mutex);
	f->refs++;
	(void)pthread_mutex_unlock(&f->sync->mutex);
	return f;
}

void
syncfile_unref(struct syncfile *f)
{
	struct sync *s;

	if (f == NULL)
		return;
	s = f->sync;
	(void)pthread_mutex_lock(&s->mutex);
	file_unref_locked(f);
	(void)pthread_mutex_unlock(&s->mutex);
}

uint64_t
syncfile_want(struct syncfile *f)
{
	struct sync *s = f->sync;
	uint64_t ticket;

	(void)pthread_mutex_lock(&s->mutex);
	if (!f->queued)
		f->wanted++;
	ticket = f->wanted;
	if (!f->queued && !f->busy)
		queue_locked(f);
	(void)pthread_mutex_unlock(&s->mutex);
	return ticket;
}

static int
file_done_locked(const struct syncfile *f, uint64_t ticket)
{
	if (f->done < ticket)
		return 0;
	/* A sync that failed may have lost writes of older tickets, too. */
	if (f->failed >= ticket && (f->group == NULL ||
	    f->failure > f->group->healed)) {
		errno = f->errnum;
		return -1;
	}
	return 1;
}

int
syncfile_done(struct syncfile *f, uint64_t ticket)
{
	int rc;

	(void)pthread_mutex_lock(&f->sync->mutex);
	rc = file_done_locked(f, ticket);
	(void)pthread_mutex_unlock(&f->sync->mutex);
	return rc;
}

int
syncfile_wait(struct syncfile *f, uint64_t ticket)
{
	struct sync *s = f->sync;
	int rc;

	(void)pthread_mutex_lock(&s->mutex);
	while ((rc = file_done_locked(f, ticket)) == 0)
		(void)pthread_cond_wait(&s->idle, &s->mutex);
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

struct syncgroup *
syncgroup_new(struct sync *s, void *arg)
{
	struct syncgroup *g;

	g = xcalloc(1, sizeof(*g));
	g->sync = s;
	g->refs = 1;
	g->last.arg = arg;
	TAILQ_INIT(&g->files);
	return g;
}

struct syncgroup *
syncgroup_ref(struct syncgroup *g)
{
	(void)pthread_mutex_lock(&g->sync->mutex);
	g->refs++;
	(void)pthread_mutex_unlock(&g->sync->mutex);
	return g;
}

void
syncgroup_unref(struct syncgroup *g)
{
	struct sync *s;

	if (g == NULL)
		return;
	s = g->sync;
	(void)pthread_mutex_lock(&s->mutex);
	group_unref_locked(g);
	(void)pthread_mutex_unlock(&s->mutex);
}

void
syncgroup_free(struct syncgroup *g)
{
	struct sync *s;

	if (g == NULL)
		return;
	s = g->sync;
	(void)pthread_mutex_lock(&s->mutex);
	g->last.arg = NULL;
	if (g->fresh)
		TAILQ_REMOVE(&s->failed, g, failed_link);
	g->fresh = false;
	group_unref_locked(g);
	(void)pthread_mutex_unlock(&s->mutex);
}

void
syncgroup_fail(struct syncgroup *g, int errnum, const char *what)
{
	(void)pthread_mutex_lock(&g->sync->mutex);
	group_fail_locked(g, errnum, what);
	(void)pthread_mutex_unlock(&g->sync->mutex);
}

int
syncgroup_errno(struct syncgroup *g, uint64_t *failures)
{
	int errnum;

	(void)pthread_mutex_lock(&g->sync->mutex);
	errnum = group_errno_locked(g);
	if (failures != NULL)
		*failures = g->failures;
	(void)pthread_mutex_unlock(&g->sync->mutex);
	return errnum;
}

int
syncgroup_heal(struct syncgroup *g, uint64_t failures)
{
	struct sync *s = g->sync;
	struct syncfile *f, *next;
	int rc = 0;

	(void)pthread_mutex_lock(&s->mutex);
	for (f = TAILQ_FIRST(&g->files); f != NULL; f = next) {
		if (f->failure > g->healed && rc == 0) {
			f->refs++;
			(void)pthread_mutex_unlock(&s->mutex);
			rc = sync_fd_now(f->fd);
			(void)pthread_mutex_lock(&s->mutex);
			next = TAILQ_NEXT(f, group_link);
			file_unref_locked(f);
		} else
			next = TAILQ_NEXT(f, group_link);
	}
	if (rc == 0 && failures > g->healed)
		g->healed = failures;
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

struct syncjob *
syncjob_new(struct sync *s, void (*run)(void *arg), void (*drop)(void *arg),
    void *arg)
{
	struct syncjob *j;

	j = xcalloc(1, sizeof(*j));
	j->sync = s;
	j->run = run;
	j->drop = drop;
	j->arg = arg;
	(void)pthread_mutex_lock(&s->mutex);
	TAILQ_INSERT_TAIL(&s->jobs, j, link);
	(void)pthread_cond_signal(&s->work);
	(void)pthread_mutex_unlock(&s->mutex);
	return j;
}

bool
syncjob_ended(struct syncjob *j)
{
	bool ended;

	(void)pthread_mutex_lock(&j->sync->mutex);
	ended = j->ended;
	(void)pthread_mutex_unlock(&j->sync->mutex);
	return ended;
}

void
syncjob_free(struct syncjob *j)
{
	struct sync *s;

	if (j == NULL)
		return;
	s = j->sync;
	(void)pthread_mutex_lock(&s->mutex);
	j->given_up = true;
	if (j->ended)
		job_drop_locked(s, j);
	(void)pthread_mutex_unlock(&s->mutex);
}
