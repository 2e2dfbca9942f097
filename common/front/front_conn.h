/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Private to the front: a connection before login, and the context of the
 * process.  The functions that a protocol may call are in front.h.
 *
 * The states of a connection:
 *
 *	HANDSHAKE  TLS is being set up
 *	TALK       the protocol reads and writes
 *	ASK        auth is checking a login; nothing is read, so that what the
 *	           client sent after its login fits into the hand-off
 *	HAND       auth has accepted; the session is handed over when all
 *	           output is sent
 *	CLOSE      nothing is read any more; closed when all output is sent
 *	LINGER     the last reply is sent and the client still sends: its
 *	           input is discarded for a moment, since close(2) would reset
 *	           the connection and the client would lose that reply
 */

#ifndef COMMON_FRONT_FRONT_CONN_H
#define COMMON_FRONT_FRONT_CONN_H

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
	struct limit_place	 place;		/* addr NULL: no place taken */
	uint32_t		 id;		/* in messages to auth */
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
	bool			 plaintext; /* login allowed without TLS */
	bool			 eof;
	bool			 greeted;	/* or needs no greeting */
	bool			 spoke;	/* its first line is its protocol's */
	bool			 wants_starttls;
	bool			 wants_close;
	uint64_t		 unended; /* octets since the last line end */
	bool			 lingers; /* drain its input when closing */
	uint32_t		 lingered;	/* octets drained so far */
	bool			 asked;		/* auth has a login of ours */
	bool			 challenged;	/* the next line answers auth */
	bool			 wants_denial;	/* not asked: print a refusal */
	enum auth_denied	 denial;
	bool			 too_many_bad;
	bool			 traced;	/* see front_trace.h */
	size_t			 shown;	/* octets of out already traced */
	uint32_t		 bad;		/* bad commands */
	uint32_t		 failures;	/* failed logins */
	unsigned char		 token[AUTH_MSG_TOKEN_LEN];
	char			 peer[HANDOFF_ADDR_MAX];
	char			 local[HANDOFF_ADDR_MAX];
	char			 tls[HANDOFF_TLS_MAX];
	max_align_t		 proto[];	/* the protocol's state */
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

/* End the process if it is to stop and no connection or relay is left. */
void		 fconn_maybe_stop(void);

/*
 * Set up what all connections share.  Called once.
 *
 * advance	called when a connection's socket is ready; may free it
 * late	called when a connection's deadline has passed; must set another
 *	deadline or free the connection
 */
void		 fconn_setup(void (*advance)(struct fconn *),
		    void (*late)(struct fconn *));

/*
 * Make a connection from an accepted socket, which it then owns, and set its
 * deadline to the configured `login timeout`.
 */
struct fconn	*fconn_new(int fd, const struct sockaddr *peer);

/*
 * Free a connection and close its socket if it still has one.  Auth must no
 * longer have a login of it; front_talk_drop() sees to that.
 */
void		 fconn_free(struct fconn *c);

/* Start TLS: the next state is the handshake.  Returns 0 or -1. */
int		 fconn_secure(struct fconn *c);

/*
 * Have the event loop drive the connection on, after a change that its socket
 * does not signal.  Nothing happens within this call.
 */
void		 fconn_wake(struct fconn *c);

/* Set the deadline to so much from now; it replaces the one before. */
void		 fconn_deadline(struct fconn *c, uint64_t ms);

/* Close the connection when its output is sent, or after a few seconds. */
void		 fconn_send_last(struct fconn *c);

/* The same, and drop what the client has sent and still sends. */
void		 fconn_end(struct fconn *c);

/*
 * Queue a last reply that tells the client why, and close the connection once
 * the reply is sent.  The caller must then call front_talk_advance() or
 * fconn_wake().
 */
void		 fconn_goodbye(struct fconn *c, enum front_bye why);

#endif
