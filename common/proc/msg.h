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
 * Each process has a table of the messages that it accepts on a channel, with
 * the smallest and largest payload and whether a descriptor must come along.
 * Anything else breaks the channel.  A child that gets it from the parent
 * exits; the parent kills a child that sends it; between two children the
 * receiver closes the channel.
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

enum role {
	ROLE_PARENT,
	ROLE_FRONT,
	ROLE_AUTH,
	ROLE_CHECK,		/* verifies passwords, one by one */
	ROLE_MAIL
};

/*
 * All messages, by sender and receiver.  Each payload is described beside its
 * encoder and decoder.
 */
#define MSG_TYPES(X)							\
	/* parent -> any child, before and after a reload */		\
	X(CONF)			/* a piece of the configuration */	\
	X(CONF_KEYPAIR)		/* front: certificate chain, key	\
				   (PEM), staple */			\
	X(CONF_CA)		/* front: CA of client certificates	\
				   (PEM) */				\
	X(CONF_TICKETKEY)	/* front: key of session tickets,	\
				   the current one comes last */	\
	X(CONF_LISTENER)	/* front: id is the number of the	\
				   listener; its descriptor */		\
	X(CONF_USERS)		/* auth: id is the number of the	\
				   source; the descriptor of its	\
				   file.  Also sent alone, after	\
				   USERS_STALE */			\
	X(CONF_DONE)		/* all is sent: build it, check it,	\
				   switch to it */			\
	X(CENSUS_OWN)		/* front: a writable table for its own	\
				   counts (census.h), and the key that	\
				   hashes addresses */			\
	X(CENSUS)		/* front: the table of the front with	\
				   this id, to read */			\
	X(CENSUS_GONE)		/* front: unmap that table */		\
	X(LOGFD)		/* a new descriptor for the log */	\
	X(STATS)		/* memory to count in (stats.h) */	\
	X(CHANNEL)		/* a channel to another child: its	\
				   role and number; a descriptor */	\
	X(SHUTDOWN)		/* say goodbye to clients, finish,	\
				   exit */				\
	X(RETIRE)		/* front: accept no more clients, and	\
				   exit after the last */		\
	/* any child -> parent */					\
	X(READY)		/* set up and sandboxed; after		\
				   CONF_DONE */				\
	/* front -> auth (auth_msg.c) */				\
	X(AUTH_START)		/* mechanism, initial response,		\
				   peer, TLS version and cipher */	\
	X(AUTH_CONT)		/* the client's next response */	\
	X(AUTH_ABORT)		/* the client cancelled or went away */	\
	X(HANDOFF)		/* token, struct handoff; the		\
				   descriptor of the session */		\
	/* auth -> front */						\
	X(AUTH_CHALLENGE)	/* data for the client */		\
	X(AUTH_DENIED)		/* enum auth_denied */			\
	X(AUTH_ACCEPTED)	/* one-use token, normalised user	\
				   name */				\
	/* auth -> check and back (auth_check.c) */			\
	X(CHECK)		/* stored hash, password */		\
	X(CHECKED)		/* true or false */			\
	/* auth -> parent */						\
	X(USERS_STALE)		/* id is a source whose file was	\
				   replaced */				\
	/* auth -> parent -> mail */					\
	X(SESSION)		/* user record, struct handoff; the	\
				   descriptor of the session */		\
	/* parent -> a new auth: a session to count; id is the		\
	   parent's number, and becomes auth's number */		\
	X(SESSION_KNOWN)	/* user name, peer */			\
	/* mail -> parent -> auth; the parent sends it for the		\
	   sessions of a mail process that died */			\
	X(SESSION_END)		/* id is auth's number of the		\
				   session */				\
	/* mail -> parent */						\
	X(IDLE)			/* no session for a while: may exit */

#define MSG_ENUM(name)	MSG_##name,
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
	size_t		 len_min;
	size_t		 len_max;
	bool		 has_fd;	/* a descriptor must come along */
	void		(*handle)(void *arg, struct msg *msg);
};

struct event_base;

/*
 * Make a channel from fd, which it owns and makes non-blocking.
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
 * hangs, or the socket failed.
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
void		 msg_put_slice(struct buf *b, struct slice s); /* u32 + bytes */

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
