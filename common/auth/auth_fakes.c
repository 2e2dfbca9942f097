/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Invented hashes and secrets; see auth_fakes.h.
 *
 * The key of invented salts must be secret, must survive restarts, and must be
 * the same in both daemons: a salt that changes would show that the user does
 * not exist.  A hash of the first user's stored hash is all of that.
 */

#include "config.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "common/auth/auth_fakes.h"
#include "common/base/random.h"
#include "common/pass/passhash.h"

void
auth_fakes_init(struct auth_fakes *f)
{
	memset(f, 0, sizeof(*f));
	f->like.iterations = SCRAM_ITERATIONS;
	f->like.salt_len = SCRAM_SALT_LEN;
	random_bytes(f->key, sizeof(f->key));
}

void
auth_fakes_add(struct auth_fakes *f, const char *stored)
{
	struct slice scram = passhash_scram(stored);

	if (!f->has_key) {
		SHA256((const unsigned char *)stored, strlen(stored), f->key);
		f->has_key = true;
	}
	if (!f->has_like && scram.len > 0 &&
	    scram_secret_parse(scram, &f->like) == 0)
		f->has_like = true;
}

const char *
auth_fakes_usual(const struct auth_fakes *f)
{
	return f->usual != NULL ? f->usual : passhash_dummy();
}

void
auth_fakes_secret(const struct auth_fakes *f, struct slice name,
    struct scram_secret *out)
{
	scram_secret_fake(out, &f->like, f->key, sizeof(f->key), name);
}
