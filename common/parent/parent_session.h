/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Private to the parent: sessions, which auth assigns to
 * users, and the mail workers that serve them.
 *
 * The parent trusts auth, and no other child, to say whose session it is.  A
 * front can send nothing that concerns sessions; a mail worker can only say
 * that a session of its own has ended or that it is idle.
 */

#ifndef COMMON_PARENT_PARENT_SESSION_H
#define COMMON_PARENT_PARENT_SESSION_H

#include "common/proc/msg.h"

struct kid;

/* Messages accepted from fronts and checkers, from auth, from mail workers. */
extern const struct msg_permit parent_session_front_permits[];
extern const struct msg_permit parent_session_auth_permits[];
extern const struct msg_permit parent_session_check_permits[];
extern const struct msg_permit parent_session_mail_permits[];

/* An auth process was started: send it the sessions that exist. */
void	 parent_session_new_auth(struct kid *auth);

/* A worker has ended: end its sessions. */
void	 parent_session_end_all(struct kid *k);

#endif
