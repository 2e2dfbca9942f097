/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What all operations have in common, for the modules that define them: a
 * class with the function that does the work, an error, a waiter, and at most
 * one open transaction.
 *
 * A store has one connection, so that one operation at a time can keep a
 * transaction open over several time slices.  Others wait for it, and for
 * locks of other processes, without blocking.  Between the slices, sessions
 * see the last commit: the rows of mailboxes are put back
 * (mailbox_rows_suspend()), and entries change only after COMMIT.  So an
 * operation that returns RUN_MORE in a transaction may keep UIDs of entries,
 * but neither their indexes in the array nor pointers to them.
 */

#ifndef STORAGE_OP_OP_STATE_H
#define STORAGE_OP_OP_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/run.h"
#include "storage/index/op_head.h"
#include "storage/op/op.h"

struct syncfile;

struct op_class {
	enum run	(*run)(struct op *);
	/* Free what the class added; the transaction is undone already. */
	void		(*free)(struct op *);
	/* Undo in the Maildir what a failed transaction has done there. */
	void		(*undo)(struct op *);
};

/* Work that another module does for an operation over slices: a scan. */
struct op_part {
	/* The transaction will be rolled back: give up and free the part. */
	void		(*abort)(struct op_part *);
};

/* Set up the head of an operation.  Takes a reference to the store. */
void		 op_init(struct op *op, const struct op_class *class,
		    struct store *st);

/*
 * Begin a transaction for writing, and take in what other processes have
 * committed.  Returns RUN_DONE when the transaction is open, also if it was
 * open before, or RUN_WAIT or RUN_FAIL.
 */
enum run	 op_begin(struct op *op);
/*
 * Write the rows of mailboxes that changed, and commit.  Returns 0, or -1 with
 * everything rolled back and undone and the error set.
 */
int		 op_commit(struct op *op);
/* Undo the open transaction, if there is one. */
void		 op_rollback(struct op *op);

/*
 * A sync that an operation waits for before it answers.  file points to where
 * the syncfile is kept, since the syncfile is freed if its folder is closed
 * meanwhile.
 */
struct op_ticket {
	struct syncfile *const *file;
	uint64_t	 ticket;
};

/* Ask for a sync of all that was written so far. */
void		 op_ticket_take(struct op_ticket *t,
		    struct syncfile *const *file);
/*
 * Wait for all n tickets.  Returns RUN_DONE, RUN_WAIT, or RUN_FAIL if a sync
 * has failed; the error then names the folder (NULL: the root).
 */
enum run	 op_synced(struct op *op, const struct op_ticket *tickets,
		    size_t n, const char *folder);

/* Make op a job: the loop runs it and frees it. */
void		 op_start_job(struct op *op);
/* Run all jobs that can go on; called by the loop. */
void		 op_run_jobs(struct storage *s);

#endif
