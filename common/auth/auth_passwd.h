/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A users file in the format of Dovecot's passwd-file:
 *
 *	user:{SCHEME}hash:uid:gid:gecos:home:shell:extra fields
 *
 * All fields but the first two may be missing.  The file is read whole and kept
 * in memory: a lookup costs about one hash and one comparison.  A line with an
 * error is reported and ignored, so that a mistake in one line locks out only
 * one user.
 */

#ifndef COMMON_AUTH_AUTH_PASSWD_H
#define COMMON_AUTH_AUTH_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/auth/auth_user.h"
#include "common/base/slice.h"
#include "common/pass/user.h"

#define AUTH_PASSWD_FILE_MAX	(256U << 20)	/* over a million users */
#define AUTH_PASSWD_LINE_MAX	STORED_HASH_MAX

struct auth_passwd;

/* Called for each faulty line; what says why, without any password. */
typedef void auth_passwd_report(void *arg, const char *path,
	    unsigned int line, const char *what);

/*
 * Make an empty users file.  path is only for messages; path and rules are
 * borrowed until auth_passwd_free().
 */
struct auth_passwd *auth_passwd_new(const char *path,
	    const struct user_rules *rules);
void	 auth_passwd_free(struct auth_passwd *src);

/*
 * Read the file from fd, which is taken over, on failure too.  Returns the
 * number of faulty lines, or -1 with errno set if the file cannot be read or is
 * too large; then the users that were loaded before stay.
 */
int	 auth_passwd_load(struct auth_passwd *src, int fd,
	    auth_passwd_report *report, void *arg);

/*
 * True if the file was written to, replaced or removed since it was loaded, so
 * that its path should be opened and loaded again.  Costs one fstat(2).
 */
bool	 auth_passwd_stale(const struct auth_passwd *src);

/* Find a user by normalised name; NULL if there is none. */
const struct auth_user *auth_passwd_find(const struct auth_passwd *src,
	    struct slice name);

/* The number of users. */
size_t	 auth_passwd_count(const struct auth_passwd *src);
/* Get the i-th user, in the order of the file; i is below the count. */
const struct auth_user *auth_passwd_get(const struct auth_passwd *src,
	    size_t i);

/*
 * Get a stored hash whose check costs as much as most users' hashes do, to
 * verify the passwords of unknown users against; NULL in an empty file.
 */
const char *auth_passwd_usual(const struct auth_passwd *src);

#endif
