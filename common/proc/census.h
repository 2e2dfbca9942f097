/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Counts that all fronts of a daemon share, so that a limit is one limit
 * however many fronts there are: connections before login, in total and by
 * address, and relayed connections.
 *
 * Each front has a table in shared memory that only this front may write and
 * that all others read.  So no message and no lock is needed, a front that is
 * taken over can lie only about its own connections, and the counts of a front
 * that dies go with it.  A keyed hash maps addresses to counters: two addresses
 * that share a counter, which a stranger can't bring about, are counted as one.
 * Two fronts that accept at the same moment may exceed a limit by one.
 */

#ifndef COMMON_PROC_CENSUS_H
#define COMMON_PROC_CENSUS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/hash.h"

struct census;

/*
 * Make a table for one front, all zero.  For the parent.
 *
 * own      set to a descriptor to read and write it, close-on-exec
 * others   set to a descriptor that can only read it, close-on-exec
 *
 * Returns 0, or -1 with errno set.
 */
int		 census_make(int *own, int *others);

/* Start without tables: all counts of others are 0.  key hashes addresses. */
struct census	*census_new(const struct hash_key *key);
/* For tests: that of a front lives as long as the process. */
void		 census_free(struct census *c);

/*
 * Map a table.  fd is closed in any case.
 *
 * number   of the front that the table belongs to; replaces an earlier table
 * own      the table is ours, to write
 *
 * Returns 0, or -1 with errno set.
 */
int		 census_map(struct census *c, uint32_t number, bool own,
		    int fd);

/* Unmap the table of a front that has ended. */
void		 census_forget(struct census *c, uint32_t number);

/* The counter of an address, which is in the form that limit.c uses. */
uint16_t	 census_slot(const struct census *c, const void *addr,
		    size_t len);

/* Add 1 or -1 to our connections in a counter. */
void		 census_count(struct census *c, uint16_t slot, int by);

/* Set our totals: connections before login, and relayed connections. */
void		 census_set(struct census *c, uint32_t waiting,
		    uint32_t relayed);

/* The number of other fronts. */
uint32_t	 census_others(const struct census *c);

/* Sums over all other fronts: of one counter, and of each total. */
uint32_t	 census_others_at(const struct census *c, uint16_t slot);
uint32_t	 census_others_waiting(const struct census *c);
uint32_t	 census_others_relayed(const struct census *c);

#endif
