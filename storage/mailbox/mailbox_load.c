/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Loads the entries of a mailbox in time slices. */

#include "config.h"

#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/gap.h"
#include "storage/index/index.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_head.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_load.h"
#include "storage/mailbox/row_read.h"
#include "storage/mailbox/store_absorb.h"

/* Entries loaded by one query, between two looks at the clock. */
#define LOAD_BATCH	4096
/*
 * After so many restarts, a mailbox that changes all the time is loaded in one
 * go.
 */
#define LOAD_RESTARTS	3

/*
 * Load one batch, a range of the primary key of the table entry.  If something
 * is committed between two batches, the modseq differs and the load starts
 * again.
 */
static enum sql_rc
load_batch(struct mailbox *mb, bool *end)
{
	struct sql *db = mb->store->db;
	enum sql_rc rc;
	uint32_t from;
	size_t count = 0;

	from = mb->n == 0 || mb->entries == NULL ? 0 :
	    mb->entries[mb->n - 1].uid + 1;
	sql_start(db, SQL_ENTRIES, SQL_ARGS(SQL_I(mb->id), SQL_I(from),
	    SQL_I(LOAD_BATCH)));
	while ((rc = sql_step(db, SQL_ENTRIES)) == SQL_ROW) {
		row_read_entry(db, SQL_ENTRIES, mailbox_push_entry(mb));
		count++;
	}
	sql_reset(db, SQL_ENTRIES);
	*end = count < LOAD_BATCH;
	return rc;
}

/*
 * Load what is left, or until the slice is used up.  All batches of a slice are
 * of one commit.
 */
static enum sql_rc
load_slice(struct mailbox *mb, struct op *op, bool *end)
{
	enum sql_rc rc;

	if (mb->n > 0 && mb->load_modseq != mb->row.highestmodseq) {
		mb->n = 0;
		mb->load_restarts++;
	}
	mb->load_modseq = mb->row.highestmodseq;
	if (mb->entries == NULL && mb->row.messages > 0) {
		mb->size = (size_t)mb->row.messages + 64;
		mb->entries = xreallocarray(NULL, mb->size,
		    sizeof(*mb->entries));
	}
	do {
		if ((rc = load_batch(mb, end)) != SQL_DONE)
			return rc;
	} while (!*end && (!op_must_yield(op) ||
	    mb->load_restarts > LOAD_RESTARTS));
	return SQL_DONE;
}

static void
loaded(struct mailbox *mb)
{
	mb->loaded = true;
	mb->load_restarts = 0;
	if (!mb->row.renames)
		return;
	mb->names.unknown = true;
	mb->names.due_ms = timer_ms() + mb->store->storage->delays.rename_ms;
}

enum run
mailbox_read_begin(const struct mailbox *mb, struct op *op)
{
	struct store *st = mb->store;
	enum sql_rc rc;

	if (mb->tx.dirty && st->writer != NULL && st->writer != op)
		return op_wait_lock(op);
	if (index_open(st, &op->err) == -1)
		return RUN_FAIL;
	if ((rc = store_read_begin(st)) != SQL_DONE)
		return op_wait_sql(op, rc);
	op->lock_since_ms = 0;
	return RUN_DONE;
}

enum run
mailbox_load(struct mailbox *mb, struct op *op)
{
	struct store *st = mb->store;
	enum sql_rc rc = SQL_DONE, read;
	enum run run;
	bool end = false;

	if (mb->loaded)
		return RUN_DONE;
	if ((run = mailbox_read_begin(mb, op)) != RUN_DONE)
		return run;
	if (!mb->dead)
		rc = gap_read(st->db, mb->id, &mb->gaps);
	if (!mb->dead && rc == SQL_DONE)
		rc = load_slice(mb, op, &end);
	if ((read = store_read_end(st)) != SQL_DONE)
		rc = read;
	if (mb->dead)
		return op_fail(op, STORE_ERR_NONEXISTENT, 0,
		    "No such mailbox");
	if (rc != SQL_DONE) {
		mb->n = 0;
		return op_fail_sql(op, rc);
	}
	if (!end)
		return RUN_MORE;
	loaded(mb);
	return RUN_DONE;
}
