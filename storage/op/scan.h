/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Bringing the index up to date with the folder. */

#ifndef STORAGE_SCAN_H
#define STORAGE_SCAN_H

#include "storage/types.h"

/*
 * Look whether other programs changed new/ or cur/, and take that in: new
 * messages get UIDs, missing ones are expunged, flags in names are merged.
 * Costs two stats when nothing was changed, less under a watch.  To be called
 * again after RUN_WAIT and RUN_MORE.  The operation's transaction is the
 * scan's from its beginning to its end.
 */
enum run	 scan_run(struct op *op, struct mailbox *mb);
/*
 * The same, but only for a mailbox that was never looked at: before that it
 * is not known which UID is next, since another server may have given some.
 */
enum run	 scan_first(struct op *op, struct mailbox *mb);
/* scan_run() from the loop, for a mailbox with views. */
void		 scan_start_job(struct mailbox *mb);

#endif
