/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The data that travels with a session's descriptor after login, from the front
 * through auth and the parent to a mail worker, and the record of the user,
 * which only auth fills in.
 */

#ifndef COMMON_PROC_HANDOFF_H
#define COMMON_PROC_HANDOFF_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/bounds.h"
#include "common/base/slice.h"
#include "common/proc/msg.h"

/* The most bytes that a front reads beyond the login. */
#define HANDOFF_EARLY_MAX	(16 * 1024)
#define HANDOFF_TAG_MAX		256
#define HANDOFF_ID_MAX		2048
#define HANDOFF_ADDR_MAX	64
#define HANDOFF_TLS_MAX		128

/* The front's part.  All slices are borrowed. */
struct handoff {
	struct slice	 tag;	/* of the login command; empty in POP3 */
	struct slice	 early;		/* input after the login */
	struct slice	 client_id; /* ID parameters, printed as key=value */
	struct slice	 peer;	/* "192.0.2.1:4711", "[2001:db8::1]:4711" */
	struct slice	 local;		/* our address and port */
	struct slice	 tls;	/* "TLSv1.3 TLS_AES_256_GCM_SHA384" or empty */
	struct slice	 mech;		/* "PLAIN", "LOGIN", "USER", ... */
	uint32_t	 options;	/* HANDOFF_* */
};
#define HANDOFF_RELAYED	(1U << 0) /* fd is a socketpair to a front */
#define HANDOFF_SPARE	(1U << 1) /* the protocol's: POP3 UTF8 was sent */
#define HANDOFF_STARTTLS (1U << 2)	/* cleartext, though TLS was offered */
#define HANDOFF_ALL	(HANDOFF_RELAYED | HANDOFF_SPARE | HANDOFF_STARTTLS)

/* Octets of a hand-off in a message: seven slices and a number. */
#define HANDOFF_MIN	(7 * 4 + 4)
#define HANDOFF_MAX	(HANDOFF_MIN + HANDOFF_TAG_MAX +		\
	    HANDOFF_EARLY_MAX + HANDOFF_ID_MAX + 2 * HANDOFF_ADDR_MAX +	\
	    HANDOFF_TLS_MAX + SASL_MECH_MAX)

/* Auth's part: a user as found in a source.  Slices are borrowed. */
struct user_record {
	struct slice	 name;		/* normalised, as clients see it */
	struct slice	 root;		/* absolute path of the mail root */
	uint32_t	 uid;		/* owner of the mail */
	uint32_t	 gid;
	uint64_t	 hash;		/* of the name; selects the worker */
};

/* Octets of a user record in a message: two slices and three numbers. */
#define USER_RECORD_MIN	(2 * 4 + 4 + 4 + 8)
#define USER_RECORD_MAX	(USER_RECORD_MIN + USER_NAME_MAX + USER_PATH_MAX)

/* MSG_SESSION: the user record, then the hand-off. */
#define HANDOFF_SESSION_MIN	(USER_RECORD_MIN + HANDOFF_MIN)
#define HANDOFF_SESSION_MAX	(USER_RECORD_MAX + HANDOFF_MAX)

/*
 * Append one of them to a message, or read it from there.  Each _parse returns
 * 0, or -1 if the bytes are not as _put writes them.
 */
void	 handoff_put(struct buf *b, const struct handoff *h);
int	 handoff_parse(struct msg_reader *r, struct handoff *h);
void	 user_record_put(struct buf *b, const struct user_record *u);
int	 user_record_parse(struct msg_reader *r, struct user_record *u);

#endif
