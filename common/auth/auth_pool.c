/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The queue of slow checks; see auth_pool.h. */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auth/auth_check.h"
#include "common/auth/auth_net.h"
#include "common/auth/auth_pool.h"
#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/proc/msg.h"

struct auth_job {
	TAILQ_ENTRY(auth_job)	 entry;		/* in its group's queue */
	RB_ENTRY(auth_job)	 node;		/* by key */
	struct auth_pool	*pool;
	unsigned char		 key[AUTH_CACHE_KEY_LEN];
	char			 from[AUTH_NET_KEY_MAX];
	struct group		*group;		/* NULL: not in a queue */
	struct buf		 request; /* encoded MSG_CHECK */
	struct auth_wait	*waits;
	unsigned int		 tries;		/* checkers that died on it */
};
TAILQ_HEAD(job_queue, auth_job);
RB_HEAD(job_tree, auth_job);

/* The waiting checks of one address.  A group is never empty. */
struct group {
	TAILQ_ENTRY(group)	 entry;		/* in auth_pool.turns */
	RB_ENTRY(group)		 node;		/* by from */
	struct job_queue	 queue;
	char			 from[AUTH_NET_KEY_MAX];
};
TAILQ_HEAD(group_queue, group);
RB_HEAD(group_tree, group);

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
	struct group_queue	 turns;
	struct group_tree	 groups;
	struct job_tree		 jobs;		/* queued or being checked */
	size_t			 waiting;
	uint32_t		 serial;
};

static int
job_cmp(const struct auth_job *a, const struct auth_job *b)
{
	return memcmp(a->key, b->key, sizeof(a->key));
}

static int
group_cmp(const struct group *a, const struct group *b)
{
	return strcmp(a->from, b->from);
}

RB_PROTOTYPE(job_tree, auth_job, node, job_cmp)
RB_PROTOTYPE(group_tree, group, node, group_cmp)
RB_GENERATE(job_tree, auth_job, node, job_cmp)
RB_GENERATE(group_tree, group, node, group_cmp)

struct auth_pool *
auth_pool_new(struct event_base *base, void (*lost)(uint32_t, bool))
{
	struct auth_pool *p = xcalloc(1, sizeof(*p));

	p->base = base;
	p->lost = lost;
	TAILQ_INIT(&p->turns);
	RB_INIT(&p->groups);
	RB_INIT(&p->jobs);
	for (int i = 0; i < CHECKERS_MAX; i++)
		p->checkers[i].pool = p;
	return p;
}

static struct group *
group_get(struct auth_pool *p, const char *from)
{
	struct group find, *g;

	(void)strlcpy(find.from, from, sizeof(find.from));
	if ((g = RB_FIND(group_tree, &p->groups, &find)) != NULL)
		return g;
	g = xcalloc(1, sizeof(*g));
	(void)strlcpy(g->from, from, sizeof(g->from));
	TAILQ_INIT(&g->queue);
	RB_INSERT(group_tree, &p->groups, g);
	TAILQ_INSERT_TAIL(&p->turns, g, entry);
	return g;
}

static void
queue_add(struct auth_job *job)
{
	job->group = group_get(job->pool, job->from);
	TAILQ_INSERT_TAIL(&job->group->queue, job, entry);
	job->pool->waiting++;
}

static void
queue_remove(struct auth_job *job)
{
	struct auth_pool *p = job->pool;
	struct group *g = job->group;

	TAILQ_REMOVE(&g->queue, job, entry);
	job->group = NULL;
	p->waiting--;
	if (!TAILQ_EMPTY(&g->queue))
		return;
	RB_REMOVE(group_tree, &p->groups, g);
	TAILQ_REMOVE(&p->turns, g, entry);
	free(g);
}

/* Take the next check, or NULL.  Its address moves to the end of the turns. */
static struct auth_job *
queue_take(struct auth_pool *p)
{
	struct group *g = TAILQ_FIRST(&p->turns);
	struct auth_job *job;

	if (g == NULL)
		return NULL;
	TAILQ_REMOVE(&p->turns, g, entry);
	TAILQ_INSERT_TAIL(&p->turns, g, entry);
	job = TAILQ_FIRST(&g->queue);
	queue_remove(job);
	return job;
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

static void
dispatch(struct auth_pool *p)
{
	struct auth_job *job;

	for (int i = 0; i < CHECKERS_MAX; i++) {
		struct checker *c = &p->checkers[i];

		if (c->chan == NULL || c->job != NULL)
			continue;
		if ((job = queue_take(p)) == NULL)
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

int
auth_pool_check(struct auth_pool *p, const unsigned char *key,
    const char *stored, struct slice password, const char *from,
    struct auth_wait *w)
{
	struct auth_job find, *job;

	memcpy(find.key, key, sizeof(find.key));
	job = RB_FIND(job_tree, &p->jobs, &find);
	if (job == NULL) {
		if (p->waiting >= AUTH_POOL_QUEUE_MAX)
			return -1;
		job = xcalloc(1, sizeof(*job));
		job->pool = p;
		memcpy(job->key, key, sizeof(job->key));
		(void)strlcpy(job->from, from, sizeof(job->from));
		buf_init(&job->request, MSG_MAX);
		auth_check_put(&job->request, stored, password);
		RB_INSERT(job_tree, &p->jobs, job);
		queue_add(job);
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
	if (job->waits != NULL || job->group == NULL)
		return;
	queue_remove(job);
	RB_REMOVE(job_tree, &job->pool->jobs, job);
	job_free(job);
}
