/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The head of every operation, for those who define one, run it, or wait in
 * it.  op/op_state.h has the rules.
 */

#ifndef STORAGE_OP_HEAD_H
#define STORAGE_OP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "storage/index/wait.h"
#include "storage/types.h"

struct op_class;
struct op_part;

/* How long an operation works before it lets others in, if not told. */
#define OP_SLICE_NS	4000000

struct op {
	const struct op_class *class;
	struct store	*store;		/* holds a reference */
	struct waiter	 waiter;
	struct store_error err;
	bool		 in_tx;
	struct op_part	*part;		/* of the transaction, or NULL */
	bool		 ended;		/* DONE or FAIL was answered */
	uint64_t	 lock_since_ms;
	uint64_t	 slice_ns;	/* start of this call */
	TAILQ_ENTRY(op)	 job_link;
	bool		 job;		/* run by the loop, then freed */
	bool		 job_ready;
};

#endif
