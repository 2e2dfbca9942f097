/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Taking messages out: rows, tombstones and the folder expunged/. */

#ifndef STORAGE_EXPUNGE_H
#define STORAGE_EXPUNGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"

struct mailbox;
struct store;

#define EXPUNGE_NAME_MAX 64

/* The name in expunged/. */
void	 expunge_file_name(uint32_t mailbox, uint32_t uid,
	    char name[EXPUNGE_NAME_MAX]);
/*
 * Within a transaction: entry and name become a tombstone.  With a base the
 * tombstone keeps the file from coming back.  Returns 0, or -1 if there is
 * no such entry.
 */
int	 expunge_rows(struct mailbox *mb, uint32_t uid, uint64_t modseq,
	    const struct slice *base);
/*
 * Unlink what has been expunged for long and drop the oldest tombstones, a
 * bounded number at a time.  Returns whether there is more to do.
 */
bool	 expunge_purge(struct store *st);

#endif
