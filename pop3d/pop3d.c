/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* This runs as root.  pop3d: the parent of all; see common/parent/parent.h. */

#include "config.h"

#include "common/parent/parent.h"

int
main(int argc, char *argv[])
{
	static const struct parent_desc desc = {
		.name = "pop3d",
		.service = CONF_POP3,
		.alpn = "pop3",
		.front = "pop3d-front",
		.mail = "pop3d-mail",
	};

	return parent_main(&desc, argc, argv);
}
