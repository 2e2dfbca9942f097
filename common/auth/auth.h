/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The auth process: the only one that sees stored hashes and decides. */

#ifndef COMMON_AUTH_H
#define COMMON_AUTH_H

/* The main() of an auth process; returns its exit status. */
int	 auth_main(int argc, char *argv[]);

#endif
