/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * mailctl check: finds mistakes in the setup before a user notices them.  Each
 * problem is a line, followed by one with its remedy.
 */

#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "mailctl/check.h"
#include "mailctl/mailctl.h"

/* The parser's messages already say what was expected. */
static void
conf_fault(void *arg, const char *msg)
{
	check_error(arg, NULL, "%s", msg);
}

/* The first reading of the file has reported everything. */
static void
conf_fault_again(void *arg, const char *msg)
{
	(void)arg;
	(void)msg;
}

/* The ending of a noun that is counted. */
static const char *
plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

int
cmd_check(const char *conf_path, int argc, char **argv)
{
	struct check c = { NULL, 0, 0 };
	struct conf *conf;

	if (getopt(argc, argv, "") != -1 || argc != optind)
		return MAILCTL_USAGE;
	/* check_files() checks the files, and knows the remedies. */
	if ((conf = conf_load(conf_path, CONF_NO_FILES, conf_fault,
	    &c)) == NULL)
		/* Go on without the users and groups that do not exist. */
		conf = conf_load(conf_path, CONF_NO_IDS | CONF_NO_FILES,
		    conf_fault_again, NULL);
	if (conf != NULL) {
		c.conf = conf;
		check_files(&c);
		check_tls(&c);
		check_certs(&c);
		check_users(&c);
		check_mail(&c);
		check_ports(&c);
	}
	conf_free(conf);
	if (c.errors == 0 && c.warnings == 0)
		(void)printf("%s: no problems found\n", conf_path);
	else
		(void)printf("%s: %u error%s, %u warning%s\n", conf_path,
		    c.errors, plural(c.errors), c.warnings,
		    plural(c.warnings));
	return c.errors == 0 ? MAILCTL_OK : MAILCTL_FAIL;
}
