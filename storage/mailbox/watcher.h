/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Watching a whole store: who does is told of changes in all of its
 * mailboxes, selected or not, and of changes of their list, by whichever
 * process.  RFC 5465 (NOTIFY) has the kinds.
 */

#ifndef STORAGE_WATCHER_H
#define STORAGE_WATCHER_H

#include <stdint.h>

#include "storage/types.h"

#define CHANGE_NEW	(1U << 0)	/* messages came */
#define CHANGE_EXPUNGE	(1U << 1)	/* messages went */
#define CHANGE_FLAGS	(1U << 2)
#define CHANGE_NAME	(1U << 3)	/* it was made, renamed or deleted */
#define CHANGE_SUBSCRIPTION (1U << 4)
#define CHANGE_ALL	0x1fU

struct watcher;

/*
 * Have wake called for changes.
 *
 * mask     CHANGE_* that are wanted
 * wake     called from storage_dispatch(): mailbox is the id, what the
 *          CHANGE_* of mask that happened to it.  May be called once more
 *          for what was told already, and must not call into the store.
 *
 * mailbox is 0 for a subscription to a name without a mailbox, and with all
 * bits of mask when the index was lost: anything may have changed then.
 *
 * The list is compared with what it was at the first storage_dispatch() that
 * has looked at it.  Returns what store_unwatch() frees; it holds a reference
 * to the store.
 */
struct watcher	*store_watch(struct store *st, unsigned int mask,
		    void (*wake)(void *arg, uint32_t mailbox,
		    unsigned int what), void *arg);
/* Watch no more; NULL is fine. */
void		 store_unwatch(struct watcher *w);

#endif
