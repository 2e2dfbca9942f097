/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Checks the options of TLS, as the daemons do before they accept a
 * configuration.
 */

#include "config.h"

#include <stdio.h>

#include "common/base/buf.h"
#include "common/net/tlsctx.h"
#include "common/net/tlsmat.h"
#include "common/proc/conf_tls.h"
#include "mailctl/check.h"

/* check_files() has reported a file that cannot be read. */
static void
read_ca(const char *path, struct buf *ca)
{
	char piece[4096];
	size_t n;
	FILE *f;

	if (path == NULL || (f = fopen(path, "re")) == NULL)
		return;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		if (buf_add(ca, piece, n) == -1)
			break;
	(void)fclose(f);
}

void
check_tls(struct check *c)
{
	struct tlsctx_options options;
	const char *bad;
	struct buf ca;
	char why[256];

	buf_init(&ca, TLSMAT_MAX);
	read_ca(c->conf->client_ca, &ca);
	conf_tls(c->conf, "imap", &options);
	bad = tlsctx_bad_option(&options, &ca, why, sizeof(why));
	if (bad != NULL)
		check_error(c, "correct it, or remove it for the default",
		    "%s: %s: %s", c->conf->file, bad, why);
	buf_clear(&ca);
}
