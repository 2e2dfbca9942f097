/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The store: all that a daemon may know about mail.
 *
 * A process has one struct storage.  The mail of a user is a struct store,
 * which all sessions of that user in the process share.  A selected mailbox is
 * a struct view: what one session has been told of a mailbox.  The state of
 * the mailbox itself is shared by all sessions that have selected it.
 * Everything that changes something, waits or takes long is a struct op, which
 * is run until it is done.
 *
 * The store knows no protocol, no socket and no event loop.  The daemon
 * watches the descriptors of storage_fds(), and calls storage_dispatch() when
 * one of them is readable or storage_timeout() has passed.  The store calls
 * the daemon back through wakes.
 *
 * Mailbox names are UTF-8 with '/' between levels.  INBOX is in capitals here,
 * however the client wrote it.  Sequence numbers and UIDs are those of RFC
 * 3501, 2.3.1.
 *
 * The contract of each kind of object is in its own header, which this header
 * includes.  UIDs that are passed to an operation must be of its view; those
 * of messages that are gone are skipped.  A session is not told again what the
 * result of its own command says: flag changes that it made are not VIEW_FLAGS
 * for its view, but are in flags_result().
 *
 * All this runs in one thread; the helper threads below it only sync and make
 * checkpoints.
 */

#ifndef STORAGE_STORE_H
#define STORAGE_STORE_H

#include <stdbool.h>

#include "common/base/slice.h"
#include "storage/mailbox/view.h"
#include "storage/mailbox/watcher.h"
#include "storage/op/copy.h"
#include "storage/op/expunge.h"
#include "storage/op/flags.h"
#include "storage/op/folder.h"
#include "storage/op/list_op.h"
#include "storage/op/op.h"
#include "storage/op/save.h"
#include "storage/op/select.h"
#include "storage/op/status.h"
#include "storage/read/reader.h"
#include "storage/read/search.h"
#include "storage/read/usage.h"
#include "storage/types.h"

/*
 * The process
 */

/* Set up the store of this process.  Never fails. */
struct storage	*storage_new(const struct storage_options *options);
/*
 * Write what is owed and free everything; NULL is fine.  All sessions and
 * operations must be gone.
 */
void		 storage_free(struct storage *s);
/*
 * Change the options, also for stores and views that are open.  A message
 * whose size was allowed when it began is still accepted.
 */
void		 storage_configure(struct storage *s,
		    const struct storage_options *options);
/* The descriptors to watch for reading; -1 where there is none. */
void		 storage_fds(const struct storage *s, int fds[2]);
/*
 * Do what is due: wake sessions, rename files after flag changes, start syncs
 * and checkpoints, close what nobody uses.  Cheap.
 */
void		 storage_dispatch(struct storage *s);
/* Milliseconds until storage_dispatch() is due, or -1 for never. */
int		 storage_timeout(const struct storage *s);
/*
 * Before exit: write what is owed, such as file names after flag changes, and
 * sync it.  May block.
 */
void		 storage_flush(struct storage *s);

/*
 * The user
 */

/*
 * Open the mail of a user, or share the store that is open already.
 *
 * user, root  copied; root is created if it does not exist (0700)
 * err         set on failure
 *
 * Returns the store or NULL.  Each success needs a store_close().
 */
struct store	*store_open(struct storage *s, struct slice user,
		    struct slice root, struct store_error *err);
/* Give up a store from store_open(); NULL is fine. */
void		 store_close(struct store *st);
/*
 * Whether the user's mail home was moved, removed or replaced: all operations
 * fail with STORE_ERR_LOST, and the session should end.  store_open() opens
 * what is at the path now.
 */
bool		 store_lost(const struct store *st);

#endif
