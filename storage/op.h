/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What all operations have in common: a class with the function that goes
 * on, an error, somebody to wake, and at most one open transaction.
 *
 * A store has one connection, so one operation at a time may hold its
 * transaction open over time slices; others wait for it, and for other
 * processes' locks, without ever blocking.  Between the slices sessions go
 * on with what was committed last: rows of mailboxes are put back
 * (mailbox_suspend()), entries change only after COMMIT.  So an operation
 * that returns RUN_MORE in a transaction keeps UIDs, and no places or
 * pointers, of entries.
 */

#ifndef STORAGE_OP_H
#define STORAGE_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/compat.h"
#include "common/run.h"
#include "storage/sql.h"
#include "storage/store.h"

struct storage;
struct store;
struct mailbox;
struct op;

/* How long an operation works before it lets others in, if not told. */
#define OP_SLICE_NS	4000000

/* What a waiter waits for. */
#define WAIT_SYNC	(1U << 0)	/* a helper thread finished something */
#define WAIT_LOCK	(1U << 1)	/* the writer of a store finished */
#define WAIT_TIME	(1U << 2)

struct waiter {
	TAILQ_ENTRY(waiter) link;
	bool		 queued;
	unsigned int	 what;		/* WAIT_* */
	uint64_t	 at_ms;		/* with WAIT_TIME */
	void		(*wake)(void *);
	void		*arg;
};
TAILQ_HEAD(waiters, waiter);

/* Wait for any of what; wakes once.  Replaces an earlier wait. */
void		 waiter_sleep(struct storage *s, struct waiter *w,
		    unsigned int what, uint64_t at_ms);
void		 waiter_cancel(struct storage *s, struct waiter *w);
/* Wake those who wait for what, and those whose time has come. */
void		 waiters_wake(struct storage *s, unsigned int what,
		    uint64_t now_ms);
/* The earliest at_ms, or UINT64_MAX. */
uint64_t	 waiters_due(const struct storage *s);

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
TAILQ_HEAD(jobs, op);

/* Set up the head of an operation; takes a reference to the store. */
void		 op_init(struct op *op, const struct op_class *class,
		    struct store *st);

/* Set the error; returns RUN_FAIL.  errnum 0 or an errno to be logged. */
enum run	 op_fail(struct op *op, enum store_err kind, int errnum,
		    const char *text);
/* The same from what the index said. */
enum run	 op_fail_sql(struct op *op, enum sql_rc rc);
/*
 * The same from an errno, which is logged with the path: of the root, a
 * folder of it if mb is not NULL, and name and file in that, or NULL.
 * ENOSPC and EDQUOT are OVERQUOTA, and so on.
 */
enum run	 op_fail_path(struct op *op, const struct mailbox *mb,
		    const char *name, const char *file, int errnum);
void		 store_error_set(struct store_error *err, enum store_err kind,
		    int errnum, const char *text);
void		 store_error_errno(struct store_error *err, int errnum,
		    const char *path);

/* When the slice of this call is used up, in ns of timer_ns(). */
uint64_t	 op_until(const struct op *op);
/* The slice of this call is used up: return RUN_MORE. */
bool		 op_must_yield(const struct op *op);
/* Wait for the helper threads; returns RUN_WAIT. */
enum run	 op_wait_sync(struct op *op);
enum run	 op_wait_ms(struct op *op, unsigned int ms);
/* Wait for another's transaction; RUN_FAIL with INUSE when it takes long. */
enum run	 op_wait_lock(struct op *op);

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
void		 op_rollback(struct op *op);

/* Have the loop run it and free it. */
void		 op_start_job(struct op *op);
void		 op_run_jobs(struct storage *s);

#endif
