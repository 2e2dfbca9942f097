/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Limits the connections that wait before login, in total and per address.
 *
 * A flood must not keep real users out.  So an address that has its share gets
 * no more places, and when all places are taken one connection is evicted:
 * first the one that has been silent for longest, then the one that spoke
 * longest ago, but never one whose password is being checked.  Addresses of one
 * IPv6 /64 count as one address, since each customer has that many.
 *
 * The limits hold for all fronts together (census.h), but a front can evict
 * only its own connections.  So a front that has less than its part of the
 * total may exceed the total by its own newcomers; otherwise a fresh front
 * among full ones would evict each newcomer to admit the next.
 */

#ifndef COMMON_FRONT_LIMIT_H
#define COMMON_FRONT_LIMIT_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdint.h>

#include "common/base/compat.h"

struct census;
struct limit;
struct limit_addr;
TAILQ_HEAD(limit_list, limit_place);

/* The place of a connection; embedded in the connection. */
struct limit_place {
	TAILQ_ENTRY(limit_place) entry;
	struct limit_list	*list;	/* may be evicted; NULL: may not */
	struct limit_addr	*addr;	/* NULL: no place taken */
	uint16_t		 slot;	/* of the address, in the census */
};

enum limit_result {
	LIMIT_OK,
	LIMIT_ADDRESS,	/* too many from this address */
	LIMIT_TOTAL	/* too many in total: see limit_victim */
};

/* Make an empty set of places.  The census is borrowed. */
struct limit	*limit_new(struct census *census);

/*
 * Free it; every place must have been given back.  For tests: that of a front
 * lives as long as the process.
 */
void		 limit_free(struct limit *l);

/*
 * Take a place.  Takes none unless the result is LIMIT_OK.
 *
 * address_max, total_max	may change between calls, with the config
 */
enum limit_result limit_enter(struct limit *l, struct limit_place *place,
		    const struct sockaddr *peer, uint32_t address_max,
		    uint32_t total_max);

/*
 * The client has made some effort: silent clients, and clients that spoke
 * earlier, are evicted before it.
 */
void		 limit_spoke(struct limit *l, struct limit_place *place);

/* The next step is the server's: don't evict until limit_spoke() is called. */
void		 limit_hold(struct limit_place *place);

/* Give the place back; does nothing if none was taken. */
void		 limit_leave(struct limit *l, struct limit_place *place);

/* The place that should be given up next, or NULL if all must stay. */
struct limit_place *limit_victim(struct limit *l);

/* Set the number of this front's relays; they count in limit_all(). */
void		 limit_relays(struct limit *l, uint32_t relays);

/* The places taken plus the relays, of all fronts together. */
uint32_t	 limit_all(const struct limit *l);

/* The places taken, of all fronts together. */
uint32_t	 limit_waiting(const struct limit *l);

#endif
