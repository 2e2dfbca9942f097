/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What LibreTLS lacks over OpenSSL: session tickets, buffers that an
 * idle connection gives back, two certificates for one name.  See libtlsfix.c.
 */

#ifndef COMMON_LIBTLSFIX_H
#define COMMON_LIBTLSFIX_H

#include "common/net/tlsmat.h"

/* Have the fix linked in; to be called before each tls_configure(3). */
void	 libtlsfix_init(void);

/*
 * Let certificates of different kinds for the same names stand in for each
 * other; to be called after tls_configure(3), with what it was given.
 * Returns 0 or -1.
 */
int	 libtlsfix_share(const struct tlsmat *mat);

#endif
