/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The auth process: the only one that sees stored hashes and decides. */

#ifndef COMMON_AUTH_H
#define COMMON_AUTH_H

/* What penfold-auth does in that role. */
int	 auth_main(int argc, char *argv[]);

#endif
