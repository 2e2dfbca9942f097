/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Internal header of passhash*.c: struct scheme, struct stored (a stored hash
 * split into its parts), and the verifiers that are not in passhash.c.
 */

#ifndef COMMON_PASS_PASSHASH_SCHEME_H
#define COMMON_PASS_PASSHASH_SCHEME_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/pass/passhash_result.h"

struct scheme;

/* Encoding of a digest: {SSHA256.HEX}, {SSHA256.B64}, {SSHA256}. */
enum coding {
	CODING_USUAL,		/* no suffix: see is_hex() */
	CODING_BASE64,
	CODING_HEX
};

/* The parts of {SCHEME.CODING}hash.  Verifiers get no empty hash. */
struct stored {
	const struct scheme	*scheme;
	enum coding		 coding;
	const char		*hash;
};

struct scheme {
	const char	*name;
	enum passhash_result (*verify)(const struct stored *, const char *);
	/* Append the hash, without {SCHEME}; NULL: verify only. */
	int		(*make)(const struct scheme *, const char *,
			    struct buf *);
	const char	*prefix;	/* beginning of every hash */
	const char	*setting; /* crypt(3) setting before the salt */
	unsigned int	 params;	/* number of '$' before the salt */
	const char	*digest;	/* name of the digest in libcrypto */
	bool		 hex;		/* usually in hex, else base64 */
	bool		 salted;	/* salt follows the digest */
	bool		 fast;		/* takes microseconds */
	const char	*or;	/* scheme to use if its prefix matches */
};

/* Verify a plain or salted digest of the password, such as {SSHA256}. */
enum passhash_result passhash_digest_verify(const struct stored *stored,
	    const char *password);
/* Check that a stored digest can be decoded.  Returns 0 or -1. */
int	 passhash_digest_parse(const struct stored *stored);

/* Verify Dovecot's {PBKDF2}: $1$salt$rounds$key, with SHA-1, key in hex. */
enum passhash_result passhash_pbkdf2_verify(const struct stored *stored,
	    const char *password);

#endif
