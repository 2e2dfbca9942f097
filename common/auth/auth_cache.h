/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A cache of credentials that were right a moment ago, so that five
 * connections of a mail client cost only one slow hash.  The cache keeps a
 * keyed hash over source, user, stored hash and password.  Therefore an entry
 * no longer matches after the password was changed, no two users share an entry
 * (Dovecot's CVE-2025-30189), and the entries hold no passwords.
 */

#ifndef COMMON_AUTH_AUTH_CACHE_H
#define COMMON_AUTH_AUTH_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"

#define AUTH_CACHE_KEY_LEN	32

struct auth_cache;

/* Make an empty cache, which is off until auth_cache_limit(). */
struct auth_cache *auth_cache_new(void);
/* For tests: that of the auth process lives as long as the process. */
void	 auth_cache_free(struct auth_cache *c);

/*
 * Set the limits; a change empties the cache.
 *
 * size         number of entries; 0 turns the cache off
 * lifetime_ms  time until an entry expires
 */
void	 auth_cache_limit(struct auth_cache *c, size_t size,
	    uint64_t lifetime_ms);

/* Compute the key of a login, AUTH_CACHE_KEY_LEN bytes. */
void	 auth_cache_key(const struct auth_cache *c, uint32_t source,
	    struct slice user, const char *stored, struct slice password,
	    unsigned char *key);

/* True if the key was added and has not expired. */
bool	 auth_cache_has(const struct auth_cache *c, const unsigned char *key,
	    uint64_t now_ms);

/* Add the key of a login whose password was verified to be right. */
void	 auth_cache_add(struct auth_cache *c, const unsigned char *key,
	    uint64_t now_ms);

#endif
