/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Messages between the processes of one daemon.
 *
 * A channel is one end of a SOCK_SEQPACKET socketpair.  A message is a fixed
 * head (type, id), at most MSG_MAX bytes of payload and at most one descriptor.
 * All descriptors that a peer sends are taken or closed, whatever the message.
 * No struct crosses the socket: values are put and got one by one, in network
 * byte order, and the getter checks every length and that nothing is left over.
 *
 * Each process has a table of the messages that it accepts on a channel.
 * Anything else breaks the channel.  A child that gets it from the parent
 * exits; the parent kills a child that sends it.  Auth tells the parent which
 * front or checker has sent it, and the parent kills that; a front or checker
 * that gets it from auth exits.  All are started again.
 */

#ifndef COMMON_PROC_MSG_H
#define COMMON_PROC_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* Room for 16 KiB of a client's early bytes, a user record and more. */
#define MSG_MAX		(40 * 1024)
/* Octets that one message carries of a text that may be longer. */
#define MSG_PIECE_MAX	(32 * 1024)

/* With so many octets unread, a peer is considered hung. */
#define CHAN_QUEUE_MAX	(32 * 1024 * 1024)
/*
 * With so many descriptors unread, too.  Short messages could otherwise hold
 * all that a process may have.
 */
#define CHAN_QUEUE_FDS_MAX	2048

enum role {
	ROLE_PARENT,
	ROLE_FRONT,
	ROLE_AUTH,
	ROLE_CHECK,		/* verifies passwords, one by one */
	ROLE_MAIL
};

/*
 * All messages, by sender and receiver: the name, the least and the greatest
 * length of the payload, and whether a descriptor must come along.  Who sends
 * a message and who receives it are held to the same row, so a message that
 * may be sent is one that is taken.  The lengths stand beside the encoder and
 * the decoder of the payload.
 */
#define MSG_TYPES(X)							\
	/* parent -> any child, before and after a reload */		\
	/* a piece of the configuration */				\
	X(CONF, 1, MSG_PIECE_MAX, false)				\
	/* front: certificate chain, key (PEM), staple */		\
	X(CONF_KEYPAIR, PARENT_MSG_PAIR_MIN, PARENT_MSG_PAIR_MAX, false) \
	/* front: CA of client certificates (PEM) */			\
	X(CONF_CA, 1, MSG_PIECE_MAX, false)				\
	/* front: key of session tickets, the current one comes last */	\
	X(CONF_TICKETKEY, TLSMAT_KEY_LEN, TLSMAT_KEY_LEN, false)	\
	/* front: id is the number of the listener; its descriptor */	\
	X(CONF_LISTENER, 0, 0, true)					\
	/* auth: id is the number of the source; the descriptor of its	\
	   file.  Also sent alone, after USERS_STALE */			\
	X(CONF_USERS, 0, 0, true)					\
	/* auth: key of the SCRAM secrets of users who don't exist */	\
	X(FAKES_KEY, FAKES_KEY_LEN, FAKES_KEY_LEN, false)		\
	/* all is sent: build it, check it, switch to it */		\
	X(CONF_DONE, PARENT_MSG_DONE_MIN, PARENT_MSG_DONE_MAX, false)	\
	/* front: a writable table for its own counts (census.h), and	\
	   the key that hashes addresses */				\
	X(CENSUS_OWN, PARENT_MSG_CENSUS_LEN, PARENT_MSG_CENSUS_LEN, true) \
	/* front: the table of the front with this id, to read */	\
	X(CENSUS, 0, 0, true)						\
	/* front: unmap that table */					\
	X(CENSUS_GONE, 0, 0, false)					\
	/* memory to count in (stats.h) */				\
	X(STATS, 0, 0, true)						\
	/* a channel to another child */				\
	X(CHANNEL, PARENT_MSG_CHANNEL_LEN, PARENT_MSG_CHANNEL_LEN, true) \
	/* say goodbye to clients, finish, exit */			\
	X(SHUTDOWN, 0, 0, false)					\
	/* front: accept no more clients, and exit after the last */	\
	X(RETIRE, 0, 0, false)						\
	/* any child -> parent */					\
	/* set up and sandboxed; after CONF_DONE */			\
	X(READY, 0, 0, false)						\
	/* front -> parent */						\
	/* a socket does not listen any more */				\
	X(DEAF, 0, 0, false)						\
	/* front -> auth (auth_msg.c) */				\
	/* mechanism, initial response, peer, TLS version and cipher */	\
	X(AUTH_START, AUTH_MSG_START_MIN, AUTH_MSG_START_MAX, false)	\
	/* the client's next response */				\
	X(AUTH_CONT, 0, SASL_RESPONSE_MAX, false)			\
	/* the client cancelled or went away */				\
	X(AUTH_ABORT, 0, 0, false)					\
	/* token, struct handoff; the descriptor of the session */	\
	X(HANDOFF, AUTH_MSG_HANDOFF_MIN, AUTH_MSG_HANDOFF_MAX, true)	\
	/* auth -> front */						\
	/* data for the client */					\
	X(AUTH_CHALLENGE, 0, SASL_CHALLENGE_MAX, false)			\
	/* enum auth_denied */						\
	X(AUTH_DENIED, AUTH_MSG_DENIED_LEN, AUTH_MSG_DENIED_LEN, false)	\
	/* one-use token, normalised user name */			\
	X(AUTH_ACCEPTED, AUTH_MSG_ACCEPTED_MIN, AUTH_MSG_ACCEPTED_MAX,	\
	    false)							\
	/* auth -> check and back (auth_check.c) */			\
	/* stored hash, password */					\
	X(CHECK, AUTH_MSG_CHECK_MIN, AUTH_MSG_CHECK_MAX, false)		\
	/* enum passhash_result */					\
	X(CHECKED, AUTH_MSG_CHECKED_LEN, AUTH_MSG_CHECKED_LEN, false)	\
	/* auth -> parent */						\
	/* id is a source whose file was replaced */			\
	X(USERS_STALE, 0, 0, false)					\
	/* id is the life of a child whose channel to auth ended */	\
	X(PEER_LOST, PARENT_MSG_LOST_LEN, PARENT_MSG_LOST_LEN, false)	\
	/* auth -> parent -> mail */					\
	/* user record, struct handoff; the descriptor of the session */ \
	X(SESSION, HANDOFF_SESSION_MIN, HANDOFF_SESSION_MAX, true)	\
	/* parent -> a new auth: a session to count; id is the		\
	   parent's number, and becomes auth's number */		\
	/* user name, peer */						\
	X(SESSION_KNOWN, PARENT_MSG_KNOWN_MIN, PARENT_MSG_KNOWN_MAX, false) \
	/* mail -> parent -> auth; the parent sends it for the		\
	   sessions of a mail process that died */			\
	/* id is auth's number of the session */			\
	X(SESSION_END, 0, 0, false)					\
	/* mail -> parent */						\
	/* no session for a while: may exit */				\
	X(IDLE, 0, 0, false)

