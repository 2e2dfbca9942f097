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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/run.h"
#include "storage/index/op_head.h"
#include "storage/op/op.h"

struct op_class {
	enum run	(*run)(struct op *);
	/* Free what the class added; the transaction is undone already. */
	void		(*free)(struct op *);
	/* Undo in the Maildir what a failed transaction has done there. */
	void		(*undo)(struct op *);
	/*
	 * The disk was full, and room was made: begin again.  NULL for what
	 * is refused instead.
	 */
	void		(*again)(struct op *);
	uint32_t	 reserve;	/* bytes that it leaves of it */
};

/*
 * Work that another module does for an operation over slices, in transactions
 * and between them: a scan.
 */
struct op_part {
	/* The operation or its transaction fails: give up and free the part. */
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
 * As op_begin(), for work in a mailbox.  Fails with STORE_ERR_NONEXISTENT if
 * the mailbox is deleted.  If another process has deleted it meanwhile, this
 * process learns that only when the transaction begins.
 */
enum run	 op_begin_in(struct op *op, const struct mailbox *mb);
/*
 * Write the rows of mailboxes that changed, and commit.  Returns 0, or -1 with
 * everything rolled back and undone and the error set.  If that is
 * STORE_ERR_UNSURE, nothing is undone in the Maildir: nobody knows whether the
 * transaction was committed.
 */
int		 op_commit(struct op *op);
/*
 * Whether the open transaction has kept others from writing for as long as it
 * may.  An operation on many messages commits then, returns op_give_way(), and
 * goes on with another transaction.
 */
bool		 op_must_commit(const struct op *op);
/*
 * After such a commit, let others have the lock: another process tries to get
 * it every few milliseconds.  Returns RUN_WAIT.
 */
enum run	 op_give_way(struct op *op);
/* Undo the open transaction, if there is one. */
void		 op_rollback(struct op *op);

/*
 * Call before op_commit() for each folder that the transaction has changed:
 * what follows COMMIT must not fail for want of a descriptor.  f is where
 * op_synced() looks; if it is NULL, the commit fails.
 */
void		 op_need_sync(struct op *op, struct syncfile *f);
/*
 * Wait until the files of op_need_sync(), and the WAL if there are any, are
 * synced as they were at the last COMMIT.  Returns RUN_DONE, RUN_WAIT, or
 * RUN_FAIL with STORE_ERR_UNSURE if a sync has failed and could not be
 * repeated.
 */
enum run	 op_synced(struct op *op);

/* Make op a job: the loop runs it and frees it. */
void		 op_start_job(struct op *op);
/* Run all jobs that can go on; called by the loop. */
void		 op_run_jobs(struct storage *s);

#endif
