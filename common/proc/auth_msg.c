/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Messages between front and auth; see auth_msg.h. */

#include "config.h"

#include <string.h>

#include "common/base/bounds.h"
#include "common/proc/auth_msg.h"

void
auth_msg_start_put(struct buf *b, const struct auth_msg_start *s)
{
	msg_put_u8(b, (uint8_t)s->service);
	msg_put_slice(b, s->mech, SASL_MECH_MAX);
	msg_put_slice(b, s->as, SASL_MECH_MAX);
	msg_put_u8(b, s->has_initial);
	msg_put_slice(b, s->initial, SASL_RESPONSE_MAX);
	msg_put_slice(b, s->peer, HANDOFF_ADDR_MAX);
	msg_put_slice(b, s->tls, HANDOFF_TLS_MAX);
}

int
auth_msg_start_parse(struct slice data, struct auth_msg_start *s)
{
	struct msg_reader r = msg_reader(data);
	uint8_t service = msg_get_u8(&r), has_initial;

	s->mech = msg_get_slice(&r, SASL_MECH_MAX);
	s->as = msg_get_slice(&r, SASL_MECH_MAX);
	has_initial = msg_get_u8(&r);
	s->has_initial = has_initial;
	s->initial = msg_get_slice(&r, SASL_RESPONSE_MAX);
	s->peer = msg_get_slice(&r, HANDOFF_ADDR_MAX);
	s->tls = msg_get_slice(&r, HANDOFF_TLS_MAX);
	if (!msg_get_end(&r) || service >= CONF_SERVICE_MAX ||
	    has_initial > 1 || (!has_initial && s->initial.len > 0))
		return -1;
	s->service = service;
	return 0;
}

void
auth_msg_denied_put(struct buf *b, enum auth_denied why)
{
	msg_put_u8(b, (uint8_t)why);
}

int
auth_msg_denied_parse(struct slice data, enum auth_denied *why)
{
	struct msg_reader r = msg_reader(data);
	uint8_t v = msg_get_u8(&r);

	if (!msg_get_end(&r) || v >= AUTH_DENIED_MAX)
		return -1;
	*why = v;
	return 0;
}

static struct slice
token_slice(const unsigned char *token)
{
	return slice_make((const char *)token, AUTH_MSG_TOKEN_LEN);
}

static int
token_get(struct msg_reader *r, unsigned char *token)
{
	struct slice s = msg_get_slice(r, AUTH_MSG_TOKEN_LEN);

	if (r->failed || s.len != AUTH_MSG_TOKEN_LEN)
		return -1;
	memcpy(token, s.p, AUTH_MSG_TOKEN_LEN);
	return 0;
}

void
auth_msg_accepted_put(struct buf *b, const struct auth_msg_accepted *a)
{
	msg_put_slice(b, token_slice(a->token), AUTH_MSG_TOKEN_LEN);
	msg_put_slice(b, a->name, USER_NAME_MAX);
}

int
auth_msg_accepted_parse(struct slice data, struct auth_msg_accepted *a)
{
	struct msg_reader r = msg_reader(data);

	if (token_get(&r, a->token) == -1)
		return -1;
	a->name = msg_get_slice(&r, USER_NAME_MAX);
	return msg_get_end(&r) ? 0 : -1;
}

void
auth_msg_handoff_put(struct buf *b, const unsigned char *token,
    const struct handoff *h)
{
	msg_put_slice(b, token_slice(token), AUTH_MSG_TOKEN_LEN);
	handoff_put(b, h);
}

int
auth_msg_handoff_parse(struct slice data, unsigned char *token,
    struct handoff *h)
{
	struct msg_reader r = msg_reader(data);

	if (token_get(&r, token) == -1 || handoff_parse(&r, h) == -1)
		return -1;
	return msg_get_end(&r) ? 0 : -1;
}
