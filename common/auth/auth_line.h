/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Each address has a line of those who want a password looked at, so that many
 * connections guess no faster than one.
 *
 * An address may have a few passwords looked at together; each of them counts
 * as a failure until it was right.  Once it has failed as often, one password
 * is looked at per "failed login delay", and the line is as short as the
 * longest wait.  User names take turns in it, and if it is full it is the name
 * that has most places which loses one, so that whoever guesses the password of
 * one user does not keep out others behind the same address.
 */

#ifndef COMMON_AUTH_AUTH_LINE_H
#define COMMON_AUTH_AUTH_LINE_H

#include <stdbool.h>

#include "common/auth/auth_turns.h"
#include "common/base/slice.h"

struct auth_line;

/* A password in a line, or being looked at; embedded in struct login. */
struct auth_ticket {
	struct auth_turn	 turn;
	struct auth_line	*line;		/* NULL: in none */
	bool			 going;		/* is being looked at */
	void			(*go)(void *arg);	/* it is its turn */
	void			(*refuse)(void *arg);	/* lost its place */
	void			*arg;
};

/* Once, before all others. */
void	 auth_line_setup(void);

/*
 * Join the line of an address; go or refuse is called later, never from within
 * this call.
 *
 * from     from auth_net_key()
 * name     of the user
 */
void	 auth_line_join(struct auth_ticket *ticket, const char *from,
	    struct slice name);

/*
 * The password was looked at, and a failure is counted; or nobody waits for the
 * answer any more.  Does nothing if the ticket is in no line.
 */
void	 auth_line_leave(struct auth_ticket *ticket);

#endif