#define MSG_ENUM(name, min, max, fd)	MSG_##name,
enum msg_type {
	MSG_NONE,		/* ends a table of permits */
	MSG_TYPES(MSG_ENUM)
	MSG_TYPE_MAX
};
#undef MSG_ENUM

struct chan;

struct msg {
	enum msg_type	 type;
	uint32_t	 id;	/* of its subject; numbered by the sender */
	struct slice	 data;	/* valid until the handler returns */
	int		 fd;	/* -1, or owned by the handler */
	struct chan	*chan;	/* that it came from */
};

/* One row of a process's permit table for a channel. */
struct msg_permit {
	enum msg_type	 type;
	void		(*handle)(void *arg, struct msg *msg);
};

struct event_base;

/*
 * Make a channel from fd, which it owns.
 *
 * name      for the log: "front 1"
 * permits   rows ended by MSG_NONE; borrowed for the channel's life
 * closed    called when the peer is gone or broke a rule (then broken is
 *           true and the reason was logged); may free the channel
 *
 * Returns the channel; the caller frees it with chan_free().
 */
struct chan	*chan_new(struct event_base *base, int fd, const char *name,
		    const struct msg_permit *permits,
		    void (*closed)(void *arg, bool broken), void *arg);
void		 chan_free(struct chan *c);
/* Whether the peer is gone, though closed() may not have been called yet. */
bool		 chan_ended(const struct chan *c);

/* The row of a message in MSG_TYPES. */
struct msg_row {
	const char	*name;		/* "AUTH_START" */
	size_t		 len_min;	/* of the payload */
	size_t		 len_max;
	bool		 has_fd;	/* a descriptor comes along */
};

/* The row of a type, or NULL if no message has this number. */
const struct msg_row *msg_row(enum msg_type type);

/* "AUTH_START", for the log; "?" if no message has this number. */
const char	*msg_name(enum msg_type type);

/*
 * Make a pair of connected sockets for a channel, close-on-exec.  Returns 0,
 * or -1 with errno set.
 */
int		 chan_pair(int fds[2]);

/*
 * Log each message received from now on: its type, length and id, but never its
 * payload.
 *
 * self   name of this process, "front 1"; borrowed; NULL ends the log
 */
void		 chan_trace(const char *self);

/*
 * For handlers: the payload is not in the expected format.  Log that, and treat
 * the peer as broken once the handler has returned.
 */
void		 chan_break(struct chan *c, const struct msg *msg);

/*
 * Send a message, or queue it until the peer reads.  Never blocks.
 *
 * fd     -1, or a descriptor, which is taken over and closed after sending
 * data   copied if it has to wait
 *
 * Returns 0, or -1 if it was not sent: the queue is full, because the peer
 * hangs, or the socket failed, or the peer would not take this message since
 * its row in MSG_TYPES forbids its length; the last is logged.
 */
int		 chan_send(struct chan *c, enum msg_type type, uint32_t id,
		    int fd, struct slice data);

/*
 * Payloads are built in a struct buf with a cap of MSG_MAX.  A put that does
 * not fit ends the process, so the caller first limits whatever a client can
 * lengthen.
 */
void		 msg_put_u8(struct buf *b, uint8_t v);
void		 msg_put_u16(struct buf *b, uint16_t v);
void		 msg_put_u32(struct buf *b, uint32_t v);
void		 msg_put_u64(struct buf *b, uint64_t v);
/* u32 and bytes; max is the one that is given to msg_get_slice(). */
void		 msg_put_slice(struct buf *b, struct slice s, size_t max);

/* Reads a payload; after one failed get, all later ones fail. */
struct msg_reader {
	struct slice	 rest;
	bool		 failed;
};

/* Begin to read a payload. */
struct msg_reader msg_reader(struct slice data);
uint8_t		 msg_get_u8(struct msg_reader *r);
bool		 msg_get_bool(struct msg_reader *r);	/* u8, 0 or 1 only */
uint16_t	 msg_get_u16(struct msg_reader *r);
uint32_t	 msg_get_u32(struct msg_reader *r);
uint64_t	 msg_get_u64(struct msg_reader *r);
/* The slice is borrowed from the payload; more than max bytes are a failure. */
struct slice	 msg_get_slice(struct msg_reader *r, size_t max);
/* True if no get has failed and nothing is left over. */
bool		 msg_get_end(const struct msg_reader *r);

#endif
