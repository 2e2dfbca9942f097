/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Places before login; see limit.h.  Addresses stand in a tree: a stranger
 * who chooses them can't make it slow.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>

#include "common/compat.h"
#include "common/limit.h"
#include "common/xmalloc.h"

#define PREFIX6_LEN	8	/* bytes of an IPv6 address that count */

struct limit_addr {
	RB_ENTRY(limit_addr)	 entry;
	unsigned char		 key[17];	/* family, address */
	uint32_t		 count;
};

RB_HEAD(limit_tree, limit_addr);

struct limit {
	struct limit_tree		 addrs;
	TAILQ_HEAD(, limit_place)	 silent;	/* oldest first */
	uint32_t			 count;
};

static int
addr_cmp(struct limit_addr *a, struct limit_addr *b)
{
	return memcmp(a->key, b->key, sizeof(a->key));
}

RB_PROTOTYPE(limit_tree, limit_addr, entry, addr_cmp)
RB_GENERATE(limit_tree, limit_addr, entry, addr_cmp)

/* The part of an address that is one customer's. */
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
limit_new(void)
{
	struct limit *l = xcalloc(1, sizeof(*l));

	RB_INIT(&l->addrs);
	TAILQ_INIT(&l->silent);
	return l;
}

void
limit_free(struct limit *l)
{
	free(l);
}

enum limit_result
limit_enter(struct limit *l, struct limit_place *place,
    const struct sockaddr *peer, uint32_t address_max, uint32_t total_max)
{
	struct limit_addr want, *a;

	key_set(want.key, peer);
	a = RB_FIND(limit_tree, &l->addrs, &want);
	if (a != NULL && a->count >= address_max)
		return LIMIT_ADDRESS;
	if (l->count >= total_max)
		return LIMIT_TOTAL;
	if (a == NULL) {
		a = xcalloc(1, sizeof(*a));
		memcpy(a->key, want.key, sizeof(a->key));
		RB_INSERT(limit_tree, &l->addrs, a);
	}
	a->count++;
	l->count++;
	place->addr = a;
	place->silent = true;
	TAILQ_INSERT_TAIL(&l->silent, place, entry);
	return LIMIT_OK;
}

void
limit_spoke(struct limit *l, struct limit_place *place)
{
	if (!place->silent)
		return;
	TAILQ_REMOVE(&l->silent, place, entry);
	place->silent = false;
}

void
limit_leave(struct limit *l, struct limit_place *place)
{
	struct limit_addr *a = place->addr;

	limit_spoke(l, place);
	l->count--;
	if (--a->count == 0) {
		RB_REMOVE(limit_tree, &l->addrs, a);
		free(a);
	}
	place->addr = NULL;
}

struct limit_place *
limit_victim(struct limit *l)
{
	return TAILQ_FIRST(&l->silent);
}

uint32_t
limit_count(const struct limit *l)
{
	return l->count;
}
