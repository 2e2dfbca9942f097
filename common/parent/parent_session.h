/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  For the files of the parent alone: sessions, of which
 * auth says whose they are, and the mail workers that serve them.
 *
 * From children the parent believes: auth, whose user a session is.  A front
 * can say nothing here, a mail worker only that a session ended or that it is
 * idle.
 */

#ifndef COMMON_PARENT_SESSION_H
#define COMMON_PARENT_SESSION_H

#include "common/proc/msg.h"

struct kid;

/* What a child may say: fronts and checkers, auth, mail workers. */
extern const struct msg_permit parent_session_front_permits[];
extern const struct msg_permit parent_session_auth_permits[];
extern const struct msg_permit parent_session_mail_permits[];

/* An auth process was started: tell it which sessions there are. */
void	 parent_session_new_auth(struct kid *auth);

/* The sessions of a worker have ended with it. */
void	 parent_session_end_all(struct kid *k);

#endif
