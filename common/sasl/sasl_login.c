/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * LOGIN, which no RFC specifies (see draft-murchison-sasl-login) but which old
 * versions of Outlook and scripts still use.  The server asks for the name,
 * then for the password.  An initial response is the name.
 */

#include "config.h"

#include "common/sasl/sasl_mech.h"

static enum sasl_step
login_respond(struct sasl *s, void *state, unsigned int n, struct slice in)
{
	(void)state;
	if (n > 1 || slice_chr(in, '\0') != SLICE_NONE)
		return SASL_SYNTAX;
	if (n == 1)
		return sasl_set(&s->password, in) == -1 ? SASL_WRONG :
		    SASL_PASSWORD;
	if (in.len == 0)
		return SASL_SYNTAX;
	if (sasl_set(&s->user, in) == -1 ||
	    sasl_set(&s->challenge, SLICE_LIT("Password:")) == -1)
		return SASL_WRONG;
	return SASL_CHALLENGE;
}

const struct sasl_mech sasl_login = {
	.greeting = "Username:",
	.respond = login_respond,
};
