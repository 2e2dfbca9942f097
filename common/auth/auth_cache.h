/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Credentials that were right a moment ago, so that the five connections
 * of a mail client cost one slow hash.  What is kept is a keyed hash over
 * source, user, stored hash and password: a changed password is another
 * entry, no two users share one (Dovecot's CVE-2025-30189), and a copy of
 * the memory gives nothing to log in with.
 */

#ifndef COMMON_AUTH_CACHE_H
#define COMMON_AUTH_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"

#define AUTH_CACHE_KEY_LEN	32

struct auth_cache;

struct auth_cache *auth_cache_new(void);
/* For tests: that of the auth process lives as long as the process. */
void	 auth_cache_free(struct auth_cache *c);

/* Bounds: entries, 0 for none, and how long each is good. */
void	 auth_cache_limit(struct auth_cache *c, size_t size,
	    uint64_t lifetime_ms);

/* Compute the key of a login, AUTH_CACHE_KEY_LEN bytes. */
void	 auth_cache_key(const struct auth_cache *c, uint32_t source,
	    struct slice user, const char *stored, struct slice password,
	    unsigned char *key);

/* True if it was right and that was not too long ago. */
bool	 auth_cache_has(const struct auth_cache *c, const unsigned char *key,
	    uint64_t now_ms);

/* It was verified to be right. */
void	 auth_cache_add(struct auth_cache *c, const unsigned char *key,
	    uint64_t now_ms);

#endif
