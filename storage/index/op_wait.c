/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Waiting without blocking; see op_wait.h.
 */

#include "config.h"

#include "common/base/timer.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_head.h"
#include "storage/index/op_wait.h"
#include "storage/index/store_state.h"

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
	waiter_sleep(&op->store->storage->waiters, &op->waiter, WAIT_SYNC, 0);
	return RUN_WAIT;
}

enum run
op_wait_ms(struct op *op, unsigned int ms)
{
	waiter_sleep(&op->store->storage->waiters, &op->waiter, WAIT_TIME,
	    timer_ms() + ms);
	return RUN_WAIT;
}

enum run
op_wait_sql(struct op *op, enum sql_rc rc)
{
	return rc == SQL_BUSY && !op->in_tx ? op_wait_lock(op) :
	    op_fail_sql(op, rc);
}

bool
op_wait_lock_with(struct storage *s, struct waiter *w, uint64_t *since_ms)
{
	uint64_t now = timer_ms();

	if (*since_ms == 0)
		*since_ms = now;
	if (now - *since_ms >= (uint64_t)s->options.lock_timeout * 1000)
		return false;
	waiter_sleep(&s->waiters, w, WAIT_LOCK | WAIT_TIME,
	    now + s->delays.lock_retry_ms);
	return true;
}

enum run
op_wait_lock(struct op *op)
{
	return op_wait_lock_with(op->store->storage, &op->waiter,
	    &op->lock_since_ms) ? RUN_WAIT : op_fail(op, STORE_ERR_INUSE, 0,
	    "The mail store is in use; try again later");
}
