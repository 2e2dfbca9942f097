/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Operations: running them, and the one transaction that a store can have
 * open.
 *
 * On disk before op_begin(): the last commit.  After op_commit(): the
 * transaction is in the WAL, where it survives a killed process.  It survives
 * power loss once the WAL is synced (sync.c); a durable operation waits for
 * that, others leave it to the timer.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/due.h"
#include "storage/index/heal.h"
#include "storage/index/index.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/room.h"
#include "storage/index/sql.h"
#include "storage/index/store_error.h"
#include "storage/index/store_ref.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/home.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/op/op.h"
#include "storage/op/op_state.h"

void
op_init(struct op *op, const struct op_class *class, struct store *st)
{
	op->class = class;
	op->store = st;
	store_ref(st);
}

void
op_need_sync(struct op *op, struct syncfile *f)
{
	if (f == NULL) {
		op_fail(op, STORE_ERR_LIMIT, 0,
		    "The server is short of resources; try again later");
		return;
	}
	for (size_t i = 0; i < op->nsyncs; i++)
		if (op->syncs[i].file == f)
			return;
	op->syncs = xgrow(op->syncs, op->nsyncs, &op->syncs_size,
	    sizeof(*op->syncs));
	op->syncs[op->nsyncs++].file = syncfile_ref(f);
}

/* After COMMIT: ask for the syncs that the answer waits for. */
static void
want_syncs(struct op *op)
{
	if (op->nsyncs == 0)
		return;
	for (size_t i = 0; i < op->nsyncs; i++)
		op->syncs[i].ticket = syncfile_want(op->syncs[i].file);
	syncfile_unref(op->wal_sync.file);
	op->wal_sync.file = syncfile_ref(op->store->wal_sync);
	op->wal_sync.ticket = syncfile_want(op->wal_sync.file);
}

static void
drop_syncs(struct op *op)
{
	for (size_t i = 0; i < op->nsyncs; i++)
		syncfile_unref(op->syncs[i].file);
	free(op->syncs);
	op->syncs = NULL;
	op->nsyncs = op->syncs_size = 0;
	syncfile_unref(op->wal_sync.file);
	op->wal_sync.file = NULL;
}

static enum run
do_nothing(struct op *op)
{
	(void)op;
	return RUN_DONE;
}

static void
free_nothing(struct op *op)
{
	(void)op;
}

struct op *
op_ready_new(struct store *st)
{
	static const struct op_class class = {
		.run = do_nothing, .free = free_nothing,
	};
	struct op *op;

	op = xcalloc(1, sizeof(*op));
	op_init(op, &class, st);
	return op;
}

/*
 * What an operation knows, ids and UIDs, is that of one index.  In another one
 * they may be those of other mailboxes and messages.
 */
static enum run
same_index(struct op *op)
{
	return op->lost == op->store->lost ? RUN_DONE :
	    op_fail(op, STORE_ERR_CORRUPT, 0,
	    "The mail index was damaged and is being rebuilt");
}

/*
 * Make sure that the home is there and its index open, and is the one that the
 * operation knows.  After its last COMMIT it only waits for syncs.
 */
static enum run
ready(struct op *op)
{
	struct store *st = op->store;
	enum run run;

	if (op->in_tx || (op->wal_sync.file != NULL && !op->goes_on))
		return RUN_DONE;
	if ((run = home_wait(op)) != RUN_DONE)
		return run;
	home_look(st);
	run = index_ready(st, &op->index_wait, &op->waiter, &op->err);
	if (run == RUN_DONE && st->doubted) {
		/* An index that was just opened may be that of another home. */
		home_look_whole(st);
		run = index_ready(st, &op->index_wait, &op->waiter, &op->err);
	}
	if (run != RUN_DONE)
		return run;
	if (!op->began)
		op->lost = st->lost;
	op->began = true;
	return same_index(op);
}

/*
 * An operation has ended.  What it has done or found counts only if the home is
 * still there.
 */
