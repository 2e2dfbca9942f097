/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The auth process decides about all logins.  It is the only process that has
 * all stored hashes; a check process is sent one at a time.
 */

#ifndef COMMON_AUTH_AUTH_H
#define COMMON_AUTH_AUTH_H

/* The main() of an auth process; returns its exit status. */
int	 auth_main(int argc, char *argv[]);

#endif
