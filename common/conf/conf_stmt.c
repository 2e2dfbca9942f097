/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Carries out the statements of penfold.conf(5) on a struct conf.  The grammar
 * calls one function per statement with the text of its tokens.  Each function
 * checks what a single line can show, and reports its own errors.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <arpa/inet.h>

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/num.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf_parse.h"

/* Text from the file is escaped in messages. */
static const char *
esc(const char *s)
{
	return log_esc(slice_str(s));
}

static void
where_set(const struct conf_parse *p, struct conf_where *where)
{
	free(where->file);
	where->file = xstrdup(p->file);
	where->line = p->token[0].line;
}

void
conf_stmt_macro(struct conf_parse *p, const char *name, const char *value)
{
	size_t i;

	for (const char *c = name; *c != '\0'; c++)
		if (strchr("abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c) == NULL) {
			conf_stmt_error(p, "the name of a macro is made of "
			    "letters, digits and \"_\", not \"%s\"",
			    esc(name));
			return;
		}
	for (i = 0; i < p->nmacros; i++)
		if (strcmp(p->macros[i].name, name) == 0)
			break;
	if (i == CONF_MACROS_MAX) {
		conf_stmt_error(p, "more than %d macros", CONF_MACROS_MAX);
		return;
	}
	if (i == p->nmacros) {
		p->macros = xreallocarray(p->macros, i + 1,
		    sizeof(*p->macros));
		memset(&p->macros[i], 0, sizeof(p->macros[i]));
		p->macros[i].name = xstrdup(name);
		p->nmacros++;
	} else {
		free(p->macros[i].value);
	}
	p->macros[i].value = xstrdup(value);
	where_set(p, &p->macros[i].where);
}

/* A relative path starts from the directory of the including file. */
void
conf_stmt_include(struct conf_parse *p, const char *path)
{
	const char *slash = strrchr(p->file, '/');
	char *full, *text;
	size_t dirlen, len;

	dirlen = path[0] == '/' || slash == NULL ? 0 :
	    (size_t)(slash - p->file) + 1;
	len = dirlen + strlen(path) + 1;
	full = xmalloc(len);
	(void)snprintf(full, len, "%.*s%s", (int)dirlen, p->file, path);
	if (conf_file_read(full, &text, &len) == -1)
		conf_stmt_error(p, "cannot include \"%s\": %s", esc(full),
		    strerror(errno));
	else if (conf_source_push(p, full, text, len) == -1)
		conf_stmt_error(p, "cannot include \"%s\": includes are "
		    "nested more than %d files deep, or more than %d in "
		    "total", esc(full), CONF_DEPTH_MAX, CONF_FILES_MAX);
	free(full);
}

/* Check that a path is absolute; what is the keyword before it. */
static bool
path_ok(struct conf_parse *p, const char *path, const char *what)
{
	if (path[0] == '/')
		return true;
	conf_stmt_error(p, "expected an absolute path after \"%s\", "
	    "not \"%s\"", what, esc(path));
	return false;
}

void
conf_stmt_certificate(struct conf_parse *p, const char *cert,
    const char *key, const char *ocsp)
{
	struct conf *conf = p->conf;
	struct conf_cert *c;

	if (!path_ok(p, cert, "certificate") || !path_ok(p, key, "key") ||
	    (ocsp != NULL && !path_ok(p, ocsp, "ocsp")))
		return;
	for (size_t i = 0; i < conf->ncerts; i++)
		if (strcmp(conf->certs[i].cert, cert) == 0) {
			conf_stmt_error(p, "certificate \"%s\" is already "
			    "set on line %d", esc(cert),
			    conf->certs[i].where.line);
			return;
		}
	if (conf->ncerts == CONF_CERTS_MAX) {
		conf_stmt_error(p, "more than %d certificates",
		    CONF_CERTS_MAX);
		return;
	}
	conf->certs = xreallocarray(conf->certs, conf->ncerts + 1,
	    sizeof(*conf->certs));
	c = &conf->certs[conf->ncerts++];
	memset(c, 0, sizeof(*c));
	c->cert = xstrdup(cert);
	c->key = xstrdup(key);
	c->ocsp = ocsp == NULL ? NULL : xstrdup(ocsp);
	where_set(p, &c->where);
}

void
conf_stmt_users(struct conf_parse *p, const struct conf_users_kind *kind,
    const char *path)
{
	struct conf *conf = p->conf;
	struct conf_users *u;
	char what[64];

	(void)snprintf(what, sizeof(what), "users %s", kind->word);
	if ((kind->flags & CONF_USERS_OPENED) && !path_ok(p, path, what))
		return;
	for (size_t i = 0; i < conf->nusers; i++)
		if (strcmp(conf->users[i].path, path) == 0) {
			conf_stmt_error(p, "users \"%s\" are already set "
			    "on line %d", esc(path), conf->users[i].where.line);
			return;
		}
	if (conf->nusers == CONF_USERS_MAX) {
		conf_stmt_error(p, "more than %d users files",
		    CONF_USERS_MAX);
		return;
	}
	conf->users = xreallocarray(conf->users, conf->nusers + 1,
	    sizeof(*conf->users));
	u = &conf->users[conf->nusers++];
	memset(u, 0, sizeof(*u));
	u->kind = kind->id;
	u->path = xstrdup(path);
	where_set(p, &u->where);
}

/*
 * Auth expands the template for each user.  It must contain the user's name
 * or home: otherwise all users would share one mail folder.
 */
void
conf_stmt_mail(struct conf_parse *p, const char *path, const char *owner)
{
	struct conf *conf = p->conf;
	bool own = false;

	if (conf->mail != NULL) {
		conf_stmt_error(p, "\"mail\" is already set on line %d",
		    conf->mail_where.line);
		return;
	}
	for (const char *c = path; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f) {
			conf_stmt_error(p, "control character in \"mail\"");
			return;
		}
		if (*c != '%')
			continue;
		c++;
		if (*c == '\0' || strchr("undh%", *c) == NULL) {
			conf_stmt_error(p, "expected %%u, %%n, %%d, %%h or "
			    "%%%% in \"mail\", not \"%%%.1s\"", esc(c));
			return;
		}
		own = own || *c == 'u' || *c == 'n' || *c == 'h';
	}
	if (path[0] != '/' && strncmp(path, "%h", 2) != 0) {
		conf_stmt_error(p, "expected an absolute path, or one that "
		    "begins with %%h, after \"mail\", not \"%s\"", esc(path));
		return;
	}
	if (!own) {
		conf_stmt_error(p, "\"mail\" has no %%u, %%n or %%h in it: "
		    "all users would share \"%s\"", esc(path));
		return;
	}
	if (owner != NULL && conf_id_set(&conf->owner, owner) == -1) {
		conf_stmt_error(p, "expected a user name, or uid:gid in "
		    "numbers, after \"owner\", not \"%s\"", esc(owner));
		return;
	}
	conf->mail = xstrdup(path);
	where_set(p, &conf->mail_where);
}

