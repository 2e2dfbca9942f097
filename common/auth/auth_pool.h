/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Slow password checks, computed by the check processes.  Auth has a queue, and
 * each check process computes one check at a time.  Equal checks that wait at
 * the same time are computed once.  Networks take turns, and in a network its
 * addresses, so that whoever has many checks delays only himself; and if the
 * queue is full, it is he who loses a place.
 */

#ifndef COMMON_AUTH_AUTH_POOL_H
#define COMMON_AUTH_AUTH_POOL_H

#include <stdint.h>

#include "common/auth/auth_cache.h"
#include "common/base/slice.h"
#include "common/pass/passhash.h"

#define AUTH_POOL_QUEUE_MAX	1024	/* waiting checks */

struct auth_pool;
struct event_base;

/* A login's wait for a check; embedded in struct login. */
struct auth_wait {
	struct auth_job		*job;		/* NULL: not waiting */
	struct auth_wait	*next;
	void			(*done)(void *arg, enum passhash_result);
	void			(*dropped)(void *arg);	/* lost its place */
	void			*arg;
};

/*
 * Make a pool without check processes; it lives as long as auth.
 *
 * lost      called when the channel to a check process has ended; broken says
 *           that it broke the rules
 */
struct auth_pool *auth_pool_new(struct event_base *base,
	    void (*lost)(uint32_t life, bool broken));

/*
 * Start to use a new channel to check process number n; takes over fd.  life
 * is for the callback.
 */
void	 auth_pool_channel(struct auth_pool *p, uint32_t n, uint32_t life,
	    int fd);

/*
 * Queue a password check.  w->done is called with the result later, or
 * w->dropped if others need the place more; neither from within this call.
 *
 * key       from auth_cache_key(); checks with equal keys are computed once
 * from      from auth_net_key(); whose turn the check waits for
 *
 * Returns 0, or -1 if the queue is full and from has most of it.
 */
int	 auth_pool_check(struct auth_pool *p, const unsigned char *key,
	    const char *stored, struct slice password, const char *from,
	    struct auth_wait *w);

/*
 * Stop waiting for a check; w->done will not be called.  A check that nobody
 * waits for is removed from the queue, but one that has begun is finished.
 */
void	 auth_pool_cancel(struct auth_wait *w);

#endif
