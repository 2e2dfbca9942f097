/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The queue of slow checks; see auth_pool.h. */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auth_pool.h"
#include "common/compat.h"
#include "common/log.h"
#include "common/msg.h"
#include "common/xmalloc.h"

struct auth_job {
	TAILQ_ENTRY(auth_job)	 entry;		/* in the queue */
	RB_ENTRY(auth_job)	 node;		/* by key */
	unsigned char		 key[AUTH_CACHE_KEY_LEN];
	struct buf		 request;	/* encoded, until it is answered */
	struct auth_wait	*waits;
	unsigned int		 tries;		/* checkers that died over it */
};
TAILQ_HEAD(job_queue, auth_job);
RB_HEAD(job_tree, auth_job);

struct checker {
	struct auth_pool	*pool;
	struct chan		*chan;		/* NULL: not there */
	struct auth_job		*job;		/* NULL: free */
	char			 name[16];
};

struct auth_pool {
	struct event_base	*base;
	struct checker		 checkers[AUTH_POOL_CHECKERS_MAX];
	struct job_queue	 queue;
	struct job_tree		 jobs;		/* queued or being checked */
	size_t			 waiting;
	uint32_t		 serial;
};

static int
job_cmp(const struct auth_job *a, const struct auth_job *b)
{
	return memcmp(a->key, b->key, sizeof(a->key));
}

RB_PROTOTYPE(job_tree, auth_job, node, job_cmp)
RB_GENERATE(job_tree, auth_job, node, job_cmp)

struct auth_pool *
auth_pool_new(struct event_base *base)
{
	struct auth_pool	*p = xcalloc(1, sizeof(*p));

	p->base = base;
	TAILQ_INIT(&p->queue);
	RB_INIT(&p->jobs);
	for (int i = 0; i < AUTH_POOL_CHECKERS_MAX; i++)
		p->checkers[i].pool = p;
	return p;
}

/* Tell all who wait, who may ask for the next check at once. */
static void
job_finish(struct auth_pool *p, struct auth_job *job,
    enum passhash_result result)
{
	struct auth_wait	*w;

	RB_REMOVE(job_tree, &p->jobs, job);
	while ((w = job->waits) != NULL) {
		job->waits = w->next;
		w->job = NULL;
		w->done(w->arg, result);
	}
	buf_clear_secret(&job->request);
	freezero(job, sizeof(*job));
}

static void
dispatch(struct auth_pool *p)
{
	struct auth_job	*job;

	for (int i = 0; i < AUTH_POOL_CHECKERS_MAX; i++) {
		struct checker	*c = &p->checkers[i];

		if (c->chan == NULL || c->job != NULL)
			continue;
		if ((job = TAILQ_FIRST(&p->queue)) == NULL)
			return;
		TAILQ_REMOVE(&p->queue, job, entry);
		p->waiting--;
		c->job = job;
		(void)chan_send(c->chan, MSG_CHECK, ++p->serial, -1,
		    buf_slice(&job->request));
	}
}

static void
on_checked(void *arg, struct msg *msg)
{
	struct checker		*c = arg;
	struct msg_reader	 r = msg_reader(msg->data);
	uint8_t			 result = msg_get_u8(&r);
	struct auth_job		*job = c->job;

	if (job == NULL || !msg_get_end(&r) || result > PASSHASH_BROKEN) {
		chan_refuse(msg->chan, msg);
		return;
	}
	c->job = NULL;
	job_finish(c->pool, job, result);
	dispatch(c->pool);
}

static const struct msg_permit permits[] = {
	{ MSG_CHECKED, 1, 1, false, on_checked },
	{ 0, 0, 0, false, NULL }
};

/* Whoever was being checked goes to the front, but not for ever. */
static void
checker_gone(struct checker *c)
{
	struct auth_pool	*p = c->pool;
	struct auth_job		*job = c->job;

	chan_free(c->chan);
	c->chan = NULL;
	c->job = NULL;
	if (job == NULL)
		return;
	if (++job->tries > 1) {
		log_warn("two check processes died over one password hash");
		job_finish(p, job, PASSHASH_BROKEN);
		return;
	}
	TAILQ_INSERT_HEAD(&p->queue, job, entry);
	p->waiting++;
}

static void
on_closed(void *arg, bool broken)
{
	struct checker	*c = arg;

	(void)broken;
	checker_gone(c);
	dispatch(c->pool);
}

void
auth_pool_channel(struct auth_pool *p, uint32_t n, int fd)
{
	struct checker	*c;

	if (n >= AUTH_POOL_CHECKERS_MAX) {
		close(fd);
		return;
	}
	c = &p->checkers[n];
	if (c->chan != NULL)
		checker_gone(c);
	(void)snprintf(c->name, sizeof(c->name), "check %u", n);
	c->chan = chan_new(p->base, fd, c->name, permits, on_closed, c);
	dispatch(p);
}

int
auth_pool_check(struct auth_pool *p, const unsigned char *key,
    const char *stored, struct slice password, struct auth_wait *w)
{
	struct auth_job	 find, *job;

	memcpy(find.key, key, sizeof(find.key));
	job = RB_FIND(job_tree, &p->jobs, &find);
	if (job == NULL) {
		if (p->waiting >= AUTH_POOL_QUEUE_MAX)
			return -1;
		job = xcalloc(1, sizeof(*job));
		memcpy(job->key, key, sizeof(job->key));
		buf_init(&job->request, MSG_MAX);
		msg_put_slice(&job->request, slice_str(stored));
		msg_put_slice(&job->request, password);
		RB_INSERT(job_tree, &p->jobs, job);
		TAILQ_INSERT_TAIL(&p->queue, job, entry);
		p->waiting++;
	}
	w->job = job;
	w->next = job->waits;
	job->waits = w;
	dispatch(p);
	return 0;
}

void
auth_pool_cancel(struct auth_wait *w)
{
	struct auth_wait	**at;

	if (w->job == NULL)
		return;
	for (at = &w->job->waits; *at != NULL; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			break;
		}
	w->job = NULL;
}
