/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Encoding of the hand-off and of the user record; see handoff.h. */

#include "config.h"

#include "common/base/bounds.h"
#include "common/proc/handoff.h"

void
handoff_put(struct buf *b, const struct handoff *h)
{
	msg_put_slice(b, h->tag, HANDOFF_TAG_MAX);
	msg_put_slice(b, h->early, HANDOFF_EARLY_MAX);
	msg_put_slice(b, h->client_id, HANDOFF_ID_MAX);
	msg_put_slice(b, h->peer, HANDOFF_ADDR_MAX);
	msg_put_slice(b, h->local, HANDOFF_ADDR_MAX);
	msg_put_slice(b, h->tls, HANDOFF_TLS_MAX);
	msg_put_slice(b, h->mech, SASL_MECH_MAX);
	msg_put_u32(b, h->options);
}

int
handoff_parse(struct msg_reader *r, struct handoff *h)
{
	h->tag = msg_get_slice(r, HANDOFF_TAG_MAX);
	h->early = msg_get_slice(r, HANDOFF_EARLY_MAX);
	h->client_id = msg_get_slice(r, HANDOFF_ID_MAX);
	h->peer = msg_get_slice(r, HANDOFF_ADDR_MAX);
	h->local = msg_get_slice(r, HANDOFF_ADDR_MAX);
	h->tls = msg_get_slice(r, HANDOFF_TLS_MAX);
	h->mech = msg_get_slice(r, SASL_MECH_MAX);
	h->options = msg_get_u32(r);
	if (h->options & ~HANDOFF_ALL)
		r->failed = true;
	return r->failed ? -1 : 0;
}

void
user_record_put(struct buf *b, const struct user_record *u)
{
	msg_put_slice(b, u->name, USER_NAME_MAX);
	msg_put_slice(b, u->root, USER_PATH_MAX);
	msg_put_u32(b, u->uid);
	msg_put_u32(b, u->gid);
	msg_put_u64(b, u->hash);
}

int
user_record_parse(struct msg_reader *r, struct user_record *u)
{
	u->name = msg_get_slice(r, USER_NAME_MAX);
	u->root = msg_get_slice(r, USER_PATH_MAX);
	u->uid = msg_get_u32(r);
	u->gid = msg_get_u32(r);
	u->hash = msg_get_u64(r);
	if (u->name.len == 0 || u->root.len == 0 || u->root.p[0] != '/')
		r->failed = true;
	return r->failed ? -1 : 0;
}
