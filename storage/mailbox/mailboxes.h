/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The mailboxes of a store that are in memory, and who holds them.
 *
 * Two things hold a mailbox: references, of views and operations, and pins, of
 * a walk that has reached the mailbox and of the open transaction that changes
 * its row.  A mailbox is freed when the last of them is dropped, by nobody else
 * and at no other time.  So whoever has a reference, or is in a walk, may call
 * anything: jobs that run to their end, operations that find the index lost,
 * other walks.  Only this module walks the list of mailboxes.
 *
 * What others commit is taken into mailboxes that somebody holds.  All others
 * become stale, and are brought up to date by the next look at the index once
 * they are held again, so that a commit does not cost a query for each mailbox
 * that a client has looked at lately.
 */

#ifndef STORAGE_MAILBOX_MAILBOXES_H
#define STORAGE_MAILBOX_MAILBOXES_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/types.h"

/*
 * Add a mailbox, which the caller must fill, with a reference for the caller.
 * mailbox_lookup() is for everybody else.
 */
struct mailbox	*mailboxes_add(struct store *st, uint32_t id);
/* Lend the mailbox with this id, unless it is dead, or return NULL. */
struct mailbox	*mailboxes_find(const struct store *st, uint32_t id);

/* Take another reference. */
void		 mailbox_ref(struct mailbox *mb);
/*
 * Drop a reference; NULL is fine.  Without references, a mailbox is freed at
 * once if only its row was needed; otherwise it stays in memory for a while.
 */
void		 mailbox_unref(struct mailbox *mb);
/*
 * Hold a mailbox without using it: a pin does not keep an idle mailbox in
 * memory for longer.
 */
void		 mailbox_pin(struct mailbox *mb);
void		 mailbox_unpin(struct mailbox *mb);
/*
 * Have a mailbox freed as soon as nobody holds it.  A reference that is taken
 * before that keeps it in memory.
 */
void		 mailbox_drop(struct mailbox *mb);

/*
 * A walk over the mailboxes of a store.  The walk pins the mailbox that it has
 * reached.  A walk that ends early drops that pin with mailbox_unpin().
 */
#define MAILBOXES_FOREACH(mb, st)					\
	for ((mb) = mailboxes_next((st), NULL); (mb) != NULL;		\
	    (mb) = mailboxes_next((st), (mb)))
/*
 * Return the first mailbox (mb is NULL), or the one after mb, pinned, and drop
 * the pin of mb.  Returns NULL at the end.
 */
struct mailbox	*mailboxes_next(struct store *st, struct mailbox *mb);
/* Whether any mailbox is in memory. */
bool		 mailboxes_any(const struct store *st);
/*
 * When background work is due for any mailbox, in ms of timer_ms(); UINT64_MAX
 * for never.
 */
uint64_t	 mailboxes_due(const struct store *st);
/* When a folder that cannot be watched is looked at again. */
uint64_t	 mailbox_poll_due(const struct mailbox *mb);

/* A folder and its row have new names: rename the mailbox in memory. */
void		 mailboxes_renamed(struct store *st, uint32_t id,
		    const char *folder, struct slice name);
/* Free all mailboxes.  Nobody may hold any of them. */
void		 mailboxes_free(struct store *st);

#endif
