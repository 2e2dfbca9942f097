/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * How an operation waits without blocking (waiter.h), and gives way when its
 * time slice is used up.
 */

#ifndef STORAGE_INDEX_OP_WAIT_H
#define STORAGE_INDEX_OP_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/run.h"
#include "storage/index/sql_rc.h"
#include "storage/index/waiter.h"
#include "storage/types.h"

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
/*
 * The same for what is no operation: have w woken, and return true.  Returns
 * false if that has lasted for options.lock_timeout.  *since_ms is when the
 * wait began; it must be 0 at first, and be set to 0 when the wait is over.
 */
bool		 op_wait_lock_with(struct storage *s, struct waiter *w,
		    uint64_t *since_ms);
/*
 * For an operation that could not begin to read: as op_wait_lock() if rc is
 * SQL_BUSY, since another process recovers the WAL, for example.  The operation
 * is run again from where it was.  Otherwise as op_fail_sql().
 */
enum run	 op_wait_sql(struct op *op, enum sql_rc rc);

#endif
