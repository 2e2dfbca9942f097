/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A set of tallies is a hash table with chaining.  The hash has a secret key,
 * since strangers choose the names.  All tallies are also in a queue, least
 * recently used first; those without a session are dropped from its front.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/auth/auth_tally.h"
#include "common/base/compat.h"
#include "common/base/hash.h"
#include "common/base/xmalloc.h"

#define BUCKETS_MIN	1024

struct entry {
	struct auth_tally	 tally;
	SLIST_ENTRY(entry)	 next;
	TAILQ_ENTRY(entry)	 used;
	uint64_t		 hash;
	size_t			 len;
	char			 key[];
};
SLIST_HEAD(bucket, entry);
TAILQ_HEAD(queue, entry);

struct auth_tallies {
	struct hash_key	 key;
	struct bucket	*buckets;
	size_t		 nbuckets;	/* a power of two */
	size_t		 n;
	struct queue	 used;		/* oldest first */
};

struct auth_tallies *
auth_tallies_new(void)
{
	struct auth_tallies *t = xcalloc(1, sizeof(*t));

	hash_key_init(&t->key);
	t->nbuckets = BUCKETS_MIN;
	t->buckets = xcalloc(t->nbuckets, sizeof(*t->buckets));
	TAILQ_INIT(&t->used);
	return t;
}

static struct bucket *
bucket_of(struct auth_tallies *t, uint64_t hash)
{
	return &t->buckets[hash & (t->nbuckets - 1)];
}

static void
entry_drop(struct auth_tallies *t, struct entry *e)
{
	SLIST_REMOVE(bucket_of(t, e->hash), e, entry, next);
	TAILQ_REMOVE(&t->used, e, used);
	t->n--;
	free(e);
}

void
auth_tallies_free(struct auth_tallies *t)
{
	if (t == NULL)
		return;
	while (!TAILQ_EMPTY(&t->used))
		entry_drop(t, TAILQ_FIRST(&t->used));
	free(t->buckets);
	free(t);
}

size_t
auth_tallies_count(const struct auth_tallies *t)
{
	return t->n;
}

static bool
entry_idle(const struct entry *e, uint64_t now_ms)
{
	return e->tally.sessions == 0 && e->tally.next_ms <= now_ms &&
	    auth_tally_failures(&e->tally, now_ms) == 0 &&
	    e->tally.login_ms == 0;
}

/*
 * Clean up the first few tallies of the queue: drop idle ones, and move those
 * with a session to the end.  Above AUTH_TALLY_MAX, drop those without a
 * session even if they are not idle.
 */
static void
sweep(struct auth_tallies *t, uint64_t now_ms)
{
	struct entry *e;

	for (int i = 0; i < 4 && (e = TAILQ_FIRST(&t->used)) != NULL; i++) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): a new first */
		if (entry_idle(e, now_ms) ||
		    (t->n > AUTH_TALLY_MAX && e->tally.sessions == 0)) {
			entry_drop(t, e);
			continue;
		}
		if (e->tally.sessions == 0)
			break;
		TAILQ_REMOVE(&t->used, e, used);
		TAILQ_INSERT_TAIL(&t->used, e, used);
	}
}

static void
grow(struct auth_tallies *t)
{
	struct entry *e;

	free(t->buckets);
	t->nbuckets *= 2;
	t->buckets = xcalloc(t->nbuckets, sizeof(*t->buckets));
	TAILQ_FOREACH(e, &t->used, used)
		SLIST_INSERT_HEAD(bucket_of(t, e->hash), e, next);
}

struct auth_tally *
auth_tally_get(struct auth_tallies *t, struct slice key, uint64_t now_ms)
{
	uint64_t hash = hash_slice(&t->key, key);
	struct entry *e;

	SLIST_FOREACH(e, bucket_of(t, hash), next)
		if (e->hash == hash && slice_eq(slice_make(e->key, e->len),
		    key)) {
			TAILQ_REMOVE(&t->used, e, used);
			TAILQ_INSERT_TAIL(&t->used, e, used);
			return &e->tally;
		}
	sweep(t, now_ms);
	if (t->n >= t->nbuckets * 2)
		grow(t);
	e = xcalloc(1, sizeof(*e) + key.len);
	e->hash = hash;
	e->len = key.len;
	if (key.len > 0)
		memcpy(e->key, key.p, key.len);
	SLIST_INSERT_HEAD(bucket_of(t, hash), e, next);
	TAILQ_INSERT_TAIL(&t->used, e, used);
	t->n++;
	return &e->tally;
}

void
auth_tally_ref(struct auth_tally *tally)
{
	tally->sessions++;
}

void
auth_tally_unref(struct auth_tally *tally)
{
	tally->sessions--;
}

uint32_t
auth_tally_failures(const struct auth_tally *tally, uint64_t now_ms)
{
	uint64_t gone = (now_ms - tally->failed_ms) /
			    AUTH_TALLY_FORGET_MS;

	return gone >= tally->failures ? 0 :
	    tally->failures - (uint32_t)gone;
}

void
auth_tally_fail(struct auth_tally *tally, uint64_t now_ms)
{
	tally->failures = auth_tally_failures(tally, now_ms);
	if (tally->failures < UINT32_MAX)
		tally->failures++;
	tally->failed_ms = now_ms;
}

uint64_t
auth_tally_delay(const struct auth_tally *user, const struct auth_tally *addr,
    uint64_t base_ms, uint64_t now_ms)
{
	uint32_t by_user = auth_tally_failures(user, now_ms);
	uint32_t n = (auth_tally_failures(addr, now_ms) + 1) / 2;

	/* Half, since many people may share an address, but not a name. */
	if (by_user > n)
		n = by_user;
	if (n < 1)
		n = 1;
	if (n > AUTH_TALLY_FACTOR_MAX)
		n = AUTH_TALLY_FACTOR_MAX;
	return base_ms * n;
}