static enum run
settle(struct op *op, enum run run)
{
	struct store *st = op->store;

	if (run == RUN_FAIL) {
		op_rollback(op);
		home_look_whole(st);
	} else if (run == RUN_DONE && op->committed)
		home_look(st);
	if (!st->gone)
		return run;
	op_rollback(op);
	memset(&op->err, 0, sizeof(op->err));
	store_error_lost(&op->err);
	return RUN_FAIL;
}

enum run
op_run(struct op *op)
{
	enum run run = RUN_FAIL;

	if (op->ended)
		return op->err.kind == STORE_OK ? RUN_DONE : RUN_FAIL;
	if (op->err.kind != STORE_OK)
		return RUN_FAIL;
	waiter_cancel(&op->store->storage->waiters, &op->waiter);
	op->store->used_ms = timer_ms();
	due_touch(op->store);
	/* Between the slices of a transaction, sessions see what was before. */
	if (op->in_tx)
		mailbox_rows_resume(op->store);
	if (!op->store->gone && (run = ready(op)) == RUN_DONE &&
	    (run = room_wait(op)) == RUN_DONE) {
		op->slice_ns = timer_ns();
		run = op->class->run(op);
	}
	/* After an error, SQLite may have rolled the transaction back. */
	if (op->in_tx && run != RUN_FAIL &&
	    sql_failure(op->store->db) != SQL_DONE)
		run = op_fail_sql(op, sql_failure(op->store->db));
	run = settle(op, run);
	if (run == RUN_FAIL && op->class->again != NULL &&
	    room_make(op, op->class->reserve)) {
		op->goes_on = true;
		op->class->again(op);
		run = RUN_MORE;
	}
	if (op->in_tx)
		mailbox_rows_suspend(op->store);
	op->ended = run == RUN_DONE || run == RUN_FAIL;
	return run;
}

void
op_free(struct op *op)
{
	struct store *st;

	if (op == NULL)
		return;
	st = op->store;
	waiter_cancel(&st->storage->waiters, &op->waiter);
	op_rollback(op);
	drop_syncs(op);
	if (op->job)
		TAILQ_REMOVE(&st->storage->jobs, op, job_link);
	if (op->err.kind == STORE_ERR_OVERQUOTA)
		st->disk_full = true;
	op->class->free(op);
	free(op);
	store_unref(st);
}

void
op_on_wake(struct op *op, void (*wake)(void *), void *arg)
{
	op->waiter.wake = wake;
	op->waiter.arg = arg;
}

const struct store_error *
op_error(const struct op *op)
{
	return &op->err;
}

enum run
op_begin(struct op *op)
{
	struct store *st = op->store;
	enum sql_rc rc;
	enum run run;

	if (op->in_tx)
		return RUN_DONE;
	if (st->writer != NULL)
		return op_wait_lock(op);
	if (index_open(st, &op->err) == -1)
		return RUN_FAIL;
	if ((run = same_index(op)) != RUN_DONE ||
	    (run = heal_wait(op)) != RUN_DONE)
		return run;
	/* Operations go on without a transaction, and may try once more. */
	rc = op->wal_full ? SQL_FULL : index_tx_start(st);
	op->wal_full = rc == SQL_FULL;
	if (rc == SQL_BUSY)
		return op_wait_lock(op);
	if (rc != SQL_DONE)
		return op_fail_sql(op, rc);
	st->writer = op;
	op->in_tx = true;
	op->goes_on = false;
	op->locked_ns = timer_ns();
	op->lock_since_ms = 0;
	rc = store_absorb(st);
	if (rc != SQL_DONE) {
		op_fail_sql(op, rc);
		op_rollback(op);
		return RUN_FAIL;
	}
	return RUN_DONE;
}

enum run
op_begin_in(struct op *op, const struct mailbox *mb)
{
	enum run run = RUN_DONE;

	if (!mb->dead && (run = op_begin(op)) != RUN_DONE)
		return run;
	return !mb->dead ? RUN_DONE : op_fail(op, STORE_ERR_NONEXISTENT, 0,
	    "The mailbox was deleted");
}

