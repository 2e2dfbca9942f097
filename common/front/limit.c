/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Places before login; see limit.h.  Networks and addresses are kept in
 * balanced trees, so that a stranger who chooses the addresses can't make it
 * slow.
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

/* Octets of an address, and of its network. */
#define ADDR4_LEN	4
#define ADDR6_LEN	8
#define NET4_LEN	3
#define NET6_LEN	7
/* With no more places than this, only the age of connections counts. */
#define FEW		8

RB_HEAD(limit_keys, limit_group);
RB_HEAD(limit_ranks, limit_group);

/* An address, or a network. */
struct limit_group {
	RB_ENTRY(limit_group)	 by_key;	/* in limit.groups */
	RB_ENTRY(limit_group)	 by_rank;	/* among those beside it */
	unsigned char		 key[18];	/* length, family, address */
	struct limit_group	*net;		/* NULL: this is a network */
	uint32_t		 count;
	uint32_t		 free;		/* how many may be evicted */
	uint64_t		 since;		/* of the place to evict */
	struct limit_ranks	 members;	/* of a network: addresses */
	TAILQ_HEAD(, limit_place) places;	/* of an address; oldest
						   first */
};

struct limit {
	struct census		*census;
	struct limit_keys	 groups;
	struct limit_ranks	 nets;
	uint64_t		 clock;		/* counts places */
	uint32_t		 count;
	uint32_t		 relays;
};

static int
key_cmp(const struct limit_group *a, const struct limit_group *b)
{
	return memcmp(a->key, b->key, sizeof(a->key));
}

/* Who has to give up a place comes first. */
static int
rank_cmp(const struct limit_group *a, const struct limit_group *b)
{
	uint32_t x = a->free > FEW ? a->free : FEW;
	uint32_t y = b->free > FEW ? b->free : FEW;

	if (x != y)
		return x > y ? -1 : 1;
	return a->since < b->since ? -1 : a->since > b->since;
}

RB_PROTOTYPE(limit_keys, limit_group, by_key, key_cmp)
RB_GENERATE(limit_keys, limit_group, by_key, key_cmp)
RB_PROTOTYPE(limit_ranks, limit_group, by_rank, rank_cmp)
RB_GENERATE(limit_ranks, limit_group, by_rank, rank_cmp)

/* Make the key of the address of a peer, or of its network. */
static void
key_set(unsigned char key[18], const struct sockaddr *sa, bool net)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	const unsigned char *from = NULL;

	memset(key, 0, 18);
	if (sa->sa_family == AF_INET)
		from = (const void *)&in->sin_addr;
	else if (sa->sa_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		from = in6->sin6_addr.s6_addr + 12;
	if (from != NULL) {
		key[0] = net ? NET4_LEN : ADDR4_LEN;
		key[1] = 4;
	} else if (sa->sa_family == AF_INET6) {
		from = in6->sin6_addr.s6_addr;
		key[0] = net ? NET6_LEN : ADDR6_LEN;
		key[1] = 6;
	}
	if (from != NULL)
		memcpy(key + 2, from, key[0]);
	else
		key[1] = net;
}

struct limit *
limit_new(struct census *census)
{
	struct limit *l = xcalloc(1, sizeof(*l));

	l->census = census;
	RB_INIT(&l->groups);
	RB_INIT(&l->nets);
	return l;
}

void
limit_free(struct limit *l)
{
	free(l);
}

static struct limit_group *
group_find(struct limit *l, const struct sockaddr *peer, bool net)
{
	struct limit_group want;

	key_set(want.key, peer, net);
	return RB_FIND(limit_keys, &l->groups, &want);
}

static struct limit_group *
group_get(struct limit *l, const struct sockaddr *peer, bool net)
{
	struct limit_group *g = group_find(l, peer, net);

	if (g != NULL)
		return g;
	g = xcalloc(1, sizeof(*g));
	key_set(g->key, peer, net);
	RB_INIT(&g->members);
	TAILQ_INIT(&g->places);
	RB_INSERT(limit_keys, &l->groups, g);
	if (!net)
		g->net = group_get(l, peer, true);
	return g;
}

