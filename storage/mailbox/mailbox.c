/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The state of a mailbox that sessions share; mailbox.h has the rules. */

#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/due.h"
#include "storage/index/gap.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"

struct entry *
mailbox_push_entry(struct mailbox *mb)
{
	if (mb->n == mb->size) {
		mb->size = mb->size < 64 ? 64 : mb->size + mb->size / 2;
		mb->entries = xreallocarray(mb->entries, mb->size,
		    sizeof(*mb->entries));
	}
	return &mb->entries[mb->n++];
}

static void
report(void *arg, enum watch_dir dir)
{
	struct mailbox *mb = arg;

	switch (dir) {
	case WATCH_NEW:
		mb->watch.new_clean = false;
		break;
	case WATCH_CUR:
		mb->watch.cur_clean = false;
		break;
	case WATCH_FILE:
	case WATCH_NAMES:
		break;
	}
	if (!TAILQ_EMPTY(&mb->views))
		mb->watch.scan_due = true;
	due_touch(mb->store);
}

void
mailbox_distrust(struct mailbox *mb)
{
	mb->watch.distrusted = true;
	mb->watch.cur_clean = false;
	mb->row.curmtime = mb->tx.pending.curmtime = 0;
}

void
mailbox_look_again(struct mailbox *mb)
{
	mailbox_distrust(mb);
	mb->watch.scan_due = true;
	due_touch(mb->store);
}

void
mailbox_watch(struct mailbox *mb)
{
	char path[PATH_MAX];

	if (mb->watch.watched != NULL || mb->dead)
		return;
	if (snprintf(path, sizeof(path), "%s/%s", mb->store->root,
	    mb->folder) >= (int)sizeof(path))
		return;
	mb->watch.watched = watch_folder(mb->store->storage->watch, path,
	    report, mb);
	mb->watch.cur_clean = mb->watch.new_clean = false;
}

bool
mailbox_change_begin(struct mailbox *mb)
{
	int64_t mtime;

	mailbox_watch(mb);
	/* A scan that is not done yet has marked the folder as clean. */
	if (mb->watch.watched == NULL || mb->watch.scan != NULL ||
	    mailbox_dir(mb) == -1)
		return false;
	watch_drain(mb->store->storage->watch);
	if (!mb->watch.cur_clean) {
		mtime = maildir_mtime(mb->dir_fd, "cur");
		mb->watch.cur_clean = !mb->watch.distrusted &&
		    maildir_same_mtime(mtime, mb->row.curmtime) &&
		    !maildir_racy(mtime, mb->row.curchecked);
	}
	return mb->watch.cur_clean;
}

/*
 * Read the mtime before the events: a change after it causes another event.  A
 * scan that has begun meanwhile does so because another program has changed
 * something, which the index does not have yet.
 */
void
mailbox_change_end(struct mailbox *mb, bool clean)
{
	int64_t mtime, now;

	if (!clean || mb->watch.watched == NULL || mb->watch.scan != NULL)
		return;
	now = maildir_now();
	mtime = maildir_mtime(mb->dir_fd, "cur");
	watch_drain(mb->store->storage->watch);
	if (!mb->watch.cur_clean)
		return;
	mailbox_touch(mb);
	mb->row.curmtime = mtime;
	mb->row.curchecked = now;
}

