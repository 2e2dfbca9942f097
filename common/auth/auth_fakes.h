/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Invented hashes and secrets for logins of unknown users, so that these look
 * like other logins; only for the files of the auth process.  Sources with
 * stored hashes contribute in their order; the first to set a value decides.
 */

#ifndef COMMON_AUTH_AUTH_FAKES_H
#define COMMON_AUTH_AUTH_FAKES_H

#include <stdbool.h>

#include "common/base/slice.h"
#include "common/pass/scram.h"

struct auth_fakes {
	/* A source's stored hash of the most common cost, or NULL. */
	const char		*usual;
	/* Iterations and salt length of invented secrets; if has_like, real. */
	struct scram_secret	 like;
	bool			 has_like;
};

/*
 * Set the key of invented secrets, FAKES_KEY_LEN octets.  Until then, it is
 * random.
 */
void	 auth_fakes_set_key(struct slice key);

/* Initialise with the values used if no source contributes. */
void	 auth_fakes_init(struct auth_fakes *f);

/* Contribute a stored hash; the first of SCRAM gives like. */
void	 auth_fakes_add(struct auth_fakes *f, const char *stored);

/* Get the hash to check the password of an unknown user against. */
const char *auth_fakes_usual(const struct auth_fakes *f);

/* Invent a SCRAM secret for a name, always the same for the same name. */
void	 auth_fakes_secret(const struct auth_fakes *f, struct slice name,
	    struct scram_secret *out);

#endif
