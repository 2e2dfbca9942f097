/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Short messages of the parent to its children; see parent_msg.h. */

#include "config.h"

#include <string.h>

#include "common/base/bounds.h"
#include "common/base/hash.h"
#include "common/net/tlsmat.h"
#include "common/proc/handoff.h"
#include "common/proc/parent_msg.h"

void
parent_msg_done_put(struct buf *b, const struct parent_msg_done *d)
{
	msg_put_u32(b, d->number);
	msg_put_u32(b, (uint32_t)d->uid);
	msg_put_u32(b, (uint32_t)d->gid);
	msg_put_u32(b, d->services);
	msg_put_slice(b, d->root, CONF_STRING_MAX);
}

int
parent_msg_done_parse(struct slice data, struct parent_msg_done *d)
{
	struct msg_reader r = msg_reader(data);

	d->number = msg_get_u32(&r);
	d->uid = (uid_t)msg_get_u32(&r);
	d->gid = (gid_t)msg_get_u32(&r);
	d->services = msg_get_u32(&r);
	d->root = msg_get_slice(&r, CONF_STRING_MAX);
	return msg_get_end(&r) ? 0 : -1;
}

void
parent_msg_channel_put(struct buf *b, const struct parent_msg_channel *peer)
{
	msg_put_u32(b, peer->role);
	msg_put_u32(b, peer->number);
	msg_put_u32(b, peer->life);
}

int
parent_msg_channel_parse(struct slice data, struct parent_msg_channel *peer)
{
	struct msg_reader r = msg_reader(data);
	uint32_t n = msg_get_u32(&r);

	peer->role = (enum role)n;
	peer->number = msg_get_u32(&r);
	peer->life = msg_get_u32(&r);
	return msg_get_end(&r) && n <= ROLE_MAIL ? 0 : -1;
}

void
parent_msg_lost_put(struct buf *b, bool broken)
{
	msg_put_u8(b, broken);
}

int
parent_msg_lost_parse(struct slice data, bool *broken)
{
	struct msg_reader r = msg_reader(data);

	*broken = msg_get_bool(&r);
	return msg_get_end(&r) ? 0 : -1;
}

void
parent_msg_pair_put(struct buf *b, enum parent_msg_part part,
    struct slice piece)
{
	msg_put_u8(b, (uint8_t)part);
	msg_put_slice(b, piece, MSG_PIECE_MAX);
}

int
parent_msg_pair_parse(struct slice data, struct tlsmat_pair *pair)
{
	struct msg_reader r = msg_reader(data);
	uint8_t part = msg_get_u8(&r);
	struct slice piece = msg_get_slice(&r, MSG_PIECE_MAX);

	if (!msg_get_end(&r))
		return -1;
	switch (part) {
	case PARENT_MSG_CERT:
		return buf_add_slice(&pair->cert, piece);
	case PARENT_MSG_KEY:
		return buf_add_slice(&pair->key, piece);
	case PARENT_MSG_STAPLE:
		return buf_add_slice(&pair->staple, piece);
	}
	return -1;
}

struct slice
parent_msg_ticket(const struct tlsmat_ticket *t)
{
	return slice_make((const char *)t->key, sizeof(t->key));
}

void
parent_msg_ticket_parse(const struct msg *msg, struct tlsmat_ticket *t)
{
	t->rev = msg->id;
	memcpy(t->key, msg->data.p, sizeof(t->key));
}

void
parent_msg_census_put(struct buf *b, const struct hash_key *key)
{
	msg_put_u64(b, key->k0);
	msg_put_u64(b, key->k1);
}

int
parent_msg_census_parse(struct slice data, struct hash_key *key)
{
	struct msg_reader r = msg_reader(data);

	key->k0 = msg_get_u64(&r);
	key->k1 = msg_get_u64(&r);
	return msg_get_end(&r) ? 0 : -1;
}

void
parent_msg_known_put(struct buf *b, struct slice name, struct slice peer)
{
	msg_put_slice(b, name, USER_NAME_MAX);
	msg_put_slice(b, peer, HANDOFF_ADDR_MAX);
}

int
parent_msg_known_parse(struct slice data, struct slice *name,
    struct slice *peer)
{
	struct msg_reader r = msg_reader(data);

	*name = msg_get_slice(&r, USER_NAME_MAX);
	*peer = msg_get_slice(&r, HANDOFF_ADDR_MAX);
	return msg_get_end(&r) ? 0 : -1;
}
