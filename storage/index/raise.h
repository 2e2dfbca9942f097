/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Raising the numbers of an index that may lack commits which clients were told
 * of: UIDs and modseqs go on above all that can have been given out, and every
 * folder is read again.  The gap in the modseqs is recorded (gap.h).
 */

#ifndef STORAGE_INDEX_RAISE_H
#define STORAGE_INDEX_RAISE_H

#include "storage/index/sql.h"

/* Within a transaction: raise all numbers, after a boot. */
void	 raise_after_boot(struct sql *db);
/*
 * Within a transaction: raise the numbers of an index that may be older than
 * one that was in use in this home; dir_fd is its folder penfold/.  A
 * dovecot-uidlist that was written since has the UIDs that were given out, and
 * a next UID above them: in its mailbox UIDNEXT stays, and the next scan takes
 * over what the list has.
 */
void	 raise_older(struct sql *db, int dir_fd);

#endif