/* Our services' own ports by name, since /etc/services may lack them; or 0. */
static uint16_t
port_find(const char *text)
{
	const struct conf_service *s;
	size_t len;

	for (int i = 0; i < CONF_SERVICE_MAX; i++) {
		s = &conf_services[i];
		len = strlen(s->word);
		if (strcmp(text, s->word) == 0)
			return s->port;
		if (strncmp(text, s->word, len) == 0 &&
		    strcmp(text + len, "s") == 0)
			return s->tls_port;
	}
	return 0;
}

/* Parse a number or the name of a service; returns the port, or 0. */
static uint16_t
port_parse(const char *text)
{
	struct servent *se;
	uint64_t n = port_find(text);

	if (n != 0)
		return (uint16_t)n;
	if (num_parse_range(slice_str(text), 1, UINT16_MAX, &n) == 0)
		return (uint16_t)n;
	if ((se = getservbyname(text, "tcp")) != NULL)
		return ntohs((uint16_t)se->s_port);
	return 0;
}

/* Parse an IPv4 or IPv6 address; IPv6 may be in brackets. */
static int
address_parse(const char *text, struct sockaddr_storage *ss, socklen_t *len)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)ss;
	char bare[INET6_ADDRSTRLEN];
	size_t n = strlen(text);

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, text, &sin->sin_addr) == 1) {
		sin->sin_family = AF_INET;
		*len = sizeof(*sin);
		return 0;
	}
	if (n > 2 && n < sizeof(bare) && text[0] == '[' && text[n - 1] == ']') {
		memcpy(bare, text + 1, n - 2);
		bare[n - 2] = '\0';
		text = bare;
	}
	if (inet_pton(AF_INET6, text, &sin6->sin6_addr) != 1)
		return -1;
	sin6->sin6_family = AF_INET6;
	*len = sizeof(*sin6);
	return 0;
}

