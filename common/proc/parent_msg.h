/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Short messages of the parent to its children, and of auth to the parent:
 * encoders and decoders.
 *
 * A decoder returns 0, or -1 if the octets are not what its encoder writes.
 * What it gives is borrowed from the message.
 */

#ifndef COMMON_PROC_PARENT_MSG_H
#define COMMON_PROC_PARENT_MSG_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "common/base/bounds.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/conf/conf.h"
#include "common/proc/handoff.h"
#include "common/proc/msg.h"

struct hash_key;
struct tlsmat_pair;
struct tlsmat_ticket;

/* MSG_CONF_DONE: who the child is. */
struct parent_msg_done {
	uint32_t	 number;	/* among those of its role */
	uid_t		 uid;		/* owner of mail, for a mail process */
	gid_t		 gid;
	uint32_t	 services;	/* CONF_SERVICE_BIT() */
	struct slice	 root; /* of all mail, for a mail process; or empty */
};

#define PARENT_MSG_DONE_MIN	(4 * 4 + 4)
#define PARENT_MSG_DONE_MAX	(PARENT_MSG_DONE_MIN + CONF_STRING_MAX)
void	 parent_msg_done_put(struct buf *b, const struct parent_msg_done *d);
int	 parent_msg_done_parse(struct slice data, struct parent_msg_done *d);

/* MSG_CHANNEL: the process at the other end of the descriptor. */
struct parent_msg_channel {
	enum role	 role;
	uint32_t	 number;	/* among those of its role */
	uint32_t	 life;		/* of this process, and no other's */
};

#define PARENT_MSG_CHANNEL_LEN	12
void	 parent_msg_channel_put(struct buf *b,
	    const struct parent_msg_channel *peer);
int	 parent_msg_channel_parse(struct slice data,
	    struct parent_msg_channel *peer);

/*
 * MSG_PEER_LOST, of auth to the parent: whether the peer broke the rules, or
 * closed its channel.
 */
#define PARENT_MSG_LOST_LEN	1
void	 parent_msg_lost_put(struct buf *b, bool broken);
int	 parent_msg_lost_parse(struct slice data, bool *broken);

/* MSG_CONF_KEYPAIR: a piece of one part of a key pair. */
enum parent_msg_part {
	PARENT_MSG_CERT,
	PARENT_MSG_KEY,
	PARENT_MSG_STAPLE,
	PARENT_MSG_PARTS
};

#define PARENT_MSG_PAIR_MIN	(1 + 4)
#define PARENT_MSG_PAIR_MAX	(PARENT_MSG_PAIR_MIN + MSG_PIECE_MAX)
void	 parent_msg_pair_put(struct buf *b, enum parent_msg_part part,
	    struct slice piece);
/* Append a piece to its part of the pair. */
int	 parent_msg_pair_parse(struct slice data, struct tlsmat_pair *pair);

/* MSG_CONF_TICKETKEY: the id of the message is the key's revision. */
struct slice parent_msg_ticket(const struct tlsmat_ticket *t);
void	 parent_msg_ticket_parse(const struct msg *msg,
	    struct tlsmat_ticket *t);

/* MSG_CENSUS_OWN: the key that hashes addresses. */
#define PARENT_MSG_CENSUS_LEN	16
void	 parent_msg_census_put(struct buf *b, const struct hash_key *key);
int	 parent_msg_census_parse(struct slice data, struct hash_key *key);

/* MSG_SESSION_KNOWN: a session that was there before this auth. */
#define PARENT_MSG_KNOWN_MIN	(2 * 4)
#define PARENT_MSG_KNOWN_MAX	(PARENT_MSG_KNOWN_MIN + USER_NAME_MAX +	\
	    HANDOFF_ADDR_MAX)
void	 parent_msg_known_put(struct buf *b, struct slice name,
	    struct slice peer);
int	 parent_msg_known_parse(struct slice data, struct slice *name,
	    struct slice *peer);

#endif
