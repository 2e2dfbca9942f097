/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * From a name to an account: normalise, ask the sources, work out whose
 * the mail is and where.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "common/auth/auth_account.h"
#include "common/auth/auth_passwd.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/random.h"
#include "common/base/xmalloc.h"
#include "common/pass/passhash.h"
#include "common/pass/user.h"

struct auth_sources {
	const struct conf	*conf;
	struct user_rules	 rules;
	struct auth_passwd	**v;
	uint32_t		 n;
	unsigned char		 fake_key[SHA256_DIGEST_LENGTH];
	struct scram_secret	 like;	/* what invented ones look like */
	bool			 has_ids;	/* workers can be other users */
};

static void
report(void *arg, const char *path, unsigned int line, const char *what)
{
	(void)arg;
	log_warn("users %s:%u: %s, line ignored", path, line, what);
}

/*
 * The key of invented salts must survive restarts and be the same in both
 * daemons, or it shows who is real; and it must be a secret.  The first
 * user's stored hash is all that.
 */
static void
fakes_prepare(struct auth_sources *s)
{
	const struct auth_user	*u = NULL;
	struct slice		 scram;

	s->like.iterations = SCRAM_ITERATIONS;
	s->like.salt_len = SCRAM_SALT_LEN;
	random_bytes(s->fake_key, sizeof(s->fake_key));
	for (uint32_t i = 0; i < s->n && u == NULL; i++)
		if (auth_passwd_count(s->v[i]) > 0)
			u = auth_passwd_get(s->v[i], 0);
	if (u == NULL)
		return;
	SHA256((const unsigned char *)u->password, strlen(u->password),
	    s->fake_key);
	for (uint32_t i = 0; i < s->n; i++)
		for (size_t k = 0; k < auth_passwd_count(s->v[i]); k++) {
			u = auth_passwd_get(s->v[i], k);
			scram = passhash_scram(u->password);
			if (scram.len > 0 &&
			    scram_secret_parse(scram, &s->like) == 0)
				return;
		}
}

void
auth_sources_load(struct auth_sources *s, uint32_t i, int fd)
{
	if (i >= s->n) {
		close(fd);
		return;
	}
	if (auth_passwd_load(s->v[i], fd, report, NULL) == -1) {
		log_warn("users %s: %s, the old ones stay",
		    s->conf->users[i].path, strerror(errno));
		return;
	}
	log_info("users %s: %zu read", s->conf->users[i].path,
	    auth_passwd_count(s->v[i]));
	fakes_prepare(s);
}

struct auth_sources *
auth_sources_new(const struct conf *conf, int *fds, struct auth_sources *old)
{
	struct auth_sources	*s = xcalloc(1, sizeof(*s));

	s->conf = conf;
	s->rules.exact = conf->user_case == CONF_USER_EXACT;
	s->rules.domain = conf->default_domain;
	s->has_ids = old != NULL ? old->has_ids : geteuid() == 0;
	s->v = xcalloc(conf->nusers + 1, sizeof(struct auth_passwd *));
	s->n = (uint32_t)conf->nusers;
	for (uint32_t i = 0; i < s->n; i++)
		s->v[i] = auth_passwd_new(conf->users[i].path, &s->rules);
	for (uint32_t i = 0; i < s->n; i++) {
		int	 fd = fds[i];

		fds[i] = -1;
		if (fd != -1 && auth_passwd_load(s->v[i], fd, report,
		    NULL) != -1)
			continue;
		log_warn("users %s: %s", conf->users[i].path,
		    fd == -1 ? "not there" : strerror(errno));
		auth_sources_free(s);
		return NULL;
	}
	fakes_prepare(s);
	return s;
}

void
auth_sources_free(struct auth_sources *s)
{
	if (s == NULL)
		return;
	for (uint32_t i = 0; i < s->n; i++)
		auth_passwd_free(s->v[i]);
	free(s->v);
	freezero(s, sizeof(*s));
}

bool
auth_sources_stale(const struct auth_sources *s, uint32_t i)
{
	return i < s->n && auth_passwd_stale(s->v[i]);
}

