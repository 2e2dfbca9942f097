/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The helper threads; sync.h says what they do.  One mutex protects all that
 * they share with the loop.  They call no function of the store but
 * sql_checkpoint(), which opens a connection of its own.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "storage/index/sql.h"
#include "storage/index/sync.h"

#define THREADS_MAX	64

struct syncfile {
	TAILQ_ENTRY(syncfile) link;
	struct sync	*sync;
	int		 fd;
	bool		 queued;
	bool		 busy;		/* a thread is syncing it */
	uint64_t	 wanted;	/* the last ticket given out */
	uint64_t	 done;		/* tickets up to this are done */
	uint64_t	 failed;	/* the last ticket that failed */
	int		 errnum;
};

struct checkpoint {
	TAILQ_ENTRY(checkpoint) link;
	char		*path;
	bool		*running;	/* cleared under the mutex */
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
	pthread_cond_t	 idle;		/* a sync or checkpoint has ended */
	TAILQ_HEAD(, syncfile) queue;
	TAILQ_HEAD(, checkpoint) checkpoints;
	bool		 stop;
	unsigned int	 nhelpers;	/* how many of the helpers should run */
	struct helper	 helpers[THREADS_MAX];
	bool		 notified;	/* a byte is in the pipe */
	int		 fds[2];	/* a pipe: read, write */
};

/* Called with the mutex held. */
static void
notify(struct sync *s)
{
	if (s->notified)
		return;
	s->notified = true;
	/* If the pipe is full, its reader will wake up anyway. */
	if (write(s->fds[1], "", 1) == -1)
		return;
}

static void
sync_one(struct sync *s, struct syncfile *f)
{
	uint64_t ticket = f->wanted;
	int rc, errnum;

	f->queued = false;
	f->busy = true;
	(void)pthread_mutex_unlock(&s->mutex);
	do {
		rc = fdatasync(f->fd);
	} while (rc == -1 && errno == EINTR);
	errnum = errno;
	(void)pthread_mutex_lock(&s->mutex);
	f->busy = false;
	f->done = ticket;
	if (rc == -1) {
		f->failed = ticket;
		f->errnum = errnum;
	}
	/* Another sync was asked for while this one ran: queue it now. */
	if (f->wanted > ticket && !f->queued) {
		f->queued = true;
		TAILQ_INSERT_TAIL(&s->queue, f, link);
	}
	(void)pthread_cond_broadcast(&s->idle);
	notify(s);
}

static void
checkpoint_one(struct sync *s, struct checkpoint *c)
{
	(void)pthread_mutex_unlock(&s->mutex);
	sql_checkpoint(c->path);
	(void)pthread_mutex_lock(&s->mutex);
	*c->running = false;
	free(c->path);
	free(c);
	(void)pthread_cond_broadcast(&s->idle);
	notify(s);
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
	struct checkpoint *c;

	(void)pthread_mutex_lock(&s->mutex);
	for (;;) {
		if ((f = TAILQ_FIRST(&s->queue)) != NULL) {
			TAILQ_REMOVE(&s->queue, f, link);
			sync_one(s, f);
		} else if ((c = TAILQ_FIRST(&s->checkpoints)) != NULL) {
			TAILQ_REMOVE(&s->checkpoints, c, link);
			checkpoint_one(s, c);
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
	TAILQ_INIT(&s->checkpoints);
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

struct syncfile *
syncfile_new(struct sync *s, int fd)
{
	struct syncfile *f;

	f = xcalloc(1, sizeof(*f));
	f->sync = s;
	f->fd = fd;
	return f;
}

void
syncfile_free(struct syncfile *f)
{
	struct sync *s;

	if (f == NULL)
		return;
	s = f->sync;
	(void)pthread_mutex_lock(&s->mutex);
	for (;;) {
		if (f->queued) {
			TAILQ_REMOVE(&s->queue, f, link);
			f->queued = false;
			f->wanted = f->done;
		}
		if (!f->busy)
			break;
		f->wanted = 0;
		(void)pthread_cond_wait(&s->idle, &s->mutex);
	}
	(void)pthread_mutex_unlock(&s->mutex);
	free(f);
}

uint64_t
syncfile_want(struct syncfile *f)
{
	struct sync *s;
	uint64_t ticket;

	if (f == NULL)
		return 0;
	s = f->sync;
	(void)pthread_mutex_lock(&s->mutex);
	if (!f->queued)
		f->wanted++;
	ticket = f->wanted;
	if (!f->queued && !f->busy) {
		f->queued = true;
		TAILQ_INSERT_TAIL(&s->queue, f, link);
		(void)pthread_cond_signal(&s->work);
	}
	(void)pthread_mutex_unlock(&s->mutex);
	return ticket;
}

int
syncfile_done(struct syncfile *f, uint64_t ticket)
{
	struct sync *s;
	int rc;

	if (f == NULL) {
		errno = EIO;
		return -1;
	}
	s = f->sync;
	(void)pthread_mutex_lock(&s->mutex);
	rc = f->done >= ticket;
	/* A sync that failed may have lost writes of older tickets, too. */
	if (rc == 1 && f->failed >= ticket) {
		rc = -1;
		errno = f->errnum;
	}
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

void
sync_checkpoint(struct sync *s, const char *path, bool *running)
{
	struct checkpoint *c;

	c = xcalloc(1, sizeof(*c));
	c->path = xstrdup(path);
	c->running = running;
	(void)pthread_mutex_lock(&s->mutex);
	*running = true;
	TAILQ_INSERT_TAIL(&s->checkpoints, c, link);
	(void)pthread_cond_signal(&s->work);
	(void)pthread_mutex_unlock(&s->mutex);
}

void
sync_checkpoint_wait(struct sync *s, bool *running)
{
	(void)pthread_mutex_lock(&s->mutex);
	while (*running)
		(void)pthread_cond_wait(&s->idle, &s->mutex);
	(void)pthread_mutex_unlock(&s->mutex);
}

bool
sync_checkpoint_running(struct sync *s, const bool *running)
{
	bool yes;

	(void)pthread_mutex_lock(&s->mutex);
	yes = *running;
	(void)pthread_mutex_unlock(&s->mutex);
	return yes;
}
