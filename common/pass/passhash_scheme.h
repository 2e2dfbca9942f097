/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What the files of passhash share: a scheme, a stored hash taken apart, and
 * the verifiers that are not in passhash.c.  For them alone.
 */

#ifndef COMMON_PASSHASH_SCHEME_H
#define COMMON_PASSHASH_SCHEME_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/pass/passhash_result.h"

struct scheme;

/* How a digest is written: {SSHA256.HEX}, {SSHA256.B64}, {SSHA256}. */
enum coding {
	CODING_USUAL,		/* the scheme's own, or as its length tells */
	CODING_BASE64,
	CODING_HEX
};

/* {SCHEME.CODING}hash; hash is not empty when a verifier is called. */
struct stored {
	const struct scheme	*scheme;
	enum coding		 coding;
	const char		*hash;
};

struct scheme {
	const char	*name;
	enum passhash_result (*verify)(const struct stored *, const char *);
	/* Append the hash, without {SCHEME}; NULL: only verified. */
	int		(*make)(const struct scheme *, const char *,
			    struct buf *);
	const char	*prefix;	/* its hashes begin with this */
	const char	*setting; /* crypt(3): what goes before the salt */
	unsigned int	 params;	/* '$' before the salt: see class */
	const char	*digest;	/* libcrypto's name of it */
	bool		 hex;		/* the digest is usually written so */
	bool		 salted;	/* salt follows the digest */
	bool		 fast;		/* costs microseconds */
	const char	*or;	/* the scheme meant if its prefix is there */
};

/* A digest of the password, and the salt: {SSHA256} and its like. */
enum passhash_result digest_verify(const struct stored *stored,
	    const char *password);
/* Whether it can be decoded.  Returns 0 or -1. */
int	 digest_parse(const struct stored *stored);

/* Dovecot's {PBKDF2}: $1$salt$rounds$key, SHA-1 and hexadecimal. */
enum passhash_result pbkdf2_verify(const struct stored *stored,
	    const char *password);

#endif