static bool
same_address(const struct conf_listener *a, const struct conf_listener *b)
{
	const struct sockaddr_in6 *a6, *b6;
	const struct sockaddr_in *a4, *b4;

	if (a->port != b->port || a->addr.ss_family != b->addr.ss_family)
		return false;
	if (a->addr.ss_family == AF_INET) {
		a4 = (const struct sockaddr_in *)&a->addr;
		b4 = (const struct sockaddr_in *)&b->addr;
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr ||
		    a4->sin_addr.s_addr == INADDR_ANY ||
		    b4->sin_addr.s_addr == INADDR_ANY;
	}
	a6 = (const struct sockaddr_in6 *)&a->addr;
	b6 = (const struct sockaddr_in6 *)&b->addr;
	return IN6_ARE_ADDR_EQUAL(&a6->sin6_addr, &b6->sin6_addr) ||
	    IN6_IS_ADDR_UNSPECIFIED(&a6->sin6_addr) ||
	    IN6_IS_ADDR_UNSPECIFIED(&b6->sin6_addr);
}

static struct conf_nets
nets_copy(const struct conf_nets *nets)
{
	struct conf_nets copy = { NULL, nets->n };

	if (nets->n > 0) {
		copy.v = xreallocarray(NULL, nets->n, sizeof(*copy.v));
		memcpy(copy.v, nets->v, nets->n * sizeof(*copy.v));
	}
	return copy;
}

/* Add a listener, and set the port in l's address.  Returns 0 or -1. */
static int
listener_add(struct conf_parse *p, struct conf_listener *l,
    const struct conf_nets *from)
{
	struct conf *conf = p->conf;
	size_t n = conf->nlisteners;

	if (l->addr.ss_family == AF_INET)
		((struct sockaddr_in *)&l->addr)->sin_port = htons(l->port);
	else
		((struct sockaddr_in6 *)&l->addr)->sin6_port = htons(l->port);
	for (size_t i = 0; i < n; i++)
		if (same_address(l, &conf->listeners[i])) {
			conf_stmt_error(p, "port %u of this address is "
			    "already used on line %d", l->port,
			    conf->listeners[i].where.line);
			return -1;
		}
	if (n == CONF_LISTENERS_MAX) {
		conf_stmt_error(p, "more than %d listeners",
		    CONF_LISTENERS_MAX);
		return -1;
	}
	conf->listeners = xreallocarray(conf->listeners, n + 1,
	    sizeof(*conf->listeners));
	conf->listeners[n] = *l;
	conf->listeners[n].plaintext_from = nets_copy(from);
	where_set(p, &conf->listeners[n].where);
	conf->nlisteners++;
	return 0;
}

