/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the front alone: logins, from what the protocol has read
 * (fconn_auth_start() and its like in front.h) over the questions to auth to
 * the hand-off of the session, and the relay that a TLS session leaves here.
 */

#ifndef COMMON_FRONT_LOGIN_H
#define COMMON_FRONT_LOGIN_H

#include <stdbool.h>

#include "common/proc/auth_msg.h"

struct fconn;

/* A channel to auth, which it owns; it takes the place of an earlier one. */
void	 front_login_channel(int fd);

/* Tell auth that nobody waits for its answer, if it was asked. */
void	 front_login_end(struct fconn *c);

/* Answer the client that its login is refused, and count that. */
void	 front_login_denied(struct fconn *c, enum auth_denied why);

/*
 * Send the session away, as auth has allowed.  Returns true if the connection
 * is to be freed now, and false if the session could not be sent: then the
 * login is refused and the connection goes on.
 */
bool	 front_login_hand_over(struct fconn *c);

#endif
