/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Changes made by other processes; see delta.h. */

#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/delta.h"
#include "storage/mailbox/keywords.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/row_read.h"
#include "storage/mailbox/watcher_state.h"

struct entries {
	struct entry	*items;
	size_t		 n;
	size_t		 size;
};

struct delta {
	TAILQ_ENTRY(delta) link;
	struct mailbox	*mb;
	bool		 gone;		/* the row was deleted */
	struct mailbox_row row;
	char		*name;
	char		*folder;
	struct keywords	*keywords;	/* NULL: not read */
	struct entries	 flagged;
	struct entries	 added;
	struct entries	 expunged;	/* only uid and modseq are set */
};

static struct entry *
push(struct entries *list)
{
	if (list->n == list->size) {
		list->size = list->size == 0 ? 16 : list->size * 2;
		list->items = xreallocarray(list->items, list->size,
		    sizeof(*list->items));
	}
	return &list->items[list->n++];
}

/* Read entries from a statement with the columns of SQL_ENTRIES. */
static enum sql_rc
read_entries(struct sql *db, enum sql_stmt id, struct entries *list)
{
	enum sql_rc rc;

	while ((rc = sql_step(db, id)) == SQL_ROW)
		row_read_entry(db, id, push(list));
	sql_reset(db, id);
	return rc;
}

static enum sql_rc
read_flagged(struct delta *d)
{
	const struct mailbox *mb = d->mb;

	if (d->row.flagmodseq <= mb->row.flagmodseq)
		return SQL_DONE;
	sql_start(mb->store->db, SQL_ENTRIES_CHANGED, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(mb->row.highestmodseq)));
	return read_entries(mb->store->db, SQL_ENTRIES_CHANGED, &d->flagged);
}

static enum sql_rc
read_added(struct delta *d)
{
	const struct mailbox *mb = d->mb;

	sql_start(mb->store->db, SQL_ENTRIES_FROM, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(mb->row.uidnext)));
	return read_entries(mb->store->db, SQL_ENTRIES_FROM, &d->added);
}

static enum sql_rc
read_expunged(struct delta *d)
{
	const struct mailbox *mb = d->mb;
	struct sql *db = mb->store->db;
	enum sql_stmt id = SQL_EXPUNGED_SINCE;
	struct entry *e;
	enum sql_rc rc;

	sql_start(db, id, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(mb->row.highestmodseq)));
	while ((rc = sql_step(db, id)) == SQL_ROW) {
		e = push(&d->expunged);
		e->modseq = (uint64_t)sql_int(db, id, 0);
		e->uid = (uint32_t)sql_int(db, id, 1);
	}
	sql_reset(db, id);
	return rc;
}

/* Read the row.  SQL_DONE: there is none. */
static enum sql_rc
read_row(struct delta *d)
{
	struct sql *db = d->mb->store->db;
	enum sql_stmt id = SQL_MAILBOX_GET;
	enum sql_rc rc;

	sql_start(db, id, SQL_ARGS(SQL_I(d->mb->id)));
	if ((rc = sql_step(db, id)) == SQL_ROW) {
		row_read(db, id, &d->row);
		d->name = xstrdup_slice(sql_blob(db, id, COLUMN_NAME));
		d->folder = xstrdup_slice(sql_blob(db, id, COLUMN_FOLDER));
	}
	sql_reset(db, id);
	return rc;
}

static enum sql_rc
read_all(struct delta *d)
{
	const struct mailbox *mb = d->mb;
	enum sql_rc rc;

	rc = read_row(d);
	d->gone = rc == SQL_DONE;
	if (rc != SQL_ROW)
		return rc;
	if (d->row.highestmodseq == mb->row.highestmodseq)
		return SQL_DONE;
	rc = keywords_read(mb, &d->keywords);
	if (!mb->loaded)
		return rc;
	if (rc == SQL_DONE)
		rc = read_flagged(d);
	if (rc == SQL_DONE)
		rc = read_added(d);
	if (rc == SQL_DONE)
		rc = read_expunged(d);
	return rc;
}

