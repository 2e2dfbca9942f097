/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Operations: running, waiting, and the one transaction that a store can
 * have open.
 *
 * True on disk before op_begin(): the last commit.  After op_commit(): the
 * transaction is in the WAL, where a killed process leaves it whole; it
 * survives power loss once the WAL was synced (sync.c), which a durable
 * operation waits for and others leave to the timer.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/timer.h"
#include "storage/absorb.h"
#include "storage/due.h"
#include "storage/index.h"
#include "storage/mailbox.h"
#include "storage/mailbox_row.h"
#include "storage/op.h"
#include "storage/state.h"

/* How soon a lock of another process is tried again. */
#define RETRY_MS	3

void
waiter_sleep(struct storage *s, struct waiter *w, unsigned int what,
    uint64_t at_ms)
{
	if (!w->queued)
		TAILQ_INSERT_TAIL(&s->waiters, w, link);
	w->queued = true;
	w->what = what;
	w->at_ms = what & WAIT_TIME ? at_ms : UINT64_MAX;
}

void
waiter_cancel(struct storage *s, struct waiter *w)
{
	if (w->queued)
		TAILQ_REMOVE(&s->waiters, w, link);
	w->queued = false;
}

void
waiters_wake(struct storage *s, unsigned int what, uint64_t now_ms)
{
	struct waiter	*w, *next, *last;

	/* Those who wait anew while this runs come behind the last. */
	last = TAILQ_LAST(&s->waiters, waiters);
	for (w = TAILQ_FIRST(&s->waiters); w != NULL; w = next) {
		next = w == last ? NULL : TAILQ_NEXT(w, link);
		if ((w->what & what) == 0 && w->at_ms > now_ms)
			continue;
		waiter_cancel(s, w);
		if (w->wake != NULL)
			w->wake(w->arg);
	}
}

uint64_t
waiters_due(const struct storage *s)
{
	const struct waiter	*w;
	uint64_t		 due = UINT64_MAX;

	TAILQ_FOREACH(w, &s->waiters, link)
		if (w->at_ms < due)
			due = w->at_ms;
	return due;
}

void
op_init(struct op *op, const struct op_class *class, struct store *st)
{
	op->class = class;
	op->store = st;
	store_ref(st);
}

/* Between slices of a transaction sessions see what was before it. */
static void
suspend(struct store *st)
{
	struct mailbox	*mb;

	TAILQ_FOREACH(mb, &st->mailboxes, link)
		mailbox_suspend(mb);
}

static void
resume(struct store *st)
{
	struct mailbox	*mb;

	TAILQ_FOREACH(mb, &st->mailboxes, link)
		mailbox_resume(mb);
}

enum run
op_run(struct op *op)
{
	enum run	run;

	if (op->ended)
		return op->err.kind == STORE_OK ? RUN_DONE : RUN_FAIL;
	if (op->err.kind != STORE_OK)
		return RUN_FAIL;
	waiter_cancel(op->store->storage, &op->waiter);
	op->slice_ns = timer_ns();
	op->store->used_ms = op->slice_ns / 1000000;
	due_touch(op->store);
	if (op->in_tx)
		resume(op->store);
	run = op->class->run(op);
	if (run == RUN_FAIL)
		op_rollback(op);
	if (op->in_tx)
		suspend(op->store);
	op->ended = run == RUN_DONE || run == RUN_FAIL;
	return run;
}

void
op_free(struct op *op)
{
	struct store	*st;

	if (op == NULL)
		return;
	st = op->store;
	waiter_cancel(st->storage, &op->waiter);
	op_rollback(op);
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

void
store_error_set(struct store_error *err, enum store_err kind, int errnum,
    const char *text)
{
	if (err->kind != STORE_OK)
		return;
	err->kind = kind;
	err->errnum = errnum;
	snprintf(err->text, sizeof(err->text), "%s", text);
}

void
store_error_errno(struct store_error *err, int errnum, const char *path)
{
	log_limited(LOG_LEVEL_WARN, "store error path=%s errno=%d: %s",
	    log_esc(slice_str(path)), errnum, strerror(errnum));
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
		store_error_set(err, STORE_ERR_OVERQUOTA, errnum,
		    "There is no room left on the disk");
		break;
	case EACCES:
	case EPERM:
	case EROFS:
		store_error_set(err, STORE_ERR_NOPERM, errnum,
		    "The mail store does not permit that");
		break;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		store_error_set(err, STORE_ERR_LIMIT, errnum,
		    "The server is short of resources; try again later");
		break;
	default:
		store_error_set(err, STORE_ERR_IO, errnum,
		    "The mail store could not be read or written");
		break;
	}
}

enum run
op_fail(struct op *op, enum store_err kind, int errnum, const char *text)
{
	store_error_set(&op->err, kind, errnum, text);
	return RUN_FAIL;
}