size_t
mailbox_place(const struct mailbox *mb, uint32_t uid)
{
	size_t lo = 0, hi = mb->n;

	/* Most often the UID is after the last: test that first. */
	if (hi > 0 && mb->entries[hi - 1].uid < uid)
		return hi;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (mb->entries[mid].uid < uid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct entry *
mailbox_entry(const struct mailbox *mb, uint32_t uid)
{
	size_t i = mailbox_place(mb, uid);

	if (i == mb->n || mb->entries[i].uid != uid)
		return NULL;
	return &mb->entries[i];
}

uint64_t
mailbox_since(const struct mailbox *mb, uint64_t modseq)
{
	return gap_contains(&mb->gaps, modseq) ? 0 : modseq;
}

void
mailbox_added(struct mailbox *mb, uint32_t uid, uint32_t flags,
    uint64_t keywords, uint64_t modseq)
{
	struct entry *e;

	if (!mb->loaded)
		return;
	if (mb->n > 0 && uid <= mb->entries[mb->n - 1].uid) {
		log_warn("store mailbox=%s user=%s uid %u after %u: not shown",
		    log_esc(slice_str(mb->name)), mb->store->user, uid,
		    mb->entries[mb->n - 1].uid);
		return;
	}
	e = mailbox_push_entry(mb);
	e->uid = uid;
	e->flags = flags & FLAG_ALL;
	e->keywords = keywords;
	e->modseq = modseq;
}

void
mailbox_flagged(struct mailbox *mb, struct entry *e, uint32_t flags,
    uint64_t keywords, uint64_t modseq, uint32_t origin)
{
	e->flags = (e->flags & ~FLAG_ALL) | (flags & FLAG_ALL);
	e->keywords = keywords;
	e->modseq = modseq;
	if (!TAILQ_EMPTY(&mb->views))
		changes_add(&mb->flag_changes, e->uid, origin);
}

void
mailbox_expunged(struct mailbox *mb, struct entry *e, uint64_t modseq)
{
	if (e->flags & ENTRY_ZOMBIE)
		return;
	e->flags |= ENTRY_ZOMBIE;
	e->modseq = modseq;
	mb->zombies++;
	changes_add(&mb->expunges, e->uid, 0);
}

static void
drop_zombies(struct mailbox *mb)
{
	size_t to = 0;

	for (size_t i = 0; i < mb->n; i++) {
		if (mb->entries[i].flags & ENTRY_ZOMBIE)
			continue;
		if (to != i)
			mb->entries[to] = mb->entries[i];
		to++;
	}
	mb->n = to;
	mb->zombies = 0;
}

bool
mailbox_trim(struct mailbox *mb, uint64_t flags, uint64_t expunges,
    bool all_told)
{
	if (expunges < changes_end(&mb->expunges))
		all_told = false;
	changes_trim(&mb->flag_changes, flags);
	changes_trim(&mb->expunges, expunges);
	if (!all_told || mb->zombies == 0)
		return false;
	drop_zombies(mb);
	return true;
}

void
mailbox_changed(struct mailbox *mb)
{
	changes_close(&mb->flag_changes);
	changes_close(&mb->expunges);
	if (TAILQ_EMPTY(&mb->views)) {
		(void)mailbox_trim(mb, changes_end(&mb->flag_changes),
		    changes_end(&mb->expunges), true);
		return;
	}
	if (!mb->notify) {
		mb->notify = true;
		TAILQ_INSERT_TAIL(&mb->store->storage->notify, mb,
		    notify_link);
	}
}

void
mailbox_die(struct mailbox *mb)
{
	if (mb->dead)
		return;
	mb->dead = true;
	for (size_t i = 0; i < mb->n; i++)
		mailbox_expunged(mb, &mb->entries[i], mb->row.highestmodseq);
	mb->row.messages = mb->row.unseen = mb->row.deleted = 0;
	mailbox_close_folder(mb);
	mailbox_changed(mb);
}

void
mailbox_deleted(struct store *st, uint32_t id)
{
	struct mailbox *mb = mailboxes_find(st, id);

	if (mb == NULL)
		return;
	mailbox_pin(mb);
	mailbox_die(mb);
	mailbox_unpin(mb);
}

void
mailbox_lose(struct mailbox *mb)
{
	if (mb->dead)
		return;
	mb->dead = mb->lost = true;
	mailbox_close_folder(mb);
	mailbox_changed(mb);
}

void
mailbox_rename_later(struct mailbox *mb, const struct idset *uids)
{
	(void)idset_union(&mb->names.behind, uids);
	mb->names.tried = false;
	if (mb->names.due_ms == 0)
		mb->names.due_ms = timer_ms() +
		    mb->store->storage->delays.rename_ms;
}