static void
free_delta(struct delta *d)
{
	keywords_free(d->keywords);
	free(d->flagged.items);
	free(d->added.items);
	free(d->expunged.items);
	free(d->name);
	free(d->folder);
	mailbox_unpin(d->mb);
	free(d);
}

static bool
is_nothing(const struct delta *d)
{
	const struct mailbox *mb = d->mb;

	return !d->gone && row_same(&d->row, &mb->row) &&
	    strcmp(d->name, mb->name) == 0 &&
	    strcmp(d->folder, mb->folder) == 0;
}

/* An older index was written over this one: its numbers have gone back. */
static bool
is_older(const struct delta *d)
{
	const struct mailbox_row *row = &d->mb->row;

	return !d->gone && (d->row.highestmodseq < row->highestmodseq ||
	    d->row.uidnext < row->uidnext);
}

enum sql_rc
delta_read(struct mailbox *mb, struct deltas *deltas)
{
	struct delta *d;
	enum sql_rc rc;

	/* Whoever has a transaction open sees no commits of others. */
	assert(!mb->tx.dirty);
	if (mb->dead)
		return SQL_DONE;
	d = xcalloc(1, sizeof(*d));
	d->mb = mb;
	mailbox_pin(mb);
	rc = read_all(d);
	if (rc == SQL_DONE && is_older(d))
		rc = SQL_CORRUPT;
	if (rc == SQL_DONE && !is_nothing(d))
		TAILQ_INSERT_TAIL(deltas, d, link);
	else
		free_delta(d);
	return rc;
}

static void
apply_entries(struct mailbox *mb, const struct delta *d)
{
	const struct entry *x;
	struct entry *e;

	for (size_t i = 0; i < d->flagged.n; i++) {
		x = &d->flagged.items[i];
		if ((e = mailbox_entry(mb, x->uid)) != NULL)
			mailbox_flagged(mb, e, x->flags, x->keywords,
			    x->modseq, 0);
	}
	for (size_t i = 0; i < d->added.n; i++) {
		x = &d->added.items[i];
		mailbox_added(mb, x->uid, x->flags, x->keywords, x->modseq);
	}
	for (size_t i = 0; i < d->expunged.n; i++) {
		x = &d->expunged.items[i];
		if ((e = mailbox_entry(mb, x->uid)) != NULL)
			mailbox_expunged(mb, e, x->modseq);
	}
}

static void
apply(struct delta *d)
{
	struct mailbox *mb = d->mb;
	struct mailbox_row old = mb->row;
	struct keywords *k;
	char *s;

	if (d->gone) {
		mailbox_die(mb);
		return;
	}
	mb->row = d->row;
	s = mb->name;
	mb->name = d->name;
	d->name = s;
	s = mb->folder;
	mb->folder = d->folder;
	d->folder = s;
	watcher_row(mb->store, mb->id, &old, &mb->row);
	mb->claim_due = mb->row.recentuid + 1 < mb->row.uidnext &&
	    mb->takers > 0;
	if (mb->row.highestmodseq == old.highestmodseq)
		return;
	if (mb->loaded)
		apply_entries(mb, d);
	k = mb->keywords;
	mb->keywords = d->keywords;
	d->keywords = NULL;
	keywords_changed(mb, k);
	if (mb->loaded)
		mailbox_changed(mb);
}

void
deltas_apply(struct deltas *deltas)
{
	struct delta *d;

	TAILQ_FOREACH(d, deltas, link)
		apply(d);
}

void
deltas_clear(struct deltas *deltas)
{
	struct delta *d;

	while ((d = TAILQ_FIRST(deltas)) != NULL) {
		TAILQ_REMOVE(deltas, d, link);
		free_delta(d);
	}
}