enum run
op_fail_sql(struct op *op, enum sql_rc rc)
{
	if (op->err.kind == STORE_OK)
		sql_error(op->store->db, rc, &op->err);
	return RUN_FAIL;
}

enum run
op_fail_path(struct op *op, const struct mailbox *mb, const char *name,
    const char *file, int errnum)
{
	const char	*parts[] = { mb == NULL ? NULL : mb->folder, name,
			    file };
	struct buf	 path;

	buf_init(&path, 4096);
	(void)buf_add_str(&path, op->store->root);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i] != NULL && parts[i][0] != '\0') {
			(void)buf_addc(&path, '/');
			(void)buf_add_str(&path, parts[i]);
		}
	(void)buf_addc(&path, '\0');
	store_error_errno(&op->err, errnum, buf_slice(&path).p);
	buf_clear(&path);
	return RUN_FAIL;
}

uint64_t
op_until(const struct op *op)
{
	return op->slice_ns +
	    (uint64_t)op->store->storage->options.slice_us * 1000;
}

bool
op_must_yield(const struct op *op)
{
	return timer_ns() > op_until(op);
}

enum run
op_wait_sync(struct op *op)
{
	waiter_sleep(op->store->storage, &op->waiter, WAIT_SYNC, 0);
	return RUN_WAIT;
}

enum run
op_wait_ms(struct op *op, unsigned int ms)
{
	waiter_sleep(op->store->storage, &op->waiter, WAIT_TIME,
	    timer_ms() + ms);
	return RUN_WAIT;
}

enum run
op_wait_lock(struct op *op)
{
	uint64_t	now = timer_ms();

	if (op->lock_since_ms == 0)
		op->lock_since_ms = now;
	if (now - op->lock_since_ms >= (uint64_t)
	    op->store->storage->options.lock_timeout * 1000)
		return op_fail(op, STORE_ERR_INUSE, 0,
		    "The mail store is in use; try again later");
	waiter_sleep(op->store->storage, &op->waiter, WAIT_LOCK | WAIT_TIME,
	    now + RETRY_MS);
	return RUN_WAIT;
}

enum run
op_begin(struct op *op)
{
	struct store	*st = op->store;
	enum sql_rc	 rc;
	unsigned int	 lost = st->lost;

	if (op->in_tx)
		return RUN_DONE;
	if (st->writer != NULL)
		return op_wait_lock(op);
	if (store_db_same(st, &op->err) == -1)
		return RUN_FAIL;
	/* What the operation knows is of the one that was lost. */
	if (st->lost != lost)
		return op_fail(op, STORE_ERR_CORRUPT, 0,
		    "The mail index was damaged and is built anew");
	rc = sql_do(st->db, SQL_BEGIN, SQL_NOARGS);
	if (rc == SQL_BUSY)
		return op_wait_lock(op);
	if (rc != SQL_DONE)
		return op_fail_sql(op, rc);
	st->writer = op;
	op->in_tx = true;
	op->lock_since_ms = 0;
	(void)sql_failed(st->db);
	rc = store_absorb(st);
	if (rc != SQL_DONE) {
		op_fail_sql(op, rc);
		op_rollback(op);
		return RUN_FAIL;
	}
	return RUN_DONE;
}

static void
end_transaction(struct op *op)
{
	op->in_tx = false;
	op->store->writer = NULL;
	waiters_wake(op->store->storage, WAIT_LOCK, 0);
}

int
op_commit(struct op *op)
{
	struct store	*st = op->store;
	struct mailbox	*mb;
	enum sql_rc	 rc;

	TAILQ_FOREACH(mb, &st->mailboxes, link)
		if (mb->row_dirty) {
			mailbox_claim(mb);
			mailbox_put_row(mb);
		}
	rc = sql_failed(st->db);
	if (rc == SQL_DONE)
		rc = sql_do(st->db, SQL_COMMIT, SQL_NOARGS);
	if (rc != SQL_DONE) {
		op_fail_sql(op, rc);
		op_rollback(op);
		return -1;
	}
	TAILQ_FOREACH(mb, &st->mailboxes, link)
		if (mb->row_dirty)
			mailbox_committed(mb);
	end_transaction(op);
	store_committed(st);
	return 0;
}

void
op_rollback(struct op *op)
{
	struct store	*st = op->store;
	struct mailbox	*mb;

	if (!op->in_tx)
		return;
	resume(st);
	if (op->part != NULL)
		op->part->abort(op->part);
	op->part = NULL;
	if (op->class->undo != NULL)
		op->class->undo(op);
	(void)sql_failed(st->db);
	(void)sql_do(st->db, SQL_ROLLBACK, SQL_NOARGS);
	TAILQ_FOREACH(mb, &st->mailboxes, link)
		if (mb->row_dirty)
			mailbox_revert(mb);
	end_transaction(op);
}

static void
job_wake(void *arg)
{
	struct op	*op = arg;

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
	struct op	*op, *next;

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
