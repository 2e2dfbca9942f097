/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The server side of SASL (RFC 4422), without sockets, base64 or users.  The
 * caller passes in the client's responses, and each call returns the next step
 * for the caller.
 *
 *	step = sasl_start(s, initial);
 *	for (;;) switch (step) {
 *	case SASL_CHALLENGE:	send sasl_challenge(s), wait for the answer
 *				step = sasl_respond(s, answer);
 *	case SASL_PASSWORD:	verify sasl_password(s) of sasl_user(s)
 *				step = sasl_verified(s, right);
 *	case SASL_SECRET:	look up sasl_user(s)
 *				step = sasl_secret(s, secret);
 *	default:		the exchange is over
 *	}
 *
 * A mechanism is a row of conf_mech.h and a file sasl_NAME.c (sasl_mech.h).
 */

#ifndef COMMON_SASL_SASL_H
#define COMMON_SASL_SASL_H

#include <stdbool.h>

#include "common/base/slice.h"
#include "common/conf/conf_mech.h"
#include "common/sasl/sasl_step.h"

struct sasl;
struct scram_secret;

/*
 * Begin an exchange.
 *
 * nonce     NULL, except in tests that need the server's nonce of an RFC's
 *           example; borrowed for the life of the exchange
 */
struct sasl *sasl_new(enum conf_mech_id id, const char *nonce);
/* Free an exchange, and overwrite the client's data. */
void	 sasl_free(struct sasl *s);

/* Start; initial is the initial response, with p NULL if there was none. */
enum sasl_step sasl_start(struct sasl *s, struct slice initial);
/* Pass in the client's response to a challenge. */
enum sasl_step sasl_respond(struct sasl *s, struct slice response);
/* After SASL_PASSWORD: pass in whether the password is right. */
enum sasl_step sasl_verified(struct sasl *s, bool right);
/*
 * After SASL_SECRET: pass in the user's secret, which is copied.  For a user
 * who does not exist or has no SCRAM secret, the caller passes one made by
 * scram_secret_fake().
 */
enum sasl_step sasl_secret(struct sasl *s, const struct scram_secret *secret);

/*
 * Data of the exchange, borrowed until the next call.  The names are not
 * normalised; without an authzid the client acts as sasl_user().
 */
struct slice sasl_challenge(const struct sasl *s); /* SASL_CHALLENGE_MAX */
struct slice sasl_user(const struct sasl *s);
struct slice sasl_password(const struct sasl *s);
struct slice sasl_authzid(const struct sasl *s);	/* may be empty */

#endif
