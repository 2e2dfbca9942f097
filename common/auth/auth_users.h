/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Users files, which the parent opens; only for the files of the auth process.
 * The files are read with a new configuration, and again after a change.
 */

#ifndef COMMON_AUTH_AUTH_USERS_H
#define COMMON_AUTH_AUTH_USERS_H

#include <stdbool.h>
#include <stdint.h>

struct conf;

#define AUTH_USERS_WAIT_MS	1000	/* wait of a login for a new file */

/* Start without files.  Called once. */
void	 auth_users_setup(void);

/*
 * Take over a descriptor of file i, below CONF_USERS_MAX.  A file that was
 * asked for is read now; a file of a new configuration is kept until
 * auth_users_configure().  Returns true if the file was asked for, so that
 * suspended logins can go on.
 */
bool	 auth_users_take(uint32_t i, int fd);

/*
 * Read the files of the next configuration.  Returns 0; or -1 after logging an
 * error, and the old users stay in use.
 */
int	 auth_users_configure(const struct conf *next);

/*
 * Ask the parent to open files that have changed.  Returns true while answers
 * are still due: logins should be suspended until then, so that a user who was
 * added a moment ago can log in.
 */
bool	 auth_users_refresh(void);

#endif
