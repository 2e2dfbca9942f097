/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The cache is a table of sets of four entries.  The first bytes of the key
 * choose the set, and a new entry replaces the oldest one in its set.  There is
 * no list and no clean-up: an expired entry stays until it is replaced.  Keys
 * are HMACs with a secret, so nobody can direct entries at a chosen set.
 */

#include "config.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/auth/auth_cache.h"
#include "common/base/buf.h"
#include "common/base/compat.h"
#include "common/base/random.h"
#include "common/base/xmalloc.h"

#define WAYS	4

struct entry {
	unsigned char	 key[AUTH_CACHE_KEY_LEN];
	uint64_t	 until_ms;	/* 0: empty */
};

struct auth_cache {
	unsigned char	 secret[32];
	struct entry	*entries;
	size_t		 nsets;
	uint64_t	 lifetime_ms;
};

struct auth_cache *
auth_cache_new(void)
{
	struct auth_cache *c = xcalloc(1, sizeof(*c));

	random_bytes(c->secret, sizeof(c->secret));
	return c;
}

void
auth_cache_free(struct auth_cache *c)
{
	if (c == NULL)
		return;
	auth_cache_limit(c, 0, 0);
	freezero(c, sizeof(*c));
}

void
auth_cache_limit(struct auth_cache *c, size_t size, uint64_t lifetime_ms)
{
	size_t nsets = (size + WAYS - 1) / WAYS;

	if (nsets == c->nsets && lifetime_ms == c->lifetime_ms)
		return;
	freezero(c->entries, c->nsets * WAYS * sizeof(*c->entries));
	c->entries = nsets == 0 ? NULL :
	    xcalloc(nsets * WAYS, sizeof(*c->entries));
	c->nsets = nsets;
	c->lifetime_ms = lifetime_ms;
}

static void
put_u32(unsigned char *p, size_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

void
auth_cache_key(const struct auth_cache *c, uint32_t source, struct slice user,
    const char *stored, struct slice password, unsigned char *key)
{
	struct buf b;
	unsigned char lens[16];
	size_t stored_len = strlen(stored);

	/* The lengths go first, so that different fields never join alike. */
	put_u32(lens, source);
	put_u32(lens + 4, user.len);
	put_u32(lens + 8, stored_len);
	put_u32(lens + 12, password.len);
	buf_init(&b, BUF_NOCAP);
	if (buf_add(&b, lens, sizeof(lens)) == -1 ||
	    buf_add_slice(&b, user) == -1 ||
	    buf_add(&b, stored, stored_len) == -1 ||
	    buf_add_slice(&b, password) == -1 ||
	    HMAC(EVP_sha256(), c->secret, sizeof(c->secret),
	    (const unsigned char *)buf_slice(&b).p, buf_len(&b), key,
	    NULL) == NULL)
		random_bytes(key, AUTH_CACHE_KEY_LEN);
	buf_clear_secret(&b);
}

static struct entry *
set_of(const struct auth_cache *c, const unsigned char *key)
{
	uint64_t n;

	memcpy(&n, key, sizeof(n));
	return c->entries + n % c->nsets * WAYS;
}

bool
auth_cache_has(const struct auth_cache *c, const unsigned char *key,
    uint64_t now_ms)
{
	const struct entry *e;

	if (c->nsets == 0)
		return false;
	e = set_of(c, key);
	for (int i = 0; i < WAYS; i++)
		if (e[i].until_ms > now_ms &&
		    CRYPTO_memcmp(e[i].key, key, AUTH_CACHE_KEY_LEN) == 0)
			return true;
	return false;
}

void
auth_cache_add(struct auth_cache *c, const unsigned char *key,
    uint64_t now_ms)
{
	struct entry *e, *oldest;

	if (c->nsets == 0)
		return;
	oldest = e = set_of(c, key);
	for (int i = 1; i < WAYS; i++)
		if (e[i].until_ms < oldest->until_ms)
			oldest = &e[i];
	memcpy(oldest->key, key, AUTH_CACHE_KEY_LEN);
	oldest->until_ms = now_ms + c->lifetime_ms;
}
