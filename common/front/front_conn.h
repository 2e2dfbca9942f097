/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * For the files of the front alone: a connection before login, and the
 * context of the process.  What protocols may do with a connection is in
 * front.h.
 *
 * The states of a connection:
 *
 *	HANDSHAKE  TLS is being set up
 *	TALK       the protocol reads and writes
 *	ASK        auth is asked; nothing is read, so that what the client sent
 *	           beyond its login stays within what the hand-off can carry
 *	HAND       auth said yes; the session goes when all output is sent
 *	CLOSE      nothing is read any more; closed when all output is sent
 *	LINGER     the last reply is sent and the client still sends: its
 *	           input is discarded for a moment, since close(2) would reset
 *	           the connection and the client would lose that reply
 */

#ifndef COMMON_FRONT_CONN_H
#define COMMON_FRONT_CONN_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event_struct.h>

#include "common/base/buf.h"
#include "common/base/compat.h"
#include "common/front/front.h"
#include "common/front/limit.h"
#include "common/net/io.h"
#include "common/proc/auth_msg.h"
#include "common/proc/child.h"

struct census;
struct tlsctx;

/*
 * Unread input travels in the hand-off message, so no more is read than fits
 * into it.
 */
#define FCONN_IN_MAX	HANDOFF_EARLY_MAX

enum fconn_state {
	STATE_HANDSHAKE,
	STATE_TALK,
	STATE_ASK,
	STATE_HAND,
	STATE_CLOSE,
	STATE_LINGER
};

struct fconn {
	RB_ENTRY(fconn)		 by_id;
	TAILQ_ENTRY(fconn)	 by_deadline;
	struct limit_place	 place;		/* addr NULL: has none */
	uint32_t		 id;		/* for auth */
	enum fconn_state	 state;
	struct io		 io;
	struct tlsctx		*shaking;	/* held during the handshake */
	struct event		 ev_read;
	struct event		 ev_write;
	struct buf		 in;
	struct buf		 out;
	uint64_t		 deadline_ms;
	enum conf_service_id	 service;	/* of the listener */
	bool			 starttls_offered; /* by the listener */
	bool			 plaintext; /* login before TLS is allowed */
	bool			 eof;
	bool			 greeted;	/* or need not be */
	bool			 wants_starttls;
	bool			 wants_close;
	bool			 lingers; /* when it is closed: it sends */
	uint32_t		 lingered;	/* octets thrown away by then */
	bool			 asked;		/* auth knows of a login here */
	bool			 wants_denial;	/* asked in vain: answer */
	enum auth_denied	 denial;
	bool			 too_many_bad;
	bool			 traced;	/* front_trace.h */
	size_t			 shown;	/* octets of out that it has shown */
	uint32_t		 bad;		/* commands */
	uint32_t		 failures;	/* logins */
	unsigned char		 token[AUTH_MSG_TOKEN_LEN];
	char			 peer[HANDOFF_ADDR_MAX];
	char			 local[HANDOFF_ADDR_MAX];
	char			 tls[HANDOFF_TLS_MAX];
	max_align_t		 proto[];	/* the protocol's own */
};

RB_HEAD(fconn_tree, fconn);
RB_PROTOTYPE(fconn_tree, fconn, by_id, fconn_cmp)
TAILQ_HEAD(fconn_deadlines, fconn);

/* The context of the process. */
struct front_ctx {
	const struct front_proto	*proto;
	struct child			*child;
	struct tlsctx			*tls;	/* NULL: no certificate */
	bool				 retired; /* accepts no more */
	struct census			*census; /* counts of all fronts */
	struct limit			*limit;
	struct fconn_tree		 conns;	/* by id */
	uint32_t			 nconns;
	uint32_t			 nrelays;
};

extern struct front_ctx front;

/* End the process if it is to stop and nobody is left. */
void		 fconn_maybe_stop(void);

/*
 * Set up what connections need, once.
 *
 * advance	called when a connection's socket is ready; may free it
 * late		called when its deadline has passed; sets another deadline
 *		or frees it
 */
void		 fconn_setup(void (*advance)(struct fconn *),
		    void (*late)(struct fconn *));

/*
 * Make a connection of an accepted socket, which it owns, and give it the
 * time that the configuration has for a login.
 */
struct fconn	*fconn_new(int fd, const struct sockaddr *peer);

/*
 * Free a connection, of which auth knows no login any more; its socket is
 * closed if it still has it.  front_talk_drop() sees to both.
 */
void		 fconn_free(struct fconn *c);

/* Put TLS on it: the next is the handshake.  Returns 0 or -1. */
int		 fconn_secure(struct fconn *c);

/*
 * Have it driven on, from the event loop and not from within this call, after
 * a change that its socket does not tell of.
 */
void		 fconn_wake(struct fconn *c);

/* Give it so much time from now, in place of the deadline that it has. */
void		 fconn_deadline(struct fconn *c, uint64_t ms);

/* Close it when its output is sent, or a few seconds later at most. */
void		 fconn_send_last(struct fconn *c);

/*
 * Say why it is closed, and close it when that is sent.  The caller drives it
 * on (front_talk.h) or wakes it.
 */
void		 fconn_goodbye(struct fconn *c, enum front_bye why);

#endif
