/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Allocates a struct conf with all defaults, and frees it; see conf.h.
 */

#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf.h"
#include "common/conf/conf_option.h"

/* Set an option to the default of its row, parsed as if from a file. */
static void
default_set(struct conf *conf, const struct conf_option *o)
{
	struct slice rest = slice_str(o->def), word;
	const char *v[CONF_VALUES_MAX];
	char *copy[CONF_VALUES_MAX];
	char err[256];
	size_t n = 0;

	if (o->type == CONF_WORDS) {
		while (rest.len > 0 && n < CONF_VALUES_MAX) {
			(void)slice_cut(&rest, ' ', &word);
			v[n] = copy[n] = xstrdup_slice(word);
			n++;
		}
	} else {
		v[n] = copy[n] = xstrdup(o->def);
		n++;
	}
	if (conf_option_set(conf, o, v, n, err, sizeof(err)) == -1)
		log_fatal("default of an option is wrong: %s", err);
	while (n > 0)
		free(copy[--n]);
}

struct conf *
conf_new(void)
{
	struct conf *conf = xcalloc(1, sizeof(*conf));
	char name[256];

	for (size_t i = 0; i < conf_noptions; i++)
		if (conf_options[i].def != NULL)
			default_set(conf, &conf_options[i]);
	if (gethostname(name, sizeof(name)) == -1 || name[0] == '\0')
		(void)strlcpy(name, "localhost", sizeof(name));
	name[sizeof(name) - 1] = '\0';
	conf->hostname = xstrdup(name);
	return conf;
}

void
conf_free(struct conf *conf)
{
	const struct conf_option *o;

	if (conf == NULL)
		return;
	for (size_t i = 0; i < conf->nlisteners; i++) {
		free(conf->listeners[i].plaintext_from.v);
		free(conf->listeners[i].where.file);
	}
	for (size_t i = 0; i < conf->ncerts; i++) {
		free(conf->certs[i].cert);
		free(conf->certs[i].key);
		free(conf->certs[i].ocsp);
		free(conf->certs[i].where.file);
	}
	for (size_t i = 0; i < conf->nusers; i++) {
		free(conf->users[i].path);
		free(conf->users[i].where.file);
	}
	for (size_t i = 0; i < conf_noptions; i++) {
		o = &conf_options[i];
		if (o->type == CONF_STRING || o->type == CONF_PATH)
			free(*conf_field_str(conf, o));
		else if (o->type == CONF_ID)
			free(conf_field_id(conf, o)->name);
	}
	free(conf->listeners);
	free(conf->certs);
	free(conf->users);
	free(conf->mail);
	free(conf->mail_where.file);
	free(conf->owner.name);
	free(conf->plaintext_from.v);
	free(conf->file);
	free(conf);
}

char *
conf_mail_root(const struct conf *conf)
{
	const char *mail = conf->mail == NULL ? "" : conf->mail;
	size_t len = strcspn(mail, "%");

	while (len > 0 && mail[len - 1] != '/')
		len--;
	while (len > 0 && mail[len - 1] == '/')
		len--;
	return len == 0 ? xstrdup("/") : xstrndup(mail, len);
}
