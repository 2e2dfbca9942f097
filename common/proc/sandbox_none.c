/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* For all other systems: no confinement beyond POSIX. */

#include "config.h"

#if !defined(__linux__) && !defined(__OpenBSD__)
#include <sys/resource.h>

#include "common/proc/sandbox.h"

int
sandbox_enter(enum role role, const char *root)
{
	(void)role;
	(void)root;
	return 0;
}

bool
sandbox_is_stale(void)
{
	return false;
}

int
sandbox_nodump(void)
{
	struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none);
}

#endif
