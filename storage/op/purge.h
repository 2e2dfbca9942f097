/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What has been expunged for long enough goes. */

#ifndef STORAGE_PURGE_H
#define STORAGE_PURGE_H

#include <stdbool.h>
#include <stdint.h>

struct store;

/*
 * Unlink what has been expunged for so many seconds and drop the oldest
 * tombstones, a bounded number at a time.  Returns whether there is more to
 * do.
 */
bool	 expunge_purge(struct store *st, uint32_t keep);

#endif
