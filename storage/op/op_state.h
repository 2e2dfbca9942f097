/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What all operations have in common, from inside: a class with the function
 * that goes on, an error, somebody to wake, and at most one open transaction.
 *
 * A store has one connection, so one operation at a time may hold its
 * transaction open over time slices; others wait for it, and for other
 * processes' locks, without ever blocking.  Between the slices sessions go
 * on with what was committed last: rows of mailboxes are put back
 * (mailbox_suspend()), entries change only after COMMIT.  So an operation
 * that returns RUN_MORE in a transaction keeps UIDs, and no places or
 * pointers, of entries.
 */

#ifndef STORAGE_OP_STATE_H
#define STORAGE_OP_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/run.h"
#include "storage/index/op_head.h"
#include "storage/op/op.h"

struct syncfile;

struct op_class {
	enum run	(*run)(struct op *);
	/* Free what the class added; the transaction is already undone. */
	void		(*free)(struct op *);
	/* Undo in the Maildir what a transaction that failed has done. */
	void		(*undo)(struct op *);
};

/* What an operation does by another module and over slices, a scan. */
struct op_part {
	/* Give it up and free it: the transaction is undone. */
	void		(*abort)(struct op_part *);
};

/* Set up the head of an operation; takes a reference to the store. */
void		 op_init(struct op *op, const struct op_class *class,
		    struct store *st);

/*
 * Begin a transaction for writing, and take in what other processes have
 * committed.  Returns RUN_DONE when it is open (also when it was already),
 * RUN_WAIT or RUN_FAIL.
 */
enum run	 op_begin(struct op *op);
/*
 * Write the rows of mailboxes that changed and commit.  Returns 0, or -1
 * with everything rolled back and undone and the error set.
 */
int		 op_commit(struct op *op);
/* Undo the transaction, if it has one open. */
void		 op_rollback(struct op *op);

/*
 * A sync that an operation waits for before it answers.  file is where the
 * syncfile is kept, since a folder may be given up meanwhile.
 */
struct op_ticket {
	struct syncfile *const *file;
	uint64_t	 ticket;
};

/* Want all that was written so far to be on disk. */
void		 op_ticket_take(struct op_ticket *t,
		    struct syncfile *const *file);
/*
 * Wait for all of n tickets: RUN_DONE, RUN_WAIT, or RUN_FAIL with the error of
 * the folder (NULL for the root) if a sync has failed.
 */
enum run	 op_synced(struct op *op, const struct op_ticket *tickets,
		    size_t n, const char *folder);

/* Have the loop run it and free it. */
void		 op_start_job(struct op *op);
/* Go on with all jobs that can: from the loop. */
void		 op_run_jobs(struct storage *s);

#endif
