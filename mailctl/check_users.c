/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Checks users files, with the parser that auth uses.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auth/auth_passwd.h"
#include "common/base/buf.h"
#include "common/base/xmalloc.h"
#include "mailctl/check.h"
#include "mailctl/usersfile.h"

static void
line_fault(void *arg, const char *path, unsigned int line, const char *what)
{
	check_error(arg, "correct the line, or set the password again with "
	    "mailctl user passwd", "%s:%u: %s", path, line, what);
}

/* Check what auth finds out only at login: owner and path of the mail. */
static void
check_user(struct check *c, const char *path, const struct auth_user *u)
{
	const char *fault;
	struct buf root;

	buf_init(&root, BUF_NOCAP);
	fault = user_expand(c->conf->mail, u->name, slice_str(u->home),
	    &root);
	if (fault != NULL && u->mail == NULL)
		check_error(c, "give the user a domain or a home, or change "
		    "\"mail\" in the configuration",
		    "%s:%u: %.*s has no mail directory: %s", path, u->line,
		    SLICE_ARG(u->name), fault);
	buf_clear(&root);
	if (!u->has_uid && c->conf->owner.name == NULL && geteuid() == 0)
		check_error(c, "add uid:gid to the line, or \"owner\" to "
		    "\"mail\" in the configuration",
		    "%s:%u: the mail of %.*s has no owner", path, u->line,
		    SLICE_ARG(u->name));
	if (u->has_uid && u->uid == 0)
		check_error(c, "make another user the owner of the mail",
		    "%s:%u: the owner of the mail of %.*s is root", path,
		    u->line, SLICE_ARG(u->name));
}

static void
check_mode(struct check *c, const char *path, const struct stat *st)
{
	char fix[4200];

	(void)snprintf(fix, sizeof(fix), "chmod o= %s", path);
	if (st->st_mode & (S_IROTH | S_IWOTH))
		check_error(c, fix, "%s: everybody may read or write it "
		    "(mode %03o)", path, (unsigned int)st->st_mode & 0777);
}

/* An account with the same name in an earlier file hides this one. */
static void
check_shadowed(struct check *c, struct auth_passwd *const *src, size_t n,
    const char *path, const struct auth_user *u)
{
	for (size_t i = 0; i < n; i++)
		if (src[i] != NULL && auth_passwd_find(src[i], u->name)) {
			check_warn(c, "remove one of the two",
			    "%s:%u: %.*s is also in %s, which comes first",
			    path, u->line, SLICE_ARG(u->name),
			    c->conf->users[i].path);
			return;
		}
}

static struct auth_passwd *
check_file(struct check *c, const char *path, const struct user_rules *rules)
{
	struct auth_passwd *src;
	struct stat st;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		if (errno != EACCES)
			return NULL;	/* check_files() has reported it */
		check_warn(c, "run mailctl check as root",
		    "%s: cannot be read: %s", path, strerror(errno));
		return NULL;
	}
	if (fstat(fd, &st) == 0)
		check_mode(c, path, &st);
	src = auth_passwd_new(path, rules);
	if (auth_passwd_load(src, fd, line_fault, c) == -1) {
		check_error(c, NULL, "%s: %s", path, strerror(errno));
		auth_passwd_free(src);
		return NULL;
	}
	return src;
}

void
check_users(struct check *c)
{
	struct user_rules rules;
	struct auth_passwd **src;
	const struct auth_user *u;
	const char *path;
	unsigned int errors = c->errors;
	size_t total = 0;
	bool others = false;	/* sources that only auth can ask */

	rules.exact = c->conf->user_case == CONF_USER_EXACT;
	rules.domain = c->conf->default_domain;
	src = xcalloc(c->conf->nusers + 1, sizeof(struct auth_passwd *));
	for (size_t f = 0; f < c->conf->nusers; f++) {
		if ((path = usersfile_path(&c->conf->users[f])) == NULL) {
			others = true;
			continue;
		}
		if ((src[f] = check_file(c, path, &rules)) == NULL)
			continue;
		total += auth_passwd_count(src[f]);
		for (size_t i = 0; i < auth_passwd_count(src[f]); i++) {
			u = auth_passwd_get(src[f], i);
			check_user(c, path, u);
			check_shadowed(c, src, f, path, u);
		}
	}
	if (total == 0 && !others && c->errors == errors)
		check_warn(c, "add one with mailctl user add",
		    "there are no users");
	for (size_t f = 0; f < c->conf->nusers; f++)
		auth_passwd_free(src[f]);
	free(src);
}
