/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Gaps in the mod-sequences of a mailbox: those that may have been told and
 * then lost.
 *
 * A power cut takes the commits that were not synced yet.  Clients may have
 * been told of them.  After the boot, the mod-sequences of a mailbox go on far
 * above all that can have been told, and the gap between the last one that was
 * recovered and the new one is recorded.  To a client that asks what has
 * changed since a mod-sequence in a gap (RFC 7162: CHANGEDSINCE, QRESYNC),
 * everything has changed: what it was told is not known any more.
 */

#ifndef STORAGE_INDEX_GAP_H
#define STORAGE_INDEX_GAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/index/sql.h"

/*
 * A mailbox keeps at most so many gaps.  When there are more, the oldest two
 * become one, so that a client that was not here for so many boots may be told
 * more than it needs.
 */
#define GAP_MAX		8

/* A mod-sequence above low and below high is in the gap. */
struct gap {
	uint64_t	 low;
	uint64_t	 high;
};

/* The gaps of a mailbox. */
struct gaps {
	struct gap	 items[GAP_MAX];
	size_t		 n;
};

/*
 * Within a transaction, after a boot: record a gap for each mailbox, from its
 * highest mod-sequence to the one that SQL_MAILBOX_BOOT gives it with the same
 * arguments.
 */
void		 gap_record(struct sql *db, uint64_t modseqs, uint64_t now);
/* Read the gaps of a mailbox.  Returns SQL_DONE, or what failed. */
enum sql_rc	 gap_read(struct sql *db, uint32_t mailbox,
		    struct gaps *out);
/* Whether a mod-sequence is in one of the gaps. */
bool		 gap_contains(const struct gaps *gaps, uint64_t modseq);

#endif
