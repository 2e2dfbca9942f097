/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Checks that the files which the configuration names exist.  The daemons do
 * the same before they start, but without naming a remedy.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mailctl/check.h"

/* Format a position as "file:line", or as "file" if the line is unknown. */
static const char *
place(const struct conf_where *where)
{
	static char text[4200];

	if (where->line > 0)
		(void)snprintf(text, sizeof(text), "%s:%d", where->file,
		    where->line);
	else
		(void)snprintf(text, sizeof(text), "%s", where->file);
	return text;
}

static void
check_one(struct check *c, const char *path, const struct conf_where *where,
    const char *missing)
{
	const char *fix = "make it readable by root";
	struct stat st;
	int fd;

	if (path == NULL)
		return;
	/* O_NONBLOCK: do not hang if it is a FIFO. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		if (errno == ENOENT)
			fix = missing;
		else if (errno == EACCES && geteuid() != 0)
			fix = "run mailctl check as root";
		check_error(c, fix, "%s: cannot read \"%s\": %s",
		    place(where), path, strerror(errno));
		return;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		check_error(c, missing, "%s: \"%s\" is not a regular file",
		    place(where), path);
	(void)close(fd);
}

/* Only root uses chroot. */
static void
check_chroot(struct check *c)
{
	const char *path = c->conf->chroot;
	struct stat st;
	char fix[4200];

	if (geteuid() != 0)
		return;
	(void)snprintf(fix, sizeof(fix), "install -d -m 0755 -o 0 -g 0 %s",
	    path);
	if (stat(path, &st) == -1)
		check_error(c, fix, "the chroot directory %s: %s", path,
		    strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		check_error(c, "name an empty directory in \"chroot\"",
		    "the chroot directory %s is not a directory", path);
	else if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
		check_error(c, fix, "the chroot directory %s is not owned by "
		    "root, or is writable by others", path);
}

void
check_files(struct check *c)
{
	const struct conf *conf = c->conf;
	const struct conf_where nowhere = { conf->file, 0 };

	for (size_t i = 0; i < conf->ncerts; i++) {
		const struct conf_cert *cert = &conf->certs[i];

		check_one(c, cert->cert, &cert->where, "get a certificate, or "
		    "name the file that has it");
		check_one(c, cert->key, &cert->where, "name the file with the "
		    "certificate's key");
		check_one(c, cert->ocsp, &cert->where, "fetch the OCSP "
		    "response, or remove \"ocsp\"");
	}
	for (size_t i = 0; i < conf->nusers; i++)
		check_one(c, conf_users_file(&conf->users[i]),
		    &conf->users[i].where,
		    i == 0 ? "add the first user with mailctl user add" :
		    "create an empty file, or remove the line");
	check_one(c, conf->client_ca, &nowhere, "name the file with the "
	    "authorities for client certificates");
	check_chroot(c);
}
