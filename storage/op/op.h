/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Operations, for whoever runs them.
 *
 * A constructor checks nothing that needs the disk and never fails.  The
 * arguments it keeps are copied unless said otherwise.  op_run() is called
 * until it answers RUN_DONE or RUN_FAIL; after RUN_WAIT it is called when
 * wake was called (or earlier, harmlessly).  Results are read from the
 * typed getters after RUN_DONE, and belong to the op.  op_free() at any
 * time: what is not committed is undone, what is committed stays.
 *
 * RUN_DONE of an op that changes mail means durable (DESIGN.md section 5),
 * but for flags, which are synced within a second.
 */

#ifndef STORAGE_OP_H
#define STORAGE_OP_H

#include "common/base/run.h"
#include "storage/types.h"

/* Go on; RUN_DONE or RUN_FAIL at the end, and again if called once more. */
enum run	 op_run(struct op *op);
/* End it, whether it is done or not; NULL is fine. */
void		 op_free(struct op *op);
/* Whom to call when op_run() can go on after RUN_WAIT. */
void		 op_on_wake(struct op *op, void (*wake)(void *arg), void *arg);
/* What went wrong, after RUN_FAIL. */
const struct store_error *op_error(const struct op *op);

#endif
