/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Confinement on OpenBSD: pledge(2) and unveil(2) by role.
 *
 * Untested: written from the manual pages, never run.
 */

#include "config.h"

#ifdef __OpenBSD__
#include <sys/time.h>
#include <sys/resource.h>

#include <string.h>
#include <unistd.h>

#include "common/proc/sandbox.h"

static const char *const promises[] = {
	/* accept(2) and socketpair(2), but not socket(2); no files. */
	[ROLE_FRONT] = "stdio inet unix recvfd sendfd",
	[ROLE_AUTH] = "stdio rpath recvfd sendfd",
	[ROLE_CHECK] = "stdio recvfd",
	/* flock and fattr are for SQLite and the Maildir. */
	[ROLE_MAIL] = "stdio rpath wpath cpath fattr flock recvfd",
};

int
sandbox_enter(enum role role, const char *root)
{
	if (role == ROLE_PARENT)
		return 0;
	if (root != NULL && strcmp(root, "/") != 0 &&
	    (unveil(root, "rwc") == -1 || unveil(NULL, NULL) == -1))
		return -1;
	return pledge(promises[role], NULL);
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
