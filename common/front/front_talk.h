/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the front alone: what drives a connection from one state
 * to the next.  It stands above front_conn.h and front_login.h, which do not
 * know it.
 */

#ifndef COMMON_FRONT_TALK_H
#define COMMON_FRONT_TALK_H

struct fconn;

/* Set up connections and what drives them, once. */
void	 front_talk_setup(void);

/*
 * Do all that can be done without waiting; may free the connection.  To be
 * called after any change from outside.
 */
void	 front_talk_advance(struct fconn *c);

/* End the login that auth is asked about, if there is one, and free it. */
void	 front_talk_drop(struct fconn *c);

#endif
