/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The code common to all SASL mechanisms; see sasl.h. */

#include "config.h"

#include <stdlib.h>

#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/xmalloc.h"
#include "common/sasl/sasl.h"
#include "common/sasl/sasl_mech.h"

#define ROW(id, code, name, word, class)	[CONF_MECH_##id] = &code,
static const struct sasl_mech *const mechs[CONF_MECH_MAX] = {
	CONF_MECHS(ROW)
};
#undef ROW

struct sasl *
sasl_new(enum conf_mech_id id, const char *nonce)
{
	const struct sasl_mech *mech = mechs[id];
	struct sasl *s = xcalloc(1, sizeof(*s));

	s->mech = mech;
	s->nonce = nonce;
	if (mech->state_size > 0)
		s->state = xcalloc(1, mech->state_size);
	buf_init(&s->user, SASL_RESPONSE_MAX);
	buf_init(&s->password, SASL_RESPONSE_MAX);
	buf_init(&s->authzid, SASL_RESPONSE_MAX);
	buf_init(&s->challenge, SASL_CHALLENGE_MAX);
	return s;
}

void
sasl_free(struct sasl *s)
{
	if (s == NULL)
		return;
	buf_clear_secret(&s->user);
	buf_clear_secret(&s->password);
	buf_clear_secret(&s->authzid);
	buf_clear_secret(&s->challenge);
	if (s->mech->clear != NULL)
		s->mech->clear(s->state);
	freezero(s->state, s->mech->state_size);
	free(s);
}

enum sasl_step
sasl_start(struct sasl *s, struct slice initial)
{
	if (initial.p != NULL)
		return sasl_respond(s, initial);
	if (sasl_set(&s->challenge, slice_str(s->mech->greeting)) == -1)
		return SASL_WRONG;
	return SASL_CHALLENGE;
}

enum sasl_step
sasl_respond(struct sasl *s, struct slice response)
{
	if (response.len > SASL_RESPONSE_MAX)
		return SASL_SYNTAX;
	return s->mech->respond(s, s->state, s->responses++, response);
}

enum sasl_step
sasl_verified(struct sasl *s, bool right)
{
	buf_clear_secret(&s->password);
	return right ? SASL_DONE : SASL_WRONG;
}

enum sasl_step
sasl_secret(struct sasl *s, const struct scram_secret *secret)
{
	return s->mech->secret(s, s->state, secret);
}

struct slice
sasl_challenge(const struct sasl *s)
{
	return buf_slice(&s->challenge);
}

struct slice
sasl_user(const struct sasl *s)
{
	return buf_slice(&s->user);
}

struct slice
sasl_password(const struct sasl *s)
{
	return buf_slice(&s->password);
}

struct slice
sasl_authzid(const struct sasl *s)
{
	return buf_slice(&s->authzid);
}
