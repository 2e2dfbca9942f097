/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * How many connections may wait before login, in all and of one address.
 *
 * A flood must not keep people out.  So an address that has its share gets no
 * more, and when all places are taken one of those before goes: first who
 * has been silent for longest, then whose last words are the oldest, but
 * never one whose password is being looked at.  Addresses of one IPv6 /64 are
 * one address, since each customer has that many.
 *
 * The limits are those of all fronts together (census.h).  The one that goes
 * is one of our own, and so a front that has less than its part of the total
 * may have it though others have more: else one that is new among full ones
 * would throw out each newcomer for the next.
 */

#ifndef COMMON_LIMIT_H
#define COMMON_LIMIT_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdint.h>

#include "common/base/compat.h"

struct census;
struct limit;
struct limit_addr;
TAILQ_HEAD(limit_list, limit_place);

/* A connection's place, to be embedded in it. */
struct limit_place {
	TAILQ_ENTRY(limit_place) entry;
	struct limit_list	*list;	/* of those that may have to go */
	struct limit_addr	*addr;	/* NULL: has no place */
	uint16_t		 slot;	/* of the census */
};

enum limit_result {
	LIMIT_OK,
	LIMIT_ADDRESS,	/* too many of this address */
	LIMIT_TOTAL	/* too many in all: see limit_victim */
};

/* census is borrowed. */
struct limit	*limit_new(struct census *census);

/* Free it; every place must have been left. */
void		 limit_free(struct limit *l);

/*
 * Take a place.  With another result than LIMIT_OK none was taken.
 *
 * address_max, total_max	may change between calls, with the config
 */
enum limit_result limit_enter(struct limit *l, struct limit_place *place,
		    const struct sockaddr *peer, uint32_t address_max,
		    uint32_t total_max);

/* The client has done something that costs it effort: others go before it. */
void		 limit_spoke(struct limit *l, struct limit_place *place);

/* The next step is ours: it must not go, until it speaks again. */
void		 limit_hold(struct limit *l, struct limit_place *place);

/* Give the place back; does nothing for one that has none. */
void		 limit_leave(struct limit *l, struct limit_place *place);

/* The place that is to be left next to make room, or NULL if none may be. */
struct limit_place *limit_victim(struct limit *l);

/* Relays that we have now; they count to what there is in all. */
void		 limit_relays(struct limit *l, uint32_t relays);

/* Places taken and relays, of all fronts. */
uint32_t	 limit_all(const struct limit *l);

/* Places taken, of all fronts. */
uint32_t	 limit_waiting(const struct limit *l);

#endif
