/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Messages between a front and auth: encoders and decoders.
 *
 *	front                          auth
 *	MSG_AUTH_START ------------->
 *	        <------------- MSG_AUTH_CHALLENGE   none, one or more times
 *	MSG_AUTH_CONT -------------->
 *	        <------------- MSG_AUTH_DENIED, or MSG_AUTH_ACCEPTED
 *	MSG_HANDOFF (fd) ----------->               goes on to the parent
 *
 * id is the front's number of the connection; each connection has at most one
 * login at a time.  MSG_AUTH_ABORT ends a login at any moment, also between
 * ACCEPTED and HANDOFF, and gets no answer; messages that auth had sent before
 * may still arrive.  CHALLENGE and CONT carry the undecoded bytes and nothing
 * else.
 *
 * A decoder returns 0, or -1 if the bytes are not as its encoder writes them.
 */

#ifndef COMMON_PROC_AUTH_MSG_H
#define COMMON_PROC_AUTH_MSG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/bounds.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/conf/conf_service.h"
#include "common/proc/handoff.h"
#include "common/proc/msg.h"

#define AUTH_MSG_TOKEN_LEN	16

/*
 * Why auth refused a login.  Causes that would help a stranger to guess share
 * one value.
 */
enum auth_denied {
	AUTH_DENIED_CREDENTIALS, /* wrong, unknown or disabled */
	AUTH_DENIED_SYNTAX,	/* not a response of this mechanism: BAD */
	AUTH_DENIED_MECHANISM,		/* unknown, or not allowed here */
	AUTH_DENIED_AUTHZID,		/* may not act as that other user */
	AUTH_DENIED_LOGIN_DELAY, /* user just logged in (POP3) */
	AUTH_DENIED_LIMIT, /* too many for user or address */
	AUTH_DENIED_UNAVAILABLE,	/* a source failed to answer */
	AUTH_DENIED_MAX
};

/* What a client starts a login with.  All slices are borrowed. */
struct auth_msg_start {
	enum conf_service_id service;	/* the listener's */
	struct slice	 mech;		/* as the client spelt it */
	struct slice	 as;	/* name to log: "LOGIN", "USER"; or empty */
	bool		 has_initial;	/* initial response, maybe empty */
	struct slice	 initial;	/* undecoded */
	struct slice	 peer;		/* as in struct handoff */
	struct slice	 tls;		/* empty: cleartext */
};

/* MSG_AUTH_START: five slices and two octets. */
#define AUTH_MSG_START_MIN	(1 + 5 * 4 + 1)
#define AUTH_MSG_START_MAX	(AUTH_MSG_START_MIN + 2 * SASL_MECH_MAX + \
	    SASL_RESPONSE_MAX + HANDOFF_ADDR_MAX + HANDOFF_TLS_MAX)
void	 auth_msg_start_put(struct buf *b, const struct auth_msg_start *s);
int	 auth_msg_start_parse(struct slice data, struct auth_msg_start *s);

/* MSG_AUTH_DENIED. */
#define AUTH_MSG_DENIED_LEN	1
void	 auth_msg_denied_put(struct buf *b, enum auth_denied why);
int	 auth_msg_denied_parse(struct slice data, enum auth_denied *why);

/* A login that auth has accepted. */
struct auth_msg_accepted {
	unsigned char	 token[AUTH_MSG_TOKEN_LEN];	/* valid once */
	struct slice	 name;		/* normalised user name */
};

/* MSG_AUTH_ACCEPTED. */
#define AUTH_MSG_ACCEPTED_MIN	(4 + AUTH_MSG_TOKEN_LEN + 4)
#define AUTH_MSG_ACCEPTED_MAX	(AUTH_MSG_ACCEPTED_MIN + USER_NAME_MAX)
void	 auth_msg_accepted_put(struct buf *b,
	    const struct auth_msg_accepted *a);
int	 auth_msg_accepted_parse(struct slice data,
	    struct auth_msg_accepted *a);

/* MSG_HANDOFF: the token from MSG_AUTH_ACCEPTED, and the hand-off. */
#define AUTH_MSG_HANDOFF_MIN	(4 + AUTH_MSG_TOKEN_LEN + HANDOFF_MIN)
#define AUTH_MSG_HANDOFF_MAX	(4 + AUTH_MSG_TOKEN_LEN + HANDOFF_MAX)
void	 auth_msg_handoff_put(struct buf *b, const unsigned char *token,
	    const struct handoff *h);
int	 auth_msg_handoff_parse(struct slice data, unsigned char *token,
	    struct handoff *h);

/* MSG_CHECK and MSG_CHECKED, whose encoders are in auth_check.c. */
#define AUTH_MSG_CHECK_MIN	(2 * 4)
#define AUTH_MSG_CHECK_MAX	(AUTH_MSG_CHECK_MIN + STORED_HASH_MAX +	\
	    SASL_RESPONSE_MAX)
#define AUTH_MSG_CHECKED_LEN	1

#endif
