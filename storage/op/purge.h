/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Removing what was expunged long enough ago. */

#ifndef STORAGE_OP_PURGE_H
#define STORAGE_OP_PURGE_H

#include <stdbool.h>
#include <stdint.h>

struct store;

/*
 * Unlink what was expunged more than keep seconds ago, and drop the oldest
 * tombstones, a bounded number in each call.  Returns whether there is more to
 * do.
 */
bool	 purge_expunged(struct store *st, uint32_t keep);

#endif
