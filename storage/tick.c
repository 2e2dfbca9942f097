/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a store owes, done when its time has come, and by jobs where it could
 * take long: file names follow flags, lists follow UIDs, folders that cannot
 * be watched are polled, old files in expunged/ are removed, and the WAL is
 * synced.  What nobody has used for a while is closed.
 */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "storage/index/due.h"
#include "storage/index/heal.h"
#include "storage/index/index.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/home.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/mailbox/watcher_state.h"
#include "storage/op/claim.h"
#include "storage/op/control_write.h"
#include "storage/op/flagname.h"
#include "storage/op/grave.h"
#include "storage/op/list_watch.h"
#include "storage/op/purge.h"
#include "storage/op/scan.h"
#include "storage/op/uidlist_write.h"
#include "storage/store_life.h"
#include "storage/sweep.h"
#include "storage/tick.h"

/* At the end of the process: write all that is owed.  May block. */
static void
write_owed(struct store *st)
{
	struct mailbox *mb;

	if (st->writer == NULL)
		MAILBOXES_FOREACH(mb, st) {
			/* Names of files may wait for letters. */
			if (mailbox_letters_behind(mb))
				uidlist_flush(mb);
			flagname_flush(mb);
			uidlist_flush(mb);
			store_save_row(mb);
		}
}

void
tick_flush(struct store *st)
{
	if (st->db != NULL)
		write_owed(st);
	control_write_flush(st);
	if (st->db != NULL)
		heal_sync_now(st);
}

/*
 * While more than open_max indexes are open, let those of users without
 * sessions be closed, longest unused first.
 */
static void
make_room(struct storage *s)
{
	struct store *st;
	unsigned int leaving = 0;

	if (s->options.open_max == 0)
		return;
	TAILQ_FOREACH(st, &s->spares, spare_link) {
		if (s->nstores_open - leaving <= s->options.open_max)
			break;
		leaving++;
		st->leave = true;
		if (!st->parting)
			due_touch(st);
	}
}

static bool
idle(const struct store *st, uint64_t now)
{
	return st->writer == NULL && (st->leave || now >= st->used_ms +
	    (uint64_t)st->storage->options.idle_close * 1000);
}

uint64_t
tick_store_due(const struct store *st)
{
	uint64_t at, due = UINT64_MAX;

	if (st->gone || st->missing_ms != 0)
		return st->refs == 0 ? 0 : UINT64_MAX;
	if (st->disk_full || st->room_wanted || watcher_due(st) ||
	    ((st->wake_seen || st->doubted) && st->writer == NULL))
		return 0;
	if (st->sync_due_ms != 0)
		due = st->sync_due_ms;
	if (st->mend_due_ms != 0 && st->mend_due_ms < due)
		due = st->mend_due_ms;
	if (control_write_due(st) < due)
		due = control_write_due(st);
	if (st->absorb_due_ms != 0 && st->absorb_due_ms < due)
		due = st->absorb_due_ms;
	if ((at = mailboxes_due(st)) < due)
		due = at;
	if (heal_due(st) < due)
		due = heal_due(st);
	if (index_due(st) < due)
		due = index_due(st);
	if (st->db != NULL && st->writer == NULL && st->purge_due_ms < due)
		due = st->purge_due_ms;
	/* The end of its checkpoint wakes a closing store. */
	if (st->checkpoint != NULL && st->parting)
		return due;
	if (st->db != NULL || st->refs == 0) {
		at = st->used_ms +
		    (uint64_t)st->storage->options.idle_close * 1000;
		if (at < due)
			due = at;
	}
	return due;
}

static bool
idle_mailbox(const struct mailbox *mb, uint64_t now)
{
	return mb->refs == 0 && now >= mb->used_ms +
	    (uint64_t)mb->store->storage->options.idle_close * 1000;
}

/* Close mailboxes that nobody has used for a while. */
static void
idle_mailboxes(struct store *st, uint64_t now)
{
	struct mailbox *mb;

	MAILBOXES_FOREACH(mb, st) {
		if (!idle_mailbox(mb, now))
			continue;
		if (mailbox_list_behind(mb) && !mb->list.tried) {
			mb->list.tried = true;
			uidlist_start_job(mb);
			continue;
		}
		if (mb->names.due_ms != 0 && !mb->names.tried) {
			mb->names.tried = true;
			flagname_start_job(mb);
			continue;
		}
		store_save_row(mb);
		mailbox_drop(mb);
	}
}

static void
tick_mailboxes(struct store *st, uint64_t now)
{
	struct mailbox *mb;

	MAILBOXES_FOREACH(mb, st) {
		if (mb->claim_due)
			claim_start_job(mb);
		/* Changes during the scan set scan_due again. */
		if (mb->watch.scan_due && !mb->watch.scan_job) {
			mb->watch.scan_due = false;
			scan_start_job(mb);
		}
		if (mb->names.due_ms != 0 && mb->names.due_ms <= now)
			flagname_start_job(mb);
		if (mb->list.due_ms != 0 && mb->list.due_ms <= now)
			uidlist_start_job(mb);
		/* A folder that is not watched is polled. */
		if (mb->watch.watched == NULL && !TAILQ_EMPTY(&mb->views) &&
		    now >= mailbox_poll_due(mb)) {
			mb->used_ms = now;
			scan_start_job(mb);
		}
	}
}

