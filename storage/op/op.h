/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Operations, for whoever runs them.
 *
 * A constructor checks nothing that needs the disk, and never fails.  It
 * copies the arguments that it keeps, unless its comment says otherwise.
 * op_run() is called until it returns RUN_DONE or RUN_FAIL; after RUN_WAIT it
 * is called again when wake has been called (an earlier call does no harm).
 * After RUN_DONE the getters of each operation lend its results, which belong
 * to the op. op_free() may be called at any time: what is not committed is
 * undone, and what is committed stays.
 *
 * When an op that changes mail returns RUN_DONE, the change is durable
 * (doc/store.md), except for flags, which are synced within a second.
 */

#ifndef STORAGE_OP_OP_H
#define STORAGE_OP_OP_H

#include "common/base/run.h"
#include "storage/types.h"

/*
 * An operation that opens the user's index if it is closed, and does nothing
 * else.  Every operation does that first; this one tells before a login is
 * answered whether mail can be opened.
 */
struct op	*op_ready_new(struct store *st);
/* Go on.  After RUN_DONE or RUN_FAIL, further calls return the same. */
enum run	 op_run(struct op *op);
/* End and free op, whether it is done or not; NULL is fine. */
void		 op_free(struct op *op);
/* Have wake called when op_run() can go on after RUN_WAIT. */
void		 op_on_wake(struct op *op, void (*wake)(void *arg), void *arg);
/* What went wrong, after RUN_FAIL. */
const struct store_error *op_error(const struct op *op);

#endif
