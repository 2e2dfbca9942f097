/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What the loop does for the stores of the process. */

#ifndef STORAGE_TICK_H
#define STORAGE_TICK_H

#include <stdint.h>

struct storage;
struct store;

/* When something is due, in ms of timer_ms(); UINT64_MAX for never. */
uint64_t	 tick_due(const struct store *st);
/* Do what is due.  May free the store. */
void		 tick_run(struct store *st, uint64_t now_ms);
/* Close indexes over the bound: of users without sessions, oldest first. */
void		 tick_make_room(struct storage *s);
/* Block until the WAL and what was renamed is synced. */
void		 tick_flush(struct store *st);

#endif
