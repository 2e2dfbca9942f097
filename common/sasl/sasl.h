/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The server's side of SASL (RFC 4422), without sockets, base64 or users:
 * fed with what a client said, it answers what must happen next.
 *
 *	step = sasl_start(s, initial);
 *	for (;;) switch (step) {
 *	case SASL_CHALLENGE:	send sasl_challenge(s), wait for the answer
 *				step = sasl_respond(s, answer);
 *	case SASL_PASSWORD:	verify sasl_password(s) of sasl_user(s)
 *				step = sasl_verified(s, right);
 *	case SASL_SECRET:	look up sasl_user(s)
 *				step = sasl_secret(s, secret);
 *	default:		over
 *	}
 *
 * A mechanism is a row of conf_mech.h and a file sasl_NAME.c (sasl_mech.h).
 */

#ifndef COMMON_SASL_H
#define COMMON_SASL_H

#include <stdbool.h>

#include "common/base/slice.h"
#include "common/conf/conf_mech.h"
#include "common/sasl/sasl_step.h"

struct sasl;
struct scram_secret;

/*
 * Begin an exchange of one mechanism.  nonce is NULL but in tests, which want
 * the nonce of an RFC's example; it is borrowed.
 */
struct sasl *sasl_new(enum conf_mech_id id, const char *nonce);
/* Free it and overwrite what the client sent. */
void	 sasl_free(struct sasl *s);

/* initial: the initial response, p NULL when there was none. */
enum sasl_step sasl_start(struct sasl *s, struct slice initial);
enum sasl_step sasl_respond(struct sasl *s, struct slice response);
enum sasl_step sasl_verified(struct sasl *s, bool right);
/*
 * secret is copied.  For a user who does not exist, or has no such secret,
 * it is one that scram_secret_fake invented.
 */
enum sasl_step sasl_secret(struct sasl *s, const struct scram_secret *secret);

/* All borrowed until the next call.  The names are as the client sent them. */
struct slice sasl_challenge(const struct sasl *s);
struct slice sasl_user(const struct sasl *s);
struct slice sasl_password(const struct sasl *s);
struct slice sasl_authzid(const struct sasl *s);	/* empty: the user */

#endif
