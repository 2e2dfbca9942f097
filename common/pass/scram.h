/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * SCRAM-SHA-256 secrets (RFC 5802, RFC 7677): the keys that the server stores
 * instead of a password, the check of a client's proof against them, and the
 * signature that the server sends back.
 *
 * The stored form is Dovecot's: iterations,salt,StoredKey,ServerKey, the last
 * three in base64.  A thief cannot log in with a stolen secret, but can guess
 * passwords against it as against any other hash.
 */

#ifndef COMMON_PASS_SCRAM_H
#define COMMON_PASS_SCRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

#define SCRAM_KEY_LEN		32	/* SHA-256 */
#define SCRAM_SALT_LEN		16	/* octets of a new salt */
#define SCRAM_SALT_MAX		64
#define SCRAM_ITERATIONS	4096	/* minimum of RFC 7677, 4 */
#define SCRAM_ITERATIONS_MAX	10000000 /* seconds of work, not hours */

struct scram_secret {
	uint32_t	 iterations;
	size_t		 salt_len;
	unsigned char	 salt[SCRAM_SALT_MAX];
	unsigned char	 stored_key[SCRAM_KEY_LEN];
	unsigned char	 server_key[SCRAM_KEY_LEN];
};

/* Decode the stored form.  Returns 0, or -1 if it is malformed. */
int	 scram_secret_parse(struct slice stored, struct scram_secret *out);

/* Append the stored form.  Returns 0, or -1 if out would exceed its limit. */
int	 scram_secret_print(const struct scram_secret *secret,
	    struct buf *out);

/*
 * Derive the keys from a password and from out's iterations, salt and
 * salt_len, and store them in out.  Takes time in proportion to iterations.
 * Returns 0, or -1 if scram_prepare() refuses the password or libcrypto fails.
 */
int	 scram_secret_derive(struct scram_secret *out,
	    struct slice password);

/*
 * Make up a secret for a user who does not exist or has no SCRAM secret, so
 * that the exchange looks as for any other user.  The same name and key always
 * give the same salt, which cannot be told from a random salt without the key.
 * No client can compute a matching proof.
 *
 * like   provides iterations and salt length
 * key    secret of the server
 */
void	 scram_secret_fake(struct scram_secret *out,
	    const struct scram_secret *like, const unsigned char *key,
	    size_t key_len, struct slice user);

/* True if proof (SCRAM_KEY_LEN bytes) matches the secret and auth_message. */
bool	 scram_check_proof(const struct scram_secret *secret,
	    struct slice auth_message, const unsigned char *proof);

/*
 * Compute the server's signature (SCRAM_KEY_LEN bytes), which proves to the
 * client that the server has the secret.
 */
void	 scram_server_signature(const struct scram_secret *secret,
	    struct slice auth_message, unsigned char *out);

/*
 * Prepare a name or password with the parts of SASLprep (RFC 4013) that matter
 * for text that people type: require valid UTF-8 without control
 * characters, and convert it to NFKC, which turns a non-ASCII space into a
 * space.
 *
 * Returns a string to be freed by the caller, or NULL.
 */
char	*scram_prepare(struct slice in);

#endif
