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
 * Begin a session of these two, in which it is counted already.  Returns its
 * number, which is its own as long as it lasts.
 */
uint32_t auth_session_new(struct auth_tally *user, struct auth_tally *addr);

/*
 * Count a session that an auth before this one has let in.  Returns 0, or -1
 * when the number is taken.
 */
int	 auth_session_known(uint32_t number, struct slice user,
	    struct slice peer);

/* How many are open. */
uint32_t auth_session_count(void);

/* It has ended; one that is not known is none of ours. */
void	 auth_session_end(uint32_t number);

#endif
