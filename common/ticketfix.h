/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Session tickets with LibreTLS, which never makes one: see ticketfix.c.
 */

#ifndef COMMON_TICKETFIX_H
#define COMMON_TICKETFIX_H

/* Have the fix linked in; to be called before tls_configure(3). */
void	 ticketfix_init(void);

#endif
