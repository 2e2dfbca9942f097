/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the auth process alone: what logins of unknown users are
 * answered with, so that they look like others.  Sources that have stored
 * hashes contribute in their order, and the first to know something decides.
 */

#ifndef COMMON_AUTH_FAKES_H
#define COMMON_AUTH_FAKES_H

#include <stdbool.h>

#include "common/base/slice.h"
#include "common/pass/scram.h"

#define AUTH_FAKES_KEY_LEN	32	/* of SHA-256 */

struct auth_fakes {
	/* A hash whose check costs what most cost, of a source; or NULL. */
	const char		*usual;
	/* The key of invented salts; random unless has_key. */
	unsigned char		 key[AUTH_FAKES_KEY_LEN];
	bool			 has_key;
	/* A real secret, whose form invented ones have, if has_like. */
	struct scram_secret	 like;
	bool			 has_like;
};

/* Start with what is used when no source knows better. */
void	 auth_fakes_init(struct auth_fakes *f);

/* Contribute a stored hash: its text as the key, its form if it is SCRAM's. */
void	 auth_fakes_add(struct auth_fakes *f, const char *stored);

/* The hash to check the password of an unknown user against. */
const char *auth_fakes_usual(const struct auth_fakes *f);

/* Invent the SCRAM secret of a name, the same one each time. */
void	 auth_fakes_secret(const struct auth_fakes *f, struct slice name,
	    struct scram_secret *out);

#endif
