/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Private to the front: logins, from the call of a protocol (fconn_auth_start()
 * and its like in front.h), through the messages to auth, to the hand-off of
 * the session; also the start of the relay that a TLS session leaves in the
 * front.
 */

#ifndef COMMON_FRONT_FRONT_LOGIN_H
#define COMMON_FRONT_FRONT_LOGIN_H

#include <stdbool.h>

#include "common/proc/auth_msg.h"

struct fconn;

/*
 * Use this channel to auth in place of any earlier one; it is then owned here.
 */
void	 front_login_channel(int fd);

/* If auth is checking a login of this connection, abort it. */
void	 front_login_end(struct fconn *c);

/* Tell the client that its login is refused, and count the failure. */
void	 front_login_denied(struct fconn *c, enum auth_denied why);

/*
 * Hand the session over, as auth has accepted it.  Returns true if the
 * connection is to be freed now, and false if the session could not be handed
 * over: then the login is refused and the connection goes on.
 */
bool	 front_login_hand_over(struct fconn *c);

#endif
