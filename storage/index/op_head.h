/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The head of every operation, for code that defines operations, runs them or
 * waits in them.  op/op_state.h has the rules.
 */

#ifndef STORAGE_INDEX_OP_HEAD_H
#define STORAGE_INDEX_OP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "storage/index/waiter.h"
#include "storage/types.h"

struct op_class;
struct op_part;

struct op {
	const struct op_class *class;
	struct store	*store;		/* holds a reference */
	struct waiter	 waiter;
	struct store_error err;
	bool		 in_tx;
	struct op_part	*part;		/* work of another module, or NULL */
	bool		 ended;		/* run() returned DONE or FAIL */
	uint64_t	 lock_since_ms;
	uint64_t	 slice_ns;	/* timer_ns() when this call began */
	TAILQ_ENTRY(op)	 job_link;
	bool		 job;		/* run and freed by the loop */
	bool		 job_ready;
};

#endif
