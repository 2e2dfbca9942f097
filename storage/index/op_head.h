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
#include "storage/index/index_types.h"
#include "storage/index/waiter.h"
#include "storage/types.h"

struct op_class;
struct op_part;
struct syncfile;

/* A sync that an operation waits for before it answers. */
struct op_ticket {
	struct syncfile	*file;		/* a reference, or NULL */
	uint64_t	 ticket;
};

/* What an operation that found the disk full has tried; see room.h. */
enum room_tried {
	ROOM_UNTRIED,
	ROOM_PURGED,
	ROOM_RESERVE,
};

struct op {
	const struct op_class *class;
	struct store	*store;		/* holds a reference */
	struct waiter	 waiter;
	struct index_wait index_wait;
	bool		 began;		/* run() was called */
	unsigned int	 lost;		/* store->lost at that time */
	struct store_error err;
	bool		 in_tx;
	uint64_t	 locked_ns;	/* timer_ns() when it began */
	bool		 committed;	/* has committed something */
	bool		 goes_on;	/* with another transaction after it */
	struct op_part	*part;		/* work of another module, or NULL */
	struct op_ticket *syncs;	/* of op_need_sync() */
	size_t		 nsyncs;
	size_t		 syncs_size;
	struct op_ticket wal_sync;
	bool		 heal_wait;	/* waits in heal_wait() */
	unsigned int	 heal_tries;	/* store->heal_tries when that began */
	bool		 ended;		/* run() returned DONE or FAIL */
	enum room_tried	 room;
	bool		 room_wait;	/* waits in room_wait() */
	bool		 wal_full;	/* there was no room to begin the WAL */
	uint64_t	 lock_since_ms;
	uint64_t	 slice_ns;	/* timer_ns() when this call began */
	TAILQ_ENTRY(op)	 job_link;
	bool		 job;		/* run and freed by the loop */
	bool		 job_ready;
};

#endif
