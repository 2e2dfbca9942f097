/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Capabilities: one table, from which the CAPABILITY response and response
 * code are made.  The rows of commands and of ENABLE refer to it.
 */

#ifndef IMAPD_CAPABILITY_H
#define IMAPD_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "imapd/reply.h"

enum cap {
	CAP_NONE,		/* for commands of IMAP4rev1 itself */
	CAP_IMAP4REV1,
	CAP_LITERAL_PLUS,
	CAP_SASL_IR,
	CAP_ID,
	CAP_STARTTLS,
	CAP_LOGINDISABLED,
	CAP_AUTH,
	CAP_ENABLE,
	CAP_IDLE,
	CAP_NAMESPACE,
	CAP_CHILDREN,
	CAP_UIDPLUS,
	CAP_UNSELECT,
	CAP_MOVE,
	CAP_SPECIAL_USE,
	CAP_CREATE_SPECIAL_USE,
	CAP_LIST_EXTENDED,
	CAP_LIST_STATUS,
	CAP_ESEARCH,
	CAP_CONDSTORE,
	CAP_MAX
};

/* A set of capabilities. */
#define CAP_BIT(cap)	(UINT64_C(1) << (cap))
_Static_assert(CAP_MAX <= 64, "a set of capabilities has 64 bits");

/* The state of a connection, which decides what is advertised. */
struct cap_env {
	bool		 logged_in;
	bool		 can_starttls;
	bool		 may_password;	/* LOGIN is allowed now */
	bool		(*has_mech)(void *arg, struct slice mech);
	void		*arg;
};

/* Print the names of the capabilities offered now, separated by spaces. */
void		 capability_print(struct reply *r, const struct cap_env *env);

/* Return the name of a capability as on the wire. */
const char	*capability_name(enum cap cap);

/* Return whether a capability is offered now.  CAP_NONE always is. */
bool		 capability_holds(enum cap cap, const struct cap_env *env);

#endif
