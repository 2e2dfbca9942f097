/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Messages from the fronts; only for the files of the auth process. */

#ifndef COMMON_AUTH_AUTH_FRONT_H
#define COMMON_AUTH_AUTH_FRONT_H

#include <stdint.h>

/* Initialise, once at the start, without any fronts. */
void	 auth_front_setup(void);

/*
 * Start to use a new channel to front number n; fd is taken over.  The parent
 * is told if the channel ends, with this life.
 */
void	 auth_front_channel(uint32_t n, uint32_t life, int fd);

/* Resume the logins that were suspended until users files were read. */
void	 auth_front_resume(void);

#endif
