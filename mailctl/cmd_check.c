/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * mailctl check: everything that can be seen to be wrong before a user sees
 * it.  Each fault is one line, with a second that says what mends it.
 */

#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "mailctl/check.h"
#include "mailctl/mailctl.h"

/* Errors of the configuration say themselves what was expected. */
static void
conf_fault(void *arg, const char *msg)
{
	check_error(arg, NULL, "%s", msg);
}

int
cmd_check(const char *conf_path, int argc, char **argv)
{
	struct check	 c = { NULL, 0, 0 };
	struct conf	*conf;

	if (getopt(argc, argv, "") != -1 || argc != optind)
		return MAILCTL_USAGE;
	/* Files are looked at below, where their fix is known. */
	if ((conf = conf_load(conf_path, CONF_NO_FILES, conf_fault,
	    &c)) == NULL)
		/* What the system lacks was told; look at the rest too. */
		conf = conf_load(conf_path, CONF_NO_IDS | CONF_NO_FILES,
		    NULL, NULL);
	if (conf != NULL) {
		c.conf = conf;
		check_files(&c);
		check_certs(&c);
		check_users(&c);
		check_mail(&c);
		check_ports(&c);
	}
	conf_free(conf);
	if (c.errors == 0 && c.warnings == 0)
		(void)printf("%s: no faults found\n", conf_path);
	else
		(void)printf("%s: %u errors, %u warnings\n", conf_path,
		    c.errors, c.warnings);
	return c.errors == 0 ? MAILCTL_OK : MAILCTL_FAIL;
}
