/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Watchers of a store, for modules that make or find changes. */

#ifndef STORAGE_MAILBOX_WATCHER_STATE_H
#define STORAGE_MAILBOX_WATCHER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/index/sql.h"
#include "storage/mailbox/watcher.h"
#include "storage/types.h"

struct mailbox_row;

/*
 * Note that a commit of this process or another has changed the row of a
 * mailbox.  Costs nothing without watchers, and otherwise one query if
 * messages changed.
 */
void		 watcher_row(struct store *st, uint32_t mailbox,
		    const struct mailbox_row *old,
		    const struct mailbox_row *row);
/* Note that the list, or a mailbox that is not in memory, may have changed. */
void		 watcher_look(struct store *st);
/* Note that the index was lost, and forget what is known of its rows. */
void		 watcher_lost(struct store *st);

/*
 * Whether there are watchers, watcher_look() was called, and no look is
 * running.
 */
bool		 watcher_due(const struct store *st);
/* Note that a look begins, after which none is due, and that it ends. */
void		 watcher_look_begin(struct store *st);
void		 watcher_look_end(struct store *st);
/*
 * Compare the list and the rows with those of the last look.  The list must be
 * up to date, and no transaction may be open.
 */
enum sql_rc	 watcher_compare(struct store *st);

/* Report the changes noted since the last call.  Only the loop calls this. */
void		 watchers_wake(struct storage *s);

#endif
