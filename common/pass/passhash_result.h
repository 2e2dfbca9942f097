/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What comparing with a hash comes to; for passhash.h and its verifiers. */

#ifndef COMMON_PASSHASH_RESULT_H
#define COMMON_PASSHASH_RESULT_H

#define PASSHASH_MAX		1024	/* a stored hash with its scheme */

enum passhash_result {
	PASSHASH_RIGHT,
	PASSHASH_WRONG,
	PASSHASH_BROKEN		/* unknown scheme, or not a hash of it */
};

#endif
