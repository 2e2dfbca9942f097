/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The row of a mailbox in a transaction; see mailbox_row.h. */

#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/timer.h"
#include "storage/index/control.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/keywords.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailbox_struct.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/watcher_state.h"
#include "storage/maildir/maildir.h"

/*
 * dovecot-uidlist is written sooner when UIDNEXT comes within this many of the
 * next UID in the list.
 */
#define LIST_SOON	200

void
mailbox_touch(struct mailbox *mb)
{
	if (mb->tx.dirty)
		return;
	assert(!mb->stale);
	mb->tx.dirty = true;
	mb->tx.saved = mb->row;
	TAILQ_INSERT_TAIL(&mb->store->dirty, mb, tx.link);
	mailbox_pin(mb);
}

/* The transaction has ended; this may free the mailbox. */
static void
leave_tx(struct mailbox *mb)
{
	TAILQ_REMOVE(&mb->store->dirty, mb, tx.link);
	mb->tx.dirty = false;
	mailbox_unpin(mb);
}

static void
row_write(struct mailbox *mb)
{
	const struct mailbox_row *r = &mb->row;

#define ARG(name, type, value)	SQL_I(r->name),
	sql_tx_do(mb->store->db, SQL_MAILBOX_SET,
	    SQL_ARGS(MAILBOX_COLUMNS(ARG) SQL_I(mb->id)));
#undef ARG
}

bool
mailbox_letters_behind(const struct mailbox *mb)
{
	return !mb->dead && (mb->list.letters_owed ||
	    (mb->keywords->waiting != 0 && !mb->list.letters_gone));
}

bool
mailbox_list_behind(const struct mailbox *mb)
{
	return !mb->dead && (mb->row.listuid != mb->row.uidnext - 1 ||
	    mailbox_letters_behind(mb));
}

void
mailbox_rows_claim(struct store *st)
{
	struct mailbox *mb;

	TAILQ_FOREACH(mb, &st->dirty, tx.link)
		if (mb->row.recentuid + 1 < mb->row.uidnext && mb->takers > 0)
			mb->row.recentuid = mb->row.uidnext - 1;
}

/* When to write dovecot-uidlist, in ms from now. */
static uint64_t
list_delay(const struct mailbox *mb)
{
	const struct delays *d = &mb->store->storage->delays;

	/*
	 * Without a uidlist, or with one that lacks lines, a Dovecot started
	 * here would invent UIDs: write it at once.
	 */
	if (mb->row.listmtime == 0 || mb->row.listuid == 0)
		return 0;
	/* The names of files wait for letters. */
	if (mailbox_letters_behind(mb))
		return d->rename_ms;
	return mb->row.listnext < mb->row.uidnext + LIST_SOON ?
	    d->list_soon_ms : d->list_ms;
}

static void
committed(struct mailbox *mb)
{
	struct keywords *old = mb->tx.saved_keywords;
	uint64_t due;

	mb->tx.saved_keywords = NULL;
	if (old != NULL)
		keywords_changed(mb, old);
	watcher_row(mb->store, mb->id, &mb->tx.saved, &mb->row);
	/* What the control file says of the mailbox, and its floor. */
	if (mb->row.listnext != mb->tx.saved.listnext ||
	    mb->row.uidvalidity != mb->tx.saved.uidvalidity)
		control_changed(mb->store);
	control_modseq(mb->store, mb->row.highestmodseq);
	if (mb->row.recentuid > mb->tx.saved.recentuid) {
		(void)idset_add_range(&mb->claimed, mb->tx.saved.recentuid + 1,
		    mb->row.recentuid);
		mb->claim_due = false;
	}
	if (!mailbox_list_behind(mb))
		return;
	due = timer_ms() + list_delay(mb);
	if (mb->list.due_ms == 0 ||
	    (due < mb->list.due_ms && mb->list.retry_ms == 0))
		mb->list.due_ms = due;
	mb->list.tried = false;
}

static void
revert(struct mailbox *mb)
{
	mb->row = mb->tx.saved;
	if (mb->tx.saved_keywords != NULL) {
		keywords_free(mb->keywords);
		mb->keywords = mb->tx.saved_keywords;
		mb->tx.saved_keywords = NULL;
	}
	/* Renaming files back has changed the mtime once more. */
	mb->watch.cur_clean = mb->watch.new_clean = false;
}

void
mailbox_rows_write(struct store *st)
{
	struct mailbox *mb;

	TAILQ_FOREACH(mb, &st->dirty, tx.link)
		row_write(mb);
}

void
mailbox_rows_committed(struct store *st)
{
	struct mailbox *mb;

	while ((mb = TAILQ_FIRST(&st->dirty)) != NULL) {
		committed(mb);
		leave_tx(mb);
	}
}

void
mailbox_rows_revert(struct store *st)
{
	struct mailbox *mb;

	while ((mb = TAILQ_FIRST(&st->dirty)) != NULL) {
		revert(mb);
		leave_tx(mb);
	}
}

void
mailbox_rows_suspend(struct store *st)
{
	struct mailbox *mb;

	TAILQ_FOREACH(mb, &st->dirty, tx.link) {
		if (mb->tx.suspended)
			continue;
		mb->tx.suspended = true;
		mb->tx.pending = mb->row;
		mb->row = mb->tx.saved;
		if (mb->tx.saved_keywords == NULL)
			continue;
		mb->tx.pending_keywords = mb->keywords;
		mb->keywords = mb->tx.saved_keywords;
	}
}

void
mailbox_rows_resume(struct store *st)
{
	struct mailbox *mb;

	TAILQ_FOREACH(mb, &st->dirty, tx.link) {
		if (!mb->tx.suspended)
			continue;
		mb->tx.suspended = false;
		mb->tx.saved = mb->row;
		mb->row = mb->tx.pending;
		if (mb->tx.pending_keywords == NULL)
			continue;
		mb->keywords = mb->tx.pending_keywords;
		mb->tx.pending_keywords = NULL;
	}
}

/* UINT32_MAX is never given out, so that UIDNEXT always fits. */
uint32_t
mailbox_uids_left(const struct mailbox *mb)
{
	return UINT32_MAX - mb->row.uidnext;
}

uint64_t
mailbox_next_modseq(struct mailbox *mb)
{
	uint64_t now = (uint64_t)time(NULL) << 16;

	mailbox_touch(mb);
	mb->row.highestmodseq++;
	if (mb->row.highestmodseq < now)
		mb->row.highestmodseq = now;
	return mb->row.highestmodseq;
}

void
mailbox_count(struct mailbox *mb, uint32_t flags, int sign)
{
	mailbox_touch(mb);
	mb->row.messages += (uint32_t)sign;
	if ((flags & FLAG_SEEN) == 0)
		mb->row.unseen += (uint32_t)sign;
	if (flags & FLAG_DELETED)
		mb->row.deleted += (uint32_t)sign;
}
