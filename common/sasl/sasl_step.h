/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What a step of an exchange comes to; for sasl.h and its mechanisms. */

#ifndef COMMON_SASL_STEP_H
#define COMMON_SASL_STEP_H

#define SASL_RESPONSE_MAX	4096	/* octets of a client's response */

enum sasl_step {
	SASL_CHALLENGE,		/* send sasl_challenge(), which may be empty */
	SASL_PASSWORD,		/* is it the user's password? */
	SASL_SECRET,		/* which SCRAM secret does the user have? */
	SASL_DONE,	/* it is sasl_user(), acting as sasl_authzid() */
	SASL_WRONG,		/* not proved; no more is said */
	SASL_SYNTAX		/* not a response of this mechanism */
};

#endif
