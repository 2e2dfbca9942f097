/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What the loop does for the stores of the process when it is due. */

#ifndef STORAGE_TICK_H
#define STORAGE_TICK_H

#include <stdint.h>

struct storage;
struct store;

/* When any store is due, in ms of timer_ms(); UINT64_MAX for never. */
uint64_t	 tick_due(const struct storage *s);
/* When this store is due, computed from the state of the store. */
uint64_t	 tick_store_due(const struct store *st);
/* Do what is due.  Frees stores that nobody uses. */
void		 tick_run(struct storage *s, uint64_t now_ms);
/*
 * Write the file names, lists, rows and control file that are owed, and sync
 * the WAL.  Blocks.
 */
void		 tick_flush(struct store *st);

#endif