/*
 * Close the index of a store that nobody uses, after a checkpoint by a helper
 * thread, which also syncs the WAL.  Returns false while that is under way.
 */
static bool
part(struct store *st)
{
	uint64_t used_ms = st->used_ms;
	struct mailbox *mb;

	if (st->db == NULL)
		return true;
	if (st->control_job != NULL || index_checkpointing(st))
		return false;
	/* A file that cannot be written does not keep the index open. */
	if (st->control_dirty && st->control_retry_ms == 0) {
		control_write_start(st);
		return false;
	}
	if (!st->parting) {
		/* Names and lists are left to jobs. */
		MAILBOXES_FOREACH(mb, st)
			store_save_row(mb);
		/* Writing what is owed does not count as use of the store. */
		st->used_ms = used_ms;
		st->parting = true;
		if (!st->sick) {
			index_start_checkpoint(st, false);
			return false;
		}
	}
	index_close(st);
	return true;
}

/*
 * An operation found the disk full: purge early.  But an administrator who
 * wants expunged messages kept for longer than sessions need wants that even
 * on a full disk.
 */
static void
look_for_room(struct store *st, uint64_t now)
{
	const struct delays *d = &st->storage->delays;

	if (!st->disk_full)
		return;
	st->disk_full = false;
	if (st->storage->options.expunged_keep > STORAGE_KEEP)
		return;
	if (st->no_room == 0)
		st->purge_due_ms = now;
	/* Until all that expunged/ has now is old enough. */
	st->no_room = d->full_keep_s * 1000 / d->full_ms + 1;
}

static void
purge(struct store *st, uint64_t now)
{
	const struct delays *d = &st->storage->delays;

	purge_start_job(st, st->no_room > 0 ? d->full_keep_s :
	    st->storage->options.expunged_keep);
	if (st->no_room > 0)
		st->no_room--;
	st->purge_due_ms = now + (st->no_room > 0 ? d->full_ms : d->purge_ms);
	grave_start_job(st);
	sweep_start_job(st);
}

/*
 * Take in what other processes have committed; if the index is closed, after
 * it was opened.
 */
static void
absorb(struct store *st)
{
	home_look(st);
	if (st->db == NULL)
		index_start(st);
	else
		(void)store_absorb(st);
}

/*
 * A store that was given up, or whose home is missing, owes nothing, and is
 * freed when nobody holds it.
 */
static bool
run_gone(struct store *st)
{
	if (st->refs > 0 || mailboxes_any(st))
		return true;
	store_destroy(st);
	return false;
}

/*
 * Do what is due for a store.  Returns false if nobody uses the store and it
 * was freed.
 */
static bool
run(struct store *st, uint64_t now)
{
	index_settle(st);
	if (st->writer == NULL && (st->doubted ||
	    (st->mend_due_ms != 0 && st->mend_due_ms <= now)))
		home_look_whole(st);
	if (st->gone || st->missing_ms != 0)
		return run_gone(st);
	if (st->absorb_due_ms != 0 && st->absorb_due_ms <= now)
		st->wake_seen = true;
	if (st->wake_seen && st->writer == NULL) {
		st->wake_seen = false;
		if (mailboxes_any(st) || st->watchers != NULL)
			absorb(st);
	}
	if (st->sync_due_ms != 0 && st->sync_due_ms <= now) {
		st->sync_due_ms = 0;
		if (st->wal_sync != NULL)
			(void)syncfile_want(st->wal_sync);
	}
	heal_tick(st, now);
	index_tick(st, now);
	if (control_write_due(st) <= now)
		control_write_start(st);
	tick_mailboxes(st, now);
	if (watcher_due(st))
		list_watch_start_job(st);
	look_for_room(st, now);
	if (st->room_wanted) {
		st->room_wanted = false;
		purge_make_room(st);
	}
	if (st->purge_due_ms <= now && st->db != NULL && st->writer == NULL)
		purge(st, now);
	if (st->writer == NULL)
		idle_mailboxes(st, now);
	if (!idle(st, now)) {
		st->parting = false;
		return true;
	}
	if (!part(st))
		return true;
	if (st->refs == 0 && !mailboxes_any(st) &&
	    index_due(st) == UINT64_MAX) {
		store_destroy(st);
		return false;
	}
	st->used_ms = now;
	return true;
}

/* A closing store stays touched until its helper thread is done. */
static void
look_at(struct store *st, uint64_t now)
{
	due_forget(st);
	if (!run(st, now))
		return;
	if (st->parting || st->heal != NULL || st->opening != NULL)
		due_touch(st);
	else
		due_at(st, tick_store_due(st));
}

void
tick_run(struct storage *s, uint64_t now)
{
	struct store *st, *last;
	bool end = false;

	due_wake(s, now);
	/*
	 * Stores that are touched during this loop go behind last and wait for
	 * the next round.
	 */
	last = TAILQ_LAST(&s->touched, store_list);
	while (!end && (st = TAILQ_FIRST(&s->touched)) != NULL) {
		end = st == last;
		look_at(st, now);
	}
	make_room(s);
}

uint64_t
tick_due(const struct storage *s)
{
	const struct store *st;
	uint64_t due = due_first(s), d;

	TAILQ_FOREACH(st, &s->touched, touched_link)
		if ((d = tick_store_due(st)) < due)
			due = d;
	return due;
}
