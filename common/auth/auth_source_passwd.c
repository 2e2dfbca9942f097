/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The source "users passwd": a users file kept in memory (auth_passwd.h).  All
 * queries are answered at once.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "common/auth/auth_fakes.h"
#include "common/auth/auth_passwd.h"
#include "common/auth/auth_source.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf.h"

struct passwd {
	struct auth_source source;
	char *path;
	struct auth_passwd *file;
};

static void
report(void *arg, const char *path, unsigned int line, const char *what)
{
	(void)arg;
	log_warn("users %s:%u: %s; line ignored", path, line, what);
}

static const struct auth_passwd *
passwd_file(const struct auth_source *s)
{
	return ((const struct passwd *)(const void *)s)->file;
}

static void
passwd_close(struct auth_source *s)
{
	struct passwd *p = (struct passwd *)s;

	auth_passwd_free(p->file);
	free(p->path);
	free(p);
}

static struct auth_source *
passwd_open(const struct conf_users *conf, const struct user_rules *rules,
    int fd)
{
	struct passwd *p = xcalloc(1, sizeof(*p));
	int saved;

	p->source.ops = &auth_source_passwd;
	p->source.refs = 1;
	p->path = xstrdup(conf->path);
	p->file = auth_passwd_new(p->path, rules);
	if (auth_passwd_load(p->file, fd, report, NULL) == -1) {
		saved = errno;
		passwd_close(&p->source);
		errno = saved;
		return NULL;
	}
	p->source.users = auth_passwd_count(p->file);
	return &p->source;
}

static bool
passwd_stale(const struct auth_source *s)
{
	return auth_passwd_stale(passwd_file(s));
}

static void
passwd_lookup(struct auth_source *s, struct auth_query *q, struct slice name)
{
	const struct auth_user *u = auth_passwd_find(passwd_file(s), name);

	auth_query_found(q, u != NULL ? AUTH_FOUND : AUTH_UNKNOWN, u);
}

static void
passwd_fakes(const struct auth_source *s, struct auth_fakes *f)
{
	const struct auth_passwd *file = passwd_file(s);

	if (f->usual == NULL)
		f->usual = auth_passwd_usual(file);
	for (size_t i = 0; i < auth_passwd_count(file) && !f->has_like; i++)
		auth_fakes_add(f, auth_passwd_get(file, i)->password);
}

const struct auth_source_ops auth_source_passwd = {
	.open = passwd_open,
	.close = passwd_close,
	.stale = passwd_stale,
	.lookup = passwd_lookup,
	.fakes = passwd_fakes,
};