bool
op_must_commit(const struct op *op)
{
	return op->in_tx && timer_ns() - op->locked_ns >= (uint64_t)
	    op->store->storage->delays.lock_hold_ms * 1000000;
}

enum run
op_give_way(struct op *op)
{
	op->goes_on = true;
	return op_wait_ms(op, op->store->storage->delays.lock_pause_ms);
}

static void
end_transaction(struct op *op)
{
	op->in_tx = false;
	op->store->writer = NULL;
	waiters_wake(&op->store->storage->waiters, WAIT_LOCK, 0);
}

/*
 * End the scan that is a part of the operation, and its transaction, if it has
 * one, and undo what that has done in the Maildir.  Without undo, a scan finds
 * out what became of it.
 */
static void
roll_back(struct op *op, bool undo)
{
	struct store *st = op->store;

	if (op->in_tx)
		mailbox_rows_resume(st);
	if (op->part != NULL)
		op->part->abort(op->part);
	op->part = NULL;
	if (!op->in_tx)
		return;
	if (undo && op->class->undo != NULL)
		op->class->undo(op);
	(void)sql_failed(st->db);
	(void)sql_do(st->db, SQL_ROLLBACK, SQL_NOARGS);
	mailbox_rows_revert(st);
	end_transaction(op);
}

void
op_rollback(struct op *op)
{
	roll_back(op, true);
}

int
op_commit(struct op *op)
{
	struct store *st = op->store;
	enum sql_rc rc;
	bool unsure = false;

	if (op->err.kind != STORE_OK) {
		op_rollback(op);
		return -1;
	}
	mailbox_rows_claim(st);
	mailbox_rows_write(st);
	if ((rc = sql_failed(st->db)) == SQL_DONE) {
		rc = sql_do(st->db, SQL_COMMIT, SQL_NOARGS);
		unsure = sql_lost(st->db);
	}
	if (rc != SQL_DONE) {
		op_fail_sql(op, rc);
		if (unsure)
			op->err.kind = STORE_ERR_UNSURE;
		st->unsure = st->unsure || unsure;
		roll_back(op, !unsure);
		return -1;
	}
	mailbox_rows_committed(st);
	op->committed = true;
	end_transaction(op);
	index_committed(st);
	want_syncs(op);
	return 0;
}

/* Returns as syncfile_done() does. */
static int
ticket_done(const struct op_ticket *t)
{
	return t->file == NULL ? 1 : syncfile_done(t->file, t->ticket);
}

enum run
op_synced(struct op *op)
{
	int rc = ticket_done(&op->wal_sync), one;
	enum run run;

	for (size_t i = 0; i < op->nsyncs; i++) {
		one = ticket_done(&op->syncs[i]);
		if (rc == 1 || one == -1)
			rc = one;
	}
	if (rc == 0)
		return op_wait_sync(op);
	/* What was written again is on disk, whatever the tickets say. */
	run = rc == 1 ? RUN_DONE : heal_wait(op);
	if (run == RUN_FAIL)
		op->err.kind = STORE_ERR_UNSURE;
	return run;
}

static void
job_wake(void *arg)
{
	struct op *op = arg;

	op->job_ready = true;
}

void
op_start_job(struct op *op)
{
	op->job = true;
	op->job_ready = true;
	op_on_wake(op, job_wake, op);
	TAILQ_INSERT_TAIL(&op->store->storage->jobs, op, job_link);
}

void
op_run_jobs(struct storage *s)
{
	struct op *op, *next;

	for (op = TAILQ_FIRST(&s->jobs); op != NULL; op = next) {
		next = TAILQ_NEXT(op, job_link);
		if (!op->job_ready)
			continue;
		switch (op_run(op)) {
		case RUN_MORE:
			break;
		case RUN_WAIT:
			op->job_ready = false;
			break;
		case RUN_DONE:
		case RUN_FAIL:
			op_free(op);
			break;
		}
	}
}
