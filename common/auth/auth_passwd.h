/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A users file in the format of Dovecot's passwd-file:
 *
 *	user:{SCHEME}hash:uid:gid:gecos:home:shell:extra fields
 *
 * All but the first two may be missing.  It is read whole and kept in
 * memory: a lookup costs one hash and one compare.  A line with an error
 * is reported and left out, so that one slip of the editor locks out one
 * user and not all.
 */

#ifndef COMMON_AUTH_PASSWD_H
#define COMMON_AUTH_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/auth/auth_user.h"
#include "common/base/slice.h"
#include "common/pass/user.h"

#define AUTH_PASSWD_FILE_MAX	(256U << 20)	/* a million users and more */
#define AUTH_PASSWD_LINE_MAX	4096

struct auth_passwd;

/* Told of each faulty line; what is a sentence without the line's text. */
typedef void auth_passwd_report(void *arg, const char *path,
	    unsigned int line, const char *what);

/*
 * Make an empty source.  path is for messages only; path and rules are
 * borrowed for the source's life.
 */
struct auth_passwd *auth_passwd_new(const char *path,
	    const struct user_rules *rules);
void	 auth_passwd_free(struct auth_passwd *src);

/*
 * Read the file behind fd, which the source owns from here on, also on
 * failure.  Returns the number of faulty lines, or -1 with errno set when
 * it can't be read or is over its bound; what was loaded before then stays.
 */
int	 auth_passwd_load(struct auth_passwd *src, int fd,
	    auth_passwd_report *report, void *arg);

/*
 * True if the file was written to, renamed or removed since it was loaded,
 * so that its name should be opened and loaded again.  Costs one fstat(2).
 */
bool	 auth_passwd_stale(const struct auth_passwd *src);

/* Find a user by normalised name, or NULL. */
const struct auth_user *auth_passwd_find(const struct auth_passwd *src,
	    struct slice name);

size_t	 auth_passwd_count(const struct auth_passwd *src);
/* The users in the order of the file; i below the count. */
const struct auth_user *auth_passwd_get(const struct auth_passwd *src,
	    size_t i);

/*
 * The stored hash of a user whose check costs what most users' cost, to
 * verify against for those who don't exist; NULL in an empty file.
 */
const char *auth_passwd_usual(const struct auth_passwd *src);

#endif
