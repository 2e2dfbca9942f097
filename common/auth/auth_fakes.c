/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Invented hashes and secrets; see auth_fakes.h.
 *
 * The key of invented salts must be secret, must survive restarts, and must be
 * the same in both daemons: a salt that changes would show that the user does
 * not exist.  Anybody may see what is made with the key, so it must not follow
 * from anything that can be guessed, such as a hash of a user's password.  The
 * parent keeps random octets for it in a file.
 */

#include "config.h"

#include <string.h>

#include "common/auth/auth_fakes.h"
#include "common/base/bounds.h"
#include "common/base/random.h"
#include "common/pass/passhash.h"

static struct {
	unsigned char	 key[FAKES_KEY_LEN];
	bool		 has_key;
} self;

void
auth_fakes_set_key(struct slice key)
{
	memcpy(self.key, key.p, sizeof(self.key));
	self.has_key = true;
}

void
auth_fakes_init(struct auth_fakes *f)
{
	memset(f, 0, sizeof(*f));
	f->like.iterations = SCRAM_ITERATIONS;
	f->like.salt_len = SCRAM_SALT_LEN;
	if (!self.has_key)
		random_bytes(self.key, sizeof(self.key));
	self.has_key = true;
}

void
auth_fakes_add(struct auth_fakes *f, const char *stored)
{
	struct slice scram = passhash_scram(stored);

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
	scram_secret_fake(out, &f->like, self.key, sizeof(self.key),
	    name);
}
