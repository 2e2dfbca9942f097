/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Restrictions of the system on a process, beyond user ids and chroot: one file
 * per platform, sandbox_{linux,openbsd,none}.c.
 */

#ifndef COMMON_PROC_SANDBOX_H
#define COMMON_PROC_SANDBOX_H

#include <stdbool.h>

#include "common/proc/msg.h"

/*
 * Confine the calling process to what its role needs, for good.  Called when
 * privileges are dropped and everything is open.
 *
 * root      ROLE_MAIL: the folder that holds all mail of its sessions, or "/";
 *           kept, not copied; else NULL
 *
 * Returns 0, or -1 with errno set if a restriction that the system should
 * support failed.
 */
int	 sandbox_enter(enum role role, const char *root);

/*
 * Whether another folder has taken the place of the root of this ROLE_MAIL, as
 * when a file system is mounted there.  The process cannot open what is in it,
 * and must be replaced.  Costs one stat(2).
 */
bool	 sandbox_is_stale(void);

/*
 * Forbid core dumps, and ptrace(2) and reading our memory by other processes of
 * the same user.  Must be called after the last change of ids, which would undo
 * it.  Returns 0, or -1 with errno set.
 */
int	 sandbox_nodump(void);

#endif
