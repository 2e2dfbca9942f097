/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* STATUS. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_load.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/op/list.h"
#include "storage/op/op_state.h"
#include "storage/op/scan.h"
#include "storage/op/scan_waiting.h"
#include "storage/op/status.h"

/* Entries counted by one query, between two looks at the clock. */
#define COUNT_BATCH	8192

struct status_op {
	struct op	 op;
	char		*name;
	struct mailbox	*mb;
	uint32_t	 counted;	/* UIDs up to here are in the result */
	uint64_t	 modseq;	/* of the mailbox when counting began */
	struct scan_waiting waiting;
	struct mailbox_status result;
};

/* Count the next messages above UID s->counted.  SQL_DONE: none are left. */
static enum sql_rc
count_batch(struct status_op *s)
{
	struct sql *db = s->op.store->db;
	enum sql_stmt id = SQL_ENTRIES_COUNT;
	enum sql_rc rc;
	uint32_t n = 0;

	sql_start(db, id, SQL_ARGS(SQL_I(s->mb->id), SQL_I(s->counted),
	    SQL_I(COUNT_BATCH)));
	if ((rc = sql_step(db, id)) == SQL_ROW) {
		n = (uint32_t)sql_int(db, id, 0);
		if (n > 0)
			s->counted = (uint32_t)sql_int(db, id, 1);
	}
	sql_reset(db, id);
	s->result.recent += n;
	return rc == SQL_ROW && n < COUNT_BATCH ? SQL_DONE : rc;
}

/*
 * Count the messages that no session has claimed.  There may be far fewer than
 * UIDs: these have gaps.
 */
static enum run
count_recent(struct status_op *s)
{
	struct op *op = &s->op;
	struct mailbox *mb = s->mb;
	struct store *st = op->store;
	enum sql_rc rc = SQL_ROW, read;
	enum run run;

	if (mb->row.recentuid + 1 >= mb->row.uidnext) {
		s->result.recent = 0;
		return RUN_DONE;
	}
	if ((run = mailbox_read_begin(mb, op)) != RUN_DONE)
		return run;
	if (s->modseq != mb->row.highestmodseq ||
	    s->counted < mb->row.recentuid) {
		s->modseq = mb->row.highestmodseq;
		s->counted = mb->row.recentuid;
		s->result.recent = 0;
	}
	do
		rc = count_batch(s);
	while (rc == SQL_ROW && !op_must_yield(op));
	if ((read = store_read_end(st)) != SQL_DONE)
		rc = read;
	if (rc == SQL_ROW)
		return RUN_MORE;
	return rc == SQL_DONE ? RUN_DONE : op_fail_sql(op, rc);
}

static enum run
status_run(struct op *op)
{
	struct status_op *s = (struct status_op *)op;
	const struct mailbox_row *r;
	enum run run;

	if (s->mb == NULL) {
		run = list_ref(op, slice_str(s->name), &s->mb);
		if (run != RUN_DONE)
			return run;
	}
	run = scan_forgive_full(op, s->mb,
	    scan_status(op, s->mb, &s->waiting));
	if (run != RUN_DONE || (run = count_recent(s)) != RUN_DONE)
		return run;
	r = &s->mb->row;
	s->result.messages = r->messages + s->waiting.messages;
	s->result.recent += s->waiting.messages;
	s->result.unseen = r->unseen + s->waiting.unseen;
	s->result.deleted = r->deleted;
	/* What waits in new/ gets its UIDs before anything else. */
	s->result.uidnext = s->waiting.messages > mailbox_uids_left(s->mb) ?
	    UINT32_MAX : r->uidnext + s->waiting.messages;
	s->result.uidvalidity = r->uidvalidity;
	s->result.highestmodseq = r->highestmodseq;
	s->result.size = r->bytes;
	return RUN_DONE;
}

static void
status_free(struct op *op)
{
	struct status_op *s = (struct status_op *)op;

	scan_waiting_clear(&s->waiting);
	mailbox_unref(s->mb);
	free(s->name);
}

static const struct op_class status_class = {
	.run = status_run, .free = status_free
};

struct op *
status_new(struct store *st, struct slice name)
{
	struct status_op *s;

	s = xcalloc(1, sizeof(*s));
	op_init(&s->op, &status_class, st);
	scan_waiting_init(&s->waiting);
	s->name = xstrdup_slice(name);
	return &s->op;
}

const struct mailbox_status *
status_result(const struct op *op)
{
	return &((const struct status_op *)op)->result;
}
