/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Features that LibreTLS lacks over OpenSSL: session tickets, buffers that idle
 * connections give back, two certificates for one name.  See libtlsfix.c.
 */

#ifndef COMMON_NET_LIBTLSFIX_H
#define COMMON_NET_LIBTLSFIX_H

#include "common/net/tlsmat.h"

/*
 * Forget earlier contexts; must be called before each tls_configure(3).  The
 * call also makes the linker include this file.
 */
void	 libtlsfix_init(void);

/*
 * Let certificates with different kinds of key serve the same names together.
 * Called after tls_configure(3), with the material that it was given.  Returns
 * 0 or -1.
 */
int	 libtlsfix_share(const struct tlsmat *mat);

#endif
