/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The check process compares passwords with stored hashes, one at a time, at
 * the request of auth (auth_pool.c).
 */

#ifndef COMMON_AUTH_CHECK_H
#define COMMON_AUTH_CHECK_H

/* The main() of a check process; returns its exit status. */
int	 auth_check_main(int argc, char *argv[]);

#endif
