/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Limits the connections that wait before login, in total and per address.
 *
 * A flood must not keep real users out.  So a newcomer is never refused for
 * want of a place while another connection can be evicted, and that one is
 * taken from whoever holds most: from the network with most places, in it from
 * the address with most, and there the oldest.  A network is an IPv4 /24 or an
 * IPv6 /56, an address is an IPv4 address or an IPv6 /64, since each customer
 * has that many.  Networks and addresses with few places count alike, so that
 * among them the oldest connection goes first.  What a client says does not
 * save it, but one whose password is being checked is never evicted.
 *
 * An address that has its share gets no more places, but each newcomer may
 * have that of an older connection from there.
 *
 * The limits hold for all fronts together (census.h), but a front can evict
 * only its own connections.  So a front that has less than its part of a limit
 * may exceed it by its own newcomers; otherwise a fresh front among full ones
 * would refuse each newcomer, or evict it to admit the next.
 */

#ifndef COMMON_FRONT_LIMIT_H
#define COMMON_FRONT_LIMIT_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/base/compat.h"

struct census;
struct limit;
struct limit_group;

/* The place of a connection; embedded in the connection. */
struct limit_place {
	TAILQ_ENTRY(limit_place) entry;
	struct limit_group	*addr;	/* NULL: no place taken */
	uint64_t		 since;	/* a higher number is younger */
	bool			 held;	/* may not be evicted */
	uint16_t		 slot;	/* of the address, in the census */
};

enum limit_result {
	LIMIT_OK,
	LIMIT_ADDRESS,	/* too many from this address */
	LIMIT_TOTAL	/* too many in total */
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

/* The next step is the server's: don't evict until limit_release() is called */
void		 limit_hold(struct limit *l, struct limit_place *place);

/* The next step is the client's again, who counts as the youngest. */
void		 limit_release(struct limit *l, struct limit_place *place);

/* Give the place back; does nothing if none was taken. */
void		 limit_leave(struct limit *l, struct limit_place *place);

/*
 * The place that should be given up after limit_enter() has returned why for
 * this peer, or NULL if all must stay.
 */
struct limit_place *limit_victim(struct limit *l, enum limit_result why,
		    const struct sockaddr *peer);

/* Set the number of this front's relays; they count in limit_all(). */
void		 limit_relays(struct limit *l, uint32_t relays);

/* The places taken plus the relays, of all fronts together. */
uint32_t	 limit_all(const struct limit *l);

#endif
