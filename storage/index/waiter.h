/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Waiters for a helper thread, for the transaction of another operation, or
 * for a time.  The loop wakes them.
 */

#ifndef STORAGE_INDEX_WAITER_H
#define STORAGE_INDEX_WAITER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compat.h"

/* Events to wait for. */
#define WAIT_SYNC	(1U << 0)	/* a helper thread finished something */
#define WAIT_LOCK	(1U << 1)	/* a transaction has ended */
#define WAIT_TIME	(1U << 2)

struct waiter {
	TAILQ_ENTRY(waiter) link;
	bool		 queued;
	unsigned int	 what;		/* WAIT_* */
	uint64_t	 at_ms;		/* with WAIT_TIME */
	void		(*wake)(void *);
	void		*arg;
};
TAILQ_HEAD(waiters, waiter);

/*
 * Wait for any of the events in what.  Wakes once.  Replaces an earlier wait.
 */
void		 waiter_sleep(struct waiters *ws, struct waiter *w,
		    unsigned int what, uint64_t at_ms);
/* Stop waiting. */
void		 waiter_cancel(struct waiters *ws, struct waiter *w);
/* Wake all that wait for an event in what, or whose time has come. */
void		 waiters_wake(struct waiters *ws, unsigned int what,
		    uint64_t now_ms);
/* The earliest at_ms of all waiters, or UINT64_MAX. */
uint64_t	 waiters_due(const struct waiters *ws);

#endif
