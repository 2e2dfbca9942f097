/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Messages between front and auth: see authc.h. */

#include "config.h"

#include <string.h>

#include "common/proc/authc.h"

void
authc_start_put(struct buf *b, const struct authc_start *s)
{
	msg_put_slice(b, s->mech);
	msg_put_slice(b, s->as);
	msg_put_u8(b, s->has_initial);
	msg_put_slice(b, s->initial);
	msg_put_slice(b, s->peer);
	msg_put_slice(b, s->local);
	msg_put_slice(b, s->tls);
}

int
authc_start_get(struct slice data, struct authc_start *s)
{
	struct msg_reader	 r = msg_reader(data);
	uint8_t			 has_initial;

	s->mech = msg_get_slice(&r, AUTHC_MECH_MAX);
	s->as = msg_get_slice(&r, AUTHC_MECH_MAX);
	has_initial = msg_get_u8(&r);
	s->has_initial = has_initial;
	s->initial = msg_get_slice(&r, AUTHC_RESPONSE_MAX);
	s->peer = msg_get_slice(&r, HANDOFF_ADDR_MAX);
	s->local = msg_get_slice(&r, HANDOFF_ADDR_MAX);
	s->tls = msg_get_slice(&r, HANDOFF_TLS_MAX);
	if (!msg_get_end(&r) || has_initial > 1 ||
	    (!has_initial && s->initial.len > 0))
		return -1;
	return 0;
}

void
authc_denied_put(struct buf *b, enum auth_denied why)
{
	msg_put_u8(b, (uint8_t)why);
}

int
authc_denied_get(struct slice data, enum auth_denied *why)
{
	struct msg_reader	 r = msg_reader(data);
	uint8_t			 v = msg_get_u8(&r);

	if (!msg_get_end(&r) || v >= AUTH_DENIED_MAX)
		return -1;
	*why = v;
	return 0;
}

static struct slice
token_slice(const unsigned char *token)
{
	return slice_make((const char *)token, AUTHC_TOKEN_LEN);
}

static int
token_get(struct msg_reader *r, unsigned char *token)
{
	struct slice	 s = msg_get_slice(r, AUTHC_TOKEN_LEN);

	if (r->failed || s.len != AUTHC_TOKEN_LEN)
		return -1;
	memcpy(token, s.p, AUTHC_TOKEN_LEN);
	return 0;
}

void
authc_accepted_put(struct buf *b, const struct authc_accepted *a)
{
	msg_put_slice(b, token_slice(a->token));
	msg_put_slice(b, a->name);
}

int
authc_accepted_get(struct slice data, struct authc_accepted *a)
{
	struct msg_reader	 r = msg_reader(data);

	if (token_get(&r, a->token) == -1)
		return -1;
	a->name = msg_get_slice(&r, AUTHC_RESPONSE_MAX);
	return msg_get_end(&r) ? 0 : -1;
}

void
authc_handoff_put(struct buf *b, const unsigned char *token,
    const struct handoff *h)
{
	msg_put_slice(b, token_slice(token));
	handoff_put(b, h);
}

int
authc_handoff_get(struct slice data, unsigned char *token, struct handoff *h)
{
	struct msg_reader	 r = msg_reader(data);

	if (token_get(&r, token) == -1 || handoff_get(&r, h) == -1)
		return -1;
	return msg_get_end(&r) ? 0 : -1;
}
