/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* penfold-auth -r auth|check: the program of the auth and check processes. */

#include "config.h"

#include <string.h>

#include "common/auth/auth.h"
#include "common/auth/auth_check.h"
#include "common/base/log.h"

int
main(int argc, char *argv[])
{
	for (int i = 1; i < argc - 1; i++) {
		if (strcmp(argv[i], "-r") != 0)
			continue;
		if (strcmp(argv[i + 1], "check") == 0)
			return auth_check_main(argc, argv);
		if (strcmp(argv[i + 1], "auth") == 0)
			return auth_main(argc, argv);
	}
	log_fatal("penfold-auth is part of imapd and pop3d and cannot be "
	    "started by hand");
}
