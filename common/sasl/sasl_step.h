/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The steps of an exchange, for sasl.h and the mechanisms. */

#ifndef COMMON_SASL_SASL_STEP_H
#define COMMON_SASL_SASL_STEP_H

enum sasl_step {
	SASL_CHALLENGE,		/* send sasl_challenge(), which may be empty */
	SASL_PASSWORD,		/* caller: verify the user's password */
	SASL_SECRET,		/* caller: look up the user's SCRAM secret */
	SASL_DONE,		/* the client has proved to be sasl_user() */
	SASL_WRONG,		/* wrong credentials or out of memory */
	SASL_SYNTAX		/* malformed response */
};

#endif
