/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * dovecot-uidlist as our own mailboxes need it: noticing that another program
 * wrote it, its lock, and writing it.  Its form is in uidlist.h.
 */

#ifndef STORAGE_UIDLIST_WRITE_H
#define STORAGE_UIDLIST_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/run.h"
#include "storage/maildir/uidlist.h"

struct mailbox;
struct op;

/* Another program wrote or removed the list.  One stat(2). */
bool		 uidlist_changed(struct mailbox *mb);
/*
 * Wait until nobody holds the lock of a list, or take it.  Neither waits for
 * long: going on without the lock is harmless.
 */
enum run	 uidlist_wait(struct uidlist *list, struct mailbox *mb,
		    struct op *op);
enum run	 uidlist_lock(struct uidlist *list, struct mailbox *mb,
		    struct op *op);
/*
 * Before UIDs from next on are given out here: have the list say, if its lock
 * is held, that those are not for others.  Gives the lock back.
 */
enum run	 uidlist_reserve(struct uidlist *list, uint32_t next,
		    struct op *op);
/*
 * Keywords by letter, from Dovecot's dovecot-keywords, for a mailbox that has
 * none; within a transaction.
 */
void		 uidlist_adopt_keywords(struct mailbox *mb);

/* Write what mailbox_list_behind() speaks of, from the loop. */
void		 uidlist_start_job(struct mailbox *mb);
/* Write it now, if nobody holds the lock. */
void		 uidlist_flush(struct mailbox *mb);

#endif
