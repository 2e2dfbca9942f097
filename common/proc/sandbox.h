/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What the system can forbid a process, beyond user ids and a chroot: one
 * file per platform, sandbox_{linux,openbsd,none}.c.
 */

#ifndef COMMON_SANDBOX_H
#define COMMON_SANDBOX_H

#include "common/proc/msg.h"

/*
 * Confine the calling process to what its role needs, for good.  Called
 * when privileges are dropped and everything is open.
 *
 * root      ROLE_MAIL: the folder below which all mail lies; else NULL
 *
 * Returns 0, or -1 with errno set when the system should have and could
 * not.
 */
int	 sandbox_enter(enum role role, const char *root);

/*
 * No core dump, no ptrace(2) and no reading of our memory by others of the
 * same user.  To be called after the last change of ids, which undoes it.
 * Returns 0 or -1 with errno set.
 */
int	 sandbox_nodump(void);

#endif
