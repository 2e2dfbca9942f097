/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The row of a mailbox in a transaction; see mailbox_row.h. */

#include "config.h"

#include <stdlib.h>
#include <time.h>

#include "common/base/timer.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailbox_struct.h"
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
	mb->tx.dirty = true;
	mb->tx.saved = mb->row;
	mb->tx.saved_nkeywords = mb->nkeywords;
}

void
mailbox_row_write(struct mailbox *mb)
{
	const struct mailbox_row *r = &mb->row;

#define ARG(name, type, value)	SQL_I(r->name),
	sql_tx_do(mb->store->db, SQL_MAILBOX_SET,
	    SQL_ARGS(MAILBOX_COLUMNS(ARG) SQL_I(mb->id)));
#undef ARG
}

void
mailbox_claim(struct mailbox *mb)
{
	if (mb->row.recentuid + 1 < mb->row.uidnext && mb->takers > 0)
		mb->row.recentuid = mb->row.uidnext - 1;
}

bool
mailbox_list_behind(const struct mailbox *mb)
{
	return !mb->dead && (mb->row.listuid != mb->row.uidnext - 1 ||
	    (mb->list.keywords < mb->nkeywords &&
	    mb->list.keywords < MAILDIR_KEYWORDS));
}

void
mailbox_committed(struct mailbox *mb)
{
	const struct delays *d = &mb->store->storage->delays;
	uint64_t ms = d->list_ms;

	mb->tx.dirty = false;
	watcher_row(mb->store, mb->id, &mb->tx.saved, &mb->row);
	if (mb->row.recentuid > mb->tx.saved.recentuid) {
		(void)idset_add_range(&mb->claimed, mb->tx.saved.recentuid + 1,
		    mb->row.recentuid);
		mb->claim_due = false;
	}
	if (!mailbox_list_behind(mb))
		return;
	/*
	 * Without a uidlist, a Dovecot started here would invent UIDs: write
	 * it at once.
	 */
	if (mb->row.listmtime == 0)
		ms = 0;
	else if (mb->row.listnext < mb->row.uidnext + LIST_SOON)
		ms = d->list_soon_ms;
	if (mb->list.due_ms == 0)
		mb->list.due_ms = timer_ms() + ms;
	mb->list.tried = false;
}

void
mailbox_suspend(struct mailbox *mb)
{
	if (!mb->tx.dirty || mb->tx.suspended)
		return;
	mb->tx.suspended = true;
	mb->tx.pending = mb->row;
	mb->tx.pending_nkeywords = mb->nkeywords;
	mb->row = mb->tx.saved;
	mb->nkeywords = mb->tx.saved_nkeywords;
}

void
mailbox_resume(struct mailbox *mb)
{
	if (!mb->tx.suspended)
		return;
	mb->tx.suspended = false;
	mb->tx.saved = mb->row;
	mb->row = mb->tx.pending;
	mb->nkeywords = mb->tx.pending_nkeywords;
}

void
mailbox_revert(struct mailbox *mb)
{
	mb->row = mb->tx.saved;
	mb->tx.dirty = false;
	while (mb->nkeywords > mb->tx.saved_nkeywords)
		free(mb->keywords[--mb->nkeywords]);
	/* Files that were renamed and renamed back have changed the mtime. */
	mb->watch.cur_clean = mb->watch.new_clean = false;
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
