/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Watchers of a store.
 *
 * A change in a mailbox that is in memory is known from its row before and
 * after a commit.  The other mailboxes are changed only by other processes.
 * For them, the rows of all mailboxes are kept while somebody watches (seen),
 * and are compared with the table after another process has committed.  The
 * list of mailboxes is kept and compared in the same way, whoever has changed
 * it.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/compat.h"
#include "common/base/xmalloc.h"
#include "storage/index/due.h"
#include "storage/index/mailbox_columns.h"
#include "storage/index/sql.h"
#include "storage/index/store_ref.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/names.h"
#include "storage/mailbox/row_read.h"
#include "storage/mailbox/watcher.h"
#include "storage/mailbox/watcher_state.h"
#include "storage/maildir/mbname.h"

struct watcher {
	TAILQ_ENTRY(watcher) link;	/* in watchers->all */
	struct store	*store;
	unsigned int	 mask;
	void		(*wake)(void *, uint32_t, unsigned int);
	void		*arg;
};

/* A change to be reported. */
struct event {
	uint32_t	 mailbox;
	unsigned int	 what;
};

/* A row as it was last compared. */
struct seen {
	uint32_t	 mailbox;
	struct mailbox_row row;
};

/* A name in the list as it was last compared. */
struct listed {
	char		*name;
	uint32_t	 mailbox;	/* 0: no mailbox has this name */
	bool		 subscribed;
};

struct seen_rows {
	struct seen	*items;		/* sorted by mailbox */
	size_t		 n;
	size_t		 size;
};

struct listing {
	struct listed	*items;		/* sorted by name */
	size_t		 n;
};

struct watchers {
	TAILQ_HEAD(, watcher) all;
	struct store	*store;
	TAILQ_ENTRY(watchers) link;	/* of storage->watching, with events */
	struct event	*events;
	size_t		 nevents;
	size_t		 events_size;
	struct seen_rows seen;
	bool		 has_listing;
	struct listing	 listing;
	bool		 due;		/* a look is due */
	bool		 looking;	/* a look is running */
};

static void
free_listing(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->items[i].name);
	free(l->items);
	l->items = NULL;
	l->n = 0;
}

static void
free_watchers(struct watchers *ws)
{
	if (ws->nevents > 0)
		TAILQ_REMOVE(&ws->store->storage->watching, ws, link);
	free_listing(&ws->listing);
	free(ws->events);
	free(ws->seen.items);
	free(ws);
}

struct watcher *
watcher_new(struct store *st, unsigned int mask,
    void (*wake)(void *, uint32_t, unsigned int), void *arg)
{
	struct watcher *w;

	if (st->watchers == NULL) {
		st->watchers = xcalloc(1, sizeof(*st->watchers));
		st->watchers->store = st;
		TAILQ_INIT(&st->watchers->all);
	}
	w = xcalloc(1, sizeof(*w));
	w->store = st;
	w->mask = mask;
	w->wake = wake;
	w->arg = arg;
	TAILQ_INSERT_TAIL(&st->watchers->all, w, link);
	store_ref(st);
	watcher_look(st);
	return w;
}

void
watcher_free(struct watcher *w)
{
	struct store *st;

	if (w == NULL)
		return;
	st = w->store;
	TAILQ_REMOVE(&st->watchers->all, w, link);
	if (TAILQ_EMPTY(&st->watchers->all)) {
		free_watchers(st->watchers);
		st->watchers = NULL;
	}
	free(w);
	store_unref(st);
}

static void
note(struct watchers *ws, uint32_t mailbox, unsigned int what)
{
	if (what == 0)
		return;
	if (ws->nevents > 0 &&
	    ws->events[ws->nevents - 1].mailbox == mailbox) {
		ws->events[ws->nevents - 1].what |= what;
		return;
	}
	ws->events = xgrow(ws->events, ws->nevents, &ws->events_size,
	    sizeof(*ws->events));
	if (ws->nevents == 0)
		TAILQ_INSERT_TAIL(&ws->store->storage->watching, ws, link);
	ws->events[ws->nevents].mailbox = mailbox;
	ws->events[ws->nevents++].what = what;
}

