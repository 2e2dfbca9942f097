/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The promise of dovecot-uidlist: all UIDs that we give out are below the next
 * UID in its first line, and that line is on disk before clients hear of them.
 * So another server beside us, or whoever makes a lost index anew, gives none
 * of them to another message.
 *
 * mailbox_row.listnext is the next UID that the list on disk promises.  Only a
 * list that is there promises anything: without one, a lost index means a new
 * UIDVALIDITY.
 */

#ifndef STORAGE_OP_UIDLIST_PROMISE_H
#define STORAGE_OP_UIDLIST_PROMISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/run.h"
#include "storage/index/newfile.h"
#include "storage/maildir/dotlock.h"
#include "storage/types.h"

struct mailbox;
struct op;

/* The lock of a list, and the list that is written under it. */
struct uidlist_promise {
	struct dotlock	 lock;
	uint64_t	 since_ms;	/* when the wait for the lock began */
	bool		 known;		/* the list was read under the lock */
	bool		 scan;		/* scan_begin() has to scan first */
	bool		 looked;	/* scan_begin() has looked at new/ */
	size_t		 step;		/* of uidlist_promise() */
	uint32_t	 next;		/* what the new list promises */
	int		 fd;		/* of the old list; -1 if none */
	off_t		 copied;	/* bytes of the old list */
	struct newfile	 file;
	off_t		 len;		/* bytes of the new list */
	off_t		 whole;		/* bytes in complete lines of it */
	bool		 lacks;		/* some lines were not copied */
};

/* What uidlist_promise() returns. */
enum promise {
	PROMISE_KEPT,		/* give out the UIDs */
	PROMISE_RENEWED,	/* the same, and the row was changed */
	PROMISE_MORE,		/* call again, after the others */
	PROMISE_WAIT,		/* wait: call again after a wake */
	PROMISE_LOCKED,		/* another program has the lock */
	PROMISE_CHANGED,	/* another program wrote the list: scan first */
	PROMISE_FAIL		/* the error of the operation is set */
};

/*
 * Start without a lock.  uidlist_promise_clear() releases the lock and gives up
 * a list that is not complete.
 */
void		 uidlist_promise_init(struct uidlist_promise *p);
void		 uidlist_promise_clear(struct uidlist_promise *p);

/*
 * Whether another program wrote or removed the list: 1 or 0, or -1 with errno
 * if that is unknown.  One stat(2).
 */
int		 uidlist_changed(struct mailbox *mb);
/* The next UID that a new list should promise if next is the next now. */
uint32_t	 uidlist_ahead(const struct mailbox *mb, uint32_t next);
/* Whether the list should be written soon, since few promised UIDs are left. */
bool		 uidlist_low(const struct mailbox *mb);
/* How many UIDs may be given out now. */
uint32_t	 uidlist_room(const struct mailbox *mb);

/*
 * Wait until nobody has the lock of the list, or take the lock.  Neither waits
 * for more than a second, since whoever has it may have crashed.
 */
enum run	 uidlist_wait(struct uidlist_promise *p, struct mailbox *mb,
		    struct op *op);
enum run	 uidlist_lock(struct uidlist_promise *p, struct mailbox *mb,
		    struct op *op);
/*
 * Wait before uidlist_promise() is called again, outside of a transaction.
 * Returns RUN_WAIT, or RUN_FAIL with STORE_ERR_INUSE after
 * options.lock_timeout.
 */
enum run	 uidlist_wait_long(struct uidlist_promise *p, struct op *op);
/*
 * Within a transaction: make sure that n UIDs can be given out.  Costs nothing
 * if the list promises them, as it nearly always does.  If it does not, the
 * list is copied with a new first line, synced and renamed.  Releases the
 * lock.
 *
 * If the transaction is undone after this, the next scan reads the list as if
 * another program had written it, and some UIDs are never given out.
 */
enum promise	 uidlist_promise(struct uidlist_promise *p, struct mailbox *mb,
		    struct op *op, uint32_t n);

#endif
