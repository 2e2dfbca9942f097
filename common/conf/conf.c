/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The life of a struct conf, and the questions it answers; see conf.h.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf.h"
#include "common/conf/conf_option.h"
#include "common/conf/conf_parse.h"

/* Set an option to the default of its row, which is as a file has it. */
static void
default_set(struct conf *conf, const struct conf_option *o)
{
	struct slice	 rest = slice_str(o->def), word;
	const char	*v[CONF_VALUES_MAX];
	char		*copy[CONF_VALUES_MAX];
	char		 err[256];
	size_t		 n = 0;

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
	struct conf	*conf = xcalloc(1, sizeof(*conf));
	char		 name[256];

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

/* Takes text. */
static struct conf *
load(const char *name, char *text, size_t len, unsigned int flags,
    conf_report_fn *report, void *arg)
{
	struct conf_parse	*p = xcalloc(1, sizeof(*p));
	struct conf		*conf;

	p->conf = conf_new();
	p->conf->file = xstrdup(name);
	p->flags = flags;
	p->report = report;
	p->report_arg = arg;
	p->option_where = xcalloc(conf_noptions, sizeof(*p->option_where));
	(void)conf_source_push(p, name, text, len);
	conf_grammar(p);
	conf_check(p);
	conf = p->conf;
	if (p->errors > 0) {
		conf_free(conf);
		conf = NULL;
	}
	conf_lex_clear(p);
	for (size_t i = 0; i < conf_noptions; i++)
		free(p->option_where[i].file);
	free(p->option_where);
	free(p);
	return conf;
}

struct conf *
conf_load_text(const char *name, const char *text, size_t len,
    unsigned int flags, conf_report_fn *report, void *arg)
{
	char *copy = xmalloc(len + 1);

	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return load(name, copy, len, flags, report, arg);
}

struct conf *
conf_load(const char *path, unsigned int flags, conf_report_fn *report,
    void *arg)
{
	struct conf_parse	 p;
	char			*text;
	size_t			 len;

	if (conf_file_read(path, &text, &len) == 0)
		return load(path, text, len, flags, report, arg);
	memset(&p, 0, sizeof(p));
	p.report = report;
	p.report_arg = arg;
	conf_error(&p, path, 0, "cannot read it: %s", strerror(errno));
	return NULL;
}

/* Compare the first bits of two addresses. */
static bool
prefix_eq(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
	uint8_t mask;

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	if (bits % 8 == 0)
		return true;
	mask = (uint8_t)(0xff << (8 - bits % 8));
	return ((a[bits / 8] ^ b[bits / 8]) & mask) == 0;
}

bool
conf_nets_match(const struct conf_nets *nets, const struct sockaddr *peer)
{
	const struct sockaddr_in6	*sin6;
	const struct sockaddr_in	*sin;
	const uint8_t			*addr;
	int				 family = peer->sa_family;

	if (family == AF_INET) {
		sin = (const struct sockaddr_in *)(const void *)peer;
		addr = (const uint8_t *)&sin->sin_addr;
	} else if (family == AF_INET6) {
		sin6 = (const struct sockaddr_in6 *)(const void *)peer;
		addr = (const uint8_t *)&sin6->sin6_addr;
		if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
			family = AF_INET;
			addr += 12;
		}
	} else {
		return false;
	}
	for (size_t i = 0; i < nets->n; i++)
		if (nets->v[i].family == family &&
		    prefix_eq(addr, nets->v[i].addr, nets->v[i].prefix))
			return true;
	return false;
}

bool
conf_plaintext_allowed(const struct conf *conf,
    const struct conf_listener *listener, const struct sockaddr *peer)
{
	if (listener->mode == CONF_MODE_TLS)
		return true;
	if (listener->plaintext && (listener->plaintext_from.n == 0 ||
	    conf_nets_match(&listener->plaintext_from, peer)))
		return true;
	return conf_nets_match(&conf->plaintext_from, peer);
}

bool
conf_has_mech(const struct conf *conf, const char *name)
{
	const struct conf_option *o;

	for (size_t i = 0; i < conf_noptions; i++) {
		o = &conf_options[i];
		if (o->offset != offsetof(struct conf, auth_mechanisms))
			continue;
		for (const struct conf_word *w = o->words; w->name != NULL;
		    w++)
			if (strcasecmp(w->name, name) == 0)
				return (conf->auth_mechanisms & w->value) != 0;
	}
	return false;
}

bool
conf_takes_passwords(const struct conf *conf)
{
	return (conf->auth_mechanisms & (CONF_MECH_PLAIN | CONF_MECH_LOGIN)) !=
	    0;
}

bool
conf_needs_tls(const struct conf *conf, enum conf_service service)
{
	for (size_t i = 0; i < conf->nlisteners; i++)
		if (conf->listeners[i].service == service &&
		    conf->listeners[i].mode != CONF_MODE_PLAINTEXT)
			return true;
	return false;
}
