/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The open sessions, by the numbers that auth gave them; only for the files of
 * the auth process.  A session counts against the limits of its user and its
 * address until the parent says that it has ended.
 */

#ifndef COMMON_AUTH_AUTH_SESSION_H
#define COMMON_AUTH_AUTH_SESSION_H

#include <stdint.h>

#include "common/base/slice.h"

struct auth_tally;

/*
 * Register a session.  It takes over the caller's references to the tallies of
 * its user and its address.  Returns the number of the session, which is not
 * given out again before auth_session_end().
 */
uint32_t auth_session_begin(struct auth_tally *user, struct auth_tally *addr);

/*
 * Register a session that an earlier auth process let in.  Returns 0, or -1 if
 * the number is in use.
 */
int	 auth_session_known(uint32_t number, struct slice user,
	    struct slice peer);

/* The number of open sessions. */
uint32_t auth_session_count(void);

/* End a session; an unknown number is ignored. */
void	 auth_session_end(uint32_t number);

#endif
