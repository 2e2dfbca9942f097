/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What front and auth say to each other: encoders and decoders.
 *
 *	front                          auth
 *	MSG_AUTH_START ------------->
 *	        <------------- MSG_AUTH_CHALLENGE   none, one or more times
 *	MSG_AUTH_CONT -------------->
 *	        <------------- MSG_AUTH_DENIED, or MSG_AUTH_ACCEPTED
 *	MSG_HANDOFF (fd) ----------->               goes on to the parent
 *
 * id is the front's number of the connection; one login at a time for
 * each.  MSG_AUTH_ABORT ends one at any moment, also between ACCEPTED
 * and HANDOFF, and is not answered; what auth had sent before may still
 * arrive.  CHALLENGE and CONT carry undecoded bytes and nothing else.
 */

#ifndef COMMON_AUTH_MSG_H
#define COMMON_AUTH_MSG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/conf/conf_service.h"
#include "common/proc/handoff.h"
#include "common/proc/msg.h"

#define AUTH_MSG_MECH_MAX	32	/* RFC 4422 allows 20 */
#define AUTH_MSG_RESPONSE_MAX	4096	/* two names, a password, and room */
#define AUTH_MSG_TOKEN_LEN	16

/* Why auth said no.  One answer for all that a stranger could learn from. */
enum auth_denied {
	AUTH_DENIED_CREDENTIALS, /* wrong, unknown, disabled: all alike */
	AUTH_DENIED_SYNTAX,	/* not a response of this mechanism: BAD */
	AUTH_DENIED_MECHANISM,		/* unknown, or not allowed here */
	AUTH_DENIED_AUTHZID,		/* may not act as that other user */
	AUTH_DENIED_LOGIN_DELAY, /* this user logged in a moment ago (POP3) */
	AUTH_DENIED_LIMIT, /* too many connections of this user or address */
	AUTH_DENIED_UNAVAILABLE,	/* a source could not be asked */
	AUTH_DENIED_MAX
};

/* MSG_AUTH_START.  All slices are borrowed. */
struct auth_msg_start {
	enum conf_service_id service;	/* that the connection came to */
	struct slice	 mech;		/* as the client spelt it */
	struct slice	 as;	/* how to log it: "LOGIN", "USER"; or empty */
	bool		 has_initial;	/* initial response; it may be empty */
	struct slice	 initial;	/* undecoded */
	struct slice	 peer;		/* as in struct handoff */
	struct slice	 tls;		/* empty: cleartext */
};

/* The largest payload of MSG_AUTH_START, for permit tables. */
#define AUTH_MSG_START_MAX	(1 + 5 * 4 + 1 + 2 * AUTH_MSG_MECH_MAX + \
	    AUTH_MSG_RESPONSE_MAX + HANDOFF_ADDR_MAX + HANDOFF_TLS_MAX)

void	 auth_msg_start_put(struct buf *b, const struct auth_msg_start *s);
/* Each _parse returns 0, or -1 when the bytes are not what _put writes. */
int	 auth_msg_start_parse(struct slice data, struct auth_msg_start *s);

void	 auth_msg_denied_put(struct buf *b, enum auth_denied why);
int	 auth_msg_denied_parse(struct slice data, enum auth_denied *why);

/* MSG_AUTH_ACCEPTED. */
struct auth_msg_accepted {
	unsigned char	 token[AUTH_MSG_TOKEN_LEN];	/* good once */
	struct slice	 name;		/* normalised user name */
};

void	 auth_msg_accepted_put(struct buf *b,
	    const struct auth_msg_accepted *a);
int	 auth_msg_accepted_parse(struct slice data,
	    struct auth_msg_accepted *a);

/* MSG_HANDOFF: the token that came with ACCEPTED and the handoff. */
void	 auth_msg_handoff_put(struct buf *b, const unsigned char *token,
	    const struct handoff *h);
int	 auth_msg_handoff_parse(struct slice data, unsigned char *token,
	    struct handoff *h);

#endif
