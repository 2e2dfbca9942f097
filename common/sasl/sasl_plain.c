/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * PLAIN (RFC 4616): [authzid] NUL authcid NUL passwd.
 *
 * The password is taken as bytes and is not prepared (RFC 4616, 2 leaves the
 * algorithm to the server).  Old hashes of Latin-1 passwords therefore keep
 * working for clients that still send Latin-1.
 */

#include "config.h"

#include "common/sasl/sasl_mech.h"

static enum sasl_step
plain_respond(struct sasl *s, void *state, unsigned int n, struct slice in)
{
	struct slice authzid, user;

	(void)state;
	if (n > 0 || !slice_cut(&in, '\0', &authzid) ||
	    !slice_cut(&in, '\0', &user) || user.len == 0 ||
	    slice_chr(in, '\0') != SLICE_NONE)
		return SASL_SYNTAX;
	if (sasl_set(&s->authzid, authzid) == -1 ||
	    sasl_set(&s->user, user) == -1 ||
	    sasl_set(&s->password, in) == -1)
		return SASL_WRONG;
	return SASL_PASSWORD;
}

const struct sasl_mech sasl_plain = {
	.greeting = "",
	.respond = plain_respond,
};
