/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the auth process alone: users files, which the parent
 * opens.  They are read with a configuration, and again when they were
 * changed since.
 */

#ifndef COMMON_AUTH_USERS_H
#define COMMON_AUTH_USERS_H

#include <stdbool.h>
#include <stdint.h>

struct conf;

#define AUTH_USERS_MAX		64	/* files of a configuration */
#define AUTH_USERS_WAIT_MS	1000	/* for one that was replaced */

void	 auth_users_setup(void);

/*
 * Take a descriptor of file i, below AUTH_USERS_MAX.  Returns true if it was
 * asked for and is read now, so that suspended logins may go on; the ones
 * of a new configuration wait for auth_users_configure().
 */
bool	 auth_users_take(uint32_t i, int fd);

/*
 * Read the files of the next configuration.  Returns 0, or -1, logged, with
 * all as it was.
 */
int	 auth_users_configure(const struct conf *next);

/*
 * Ask the parent for files that changed.  True while an answer may still
 * come: a login should be suspended until then, so that a user who was added
 * a moment ago can log in.
 */
bool	 auth_users_refresh(void);

#endif
