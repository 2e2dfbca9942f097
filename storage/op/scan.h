/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Bringing the index up to date with the folder. */

#ifndef STORAGE_OP_SCAN_H
#define STORAGE_OP_SCAN_H

#include <dirent.h>

#include "storage/types.h"

struct uidlist_promise;

/*
 * Look whether other programs changed new/ or cur/, and take their changes in:
 * new messages get UIDs, missing ones are expunged, and flags in names are
 * merged.  Costs two stats if nothing was changed, less under a watch.  Call
 * it again after RUN_WAIT and RUN_MORE.  A scan uses the transaction of op,
 * from its beginning to its COMMIT.
 */
enum run	 scan_run(struct op *op, struct mailbox *mb);
/*
 * Messages that wait in new/: they get UIDs, and go to cur/, when somebody
 * looks into the mailbox.
 */
struct scan_waiting {
	uint32_t	 messages;
	uint32_t	 unseen;	/* of these */
	bool		 scanned;	/* what else has changed is taken in */
	bool		 counted;
	uint32_t	 uidnext;	/* when they were counted */
	DIR		*dir;		/* new/, while it is read; or NULL */
};

/* Start with nothing counted; scan_waiting_clear() closes the folder. */
void		 scan_waiting_init(struct scan_waiting *w);
void		 scan_waiting_clear(struct scan_waiting *w);
/* Count a message by the name of its file. */
void		 scan_waiting_add(struct scan_waiting *w, struct slice name);
/*
 * As scan_run(), but leave messages in new/, for programs that tell new mail by
 * that, and count them.  Where sessions have the mailbox open, their scans take
 * them in, and so does this function.
 */
enum run	 scan_status(struct op *op, struct mailbox *mb,
		    struct scan_waiting *w);
/*
 * As scan_run(), but only for a mailbox that was never scanned.  Until then
 * its next UID is unknown, since another server may have given out UIDs.
 */
enum run	 scan_first(struct op *op, struct mailbox *mb);
/*
 * Begin a transaction, as op_begin() does, in which n UIDs can be given out
 * (uidlist_promise.h).  What an operation has done in the transaction before
 * may be undone.  Call it again after RUN_WAIT and RUN_MORE.
 *
 * What waits in new/ is taken in first: STATUS may have counted its UIDs.
 */
enum run	 scan_begin(struct op *op, struct mailbox *mb, uint32_t n,
		    struct uidlist_promise *p);
/* Start a job that calls scan_run(), for a mailbox with views. */
void		 scan_start_job(struct mailbox *mb);

#endif