static void
group_leave(struct limit *l, struct limit_group *g)
{
	if (--g->count > 0)
		return;
	RB_REMOVE(limit_keys, &l->groups, g);
	free(g);
}

/* Those with whom a group competes. */
static struct limit_ranks *
rivals(struct limit *l, struct limit_group *g)
{
	return g->net == NULL ? &l->nets : &g->net->members;
}

/* A group without a place that may be evicted has no rank. */
static void
unrank(struct limit *l, struct limit_group *g)
{
	if (g->free > 0)
		RB_REMOVE(limit_ranks, rivals(l, g), g);
}

static void
rank(struct limit *l, struct limit_group *g)
{
	if (g->free == 0)
		return;
	/* With few places, its first address is that with the oldest one. */
	g->since = g->net == NULL ? RB_MIN(limit_ranks, &g->members)->since :
	    TAILQ_FIRST(&g->places)->since;
	RB_INSERT(limit_ranks, rivals(l, g), g);
}

/* Let a place be evicted, or not. */
static void
set_held(struct limit *l, struct limit_place *place, bool held)
{
	struct limit_group *a = place->addr, *net = a->net;

	unrank(l, net);
	unrank(l, a);
	if (held) {
		TAILQ_REMOVE(&a->places, place, entry);
		a->free--;
		net->free--;
	} else {
		place->since = l->clock++;
		TAILQ_INSERT_TAIL(&a->places, place, entry);
		a->free++;
		net->free++;
	}
	place->held = held;
	rank(l, a);
	rank(l, net);
}

/* The places taken, of all fronts together. */
static uint32_t
waiting(const struct limit *l)
{
	return l->count + census_others_waiting(l->census);
}

enum limit_result
limit_enter(struct limit *l, struct limit_place *place,
    const struct sockaddr *peer, uint32_t address_max, uint32_t total_max)
{
	struct limit_group *a = group_find(l, peer, false);
	uint32_t here = a == NULL ? 0 : a->count;
	uint32_t fronts = 1 + census_others(l->census);
	unsigned char key[18];
	uint16_t slot;

	key_set(key, peer, false);
	slot = census_slot(l->census, key, sizeof(key));
	if (here >= address_max / fronts &&
	    here + census_others_at(l->census, slot) >= address_max)
		return LIMIT_ADDRESS;
	if (l->count >= total_max / fronts && waiting(l) >= total_max)
		return LIMIT_TOTAL;
	a = group_get(l, peer, false);
	a->count++;
	a->net->count++;
	l->count++;
	census_count(l->census, slot, 1);
	census_set(l->census, l->count, l->relays);
	place->addr = a;
	place->slot = slot;
	set_held(l, place, false);
	return LIMIT_OK;
}

void
limit_hold(struct limit *l, struct limit_place *place)
{
	if (place->addr != NULL && !place->held)
		set_held(l, place, true);
}

void
limit_release(struct limit *l, struct limit_place *place)
{
	if (place->addr != NULL && place->held)
		set_held(l, place, false);
}

void
limit_leave(struct limit *l, struct limit_place *place)
{
	struct limit_group *a = place->addr, *net;

	if (a == NULL)
		return;
	limit_hold(l, place);
	l->count--;
	census_count(l->census, place->slot, -1);
	census_set(l->census, l->count, l->relays);
	net = a->net;
	group_leave(l, a);
	group_leave(l, net);
	place->addr = NULL;
}

struct limit_place *
limit_victim(struct limit *l, enum limit_result why,
    const struct sockaddr *peer)
{
	struct limit_group *g;

	if (why == LIMIT_ADDRESS)
		g = group_find(l, peer, false);
	else if ((g = RB_MIN(limit_ranks, &l->nets)) != NULL)
		g = RB_MIN(limit_ranks, &g->members);
	return g == NULL ? NULL : TAILQ_FIRST(&g->places);
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
	return waiting(l) + l->relays +
	    census_others_relayed(l->census);
}
