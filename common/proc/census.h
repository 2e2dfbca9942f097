/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What all fronts of a daemon count together, so that a limit is one limit
 * however many of them there are: connections before login, in all and by
 * address, and those that are relayed.
 *
 * Each front has a table in shared memory that it alone may write and that
 * all others read.  So no message and no lock is needed, one that was taken
 * over can lie about its own connections only, and one that dies takes its
 * count along.  Addresses share a table of counters by a keyed hash: two that
 * fall into one counter, which a stranger can't bring about, are counted as
 * one.  Two fronts that accept at the same moment may go over a limit by one.
 */

#ifndef COMMON_CENSUS_H
#define COMMON_CENSUS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/hash.h"

#define CENSUS_FRONTS	256	/* as many as there can be */

struct census;

/*
 * Make a table for one front, all zero.  For the parent.
 *
 * own, others	descriptors of it, close-on-exec: to write and to read only
 *
 * Returns 0, or -1 with errno set.
 */
int		 census_make(int *own, int *others);

/* No tables yet: everything that others have is 0.  key: of addresses. */
struct census	*census_new(const struct hash_key *key);
/* For tests: that of a front lives as long as the process. */
void		 census_free(struct census *c);

/*
 * Map a table.  fd is closed in any case.
 *
 * number	of the front whose it is; a table that it had is forgotten
 * own		it is ours
 *
 * Returns 0, or -1 with errno set.
 */
int		 census_map(struct census *c, uint32_t number, bool own,
		    int fd);

/* That front has gone. */
void		 census_forget(struct census *c, uint32_t number);

/* The counter of an address, whose bytes are those of limit.c. */
uint16_t	 census_slot(const struct census *c, const void *addr,
		    size_t len);

/* Add one or, with by -1, take one away: our connections of a counter. */
void		 census_count(struct census *c, uint16_t slot, int by);

/* What we have in all. */
void		 census_set(struct census *c, uint32_t waiting,
		    uint32_t relayed);

/* How many others there are. */
uint32_t	 census_others(const struct census *c);

/* What all others have. */
uint32_t	 census_others_at(const struct census *c, uint16_t slot);
uint32_t	 census_others_waiting(const struct census *c);
uint32_t	 census_others_relayed(const struct census *c);

#endif
