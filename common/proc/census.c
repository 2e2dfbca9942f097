/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Counts that fronts share; see census.h. */

#include "config.h"

#include <sys/types.h>
#include <sys/mman.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/bounds.h"
#include "common/base/xmalloc.h"
#include "common/proc/census.h"
#include "common/proc/shm.h"

/*
 * A few times the usual number of connections before login, so that few
 * addresses share a counter; 16 KB per table.
 */
#define NSLOTS		8192

/* The shared table.  Relaxed access: a value may be a moment old. */
struct table {
	_Atomic uint32_t	waiting;	/* before login */
	_Atomic uint32_t	relayed;
	_Atomic uint16_t	slots[NSLOTS];
};

_Static_assert(PER_ADDRESS_MAX <= UINT16_MAX,
    "the greatest limit of an address can be counted");

struct census {
	struct hash_key		 key;
	struct table		*own;		/* NULL: none yet */
	const struct table	*others[FRONTS_MAX];
	uint32_t		 n;		/* no others[i] from here on */
};

int
census_make(int *own, int *others)
{
	*others = -1;
	*own = shm_make(sizeof(struct table), others);
	return *own == -1 ? -1 : 0;
}

struct census *
census_new(const struct hash_key *key)
{
	struct census *c = xcalloc(1, sizeof(*c));

	c->key = *key;
	return c;
}

void
census_free(struct census *c)
{
	if (c == NULL)
		return;
	for (uint32_t i = 0; i < c->n; i++)
		census_forget(c, i);
	if (c->own != NULL)
		(void)munmap(c->own, sizeof(*c->own));
	freezero(c, sizeof(*c));
}

int
census_map(struct census *c, uint32_t number, bool own, int fd)
{
	void *p;

	if (number >= FRONTS_MAX) {
		(void)close(fd);
		errno = EINVAL;
		return -1;
	}
	p = shm_map(fd, sizeof(struct table), own ? PROT_READ | PROT_WRITE :
	    PROT_READ);
	if (p == NULL)
		return -1;
	if (own) {
		c->own = p;
		return 0;
	}
	census_forget(c, number);
	c->others[number] = p;
	if (number >= c->n)
		c->n = number + 1;
	return 0;
}

void
census_forget(struct census *c, uint32_t number)
{
	if (number >= FRONTS_MAX || c->others[number] == NULL)
		return;
	(void)munmap((void *)(uintptr_t)c->others[number],
	    sizeof(struct table));
	c->others[number] = NULL;
}

uint16_t
census_slot(const struct census *c, const void *addr, size_t len)
{
	return (uint16_t)(hash_bytes(&c->key, addr, len) % NSLOTS);
}

void
census_count(struct census *c, uint16_t slot, int by)
{
	if (c->own != NULL)
		atomic_fetch_add_explicit(&c->own->slots[slot],
		    (uint16_t)by, memory_order_relaxed);
}

void
census_set(struct census *c, uint32_t waiting, uint32_t relayed)
{
	if (c->own == NULL)
		return;
	atomic_store_explicit(&c->own->waiting, waiting,
	    memory_order_relaxed);
	atomic_store_explicit(&c->own->relayed, relayed,
	    memory_order_relaxed);
}

uint32_t
census_others(const struct census *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n; i++)
		n += c->others[i] != NULL;
	return n;
}

#define SUM_OTHERS(c, field) do {					\
	uint32_t sum = 0;						\
									\
	for (uint32_t i = 0; i < (c)->n; i++)				\
		if ((c)->others[i] != NULL)				\
			sum += atomic_load_explicit(			\
			    &(c)->others[i]->field,			\
			    memory_order_relaxed);			\
	return sum;							\
} while (0)

uint32_t
census_others_at(const struct census *c, uint16_t slot)
{
	SUM_OTHERS(c, slots[slot]);
}

uint32_t
census_others_waiting(const struct census *c)
{
	SUM_OTHERS(c, waiting);
}

uint32_t
census_others_relayed(const struct census *c)
{
	SUM_OTHERS(c, relayed);
}
