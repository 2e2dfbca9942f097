/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Watching a whole store: a watcher is told of changes in all mailboxes,
 * whether selected or not, and of changes in their list, by any process.  The
 * kinds of changes are those of RFC 5465 (NOTIFY).
 */

#ifndef STORAGE_MAILBOX_WATCHER_H
#define STORAGE_MAILBOX_WATCHER_H

#include <stdint.h>

#include "storage/types.h"

#define CHANGE_NEW	(1U << 0)	/* new messages */
#define CHANGE_EXPUNGE	(1U << 1)	/* messages were expunged */
#define CHANGE_FLAGS	(1U << 2)
#define CHANGE_NAME	(1U << 3)	/* mailbox made, renamed or deleted */
#define CHANGE_SUBSCRIPTION (1U << 4)
#define CHANGE_ALL	0x1fU

struct watcher;

/*
 * Register a function to be called when something changes.
 *
 * mask     CHANGE_* that are wanted
 * wake     called from storage_dispatch(): mailbox is the id, what the
 *          CHANGE_* of mask that happened to it.  May be called again
 *          for the same change.  Must not call into the store.
 *
 * mailbox is 0 for a subscription to a name without a mailbox.  It is also 0,
 * with all bits of mask set, when the index was lost and so anything may have
 * changed.
 *
 * Changes in the list are counted from the first storage_dispatch() that has
 * looked at it.  Returns a watcher for watcher_free(); it holds a reference
 * to the store.
 */
struct watcher	*watcher_new(struct store *st, unsigned int mask,
		    void (*wake)(void *arg, uint32_t mailbox,
		    unsigned int what), void *arg);
/* Free a watcher; NULL is fine. */
void		 watcher_free(struct watcher *w);

#endif
