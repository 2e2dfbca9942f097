/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Password hashes as they stand in users files: {SCHEME}hash, as Dovecot
 * writes them, so that an admin moves in without asking anyone for a new
 * password.  Without a scheme it is what crypt(3) knows.
 */

#ifndef COMMON_PASSHASH_H
#define COMMON_PASSHASH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/pass/passhash_result.h"

#define PASSHASH_PASSWORD_MAX	511 /* crypt(3) of libxcrypt takes no more */
#define PASSHASH_DEFAULT	"BLF-CRYPT"	/* for new passwords */

/*
 * Compare a password with a stored hash, in time that does not depend on
 * where they differ.  Blocks for as long as the hash was made to cost.
 *
 * stored    with its scheme; an empty one is never right
 * password  without NUL
 */
enum passhash_result passhash_verify(const char *stored,
	    struct slice password);

/* True if the check costs enough to be done in a process of its own. */
bool	 passhash_slow(const char *stored);

/*
 * What decides the cost of a check: scheme and parameters, without salt
 * and hash.  Two hashes of one class take the same time.  The slice is
 * borrowed from stored.
 */
struct slice passhash_class(const char *stored);

/* Why no password can be right, in words for the log, or NULL. */
const char *passhash_fault(const char *stored);

/*
 * The scheme as it is named in braces, known or not, for messages; empty when
 * there is none or what is there does not look like one.
 */
struct slice passhash_named(const char *stored);

/*
 * Append {SCHEME}hash of a password with a new salt.
 *
 * scheme  its name, any case
 * Returns 0, or -1 when the scheme is unknown, can only be verified, or
 * is not supported by this system's crypt(3).
 */
int	 passhash_make(const char *scheme, struct slice password,
	    struct buf *out);

/*
 * Names of the schemes, to list them: i from 0 until NULL is returned.
 * can_make says whether passhash_make knows it.
 */
const char *passhash_scheme(size_t i, bool *can_make);

/* The hash behind {SCRAM-SHA-256}, or an empty slice for other schemes. */
struct slice passhash_scram(const char *stored);

/*
 * A hash to verify against when there is no other, so that a login with a
 * name that does not exist costs what others cost.  Its password is
 * nobody's; the result must be ignored all the same.
 */
const char *passhash_dummy(void);

#endif
