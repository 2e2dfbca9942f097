/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The sources of users of a configuration; see auth_sources.h. */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auth/auth_sources.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"

#define ROW(id, code, word, want, flags)	[CONF_USERS_##id] = &code,
static const struct auth_source_ops *const kinds[CONF_USERS_KIND_MAX] = {
	CONF_USERS_KINDS(ROW)
};
#undef ROW

static void
fakes_add(struct auth_sources *s, const struct auth_source *source)
{
	if (source->ops->fakes != NULL)
		source->ops->fakes(source, &s->fakes);
}

int
auth_sources_add(struct auth_sources *s, const struct auth_source_ops *ops,
    const struct conf_users *conf, int fd)
{
	struct auth_source *source;
	struct auth_slot *slot;

	if (conf_users_file(conf) != NULL && fd == -1) {
		log_warn("users %s: cannot be opened", conf->path);
		return -1;
	}
	if ((source = ops->open(conf, &s->rules, fd)) == NULL) {
		log_warn("users %s: %s", conf->path, strerror(errno));
		return -1;
	}
	s->v = xreallocarray(s->v, s->n + 1, sizeof(*s->v));
	slot = &s->v[s->n++];
	memset(slot, 0, sizeof(*slot));
	slot->conf.kind = conf->kind;
	slot->conf.path = xstrdup(conf->path);
	slot->ops = ops;
	slot->source = source;
	fakes_add(s, source);
	return 0;
}

struct auth_sources *
auth_sources_new(const struct conf *conf, int *fds,
    const struct auth_sources *old)
{
	struct auth_sources *s = xcalloc(1, sizeof(*s));
	int fd;

	s->refs = 1;
	if (conf->default_domain != NULL)
		s->domain = xstrdup(conf->default_domain);
	if (conf->mail != NULL)
		s->mail = xstrdup(conf->mail);
	s->rules.exact = conf->user_case == CONF_USER_EXACT;
	s->rules.domain = s->domain;
	s->owner = conf->owner;
	s->owner.name = NULL;
	s->has_ids = old != NULL ? old->has_ids : geteuid() == 0;
	auth_fakes_init(&s->fakes);
	for (size_t i = 0; i < conf->nusers; i++) {
		fd = fds[i];
		fds[i] = -1;
		if (auth_sources_add(s, kinds[conf->users[i].kind],
		    &conf->users[i], fd) == -1) {
			auth_sources_unref(s);
			return NULL;
		}
	}
	return s;
}

struct auth_sources *
auth_sources_ref(struct auth_sources *s)
{
	s->refs++;
	return s;
}

void
auth_sources_unref(struct auth_sources *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	for (uint32_t i = 0; i < s->n; i++) {
		auth_source_unref(s->v[i].source);
		free(s->v[i].conf.path);
	}
	free(s->v);
	free(s->domain);
	free(s->mail);
	freezero(s, sizeof(*s));
}

void
auth_sources_reopen(struct auth_sources *s, uint32_t i, int fd)
{
	struct auth_source *source;
	struct auth_slot *slot;

	if (i >= s->n) {
		(void)close(fd);
		return;
	}
	slot = &s->v[i];
	if ((source = slot->ops->open(&slot->conf, &s->rules, fd)) == NULL) {
		log_warn("users %s: %s; keeping the users already loaded",
		    slot->conf.path, strerror(errno));
		return;
	}
	auth_source_unref(slot->source);
	slot->source = source;
	log_info("users %s: loaded %zu users", slot->conf.path, source->users);
	auth_fakes_init(&s->fakes);
	for (i = 0; i < s->n; i++)
		fakes_add(s, s->v[i].source);
}

bool
auth_sources_stale(const struct auth_sources *s, uint32_t i)
{
	const struct auth_source *source = s->v[i].source;

	return source->ops->stale != NULL && source->ops->stale(source);
}
