/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Waiting without blocking: for a helper thread, for the transaction of
 * another operation, or for a time.  The loop wakes whoever waits.  An
 * operation also gives way when its time slice is used up.
 */

#ifndef STORAGE_WAIT_H
#define STORAGE_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "common/base/run.h"
#include "storage/types.h"

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
void		 waiter_sleep(struct storage *s, struct waiter *w,
		    unsigned int what, uint64_t at_ms);
/* Stop waiting. */
void		 waiter_cancel(struct storage *s, struct waiter *w);
/* Wake all that wait for an event in what, or whose time has come. */
void		 waiters_wake(struct storage *s, unsigned int what,
		    uint64_t now_ms);
/* The earliest at_ms of all waiters, or UINT64_MAX. */
uint64_t	 waiters_due(const struct storage *s);

/* When the current slice of op is used up, in ns of timer_ns(). */
uint64_t	 op_until(const struct op *op);
/* Whether the current slice of op is used up: then return RUN_MORE. */
bool		 op_must_yield(const struct op *op);
/* Wait until a helper thread has finished something.  Returns RUN_WAIT. */
enum run	 op_wait_sync(struct op *op);
/* Wait for ms milliseconds.  Returns RUN_WAIT. */
enum run	 op_wait_ms(struct op *op, unsigned int ms);
/*
 * Wait for a lock, or for the end of another operation's transaction.  Returns
 * RUN_WAIT, or RUN_FAIL with STORE_ERR_INUSE after options.lock_timeout.
 */
enum run	 op_wait_lock(struct op *op);

#endif
