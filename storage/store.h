/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The store: all that a daemon may know about mail.
 *
 * A process has one struct storage.  A user's mail is a struct store,
 * shared by all sessions of that user in the process.  A selected
 * mailbox is a struct view: what one session has been told of a mailbox
 * whose state all its sessions share.  Everything that changes something,
 * waits or takes long is a struct op, which is run until it is done.
 *
 * The store knows no protocol, no socket and no event loop.  The daemon
 * watches storage_fds(), calls storage_dispatch() when one is readable
 * or storage_timeout() has passed, and is called back by wakes.
 *
 * Mailbox names here are UTF-8 with '/' between levels; "INBOX" is spelt
 * so in any case of the client's.  Sequence numbers and UIDs are those of
 * RFC 3501 2.3.1.
 *
 * The contract of each kind of thing is in the header of its room, which this
 * one includes.  UIDs that an operation gets must be of its view; those that
 * are gone are passed over.  A view's own session is not told again what the
 * result of its own command says: flag changes it made are not VIEW_FLAGS for
 * it (flags_result() has them).
 *
 * All this runs in one thread; helper threads below it only sync.
 */

#ifndef STORAGE_STORE_H
#define STORAGE_STORE_H

#include "common/base/slice.h"
#include "storage/mailbox/view.h"
#include "storage/mailbox/watcher.h"
#include "storage/op/copy.h"
#include "storage/op/expunge.h"
#include "storage/op/flagop.h"
#include "storage/op/folder.h"
#include "storage/op/op.h"
#include "storage/op/save.h"
#include "storage/op/select.h"
#include "storage/read/reader.h"
#include "storage/read/search.h"
#include "storage/types.h"

/*
 * The process
 */

/* Never fails. */
struct storage	*storage_new(const struct storage_options *options);
/* Write what is owed, and end: all sessions and operations are gone. */
void		 storage_free(struct storage *s);
/*
 * Take other options, from here on, for stores and views that are open too.
 * What was begun under the old ones goes on: a message of a size that was
 * allowed, a wait for a lock.
 */
void		 storage_configure(struct storage *s,
		    const struct storage_options *options);
/* Descriptors to watch for reading, -1 where there is none. */
void		 storage_fds(const struct storage *s, int fds[2]);
/* Do what is due: wakes, flag renames, checkpoints, closing.  Cheap. */
void		 storage_dispatch(struct storage *s);
/* Milliseconds until storage_dispatch() is due, or -1 for never. */
int		 storage_timeout(const struct storage *s);
/* Before exit: write what is owed (flag renames, syncs).  May block. */
void		 storage_flush(struct storage *s);

/*
 * The user
 */

/*
 * Open the mail of a user, or share what is already open.
 *
 * user, root  copied; root is made if it does not exist (0700)
 * err         set on failure
 *
 * Returns the store or NULL.  Each success wants a store_close().
 */
struct store	*store_open(struct storage *s, struct slice user,
		    struct slice root, struct store_error *err);
/* Give it up; NULL is fine. */
void		 store_close(struct store *st);

#endif
