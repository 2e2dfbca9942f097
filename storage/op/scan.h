/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Bringing the index up to date with the folder. */

#ifndef STORAGE_OP_SCAN_H
#define STORAGE_OP_SCAN_H

#include "storage/types.h"

struct scan_waiting;
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
/*
 * Judge the result run of scan_run(), or of what else a look at the mailbox
 * writes: if there is no room for it, or nothing can be written for now, mail
 * can still be read.  Then undo it, forget the error and return RUN_DONE, and
 * the mailbox is as the index has it.  Any other result is returned as it is.
 */
enum run	 scan_forgive_full(struct op *op, const struct mailbox *mb,
		    enum run run);
/* Start a job that calls scan_run(), for a mailbox with views. */
void		 scan_start_job(struct mailbox *mb);

#endif
