/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Messages between the processes of one daemon.
 *
 * A channel is one end of a SOCK_SEQPACKET socketpair.  A message is a
 * fixed head (type, id), at most MSG_MAX bytes of payload and at most
 * one descriptor.  No struct crosses the socket: values are put and
 * got one by one, in network order, and the getter checks every length
 * and that nothing is left over.
 *
 * Each process has a table of the messages that it accepts on a
 * channel, with the least and greatest payload and whether a
 * descriptor must come along.  Anything else is fatal to the receiver
 * when the sender is the parent, and fatal to the sender when the
 * receiver is the parent or auth: that child is killed and made anew.
 */

#ifndef COMMON_MSG_H
#define COMMON_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* 16 KiB of a client's early bytes, a user record and room to spare. */
#define MSG_MAX		(40 * 1024)

enum role {
	ROLE_PARENT,
	ROLE_FRONT,
	ROLE_AUTH,
	ROLE_CHECK,		/* verifies one password after another */
	ROLE_MAIL
};

/*
 * Who sends what to whom; what the payload holds stands beside the
 * encoder and decoder of each (msg_*.c or the module named).
 */
enum msg_type {
	/* parent -> any child, before and after a reload */
	MSG_CONF = 1,		/* a piece of the encoded configuration */
	MSG_CONF_KEYPAIR, /* front: certificate chain, key (PEM), staple */
	MSG_CONF_CA,		/* front: CA for client certificates (PEM) */
	MSG_CONF_TICKETKEY,	/* front: session ticket key, current first */
	MSG_CONF_LISTENER,	/* front: listener number + its descriptor */
	MSG_CONF_USERS,		/* auth: id is the source's number; the file's
				   descriptor.  Also alone, after USERS_STALE */
	MSG_CONF_DONE,		/* all came: build it, check it, switch to it */
	MSG_CENSUS_OWN,	/* front: its table of counts (common/proc/census.h), to
				   write; the key of addresses */
	MSG_CENSUS,		/* front: that of front id, to read */
	MSG_CENSUS_GONE,	/* front: forget that of front id */
	MSG_LOGFD,		/* descriptor of the log, anew */
	MSG_STATS,		/* memory to count in (common/proc/stats.h) */
	MSG_CHANNEL,	/* a channel to another child: role, number + fd */
	MSG_SHUTDOWN,		/* say goodbye to clients, finish, exit */
	MSG_RETIRE,		/* front: no new clients; exit after the last */

	/* any child -> parent */
	MSG_READY,		/* set up and sandboxed; after MSG_CONF_DONE */

	/* front -> auth (common/proc/auth_msg.c) */
	MSG_AUTH_START,	/* mechanism, initial response, peer, TLS facts */
	MSG_AUTH_CONT,		/* the client's next response */
	MSG_AUTH_ABORT,		/* the client cancelled or went away */
	MSG_HANDOFF,		/* token, struct handoff + descriptor */

	/* auth -> front */
	MSG_AUTH_CHALLENGE,	/* server data for the client */
	MSG_AUTH_DENIED,	/* enum auth_denied */
	MSG_AUTH_ACCEPTED,	/* one-use token, normalised user name */

	/* auth -> check and back (common/auth/auth_check.c) */
	MSG_CHECK,		/* stored hash, password */
	MSG_CHECKED,		/* true or false */

	/* auth -> parent */
	MSG_USERS_STALE,	/* id is a source whose file was replaced */

	/* auth -> parent -> mail */
	MSG_SESSION,		/* user record, struct handoff + descriptor */

	/* parent -> auth, when that is new: a session of before, so that it is
	   counted; id is the parent's number, free in the new auth */
	MSG_SESSION_KNOWN,	/* user name, peer */

	/* mail -> parent -> auth; by the parent for a mail process that died */
	MSG_SESSION_END,	/* id is the session's number, auth's */

	/* mail -> parent */
	MSG_IDLE,		/* no session for a while: may I go? */

	MSG_TYPE_MAX
};

struct chan;

struct msg {
	enum msg_type	 type;
	uint32_t	 id;	/* whom it concerns; the sender's numbering */
	struct slice	 data;	/* borrowed until the handler returns */
	int		 fd;	/* -1 or a descriptor that the handler owns */
	struct chan	*chan;	/* it came from here */
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
 * Make a channel of fd, which it owns and makes non-blocking.
 *
 * name      for the log: "front 1"
 * permits   rows ended by a zero type; borrowed for the channel's life
 * closed    called when the peer is gone or broke a rule (then broken is
 *           true and the reason was logged); may free the channel
 *
 * Returns the channel; the caller frees it with chan_free.
 */
struct chan	*chan_new(struct event_base *base, int fd, const char *name,
		    const struct msg_permit *permits,
		    void (*closed)(void *arg, bool broken), void *arg);
void		 chan_free(struct chan *c);

/* The name given to chan_new, for the log. */
const char	*chan_name(const struct chan *c);

/*
 * Make a pair of connected sockets for a channel, close-on-exec.  Returns 0,
 * or -1 with errno set.
 */
int		 chan_pair(int fds[2]);

/*
 * A message broke the format that its handler expects: log it and treat the
 * peer as broken once the handler has returned.  For handlers.
 */
void		 chan_refuse(struct chan *c, const struct msg *msg);

/*
 * Send a message, or queue it until the peer reads.  data is copied if
 * it must wait.  A descriptor is owned by the channel from here on and
 * closed after sending.  Never blocks.  Returns 0, or -1 when the queue
 * is over its bound, which says that the peer hangs.
 */
int		 chan_send(struct chan *c, enum msg_type type, uint32_t id,
		    int fd, struct slice data);

/*
 * Payloads are built in a struct buf with cap MSG_MAX.  Whoever puts bounds
 * what a client can lengthen before; a put that does not fit is fatal.
 */
void		 msg_put_u8(struct buf *b, uint8_t v);
void		 msg_put_u16(struct buf *b, uint16_t v);
void		 msg_put_u32(struct buf *b, uint32_t v);
void		 msg_put_u64(struct buf *b, uint64_t v);
void		 msg_put_slice(struct buf *b, struct slice s); /* u32 + bytes */

/* A reader over a payload; after any failed get, all fail. */
struct msg_reader {
	struct slice	 rest;
	bool		 failed;
};

struct msg_reader msg_reader(struct slice data);
uint8_t		 msg_get_u8(struct msg_reader *r);
bool		 msg_get_bool(struct msg_reader *r);	/* u8, 0 or 1 only */
uint16_t	 msg_get_u16(struct msg_reader *r);
uint32_t	 msg_get_u32(struct msg_reader *r);
uint64_t	 msg_get_u64(struct msg_reader *r);
/* Borrowed from the payload; longer than max is a failure. */
struct slice	 msg_get_slice(struct msg_reader *r, size_t max);
/* True if nothing failed and nothing is left over. */
bool		 msg_get_end(const struct msg_reader *r);

#endif
