/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * dovecot-uidlist beside our index: noticing that another program wrote it,
 * taking its lock, and writing it.  uidlist.h has its format.
 */

#ifndef STORAGE_OP_UIDLIST_WRITE_H
#define STORAGE_OP_UIDLIST_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/run.h"
#include "storage/maildir/uidlist.h"

struct mailbox;
struct op;

/*
 * Whether another program wrote or removed the list: 1 or 0, or -1 with errno
 * if that is unknown.  One stat(2).
 */
int		 uidlist_changed(struct mailbox *mb);
/*
 * Wait until nobody holds the lock of a list, or take the lock.  Neither waits
 * for more than a second: going on without the lock is harmless.
 */
enum run	 uidlist_wait(struct uidlist *list, struct mailbox *mb,
		    struct op *op);
enum run	 uidlist_lock(struct uidlist *list, struct mailbox *mb,
		    struct op *op);
/*
 * Before we give out UIDs from next on: if we hold the lock of the list, make
 * the list promise that no other server gives them out.  Releases the lock.
 */
enum run	 uidlist_reserve(struct uidlist *list, uint32_t next,
		    struct op *op);
/*
 * Adopt keywords, with their letters, from Dovecot's dovecot-keywords, for a
 * mailbox without keywords; within a transaction.
 */
void		 uidlist_adopt_keywords(struct mailbox *mb);

/* Start a job that writes what mailbox_list_behind() finds missing. */
void		 uidlist_start_job(struct mailbox *mb);
/*
 * Write what mailbox_list_behind() finds missing now, unless somebody holds
 * the lock.  Blocks.
 */
void		 uidlist_flush(struct mailbox *mb);

#endif
