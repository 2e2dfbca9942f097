/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The mailboxes of a store that are in memory; see mailboxes.h. */

#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/keywords.h"
#include "storage/mailbox/mailbox_folder.h"
#include "storage/mailbox/mailbox_struct.h"
#include "storage/mailbox/mailboxes.h"

/* Free a mailbox that nobody holds. */
static void
destroy(struct mailbox *mb)
{
	assert(mb->refs == 0 && mb->pins == 0);
	assert(TAILQ_EMPTY(&mb->views) && !mb->tx.dirty);
	mailbox_close_folder(mb);
	TAILQ_REMOVE(&mb->store->mailboxes, mb, link);
	if (mb->notify)
		TAILQ_REMOVE(&mb->store->storage->notify, mb, notify_link);
	keywords_free(mb->keywords);
	changes_clear(&mb->flag_changes);
	changes_clear(&mb->expunges);
	idset_clear(&mb->names.behind);
	idset_clear(&mb->names.waiting);
	idset_clear(&mb->claimed);
	idset_clear(&mb->watch.suspects);
	free(mb->entries);
	free(mb->name);
	free(mb->folder);
	free(mb);
}

/*
 * Free a mailbox if nobody holds it and it is not worth keeping.  A mailbox
 * that was looked up only for its row is not, unless dovecot-uidlist still
 * lacks UIDs, or names of files have to change.
 */
static void
release(struct mailbox *mb)
{
	if (mb->refs > 0 || mb->pins > 0)
		return;
	if (mb->dead || mb->dropped || (!mb->loaded &&
	    mb->watch.watched == NULL &&
	    mb->row.listuid == mb->row.uidnext - 1 &&
	    idset_empty(&mb->names.behind) &&
	    idset_empty(&mb->names.waiting)))
		destroy(mb);
}

struct mailbox *
mailboxes_add(struct store *st, uint32_t id)
{
	struct mailbox *mb;

	mb = xcalloc(1, sizeof(*mb));
	mb->store = st;
	mb->id = id;
	mb->refs = 1;
	mb->dir_fd = mb->cur_fd = -1;
	mb->next_origin = 1;
	TAILQ_INIT(&mb->views);
	idset_init(&mb->names.behind, IDSET_NOLIMIT);
	idset_init(&mb->names.waiting, IDSET_NOLIMIT);
	idset_init(&mb->claimed, IDSET_NOLIMIT);
	idset_init(&mb->watch.suspects, IDSET_NOLIMIT);
	TAILQ_INSERT_TAIL(&st->mailboxes, mb, link);
	return mb;
}

struct mailbox *
mailboxes_find(const struct store *st, uint32_t id)
{
	struct mailbox *mb;

	TAILQ_FOREACH(mb, &st->mailboxes, link)
		if (mb->id == id && !mb->dead)
			return mb;
	return NULL;
}

/* Somebody holds the mailbox from now on: it must not stay stale. */
static void
take_up(struct mailbox *mb)
{
	if (mb->stale)
		mb->store->absorb_stale = true;
}

void
mailbox_ref(struct mailbox *mb)
{
	mb->refs++;
	mb->dropped = false;
	take_up(mb);
}

void
mailbox_unref(struct mailbox *mb)
{
	struct store *st;

	if (mb == NULL)
		return;
	st = mb->store;
	mb->used_ms = timer_ms();
	mb->refs--;
	release(mb);
	mailbox_folders_bound(st);
}

void
mailbox_pin(struct mailbox *mb)
{
	mb->pins++;
	take_up(mb);
}

void
mailbox_unpin(struct mailbox *mb)
{
	mb->pins--;
	release(mb);
}

void
mailbox_drop(struct mailbox *mb)
{
	mb->dropped = mb->refs == 0;
	release(mb);
}

struct mailbox *
mailboxes_next(struct store *st, struct mailbox *mb)
{
	struct mailbox *next;

	next = mb == NULL ? TAILQ_FIRST(&st->mailboxes) :
	    TAILQ_NEXT(mb, link);
	if (next != NULL)
		mailbox_pin(next);
	if (mb != NULL)
		mailbox_unpin(mb);
	return next;
}

bool
mailboxes_any(const struct store *st)
{
	return !TAILQ_EMPTY(&st->mailboxes);
}

uint64_t
mailbox_poll_due(const struct mailbox *mb)
{
	return mb->used_ms +
	    (uint64_t)mb->store->storage->options.poll_interval * 1000;
}

uint64_t
mailboxes_due(const struct store *st)
{
	const struct mailbox *mb;
	uint64_t due = UINT64_MAX;

	TAILQ_FOREACH(mb, &st->mailboxes, link) {
		if (mb->claim_due ||
		    (mb->watch.scan_due && !mb->watch.scan_job))
			return 0;
		if (mb->names.due_ms != 0 && mb->names.due_ms < due)
			due = mb->names.due_ms;
		if (mb->list.due_ms != 0 && mb->list.due_ms < due)
			due = mb->list.due_ms;
		if (mb->watch.watched == NULL && !TAILQ_EMPTY(&mb->views) &&
		    mailbox_poll_due(mb) < due)
			due = mailbox_poll_due(mb);
	}
	return due;
}

void
mailboxes_renamed(struct store *st, uint32_t id, const char *folder,
    struct slice name)
{
	struct mailbox *mb = mailboxes_find(st, id);

	if (mb == NULL)
		return;
	free(mb->name);
	free(mb->folder);
	mb->name = xstrdup_slice(name);
	mb->folder = xstrdup(folder);
}

void
mailboxes_free(struct store *st)
{
	struct mailbox *mb;

	while ((mb = TAILQ_FIRST(&st->mailboxes)) != NULL)
		destroy(mb);
}
