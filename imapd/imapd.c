/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* This runs as root.  imapd: the parent of all; see common/parent/parent.h. */

#include "config.h"

#include "common/parent/parent.h"

int
main(int argc, char *argv[])
{
	static const struct parent_desc desc = {
		.name = "imapd",
		.service = CONF_IMAP,
		.alpn = "imap",
		.front = "imapd-front",
		.mail = "imapd-mail",
	};

	return parent_main(&desc, argc, argv);
}
