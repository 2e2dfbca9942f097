/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Results of comparing a password with a hash; see passhash.h. */

#ifndef COMMON_PASS_PASSHASH_RESULT_H
#define COMMON_PASS_PASSHASH_RESULT_H

#define PASSHASH_MAX		1024	/* octets of {SCHEME}hash */

enum passhash_result {
	PASSHASH_RIGHT,
	PASSHASH_WRONG,
	PASSHASH_BROKEN		/* unknown scheme, or malformed hash */
};

#endif