uint32_t
auth_sources_count(const struct auth_sources *s)
{
	return s->n;
}

static const char *
owner_find(const struct auth_sources *s, const struct auth_user *u,
    struct auth_account *out)
{
	const struct conf_id	*owner = &s->conf->owner;

	/* Without root all mail is ours, whatever the file says. */
	if (!s->has_ids) {
		out->uid = geteuid();
		out->gid = getegid();
		return NULL;
	}
	if (!owner->known && (!u->has_uid || !u->has_gid))
		return "no owner: neither the users file nor the "
		    "configuration names one";
	out->uid = u->has_uid ? u->uid : owner->uid;
	out->gid = u->has_gid ? u->gid : owner->gid;
	if (out->uid == 0 || out->gid == 0)
		return "mail is never owned by root";
	return NULL;
}

/* Dovecot's userdb_mail: maildir:PATH[:OPTION...], or the template. */
static const char *
root_find(const struct auth_sources *s, const struct auth_user *u,
    struct auth_account *out)
{
	char		*path = NULL;
	const char	*template = s->conf->mail, *fault;

	if (u->mail != NULL && u->mail[0] != '\0') {
		if (strncmp(u->mail, "maildir:", 8) == 0)
			template = u->mail + 8;
		else if (u->mail[0] == '/' || u->mail[0] == '~')
			template = u->mail;
		else
			return "userdb_mail is not a maildir";
		template = path = xstrndup(template, strcspn(template, ":"));
	}
	fault = template == NULL ? "no mail path" : user_expand(template,
	    buf_slice(&out->name), slice_str(u->home), &out->root);
	free(path);
	return fault;
}

static const char *
usual_hash(const struct auth_sources *s)
{
	const char	*usual;

	for (uint32_t i = 0; i < s->n; i++)
		if ((usual = auth_passwd_usual(s->v[i])) != NULL)
			return usual;
	return passhash_dummy();
}

void
auth_account_find(struct auth_sources *s, struct slice user,
    struct auth_account *out)
{
	const struct auth_user	*u = NULL;

	memset(out, 0, sizeof(*out));
	buf_init(&out->name, 8192);
	buf_init(&out->root, USER_PATH_MAX * 2);
	if (user_normalise(&s->rules, user, &out->name) == -1)
		(void)buf_add_slice(&out->name, user);
	else
		for (; out->source < s->n && u == NULL; out->source++)
			u = auth_passwd_find(s->v[out->source],
			    buf_slice(&out->name));
	if (u == NULL) {
		out->stored = xstrdup(usual_hash(s));
		return;
	}
	out->source--;
	out->found = true;
	out->nologin = u->nologin;
	out->stored = xstrdup(u->password);
	if (u->allow_nets != NULL)
		out->allow_nets = xstrdup(u->allow_nets);
	out->fault = owner_find(s, u, out);
	if (out->fault == NULL)
		out->fault = root_find(s, u, out);
}

void
auth_account_clear(struct auth_account *a)
{
	buf_clear(&a->name);
	buf_clear(&a->root);
	if (a->stored != NULL)
		freezero(a->stored, strlen(a->stored));
	free(a->allow_nets);
	memset(a, 0, sizeof(*a));
}

void
auth_account_secret(const struct auth_sources *s,
    const struct auth_account *a, struct scram_secret *out)
{
	struct slice	 stored = passhash_scram(a->stored);

	/* Invented in any case, so that it takes the same time. */
	scram_secret_fake(out, &s->like, s->fake_key, sizeof(s->fake_key),
	    buf_slice(&a->name));
	if (a->found && stored.len > 0)
		(void)scram_secret_parse(stored, out);
}

bool
auth_account_is(const struct auth_sources *s, const struct auth_account *a,
    struct slice other)
{
	struct buf	 b;
	bool		 same;

	buf_init(&b, USER_NAME_MAX * 4);
	same = user_normalise(&s->rules, other, &b) == 0 &&
	    slice_eq(buf_slice(&b), buf_slice(&a->name));
	buf_clear(&b);
	return same;
}
