/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Confinement on Linux: no new privileges by execve(2), no dumps, no memory
 * that was written becomes code.  System call filters and Landlock belong here
 * as well, by role.
 */

#include "config.h"

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/proc/sandbox.h"

/* Since Linux 6.3, and in headers that may be older. */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE			65
#define PR_MDWE_REFUSE_EXEC_GAIN	1
#endif

int
sandbox_enter(enum role role, const char *root)
{
	(void)role;
	(void)root;
	/* A kernel that does not know it lets us run without. */
	(void)prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0);
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