/* Return the place of a mailbox in seen, or where to insert it. */
static size_t
place(const struct seen_rows *seen, uint32_t mailbox)
{
	size_t lo = 0, hi = seen->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (seen->items[mid].mailbox < mailbox)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct mailbox_row *
find_seen(const struct seen_rows *seen, uint32_t mailbox)
{
	size_t at = place(seen, mailbox);

	return at < seen->n && seen->items[at].mailbox == mailbox ?
	    &seen->items[at].row : NULL;
}

static void
remember(struct seen_rows *seen, uint32_t mailbox,
    const struct mailbox_row *row)
{
	size_t at = place(seen, mailbox);

	if (find_seen(seen, mailbox) == NULL) {
		seen->items = xgrow(seen->items, seen->n, &seen->size,
		    sizeof(*seen->items));
		memmove(&seen->items[at + 1], &seen->items[at],
		    (seen->n++ - at) * sizeof(*seen->items));
		seen->items[at].mailbox = mailbox;
	}
	seen->items[at].row = *row;
}

/*
 * Count expunges after modseq: a range of the primary key of the table
 * expunged.
 */
static int64_t
count_expunged(struct sql *db, uint32_t mailbox, uint64_t modseq)
{
	enum sql_stmt id = SQL_EXPUNGED_SINCE;
	enum sql_rc rc;
	int64_t n = 0;

	sql_start(db, id, SQL_ARGS(SQL_I(mailbox), SQL_I(modseq)));
	while ((rc = sql_step(db, id)) == SQL_ROW)
		n++;
	sql_reset(db, id);
	return rc == SQL_DONE ? n : -1;
}

/* Return CHANGE_* for a mailbox: all, if the query fails. */
static unsigned int
compare_rows(struct store *st, uint32_t mailbox,
    const struct mailbox_row *old, const struct mailbox_row *row)
{
	unsigned int what = 0;
	int64_t expunged;

	if (row->highestmodseq == old->highestmodseq)
		return 0;
	expunged = count_expunged(st->db, mailbox, old->highestmodseq);
	if (expunged == -1)
		return CHANGE_NEW | CHANGE_EXPUNGE | CHANGE_FLAGS;
	if (row->flagmodseq > old->flagmodseq)
		what |= CHANGE_FLAGS;
	if (expunged > 0)
		what |= CHANGE_EXPUNGE;
	if ((int64_t)row->messages + expunged > (int64_t)old->messages)
		what |= CHANGE_NEW;
	return what;
}

void
watcher_row(struct store *st, uint32_t mailbox, const struct mailbox_row *old,
    const struct mailbox_row *row)
{
	struct watchers *ws = st->watchers;

	if (ws == NULL)
		return;
	note(ws, mailbox, compare_rows(st, mailbox, old, row));
	remember(&ws->seen, mailbox, row);
}

void
watcher_look(struct store *st)
{
	if (st->watchers == NULL)
		return;
	st->watchers->due = true;
	due_touch(st);
}

void
watcher_lost(struct store *st)
{
	if (st->watchers == NULL)
		return;
	st->watchers->seen.n = 0;
	note(st->watchers, 0, CHANGE_ALL);
	watcher_look(st);
}

bool
watcher_due(const struct store *st)
{
	return st->watchers != NULL && st->watchers->due &&
	    !st->watchers->looking;
}

void
watcher_look_begin(struct store *st)
{
	st->watchers->due = false;
	st->watchers->looking = true;
}

void
watcher_look_end(struct store *st)
{
	if (st->watchers == NULL)
		return;
	st->watchers->looking = false;
	due_touch(st);
}

/* Compare all rows with seen, and make them the new seen. */
static enum sql_rc
compare_seen(struct store *st)
{
	struct watchers *ws = st->watchers;
	struct seen_rows now = { NULL, 0, 0 };
	enum sql_stmt id = SQL_MAILBOX_ALL;
	const struct mailbox_row *old;
	struct mailbox_row row;
	uint32_t mailbox;
	enum sql_rc rc;

	sql_start(st->db, id, SQL_NOARGS);
	while ((rc = sql_step(st->db, id)) == SQL_ROW) {
		mailbox = (uint32_t)sql_int(st->db, id, COLUMN_ID);
		row_read(st->db, id, &row);
		old = find_seen(&ws->seen, mailbox);
		if (old != NULL)
			note(ws, mailbox, compare_rows(st, mailbox, old,
			    &row));
		remember(&now, mailbox, &row);
	}
	sql_reset(st->db, id);
	if (rc == SQL_DONE) {
		free(ws->seen.items);
		ws->seen = now;
	} else
		free(now.items);
	return rc;
}

static void
copy_listing(const struct store *st, struct listing *l)
{
	const struct named *d = NULL;

	l->n = 0;
	l->items = xcalloc(names_count(st->names) + 1, sizeof(*l->items));
	while ((d = names_next(st->names, d)) != NULL) {
		l->items[l->n].name = xstrdup_slice(d->name);
		l->items[l->n].mailbox = d->id;
		l->items[l->n++].subscribed = d->subscribed;
	}
}

/* Compare a name that is in the old list, in the new list, or in both. */
static void
compare_name(struct watchers *ws, const struct listed *old,
    const struct listed *now)
{
	uint32_t was = old == NULL ? 0 : old->mailbox;
	uint32_t is = now == NULL ? 0 : now->mailbox;

	if (was != is) {
		if (was != 0)
			note(ws, was, CHANGE_NAME);
		if (is != 0)
			note(ws, is, CHANGE_NAME);
	}
	if ((old != NULL && old->subscribed) !=
	    (now != NULL && now->subscribed))
		note(ws, is != 0 ? is : was, CHANGE_SUBSCRIPTION);
}

static void
compare_listings(struct watchers *ws, const struct listing *old,
    const struct listing *now)
{
	size_t i = 0, k = 0;
	int cmp;

	while (i < old->n || k < now->n) {
		cmp = i == old->n ? 1 : k == now->n ? -1 :
		    mbname_cmp(slice_str(old->items[i].name),
		    slice_str(now->items[k].name));
		compare_name(ws, cmp <= 0 ? &old->items[i] : NULL,
		    cmp >= 0 ? &now->items[k] : NULL);
		i += cmp <= 0;
		k += cmp >= 0;
	}
}

enum sql_rc
watcher_compare(struct store *st)
{
	struct watchers *ws = st->watchers;
	struct listing now;

	if (ws == NULL)
		return SQL_DONE;
	copy_listing(st, &now);
	if (ws->has_listing)
		compare_listings(ws, &ws->listing, &now);
	free_listing(&ws->listing);
	ws->listing = now;
	ws->has_listing = true;
	/* Refreshing the list for this look may have asked for a look. */
	ws->due = false;
	return compare_seen(st);
}

static void
wake_all(struct watchers *ws, const struct event *e)
{
	struct watcher *w;

	TAILQ_FOREACH(w, &ws->all, link)
		if (e->what & w->mask)
			w->wake(w->arg, e->mailbox, e->what & w->mask);
}

void
watchers_wake(struct storage *s)
{
	struct watchers *ws;

	while ((ws = TAILQ_FIRST(&s->watching)) != NULL) {
		TAILQ_REMOVE(&s->watching, ws, link);
		for (size_t i = 0; i < ws->nevents; i++)
			wake_all(ws, &ws->events[i]);
		ws->nevents = 0;
	}
}
