/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The row of a mailbox in a transaction: changed, written, kept apart between
 * its slices, and put back when it fails.
 */

#include "config.h"

#include <stdlib.h>
#include <time.h>

#include "common/timer.h"
#include "storage/index.h"
#include "storage/maildir.h"
#include "storage/mailbox.h"

/*
 * dovecot-uidlist follows UIDs after this, and sooner when the next UID that
 * it promises comes near.
 */
#define LIST_MS		10000
#define LIST_SOON_MS	1000
#define LIST_SOON	200

void
mailbox_touch(struct mailbox *mb)
{
	if (mb->row_dirty)
		return;
	mb->row_dirty = true;
	mb->saved = mb->row;
	mb->saved_nkeywords = mb->nkeywords;
}

void
mailbox_put_row(struct mailbox *mb)
{
	const struct mailbox_row	*r = &mb->row;

	sql_put(mb->store->db, SQL_MAILBOX_SET, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(r->uidvalidity), SQL_I(r->uidnext),
	    SQL_I(r->highestmodseq), SQL_I(r->flagmodseq), SQL_I(r->floor),
	    SQL_I(r->recentuid), SQL_I(r->messages), SQL_I(r->unseen),
	    SQL_I(r->deleted), SQL_I(r->bytes), SQL_I(r->unsized),
	    SQL_I(r->renames), SQL_I(r->newmtime), SQL_I(r->curmtime),
	    SQL_I(r->curchecked), SQL_I(r->listuid), SQL_I(r->listnext),
	    SQL_I(r->listmtime), SQL_I(r->listsize)));
}

/* A folder that was clean for longer than its mtime alone can prove. */
void
mailbox_save_row(struct mailbox *mb)
{
	struct store	*st = mb->store;
	struct sql	*db = st->db;
	int64_t		 now = maildir_now(), mtime;

	if (mb->dead || db == NULL || st->writer != NULL)
		return;
	if (mb->watched != NULL && mb->cur_clean && mailbox_dir(mb) != -1 &&
	    maildir_racy(mb->row.curmtime, mb->row.curchecked)) {
		mtime = maildir_mtime(mb->dir_fd, "cur");
		watch_drain(st->storage->watch);
		if (mb->cur_clean && mtime == mb->row.curmtime) {
			mb->row.curchecked = now;
			mb->row_owed = true;
		}
	}
	if (!mb->row_owed || sql_do(db, SQL_BEGIN, SQL_NOARGS) != SQL_DONE)
		return;
	(void)sql_failed(db);
	if (store_absorb(st) == SQL_DONE && !mb->dead) {
		mailbox_put_row(mb);
		if (sql_failed(db) == SQL_DONE &&
		    sql_do(db, SQL_COMMIT, SQL_NOARGS) == SQL_DONE) {
			mb->row_owed = false;
			return;
		}
	}
	(void)sql_failed(db);
	(void)sql_do(db, SQL_ROLLBACK, SQL_NOARGS);
}

bool
mailbox_has_taker(const struct mailbox *mb)
{
	const struct view	*v;

	/* One that is never told, as POP3's, would keep them to itself. */
	TAILQ_FOREACH(v, &mb->views, link)
		if (!v->readonly && v->wake != NULL)
			return true;
	return false;
}

void
mailbox_claim(struct mailbox *mb)
{
	if (mb->row.recentuid + 1 < mb->row.uidnext && mailbox_has_taker(mb))
		mb->row.recentuid = mb->row.uidnext - 1;
}

bool
mailbox_list_behind(const struct mailbox *mb)
{
	return !mb->dead && (mb->row.listuid != mb->row.uidnext - 1 ||
	    (mb->keywords_listed < mb->nkeywords &&
	    mb->keywords_listed < MAILDIR_KEYWORDS));
}

void
mailbox_committed(struct mailbox *mb)
{
	uint64_t	ms = LIST_MS;

	mb->row_dirty = false;
	if (mb->row.recentuid > mb->saved.recentuid) {
		(void)idset_add_range(&mb->claimed, mb->saved.recentuid + 1,
		    mb->row.recentuid);
		mb->claim_due = false;
	}
	if (!mailbox_list_behind(mb))
		return;
	/* Where there is none, a server that comes would make its own. */
	if (mb->row.listmtime == 0)
		ms = 0;
	else if (mb->row.listnext < mb->row.uidnext + LIST_SOON)
		ms = LIST_SOON_MS;
	if (mb->list_due_ms == 0)
		mb->list_due_ms = timer_ms() + ms;
	mb->list_tried = false;
}

void
mailbox_suspend(struct mailbox *mb)
{
	if (!mb->row_dirty || mb->suspended)
		return;
	mb->suspended = true;
	mb->pending = mb->row;
	mb->pending_nkeywords = mb->nkeywords;
	mb->row = mb->saved;
	mb->nkeywords = mb->saved_nkeywords;
}

void
mailbox_resume(struct mailbox *mb)
{
	if (!mb->suspended)
		return;
	mb->suspended = false;
	mb->saved = mb->row;
	mb->row = mb->pending;
	mb->nkeywords = mb->pending_nkeywords;
}

void
mailbox_revert(struct mailbox *mb)
{
	mb->row = mb->saved;
	mb->row_dirty = false;
	while (mb->nkeywords > mb->saved_nkeywords)
		free(mb->keywords[--mb->nkeywords]);
	/* What was renamed and renamed back has a new mtime. */
	mb->cur_clean = mb->new_clean = false;
}

/* The last number is none, so that uidnext can always be said. */
uint32_t
mailbox_uids_left(const struct mailbox *mb)
{
	return UINT32_MAX - mb->row.uidnext;
}

uint64_t
mailbox_next_modseq(struct mailbox *mb)
{
	uint64_t	now = (uint64_t)time(NULL) << 16;

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
