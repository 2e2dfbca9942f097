/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Checks the directory of all mail.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/conf/conf_option.h"
#include "mailctl/check.h"

static bool
may_write(const struct stat *st, const struct conf_id *id)
{
	if (st->st_uid == id->uid)
		return (st->st_mode & 0300) == 0300;
	if (st->st_gid == id->gid)
		return (st->st_mode & 0030) == 0030;
	return (st->st_mode & 0003) == 0003;
}

void
check_mail(struct check *c)
{
	const struct conf *conf = c->conf;
	struct conf_id id = conf->owner;
	struct stat st;
	char *dir = conf_mail_root(conf);
	char fix[4300];

	if (geteuid() != 0) {
		id.uid = geteuid();
		id.gid = getegid();
		id.known = true;
	} else if (id.name != NULL) {
		(void)conf_id_lookup(&id);
	}
	if (strcmp(dir, "/") == 0 || !id.known) {
		free(dir);
		return;
	}
	(void)snprintf(fix, sizeof(fix), "install -d -m 0755 -o %lu -g %lu %s",
	    (unsigned long)id.uid, (unsigned long)id.gid, dir);
	if (stat(dir, &st) == -1)
		check_error(c, fix, "the mail directory %s: %s", dir,
		    strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		check_error(c, "name a directory in \"mail\"",
		    "the mail directory %s is not a directory", dir);
	else if (!may_write(&st, &id))
		check_error(c, fix, "the owner of the mail (uid %lu) cannot "
		    "write to the mail directory %s",
		    (unsigned long)id.uid, dir);
	else if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
		check_error(c, fix, "the mail directory %s is writable by "
		    "everybody", dir);
	free(dir);
}
