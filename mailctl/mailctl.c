/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * mailctl(8): manages accounts and checks the setup.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mailctl/mailctl.h"

static const struct command {
	const char	*name[2];	/* words; the second may be NULL */
	int		(*run)(const char *, int, char **);
	const char	*args;
} commands[] = {
	{ .name = { "check", NULL }, .run = cmd_check, .args = "" },
	{ .name = { "user", "add" }, .run = cmd_user_add,
	    .args = " [-d home] [-o uid:gid] [-s scheme] name" },
	{ .name = { "user", "passwd" }, .run = cmd_user_passwd,
	    .args = " [-s scheme] name" },
	{ .name = { "user", "del" }, .run = cmd_user_del, .args = " name" },
	{ .name = { "user", "list" }, .run = cmd_user_list, .args = "" },
	{ .run = NULL }
};

static int
usage(void)
{
	for (const struct command *c = commands; c->run != NULL; c++)
		(void)fprintf(stderr, "%s mailctl [-f file] %s%s%s%s\n",
		    c == commands ? "usage:" : "      ", c->name[0],
		    c->name[1] == NULL ? "" : " ",
		    c->name[1] == NULL ? "" : c->name[1], c->args);
	(void)fprintf(stderr, "       mailctl -V\n");
	return MAILCTL_USAGE;
}

int
main(int argc, char **argv)
{
	const char *path = PENFOLD_CONF;
	int ch, code, words;

	/* The + keeps glibc from looking for options after the command. */
	while ((ch = getopt(argc, argv, "+f:V")) != -1)
		switch (ch) {
		case 'f':
			path = optarg;
			break;
		case 'V':
			return printf("mailctl %s\n", PENFOLD_VERSION) < 0 ||
			    fflush(stdout) != 0;
		default:
			return usage();
		}
	argc -= optind;
	argv += optind;
	for (const struct command *c = commands; c->run != NULL; c++) {
		words = c->name[1] == NULL ? 1 : 2;
		if (argc < words || strcmp(argv[0], c->name[0]) != 0 ||
		    (words == 2 && strcmp(argv[1], c->name[1]) != 0))
			continue;
		optind = 1;
		code = c->run(path, argc - words + 1, argv + words - 1);
		return code == MAILCTL_USAGE ? usage() : code;
	}
	return usage();
}
