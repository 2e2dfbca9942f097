/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Places before login; see limit.h.  Addresses are kept in a balanced tree, so
 * that a stranger who chooses the addresses can't make it slow.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/compat.h"
#include "common/base/xmalloc.h"
#include "common/front/limit.h"
#include "common/proc/census.h"

#define PREFIX6_LEN	8	/* bytes of an IPv6 address in the key */

struct limit_addr {
	RB_ENTRY(limit_addr)	 entry;
	unsigned char		 key[17];	/* family, address */
	uint32_t		 count;
};

RB_HEAD(limit_tree, limit_addr);

struct limit {
	struct census		*census;
	struct limit_tree	 addrs;
	struct limit_list	 silent;	/* never spoke; oldest first */
	struct limit_list	 spoke;		/* spoke; longest ago first */
	uint32_t		 count;
	uint32_t		 relays;
};

static int
addr_cmp(struct limit_addr *a, struct limit_addr *b)
{
	return memcmp(a->key, b->key, sizeof(a->key));
}

RB_PROTOTYPE(limit_tree, limit_addr, entry, addr_cmp)
RB_GENERATE(limit_tree, limit_addr, entry, addr_cmp)

/* Make the key from the part of an address that belongs to one customer. */
static void
key_set(unsigned char key[17], const struct sockaddr *sa)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;

	memset(key, 0, 17);
	if (sa->sa_family == AF_INET) {
		key[0] = 4;
		memcpy(key + 1, &in->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		key[0] = 4;
		memcpy(key + 1, in6->sin6_addr.s6_addr + 12, 4);
	} else if (sa->sa_family == AF_INET6) {
		key[0] = 6;
		memcpy(key + 1, &in6->sin6_addr, PREFIX6_LEN);
	}
}

struct limit *
limit_new(struct census *census)
{
	struct limit *l = xcalloc(1, sizeof(*l));

	l->census = census;
	RB_INIT(&l->addrs);
	TAILQ_INIT(&l->silent);
	TAILQ_INIT(&l->spoke);
	return l;
}

void
limit_free(struct limit *l)
{
	free(l);
}

/* Move a place to the end of a list, or with NULL out of its list. */
static void
move(struct limit_place *place, struct limit_list *list)
{
	if (place->list != NULL)
		TAILQ_REMOVE(place->list, place, entry);
	place->list = list;
	if (list != NULL)
		TAILQ_INSERT_TAIL(list, place, entry);
}

enum limit_result
limit_enter(struct limit *l, struct limit_place *place,
    const struct sockaddr *peer, uint32_t address_max, uint32_t total_max)
{
	struct limit_addr want, *a;
	uint16_t slot;

	key_set(want.key, peer);
	slot = census_slot(l->census, want.key, sizeof(want.key));
	a = RB_FIND(limit_tree, &l->addrs, &want);
	if ((a == NULL ? 0 : a->count) + census_others_at(l->census, slot) >=
	    address_max)
		return LIMIT_ADDRESS;
	if (l->count >= total_max / (1 + census_others(l->census)) &&
	    limit_waiting(l) >= total_max)
		return LIMIT_TOTAL;
	if (a == NULL) {
		a = xcalloc(1, sizeof(*a));
		memcpy(a->key, want.key, sizeof(a->key));
		RB_INSERT(limit_tree, &l->addrs, a);
	}
	a->count++;
	l->count++;
	census_count(l->census, slot, 1);
	census_set(l->census, l->count, l->relays);
	place->addr = a;
	place->slot = slot;
	place->list = NULL;
	move(place, &l->silent);
	return LIMIT_OK;
}

void
limit_spoke(struct limit *l, struct limit_place *place)
{
	if (place->addr != NULL)
		move(place, &l->spoke);
}

void
limit_hold(struct limit_place *place)
{
	if (place->addr != NULL)
		move(place, NULL);
}

void
limit_leave(struct limit *l, struct limit_place *place)
{
	struct limit_addr *a = place->addr;

	if (a == NULL)
		return;
	move(place, NULL);
	l->count--;
	census_count(l->census, place->slot, -1);
	census_set(l->census, l->count, l->relays);
	if (--a->count == 0) {
		RB_REMOVE(limit_tree, &l->addrs, a);
		free(a);
	}
	place->addr = NULL;
}

struct limit_place *
limit_victim(struct limit *l)
{
	struct limit_place *p = TAILQ_FIRST(&l->silent);

	return p != NULL ? p : TAILQ_FIRST(&l->spoke);
}

void
limit_relays(struct limit *l, uint32_t relays)
{
	l->relays = relays;
	census_set(l->census, l->count, l->relays);
}

uint32_t
limit_all(const struct limit *l)
{
	return limit_waiting(l) + l->relays +
	    census_others_relayed(l->census);
}

uint32_t
limit_waiting(const struct limit *l)
{
	return l->count + census_others_waiting(l->census);
}
