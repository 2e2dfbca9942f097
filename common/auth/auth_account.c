/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * From a name to an account: normalise the name, ask the sources, and find the
 * owner and the path of the mail.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auth/auth_account.h"
#include "common/auth/auth_sources.h"
#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/xmalloc.h"
#include "common/pass/passhash.h"

static const char *
owner_find(struct auth_account *a, const struct auth_user *u)
{
	const struct auth_sources *s = a->sources;
	const struct conf_id *owner = &s->owner;

	/* Without root all mail is read as our own user; ignore the file. */
	if (!s->has_ids) {
		a->uid = geteuid();
		a->gid = getegid();
		return NULL;
	}
	if (!owner->known && (!u->has_uid || !u->has_gid))
		return "no owner: set uid and gid in the users file, or an "
		    "owner in the configuration";
	a->uid = u->has_uid ? u->uid : owner->uid;
	a->gid = u->has_gid ? u->gid : owner->gid;
	if (a->uid == 0 || a->gid == 0)
		return "mail cannot belong to root";
	return NULL;
}

/* Use Dovecot's userdb_mail, maildir:PATH[:OPTION...], else the template. */
static const char *
root_find(struct auth_account *a, const struct auth_user *u)
{
	char *path = NULL;
	const char *template = a->sources->mail, *fault;

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
	    buf_slice(&a->name), slice_str(u->home), &a->root);
	free(path);
	return fault;
}

static void
account_fill(struct auth_account *a, const struct auth_user *u)
{
	a->found = true;
	a->nologin = u->nologin;
	if (u->password != NULL)
		a->stored = xstrdup(u->password);
	if (u->allow_nets != NULL)
		a->allow_nets = xstrdup(u->allow_nets);
	a->fault = owner_find(a, u);
	if (a->fault == NULL)
		a->fault = root_find(a, u);
}

/*
 * Ask the next source; after the last, report that the user is unknown.  May
 * clear the account.
 */
static void
ask(struct auth_account *a)
{
	struct auth_sources *s = a->sources;

	if (a->source < s->n) {
		auth_query_lookup(&a->query, s->v[a->source].source,
		    buf_slice(&a->name));
		return;
	}
	a->stored = xstrdup(auth_fakes_usual(&s->fakes));
	a->looked_up(a->arg);
}

static void
on_found(void *arg, enum auth_found how, const struct auth_user *u)
{
	struct auth_account *a = arg;

	switch (how) {
	case AUTH_UNKNOWN:
		a->source++;
		ask(a);
		return;
	case AUTH_UNAVAILABLE:
		/* It may have the user: don't let the next source decide. */
		a->unavailable = true;
		break;
	case AUTH_FOUND:
		account_fill(a, u);
		break;
	}
	a->looked_up(a->arg);
}

static void
on_verified(void *arg, enum auth_verdict verdict)
{
	struct auth_account *a = arg;

	a->verified(a->arg, verdict);
}

void
auth_account_find(struct auth_account *a, struct auth_sources *s,
    struct slice user)
{
	a->sources = auth_sources_ref(s);
	a->query.found = on_found;
	a->query.verified = on_verified;
	a->query.arg = a;
	a->query.service = a->service;
	buf_init(&a->name, 8192);
	buf_init(&a->root, USER_PATH_MAX * 2);
	if (user_normalise(&s->rules, user, &a->name) == -1) {
		/* Not a valid name: skip all sources. */
		(void)buf_add_slice(&a->name, user);
		a->source = s->n;
	}
	ask(a);
}

void
auth_account_verify(struct auth_account *a, struct slice password)
{
	auth_query_verify(&a->query, a->sources->v[a->source].source,
	    buf_slice(&a->name), password);
}

void
auth_account_clear(struct auth_account *a)
{
	auth_query_cancel(&a->query);
	buf_clear(&a->name);
	buf_clear(&a->root);
	if (a->stored != NULL)
		freezero(a->stored, strlen(a->stored));
	free(a->allow_nets);
	auth_sources_unref(a->sources);
	memset(a, 0, sizeof(*a));
}

void
auth_account_secret(const struct auth_account *a, struct scram_secret *out)
{
	struct slice stored = { NULL, 0 };

	if (a->stored != NULL)
		stored = passhash_scram(a->stored);
	/* Invent a secret in all cases, so that all take the same time. */
	auth_fakes_secret(&a->sources->fakes, buf_slice(&a->name), out);
	if (a->found && stored.len > 0)
		(void)scram_secret_parse(stored, out);
}

bool
auth_account_is(const struct auth_account *a, struct slice other)
{
	struct buf b;
	bool same;

	buf_init(&b, USER_NAME_MAX * 4);
	same = user_normalise(&a->sources->rules, other, &b) == 0 &&
	    slice_eq(buf_slice(&b), buf_slice(&a->name));
	buf_clear(&b);
	return same;
}
