/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Slow hashes, computed by the check processes: a queue in auth, one check
 * at a time in each of them.  Equal checks asked for at the same time are
 * computed once.  Addresses take turns, so that one that asks for many holds
 * up nobody but itself.
 */

#ifndef COMMON_AUTH_POOL_H
#define COMMON_AUTH_POOL_H

#include <stdint.h>

#include "common/auth/auth_cache.h"
#include "common/base/slice.h"
#include "common/pass/passhash.h"

#define AUTH_POOL_QUEUE_MAX	1024	/* checks that wait */
#define AUTH_POOL_CHECKERS_MAX	64

struct auth_pool;
struct event_base;

/* Somebody who waits for a check; embedded in a login. */
struct auth_wait {
	struct auth_job		*job;		/* NULL: waits for none */
	struct auth_wait	*next;
	void			(*done)(void *arg, enum passhash_result);
	void			*arg;
};

struct auth_pool *auth_pool_new(struct event_base *base);

/* A channel to check process number n came; fd is taken over. */
void	 auth_pool_channel(struct auth_pool *p, uint32_t n, int fd);

/*
 * Have a password checked.  w->done is called later, never from within.
 *
 * key       of auth_cache_key: equal ones are one check
 * from      of auth_net_key: who has to share turns
 * Returns 0, or -1 when too many wait.
 */
int	 auth_pool_check(struct auth_pool *p, const unsigned char *key,
	    const char *stored, struct slice password, const char *from,
	    struct auth_wait *w);

/*
 * This one waits no more.  A check that has begun is finished all the same;
 * one that nobody waits for is not begun.
 */
void	 auth_pool_cancel(struct auth_wait *w);

#endif
