/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Confinement on Linux: execve(2) gives no new privileges, core dumps are off,
 * and memory that was writable never becomes executable.  System call filters
 * and Landlock, by role, would go here, too.
 */

#include "config.h"

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/proc/sandbox.h"

/* Exists since Linux 6.3; the headers may be older. */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE			65
#define PR_MDWE_REFUSE_EXEC_GAIN	1
#endif

int
sandbox_enter(enum role role, const char *root)
{
	(void)role;
	(void)root;
	/* An older kernel refuses this call; then we run without it. */
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
