/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Loads the entries of a mailbox in time slices. */

#include "config.h"

#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/error.h"
#include "storage/index/index.h"
#include "storage/index/op_head.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/index/wait.h"
#include "storage/mailbox/absorb.h"
#include "storage/mailbox/load.h"
#include "storage/mailbox/mailbox.h"

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
		struct entry *e = mailbox_push_entry(mb);

		e->uid = (uint32_t)sql_int(db, SQL_ENTRIES, 0);
		e->flags = (uint32_t)sql_int(db, SQL_ENTRIES, 1) & FLAG_ALL;
		e->keywords = (uint64_t)sql_int(db, SQL_ENTRIES, 2);
		e->modseq = (uint64_t)sql_int(db, SQL_ENTRIES, 3);
		count++;
	}
	sql_reset(db, SQL_ENTRIES);
	*end = count < LOAD_BATCH;
	return rc;
}

enum run
mailbox_load(struct mailbox *mb, struct op *op)
{
	enum sql_rc rc;
	bool end = false;

	if (mb->loaded)
		return RUN_DONE;
	/* The changes of another operation here may still be undone. */
	if (mb->tx.dirty && mb->store->writer != NULL &&
	    mb->store->writer != op)
		return op_wait_lock(op);
	if (store_db(mb->store, &op->err) == -1)
		return RUN_FAIL;
	if (mb->store->writer == NULL &&
	    (rc = store_absorb(mb->store)) != SQL_DONE)
		return op_fail_sql(op, rc);
	if (mb->dead)
		return op_fail(op, STORE_ERR_NONEXISTENT, 0,
		    "No such mailbox");
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
		if ((rc = load_batch(mb, &end)) != SQL_DONE)
			return op_fail_sql(op, rc);
	} while (!end && (!op_must_yield(op) ||
	    mb->load_restarts > LOAD_RESTARTS));
	if (!end)
		return RUN_MORE;
	mb->loaded = true;
	mb->load_restarts = 0;
	if (mb->row.renames) {
		mb->names.unknown = true;
		mb->names.due_ms = timer_ms() +
		    mb->store->storage->delays.rename_ms;
	}
	return RUN_DONE;
}
