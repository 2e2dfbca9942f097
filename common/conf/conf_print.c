/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Prints a configuration in the grammar of penfold.conf(5).  A test reads the
 * output back, prints it again and compares.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>

#include "common/base/buf.h"
#include "common/conf/conf.h"
#include "common/conf/conf_option.h"

/* Append a name and a string. */
static int
print_string(struct buf *out, const char *name, const char *s)
{
	if (buf_add_fmt(out, "%s ", name) == -1)
		return -1;
	return conf_option_print_string(out, s);
}

static int
print_nets(struct buf *out, const struct conf_nets *nets)
{
	char addr[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < nets->n; i++) {
		(void)inet_ntop(nets->v[i].family, nets->v[i].addr, addr,
		    sizeof(addr));
		if (buf_add_fmt(out, "%s%s/%u", i == 0 ? " from " : ", ", addr,
		    nets->v[i].prefix) == -1)
			return -1;
	}
	return 0;
}

static const char *const modes[] = {
	[CONF_MODE_PLAINTEXT] = "plaintext",
	[CONF_MODE_STARTTLS] = "starttls",
	[CONF_MODE_TLS] = "tls"
};

static int
print_listener(struct buf *out, const struct conf_listener *l)
{
	const struct sockaddr_in6 *sin6;
	const struct sockaddr_in *sin;
	const char *name = "*";
	char addr[INET6_ADDRSTRLEN];

	sin = (const struct sockaddr_in *)(const void *)&l->addr;
	sin6 = (const struct sockaddr_in6 *)(const void *)&l->addr;
	/* "listen on *" is printed once, for the IPv6 half of the pair. */
	if (l->any && l->addr.ss_family == AF_INET)
		return 0;
	if (!l->any)
		name = l->addr.ss_family == AF_INET ?
		    inet_ntop(AF_INET, &sin->sin_addr, addr, sizeof(addr)) :
		    inet_ntop(AF_INET6, &sin6->sin6_addr, addr, sizeof(addr));
	if (buf_add_fmt(out, "%s listen on %s port %u %s",
	    conf_services[l->service].word, name, l->port,
	    modes[l->mode]) == -1)
		return -1;
	if (l->mode == CONF_MODE_STARTTLS && l->plaintext &&
	    buf_add_str(out, " plaintext") == -1)
		return -1;
	if (print_nets(out, &l->plaintext_from) == -1)
		return -1;
	return buf_add_char(out, '\n');
}

static int
print_cert(struct buf *out, const struct conf_cert *c)
{
	if (print_string(out, "certificate", c->cert) == -1 ||
	    print_string(out, " key", c->key) == -1)
		return -1;
	if (c->ocsp != NULL && print_string(out, " ocsp", c->ocsp) == -1)
		return -1;
	return buf_add_char(out, '\n');
}

static int
print_mail(struct buf *out, const struct conf *conf)
{
	if (conf->mail == NULL)
		return 0;
	if (print_string(out, "mail", conf->mail) == -1)
		return -1;
	if (conf->owner.name != NULL &&
	    print_string(out, " owner", conf->owner.name) == -1)
		return -1;
	return buf_add_char(out, '\n');
}

int
conf_print(const struct conf *conf, struct buf *out)
{
	for (size_t i = 0; i < conf->ncerts; i++)
		if (print_cert(out, &conf->certs[i]) == -1)
			return -1;
	for (size_t i = 0; i < conf->nusers; i++)
		if (buf_add_str(out, "users ") == -1 || print_string(out,
		    conf_users_kinds[conf->users[i].kind].word,
		    conf->users[i].path) == -1 || buf_add_char(out, '\n') == -1)
			return -1;
	if (print_mail(out, conf) == -1)
		return -1;
	for (size_t i = 0; i < conf->nlisteners; i++)
		if (print_listener(out, &conf->listeners[i]) == -1)
			return -1;
	if (conf->plaintext_from.n > 0 &&
	    (buf_add_str(out, "allow plaintext") == -1 ||
	    print_nets(out, &conf->plaintext_from) == -1 ||
	    buf_add_char(out, '\n') == -1))
		return -1;
	for (size_t i = 0; i < conf_noptions; i++)
		if (buf_add_fmt(out, "%s ", conf_options[i].name) == -1 ||
		    conf_option_print(conf, &conf_options[i], out) == -1 ||
		    buf_add_char(out, '\n') == -1)
			return -1;
	return 0;
}
