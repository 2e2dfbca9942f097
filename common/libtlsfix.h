/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What LibreTLS lacks over OpenSSL: session tickets, and buffers that an
 * idle connection gives back.  See libtlsfix.c.
 */

#ifndef COMMON_LIBTLSFIX_H
#define COMMON_LIBTLSFIX_H

/* Have the fix linked in; to be called before tls_configure(3). */
void	 libtlsfix_init(void);

#endif
