/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Waiting without blocking; see wait.h.
 */

#include "config.h"

#include "common/base/timer.h"
#include "storage/index/error.h"
#include "storage/index/op_head.h"
#include "storage/index/store_state.h"
#include "storage/index/wait.h"

/* How soon a lock that another process holds is tried again. */
#define RETRY_MS	3

void
waiter_sleep(struct storage *s, struct waiter *w, unsigned int what,
    uint64_t at_ms)
{
	if (!w->queued)
		TAILQ_INSERT_TAIL(&s->waiters, w, link);
	w->queued = true;
	w->what = what;
	w->at_ms = what & WAIT_TIME ? at_ms : UINT64_MAX;
}

void
waiter_cancel(struct storage *s, struct waiter *w)
{
	if (w->queued)
		TAILQ_REMOVE(&s->waiters, w, link);
	w->queued = false;
}

void
waiters_wake(struct storage *s, unsigned int what, uint64_t now_ms)
{
	struct waiter *w, *next, *last;

	/*
	 * A waiter that waits again during this loop goes behind last, and is
	 * not woken twice.
	 */
	last = TAILQ_LAST(&s->waiters, waiters);
	for (w = TAILQ_FIRST(&s->waiters); w != NULL; w = next) {
		next = w == last ? NULL : TAILQ_NEXT(w, link);
		if ((w->what & what) == 0 && w->at_ms > now_ms)
			continue;
		waiter_cancel(s, w);
		if (w->wake != NULL)
			w->wake(w->arg);
	}
}

uint64_t
waiters_due(const struct storage *s)
{
	const struct waiter *w;
	uint64_t due = UINT64_MAX;

	TAILQ_FOREACH(w, &s->waiters, link)
		if (w->at_ms < due)
			due = w->at_ms;
	return due;
}

uint64_t
op_until(const struct op *op)
{
	return op->slice_ns +
	    (uint64_t)op->store->storage->options.slice_us * 1000;
}

bool
op_must_yield(const struct op *op)
{
	return timer_ns() > op_until(op);
}

enum run
op_wait_sync(struct op *op)
{
	waiter_sleep(op->store->storage, &op->waiter, WAIT_SYNC, 0);
	return RUN_WAIT;
}

enum run
op_wait_ms(struct op *op, unsigned int ms)
{
	waiter_sleep(op->store->storage, &op->waiter, WAIT_TIME,
	    timer_ms() + ms);
	return RUN_WAIT;
}

enum run
op_wait_lock(struct op *op)
{
	uint64_t now = timer_ms();

	if (op->lock_since_ms == 0)
		op->lock_since_ms = now;
	if (now - op->lock_since_ms >= (uint64_t)
	    op->store->storage->options.lock_timeout * 1000)
		return op_fail(op, STORE_ERR_INUSE, 0,
		    "The mail store is in use; try again later");
	waiter_sleep(op->store->storage, &op->waiter, WAIT_LOCK | WAIT_TIME,
	    now + RETRY_MS);
	return RUN_WAIT;
}
