/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Removing what was expunged long enough ago. */

#ifndef STORAGE_OP_PURGE_H
#define STORAGE_OP_PURGE_H

#include <stdint.h>

struct store;

/*
 * Start a job that removes what was expunged more than keep seconds ago, unless
 * one is running: st->purge_job is true until it has ended.
 */
void	 purge_start_job(struct store *st, uint32_t keep);
/*
 * The disk is full: have the job remove what was expunged, the oldest first and
 * whatever its age, until there is room again; and if that is not enough, begin
 * the WAL anew.
 */
void	 purge_make_room(struct store *st);

#endif
