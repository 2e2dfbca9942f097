/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * How many connections may wait before login, in all and of one address.
 *
 * A flood must not keep people out.  So an address that has its share gets no
 * more, and when all places are taken the one that has been silent for
 * longest goes: never one that is in the middle of logging in.  Addresses of
 * one IPv6 /64 are one address, since each customer has that many.
 */

#ifndef COMMON_LIMIT_H
#define COMMON_LIMIT_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/compat.h"

struct limit;
struct limit_addr;

/* A connection's place, to be embedded in it. */
struct limit_place {
	TAILQ_ENTRY(limit_place) entry;
	struct limit_addr	*addr;
	bool			 silent;	/* in the list of those */
};

enum limit_result {
	LIMIT_OK,
	LIMIT_ADDRESS,	/* too many of this address */
	LIMIT_TOTAL	/* too many in all: see limit_victim */
};

struct limit	*limit_new(void);

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

/* The client has said something: it is no longer among those to go. */
void		 limit_spoke(struct limit *l, struct limit_place *place);

/* Give the place back. */
void		 limit_leave(struct limit *l, struct limit_place *place);

/* The place that is to be left next to make room, or NULL if none may be. */
struct limit_place *limit_victim(struct limit *l);

/* Places taken. */
uint32_t	 limit_count(const struct limit *l);

#endif
