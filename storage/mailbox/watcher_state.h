/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Watchers of a store, for those who change something or find a change. */

#ifndef STORAGE_WATCHER_STATE_H
#define STORAGE_WATCHER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/index/sql.h"
#include "storage/mailbox/watcher.h"
#include "storage/types.h"

struct mailbox_row;

/*
 * The row of a mailbox has changed, by a commit of this process or another's.
 * Costs nothing without watchers, and else one query if messages changed.
 */
void		 watcher_row(struct store *st, uint32_t mailbox,
		    const struct mailbox_row *old,
		    const struct mailbox_row *row);
/* The list, or a mailbox that is not in memory, may have changed. */
void		 watcher_look(struct store *st);
/* The index was lost, and all that was known of it. */
void		 watcher_lost(struct store *st);

/* Somebody wants to know, and watcher_look() was called since. */
bool		 watcher_due(const struct store *st);
/* A look begins (it is due no more), and ends. */
void		 watcher_look_begin(struct store *st);
void		 watcher_look_end(struct store *st);
/*
 * Compare list and rows with the last time.  The list must be fresh, and no
 * transaction open.
 */
enum sql_rc	 watcher_compare(struct store *st);

/* Tell what was noted since the last time: from the loop. */
void		 watchers_wake(struct storage *s);

#endif
