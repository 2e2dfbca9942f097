/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Numbers that are never given out again, even if the index is lost:
 * UIDVALIDITY, the modseqs of a mailbox that is made, and the ids of mailboxes
 * and of parsed messages.  The control file has a floor for each, which is
 * above all that were given out.
 *
 * Where the control file cannot be had, the clock is the floor: UIDVALIDITY is
 * at least the time in seconds, modseqs are at least the time << 16, and then
 * ids begin at the time, too.
 */

#ifndef STORAGE_INDEX_FLOOR_H
#define STORAGE_INDEX_FLOOR_H

#include <stdint.h>

#include "storage/index/sql.h"

/* Only greater numbers are given out. */
struct floor {
	uint64_t	 uidvalidity;
	uint64_t	 modseq;
	uint64_t	 mailbox;
	uint64_t	 content;
};

/*
 * Get the floors for the control file, modseq and content far above the
 * numbers that were given out, so that the file is rarely too old.  modseq is
 * the greatest of all mailboxes.  Returns SQL_DONE, or what failed.
 */
enum sql_rc	 floor_get(struct sql *db, uint64_t modseq,
		    struct floor *out);
/* Get the floors of the clock. */
void		 floor_clock(struct floor *out);
/* Within a transaction on a new index: give out only numbers above these. */
void		 floor_raise(struct sql *db, const struct floor *floor);
/*
 * Within a transaction: give out a UIDVALIDITY, greater than all before in
 * this store.  Returns 0 if the index could not be read.
 */
uint32_t	 floor_next_uidvalidity(struct sql *db);
/*
 * Return the modseq of a mailbox that is made or restored: greater than all
 * that it had before the index was lost.  Returns 0 if the index could not be
 * read.
 */
uint64_t	 floor_first_modseq(struct sql *db);

#endif
