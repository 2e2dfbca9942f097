/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Private to the front: drives a connection from one state to the next.  It is
 * built on front_conn.h and front_login.h, which do not call it directly.
 */

#ifndef COMMON_FRONT_FRONT_TALK_H
#define COMMON_FRONT_FRONT_TALK_H

struct fconn;

/* Set up connections and the functions that drive them.  Called once. */
void	 front_talk_setup(void);

/*
 * Do all that can be done without waiting; may free the connection.  Called
 * after any change from outside.
 */
void	 front_talk_advance(struct fconn *c);

/* Abort the login that auth may be checking, and free the connection. */
void	 front_talk_drop(struct fconn *c);

#endif
