/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * SCRAM-SHA-256's secrets (RFC 5802, RFC 7677): what the server stores
 * of a password, and the two sums that a login compares.
 *
 * The stored form is Dovecot's: iterations,salt,StoredKey,ServerKey,
 * the last three in base64.  Who steals it cannot log in with it, but
 * can guess passwords against it as against any other hash.
 */

#ifndef COMMON_SCRAM_H
#define COMMON_SCRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

#define SCRAM_KEY_LEN		32	/* SHA-256 */
#define SCRAM_SALT_LEN		16	/* of the salts that we make */
#define SCRAM_SALT_MAX		64
#define SCRAM_ITERATIONS	4096	/* RFC 7677, 4: at least */
#define SCRAM_ITERATIONS_MAX	10000000 /* seconds of work, not hours */

struct scram_secret {
	uint32_t	 iterations;
	size_t		 salt_len;
	unsigned char	 salt[SCRAM_SALT_MAX];
	unsigned char	 stored_key[SCRAM_KEY_LEN];
	unsigned char	 server_key[SCRAM_KEY_LEN];
};

/* Decode a stored form.  Returns 0, or -1 when it is none. */
int	 scram_secret_parse(struct slice stored, struct scram_secret *out);

/* Append the stored form.  Returns 0, or -1 when out's cap is passed. */
int	 scram_secret_print(const struct scram_secret *secret,
	    struct buf *out);

/*
 * Derive the keys of a password.  out's iterations, salt and salt_len are
 * read, its keys are written.  Costs the iterations.  Returns 0, or -1
 * when the password is not UTF-8 or libcrypto failed.
 */
int	 scram_secret_derive(struct scram_secret *out,
	    struct slice password);

/*
 * Invent the secret of a user who does not exist or has none, so that
 * the client is answered as for any other: the same salt each time for
 * the same name and key, which nobody without the key can tell from a
 * random one.  No proof fits it.
 *
 * like   iterations and salt length are taken from here
 */
void	 scram_secret_fake(struct scram_secret *out,
	    const struct scram_secret *like, const unsigned char *key,
	    size_t key_len, struct slice user);

/* True if proof (SCRAM_KEY_LEN bytes) fits the secret and the messages. */
bool	 scram_check_proof(const struct scram_secret *secret,
	    struct slice auth_message, const unsigned char *proof);

/* The signature that shows the client that we know the secret too. */
void	 scram_server_signature(const struct scram_secret *secret,
	    struct slice auth_message, unsigned char *out);

/*
 * Prepare a name or password: valid UTF-8, no control characters, NFKC,
 * a non-ASCII space as a space (what of SASLprep, RFC 4013, changes or
 * refuses anything that people type).  Returns a string to free, or NULL.
 */
char	*scram_prepare(struct slice in);

#endif
