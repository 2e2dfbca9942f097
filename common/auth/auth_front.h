/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* For the files of the auth process alone: what fronts ask of it. */

#ifndef COMMON_AUTH_FRONT_H
#define COMMON_AUTH_FRONT_H

#include <stdint.h>

/* Once, at the start: there are no fronts yet. */
void	 auth_front_setup(void);

/* A channel to front number n came; fd is taken over. */
void	 auth_front_channel(uint32_t n, int fd);

/* Users files were read: logins that were suspended for that go on. */
void	 auth_front_resume(void);

#endif
