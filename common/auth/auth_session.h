/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the auth process alone: sessions that are open, by the
 * numbers that auth gave them, so that they count against the limits of their
 * user and address until the parent says that they have ended.
 */

#ifndef COMMON_AUTH_SESSION_H
#define COMMON_AUTH_SESSION_H

#include <stdint.h>

#include "common/base/slice.h"

struct auth_tally;

/*
 * Begin a session of this user and address, whose references it takes over.
 * Returns its number, which no other session has until auth_session_end().
 */
uint32_t auth_session_begin(struct auth_tally *user, struct auth_tally *addr);

/*
 * Begin a session that an earlier auth process has let in.  Returns 0, or -1
 * when the number is taken.
 */
int	 auth_session_known(uint32_t number, struct slice user,
	    struct slice peer);

/* How many sessions are open. */
uint32_t auth_session_count(void);

/* End a session; a number that is not known is ignored. */
void	 auth_session_end(uint32_t number);

#endif
