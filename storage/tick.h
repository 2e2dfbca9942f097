/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What the loop does for the stores of the process. */

#ifndef STORAGE_TICK_H
#define STORAGE_TICK_H

#include <stdint.h>

struct storage;
struct store;

/* When something is due, in ms of timer_ms(); UINT64_MAX for never. */
uint64_t	 tick_due(const struct storage *s);
/* When it is of this store, asked of it itself. */
uint64_t	 tick_store_due(const struct store *st);
/* Do what is due.  Frees stores that nobody uses. */
void		 tick_run(struct storage *s, uint64_t now_ms);
/* Block until the WAL and what was renamed is synced. */
void		 tick_flush(struct store *st);

#endif
