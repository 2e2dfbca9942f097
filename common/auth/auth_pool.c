/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The queue of slow checks; see auth_pool.h. */

#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auth/auth_check.h"
#include "common/auth/auth_net.h"
#include "common/auth/auth_pool.h"
#include "common/auth/auth_turns.h"
#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/proc/msg.h"

struct auth_job {
	struct auth_turn	 turn;		/* none: being checked */
	RB_ENTRY(auth_job)	 node;		/* by key */
	struct auth_pool	*pool;
	unsigned char		 key[AUTH_CACHE_KEY_LEN];
	char			 from[AUTH_NET_KEY_MAX];
	struct buf		 request; /* encoded MSG_CHECK */
	struct auth_wait	*waits;
	unsigned int		 tries;		/* checkers that died on it */
};
RB_HEAD(job_tree, auth_job);

struct checker {
	struct auth_pool	*pool;
	struct chan		*chan;		/* NULL: not running */
	struct auth_job		*job;		/* NULL: idle */
	uint32_t		 life;		/* for lost() */
	char			 name[16];
};

struct auth_pool {
	struct event_base	*base;
	void			(*lost)(uint32_t, bool);
	struct checker		 checkers[CHECKERS_MAX];
	struct auth_turns	*turns;
	struct job_tree		 jobs;		/* queued or being checked */
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
auth_pool_new(struct event_base *base, void (*lost)(uint32_t, bool))
{
	struct auth_pool *p = xcalloc(1, sizeof(*p));

	p->base = base;
	p->lost = lost;
	p->turns = auth_turns_new();
	RB_INIT(&p->jobs);
	for (int i = 0; i < CHECKERS_MAX; i++)
		p->checkers[i].pool = p;
	return p;
}

static void
queue_add(struct auth_job *job)
{
	char net[AUTH_NET_KEY_MAX];

	auth_net_wide(job->from, net);
	auth_turns_add(job->pool->turns, (const struct slice[]){
	    slice_str(net), slice_str(job->from) }, 2, &job->turn);
}

static struct auth_job *
job_of(struct auth_turn *turn)
{
	return turn == NULL ? NULL : (struct auth_job *)(void *)
	    ((char *)turn - offsetof(struct auth_job, turn));
}

static void
job_free(struct auth_job *job)
{
	buf_clear_secret(&job->request);
	freezero(job, sizeof(*job));
}

/* Pass on the result.  The callbacks may queue or cancel other checks. */
static void
job_finish(struct auth_job *job, enum passhash_result result)
{
	struct auth_wait *w;

	RB_REMOVE(job_tree, &job->pool->jobs, job);
	while ((w = job->waits) != NULL) {
		job->waits = w->next;
		w->job = NULL;
		w->done(w->arg, result);
	}
	job_free(job);
}

/* Give up a check in the queue.  The callbacks may queue or cancel others. */
static void
job_drop(struct auth_job *job)
{
	struct auth_wait *w;

	auth_turns_remove(&job->turn);
	RB_REMOVE(job_tree, &job->pool->jobs, job);
	while ((w = job->waits) != NULL) {
		job->waits = w->next;
		w->job = NULL;
		w->dropped(w->arg);
	}
	job_free(job);
}

static void
dispatch(struct auth_pool *p)
{
	struct auth_job *job;

	for (int i = 0; i < CHECKERS_MAX; i++) {
		struct checker *c = &p->checkers[i];

		if (c->chan == NULL || c->job != NULL)
			continue;
		if ((job = job_of(auth_turns_take(p->turns))) == NULL)
			return;
		c->job = job;
		(void)chan_send(c->chan, MSG_CHECK, ++p->serial, -1,
		    buf_slice(&job->request));
	}
}

static void
on_checked(void *arg, struct msg *msg)
{
	struct checker *c = arg;
	struct auth_job *job = c->job;
	enum passhash_result result;

	if (job == NULL || auth_checked_parse(msg->data, &result) == -1) {
		chan_break(msg->chan, msg);
		return;
	}
	c->job = NULL;
	job_finish(job, result);
	dispatch(c->pool);
}

static const struct msg_permit permits[] = {
	{ .type = MSG_CHECKED, .handle = on_checked },
	{ .type = MSG_NONE }
};

/* The check that was under way is queued again, but only once. */
static void
checker_gone(struct checker *c)
{
	struct auth_job *job = c->job;

	chan_free(c->chan);
	c->chan = NULL;
	c->job = NULL;
	if (job == NULL)
		return;
	if (++job->tries > 1) {
		log_warn("two check processes died on the same password hash");
		job_finish(job, PASSHASH_BROKEN);
		return;
	}
	queue_add(job);
}

static void
on_closed(void *arg, bool broken)
{
	struct checker *c = arg;

	checker_gone(c);
	c->pool->lost(c->life, broken);
	dispatch(c->pool);
}

void
auth_pool_channel(struct auth_pool *p, uint32_t n, uint32_t life, int fd)
{
	struct checker *c;

	if (n >= CHECKERS_MAX) {
		(void)close(fd);
		return;
	}
	c = &p->checkers[n];
	if (c->chan != NULL)
		checker_gone(c);
	c->life = life;
	(void)snprintf(c->name, sizeof(c->name), "check %u", n);
	c->chan = chan_new(p->base, fd, c->name, permits, on_closed, c);
	dispatch(p);
}

/*
 * Make a check and queue it, even if another must give up its place.  Returns
 * NULL if it would be this one.
 */
static struct auth_job *
job_new(struct auth_pool *p, const unsigned char *key, const char *from)
{
	struct auth_job *job, *victim;
	bool mine;

	job = xcalloc(1, sizeof(*job));
	job->pool = p;
	memcpy(job->key, key, sizeof(job->key));
	(void)strlcpy(job->from, from, sizeof(job->from));
	buf_init(&job->request, MSG_MAX);
	RB_INSERT(job_tree, &p->jobs, job);
	queue_add(job);
	if (auth_turns_count(p->turns) <= AUTH_POOL_QUEUE_MAX)
		return job;
	victim = job_of(auth_turns_longest(p->turns));
	mine = victim == job;
	job_drop(victim);
	return mine ? NULL : job;
}

int
auth_pool_check(struct auth_pool *p, const unsigned char *key,
    const char *stored, struct slice password, const char *from,
    struct auth_wait *w)
{
	struct auth_job find, *job;

	memcpy(find.key, key, sizeof(find.key));
	job = RB_FIND(job_tree, &p->jobs, &find);
	if (job == NULL) {
		if ((job = job_new(p, key, from)) == NULL)
			return -1;
		auth_check_put(&job->request, stored, password);
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
	struct auth_job *job = w->job;
	struct auth_wait **at;

	if (job == NULL)
		return;
	for (at = &job->waits; *at != NULL; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			break;
		}
	w->job = NULL;
	if (job->waits != NULL || job->turn.group == NULL)
		return;
	auth_turns_remove(&job->turn);
	RB_REMOVE(job_tree, &job->pool->jobs, job);
	job_free(job);
}
