/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * SipHash-2-4, a keyed hash, for tables whose keys are chosen by strangers,
 * and for choosing a worker by user name.  Nobody can make keys collide
 * without knowing the hash_key.
 */
#ifndef COMMON_BASE_HASH_H
#define COMMON_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"

struct hash_key {
	uint64_t	k0;
	uint64_t	k1;
};

/* Make a random key. */
void		 hash_key_init(struct hash_key *key);

/* Hash bytes. */
uint64_t	 hash_bytes(const struct hash_key *key, const void *p,
		    size_t len);

/* Hash a slice. */
uint64_t	 hash_slice(const struct hash_key *key, struct slice s);

#endif