void
conf_stmt_listen(struct conf_parse *p, const struct conf_service *service,
    const char *addr, const char *port, enum conf_mode mode,
    bool plaintext, struct conf_nets *from)
{
	struct conf_listener l;

	memset(&l, 0, sizeof(l));
	l.service = service->id;
	l.mode = mode;
	l.plaintext = plaintext;
	if ((l.port = port_parse(port)) == 0) {
		conf_stmt_error(p, "expected a number from 1 to 65535 or the "
		    "name of a service after \"port\", not \"%s\"", esc(port));
	} else if (strcmp(addr, "*") == 0) {
		l.any = true;
		(void)address_parse("::", &l.addr, &l.addr_len);
		if (listener_add(p, &l, from) == 0) {
			(void)address_parse("0.0.0.0", &l.addr, &l.addr_len);
			(void)listener_add(p, &l, from);
		}
	} else if (address_parse(addr, &l.addr, &l.addr_len) == -1) {
		conf_stmt_error(p, "expected \"*\" or an IP address after "
		    "\"on\", not \"%s\"", esc(addr));
	} else {
		(void)listener_add(p, &l, from);
	}
	free(from->v);
	memset(from, 0, sizeof(*from));
}

/* Clear the bits after the prefix; returns true if any was set. */
static bool
net_mask(struct conf_net *net, size_t len)
{
	bool set = false;
	uint8_t mask;

	for (size_t i = 0; i < len; i++) {
		if (net->prefix >= (i + 1) * 8)
			continue;
		mask = net->prefix <= i * 8 ? 0 :
		    (uint8_t)(0xff << (8 - (net->prefix - i * 8)));
		if (net->addr[i] & ~mask)
			set = true;
		net->addr[i] &= mask;
	}
	return set;
}

void
conf_stmt_net(struct conf_parse *p, struct conf_nets *nets, const char *text)
{
	struct conf_net net;
	struct slice prefix = slice_str(text), head;
	char addr[INET6_ADDRSTRLEN];
	uint64_t bits;
	size_t len = 0;
	bool has_prefix;

	memset(&net, 0, sizeof(net));
	has_prefix = slice_cut(&prefix, '/', &head);
	addr[0] = '\0';
	if (head.len < sizeof(addr)) {
		memcpy(addr, head.p, head.len);
		addr[head.len] = '\0';
	}
	if (inet_pton(AF_INET, addr, net.addr) == 1) {
		net.family = AF_INET;
		len = 4;
	} else if (inet_pton(AF_INET6, addr, net.addr) == 1) {
		net.family = AF_INET6;
		len = 16;
	}
	bits = len * 8;
	if (len == 0 || (has_prefix &&
	    num_parse_range(prefix, 0, len * 8, &bits) == -1)) {
		conf_stmt_error(p, "expected a network such as 192.0.2.0/24 "
		    "or 2001:db8::/32, not \"%s\"", esc(text));
		return;
	}
	net.prefix = (uint8_t)bits;
	if (net_mask(&net, len)) {
		(void)inet_ntop(net.family, net.addr, addr, sizeof(addr));
		conf_stmt_error(p, "\"%s\" has bits beyond its prefix; did "
		    "you mean \"%s/%u\"?", esc(text), addr, net.prefix);
		return;
	}
	if (nets->n == CONF_NETS_MAX) {
		conf_stmt_error(p, "more than %d networks", CONF_NETS_MAX);
		return;
	}
	nets->v = xreallocarray(nets->v, nets->n + 1, sizeof(*nets->v));
	nets->v[nets->n++] = net;
}

/*
 * If an option is set twice, the later value wins, so that a file can include
 * another and override its options.
 */
void
conf_stmt_option(struct conf_parse *p, const struct conf_option *o,
    const char *const *v, size_t n)
{
	char err[2048];

	if (conf_option_set(p->conf, o, v, n, err, sizeof(err)) == -1)
		conf_stmt_error(p, "%s", err);
	else
		where_set(p, &p->option_where[o - conf_options]);
}
