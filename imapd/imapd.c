/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* This runs as root.  imapd: the parent process; see common/parent/parent.h. */

#include "config.h"

#include "common/parent/parent.h"

int
main(int argc, char *argv[])
{
	return parent_main(CONF_IMAP, argc, argv);
}
