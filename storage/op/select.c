/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Looking at mailboxes: SELECT, STATUS, LIST, and NOOP's look at the disk.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "storage/index/error.h"
#include "storage/index/index.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_load.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/names.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/mailbox/view.h"
#include "storage/mailbox/view_state.h"
#include "storage/op/claim.h"
#include "storage/op/list.h"
#include "storage/op/op.h"
#include "storage/op/op_state.h"
#include "storage/op/scan.h"
#include "storage/op/scan_waiting.h"
#include "storage/op/select.h"

/*
 * If there is no room to write what a scan has found, or nothing can be
 * written for now, mail can still be read: show the mailbox as the index has
 * it.
 */
static enum run
forgive_full(struct op *op, const struct mailbox *mb, enum run run)
{
	if (run != RUN_FAIL || mb->row.curchecked == 0 ||
	    (op->err.kind != STORE_ERR_OVERQUOTA && !op->store->sick))
		return run;
	op_rollback(op);
	memset(&op->err, 0, sizeof(op->err));
	return RUN_DONE;
}

struct select_op {
	struct op	 op;
	char		*name;
	unsigned int	 how;		/* VIEW_* */
	struct mailbox	*mb;
	struct view	*view;
};

static enum run
select_run(struct op *op)
{
	struct select_op *s = (struct select_op *)op;
	enum run run;

	if (s->mb == NULL) {
		run = list_ref(op, slice_str(s->name), &s->mb);
		if (run != RUN_DONE)
			return run;
		mailbox_watch(s->mb);
	}
	run = forgive_full(op, s->mb, scan_run(op, s->mb));
	if (run != RUN_DONE || (run = mailbox_load(s->mb, op)) != RUN_DONE)
		return run;
	if ((s->how & VIEW_READONLY) == 0 && (run = forgive_full(op, s->mb,
	    claim_recent(op, s->mb))) != RUN_DONE)
		return run;
	s->view = view_open(s->mb, s->how);
	return RUN_DONE;
}

static void
select_free(struct op *op)
{
	struct select_op *s = (struct select_op *)op;

	view_close(s->view);
	mailbox_unref(s->mb);
	free(s->name);
}

static const struct op_class select_class = {
	.run = select_run, .free = select_free
};

struct op *
select_new(struct store *st, struct slice name, unsigned int how)
{
	struct select_op *s;

	s = xcalloc(1, sizeof(*s));
	op_init(&s->op, &select_class, st);
	s->name = xstrdup_slice(name);
	s->how = how;
	return &s->op;
}

struct view *
select_result(struct op *op)
{
	struct select_op *s = (struct select_op *)op;
	struct view *v = s->view;

	s->view = NULL;
	return v;
}

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

/* Count the next messages above UID s->counted.  SQL_DONE: that were all. */
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

	if (mb->row.recentuid + 1 >= mb->row.uidnext) {
		s->result.recent = 0;
		return RUN_DONE;
	}
	/* What another operation has added here may still be undone. */
	if (mb->tx.dirty && st->writer != NULL && st->writer != op)
		return op_wait_lock(op);
	if (index_open(st, &op->err) == -1)
		return RUN_FAIL;
	if ((rc = store_read_begin(st)) != SQL_DONE)
		return op_fail_sql(op, rc);
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
	run = forgive_full(op, s->mb, scan_status(op, s->mb, &s->waiting));
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

struct refresh_op {
	struct op	 op;
	struct mailbox	*mb;
};

static enum run
refresh_run(struct op *op)
{
	struct refresh_op *r = (struct refresh_op *)op;
	enum sql_rc rc;
	enum run run;

	/* A mailbox that is gone has nothing new. */
	if (r->mb->dead)
		return RUN_DONE;
	if (op->store->writer == NULL) {
		if ((rc = store_absorb(op->store)) != SQL_DONE)
			return op_fail_sql(op, rc);
	}
	run = forgive_full(op, r->mb, scan_run(op, r->mb));
	if (run == RUN_DONE && r->mb->takers > 0)
		run = forgive_full(op, r->mb, claim_recent(op, r->mb));
	return run;
}

static void
refresh_free(struct op *op)
{
	mailbox_unref(((struct refresh_op *)op)->mb);
}

static const struct op_class refresh_class = {
	.run = refresh_run, .free = refresh_free
};

struct op *
select_refresh_new(struct view *v)
{
	struct refresh_op *r;

	r = xcalloc(1, sizeof(*r));
	r->mb = view_mailbox(v);
	op_init(&r->op, &refresh_class, r->mb->store);
	mailbox_ref(r->mb);
	return &r->op;
}

struct list_op {
	struct op	 op;
	struct mailbox_info *items;
	size_t		 n;
	char		*names;
};

static enum run
list_run(struct op *op)
{
	struct list_op *l = (struct list_op *)op;
	const struct names *names;
	const struct named *d = NULL;
	size_t len = 0;
	enum run run;
	char *p;

	if ((run = list_refresh(op)) != RUN_DONE)
		return run;
	names = op->store->names;
	while ((d = names_next(names, d)) != NULL)
		len += d->name.len;
	l->items = xcalloc(names_count(names) + 1, sizeof(*l->items));
	l->names = p = xmalloc(len + 1);
	while ((d = names_next(names, d)) != NULL) {
		struct mailbox_info *info = &l->items[l->n++];

		memcpy(p, d->name.p, d->name.len);
		info->name = slice_make(p, d->name.len);
		info->id = d->id;
		info->use = d->use;
		info->attrs = names_attrs(d);
		p += d->name.len;
	}
	return RUN_DONE;
}

static void
list_op_free(struct op *op)
{
	struct list_op *l = (struct list_op *)op;

	free(l->items);
	free(l->names);
}

static const struct op_class list_class = {
	.run = list_run, .free = list_op_free
};

struct op *
list_new(struct store *st)
{
	struct list_op *l;

	l = xcalloc(1, sizeof(*l));
	op_init(&l->op, &list_class, st);
	return &l->op;
}

const struct mailbox_info *
list_result(const struct op *op, size_t *n)
{
	const struct list_op *l = (const struct list_op *)op;

	*n = l->n;
	return l->items;
}
