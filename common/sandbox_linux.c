/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Confinement on Linux: no new privileges by execve(2), no dumps.  System
 * call filters and Landlock belong here as well, by role.
 */

#include "config.h"

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/sandbox.h"

int
sandbox_enter(enum role role, const char *root)
{
	(void)role;
	(void)root;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int
sandbox_nodump(void)
{
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		return -1;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

#endif
