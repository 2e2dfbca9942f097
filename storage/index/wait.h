/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Waiting without blocking: for a helper thread, for the transaction of
 * another operation, for a time.  Who waits is woken from the loop.  An
 * operation gives way as well when its time slice is used up.
 */

#ifndef STORAGE_WAIT_H
#define STORAGE_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "common/base/run.h"
#include "storage/types.h"

/* What a waiter waits for. */
#define WAIT_SYNC	(1U << 0)	/* a helper thread finished something */
#define WAIT_LOCK	(1U << 1)	/* the writer of a store finished */
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

/* Wait for any of what; wakes once.  Replaces an earlier wait. */
void		 waiter_sleep(struct storage *s, struct waiter *w,
		    unsigned int what, uint64_t at_ms);
/* Wait for nothing any more. */
void		 waiter_cancel(struct storage *s, struct waiter *w);
/* Wake those who wait for what, and those whose time has come. */
void		 waiters_wake(struct storage *s, unsigned int what,
		    uint64_t now_ms);
/* The earliest at_ms, or UINT64_MAX. */
uint64_t	 waiters_due(const struct storage *s);

/* When the slice of this call is used up, in ns of timer_ns(). */
uint64_t	 op_until(const struct op *op);
/* The slice of this call is used up: return RUN_MORE. */
bool		 op_must_yield(const struct op *op);
/* Wait for the helper threads; returns RUN_WAIT. */
enum run	 op_wait_sync(struct op *op);
/* Wait for a time; returns RUN_WAIT. */
enum run	 op_wait_ms(struct op *op, unsigned int ms);
/* Wait for another's transaction; RUN_FAIL with INUSE when it takes long. */
enum run	 op_wait_lock(struct op *op);

#endif
