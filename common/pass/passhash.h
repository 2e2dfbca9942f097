/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Password hashes as written in users files: {SCHEME}hash, in Dovecot's
 * format, so that an admin can migrate without asking users for new passwords.
 * A hash without a scheme is one for crypt(3).
 */

#ifndef COMMON_PASS_PASSHASH_H
#define COMMON_PASS_PASSHASH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/pass/passhash_result.h"

#define PASSHASH_PASSWORD_MAX	511 /* octets; the limit of libxcrypt */
#define PASSHASH_DEFAULT	"BLF-CRYPT"	/* for new passwords */

/*
 * Compare a password with a stored hash, in time that does not depend on
 * where they differ.  Blocks while it computes the hash, which for slow
 * schemes is meant to take long.
 *
 * stored    hash with its scheme; an empty hash matches no password
 * password  a password with a NUL in it is never right
 */
enum passhash_result passhash_verify(const char *stored,
	    struct slice password);

/* True if the scheme is so slow that a check process should compute it. */
bool	 passhash_slow(const char *stored);

/*
 * Get the part of a stored hash that decides the cost of checking it: scheme
 * and parameters, without salt and hash.  Hashes of equal class take the same
 * time to check.  The slice is borrowed from stored.
 */
struct slice passhash_class(const char *stored);

/* Say, for the log, why no password can match stored; NULL if one can. */
const char *passhash_fault(const char *stored);

/*
 * Get the scheme's name from between the braces, known or not, for messages.
 * Empty if there are no braces or the text between them is no scheme's name.
 */
struct slice passhash_named(const char *stored);

/*
 * Append {SCHEME}hash of a password, with a new salt.
 *
 * scheme  name of the scheme, in any case
 *
 * Returns 0, or -1 if the scheme is unknown, is only supported for verifying,
 * or is missing from this system's crypt(3), or if the password is too long
 * or has a NUL in it.
 */
int	 passhash_make(const char *scheme, struct slice password,
	    struct buf *out);

/*
 * Get the name of the i-th scheme; NULL after the last.  Sets can_make to
 * whether passhash_make() supports the scheme.
 */
const char *passhash_scheme(size_t i, bool *can_make);

/* Get the hash after {SCRAM-SHA-256}; an empty slice for other schemes. */
struct slice passhash_scram(const char *stored);

/*
 * Get a hash to verify passwords of unknown users against, if no users file
 * has one, so that their logins take as long as other logins.  No password is
 * known to match, but the caller must ignore the result.
 */
const char *passhash_dummy(void);

#endif
