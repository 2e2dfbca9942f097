/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The check process compares passwords with stored hashes, one at a time, at
 * the request of auth (auth_pool.c).
 */

#ifndef COMMON_AUTH_AUTH_CHECK_H
#define COMMON_AUTH_AUTH_CHECK_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/pass/passhash_result.h"

/* Encode MSG_CHECK: a stored hash, with its scheme, and a password. */
void	 auth_check_put(struct buf *b, const char *stored,
	    struct slice password);

/*
 * Decode MSG_CHECKED.  Returns 0, or -1 if the octets are not what a check
 * process writes.
 */
int	 auth_checked_parse(struct slice data, enum passhash_result *result);

/* The main() of a check process; returns its exit status. */
int	 auth_check_main(int argc, char *argv[]);

#endif
