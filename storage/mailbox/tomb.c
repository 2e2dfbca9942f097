/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Tombstones in the index; see tomb.h. */

#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/tomb.h"

/* Rows that one statement deletes, which takes about a millisecond. */
#define RUN_MAX		1024

bool
tomb_entry_read(const struct mailbox *mb, uint32_t uid,
    struct tomb_entry *e)
{
	struct sql *db = mb->store->db;
	enum sql_stmt id = SQL_ENTRY_WHOLE;
	bool found;

	memset(e, 0, offsetof(struct tomb_entry, name));
	sql_start(db, id, SQL_ARGS(SQL_I(mb->id), SQL_I(uid)));
	if ((found = sql_step(db, id) == SQL_ROW)) {
		struct slice base = sql_blob(db, id, 4);

		e->uid = uid;
		e->flags = (uint32_t)sql_int(db, id, 0);
		e->content = sql_int(db, id, 1);
		e->raw = (uint64_t)sql_int(db, id, 2);
		e->wire = (uint64_t)sql_int(db, id, 3);
		e->size = (uint64_t)sql_int(db, id, 6);
		e->object = sql_int(db, id, 7);
		(void)snprintf(e->name, sizeof(e->name), "%.*s%s%.*s",
		    SLICE_ARG(base), sql_null(db, id, 5) ? "" : ":",
		    SLICE_ARG(sql_blob(db, id, 5)));
		e->base_len = base.len < sizeof(e->name) ? base.len :
		    sizeof(e->name) - 1;
	}
	sql_reset(db, id);
	return found;
}

void
tomb_run_end(struct mailbox *mb, struct tomb_run *run)
{
	struct sql *db = mb->store->db;

	if (run->last == 0)
		return;
	sql_tx_do(db, SQL_ENTRY_DELETE, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(run->first), SQL_I(run->last)));
	sql_tx_do(db, SQL_NAME_DELETE, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(run->first), SQL_I(run->last)));
	run->last = 0;
}

void
tomb_add(struct mailbox *mb, const struct tomb_entry *e,
    uint64_t modseq, unsigned int how, struct tomb_run *run)
{
	if (run->last == 0 || e->uid != run->last + 1 ||
	    e->uid - run->first == RUN_MAX) {
		tomb_run_end(mb, run);
		run->first = e->uid;
	}
	run->last = e->uid;
	sql_tx_do(mb->store->db, SQL_EXPUNGED_ADD, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(modseq), SQL_I(e->uid),
	    SQL_I(how & TOMB_BARE ? 0 : e->content), SQL_I(time(NULL)),
	    how & TOMB_BASE ? SQL_B(slice_make(e->name, e->base_len)) :
	    how & TOMB_MOVED ? SQL_B(SLICE_EMPTY) : SQL_N,
	    SQL_I(mb->store->boots)));
	mailbox_count(mb, e->flags, -1);
	mb->row.size -= e->size < mb->row.size ? e->size : mb->row.size;
	if (e->content == 0)
		mb->row.unsized--;
	else
		mb->row.bytes -= e->wire;
}

int
tomb_lost(struct mailbox *mb, uint32_t uid, uint64_t modseq)
{
	struct tomb_entry e;
	struct tomb_run run = { 0, 0 };

	if (!tomb_entry_read(mb, uid, &e))
		return -1;
	tomb_add(mb, &e, modseq, 0, &run);
	tomb_run_end(mb, &run);
	return 0;
}
