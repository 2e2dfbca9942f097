/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Encoder and decoder of the configuration; see conf_msg.h.
 *
 * Statements come first, each kind as a count and its members, then the option
 * rows in their order.  A string is a flag, which says whether it is there,
 * then its length and octets.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "common/conf/conf_option.h"
#include "common/proc/conf_msg.h"
#include "common/proc/msg.h"

static void
put_string(struct buf *b, const char *s)
{
	msg_put_u8(b, s != NULL);
	if (s != NULL)
		msg_put_slice(b, slice_str(s), CONF_STRING_MAX);
}

static void
put_id(struct buf *b, const struct conf_id *id)
{
	put_string(b, id->name);
	msg_put_u32(b, id->uid);
	msg_put_u32(b, id->gid);
	msg_put_u8(b, id->known);
}

static void
put_where(struct buf *b, const struct conf_where *where)
{
	put_string(b, where->file);
	msg_put_u32(b, (uint32_t)where->line);
}

static void
put_nets(struct buf *b, const struct conf_nets *nets)
{
	const struct conf_net *net;

	msg_put_u32(b, (uint32_t)nets->n);
	for (size_t i = 0; i < nets->n; i++) {
		net = &nets->v[i];
		msg_put_u8(b, net->family == AF_INET6);
		msg_put_slice(b, slice_make((const char *)net->addr,
		    sizeof(net->addr)), sizeof(net->addr));
		msg_put_u8(b, net->prefix);
	}
}

static void
put_listener(struct buf *b, const struct conf_listener *l)
{
	const void *addr = &l->addr;
	struct slice bytes;

	if (l->addr.ss_family == AF_INET)
		bytes = slice_make((const char *)
		    &((const struct sockaddr_in *)addr)->sin_addr, 4);
	else
		bytes = slice_make((const char *)
		    &((const struct sockaddr_in6 *)addr)->sin6_addr, 16);
	msg_put_u8(b, (uint8_t)l->service);
	msg_put_u8(b, (uint8_t)l->mode);
	msg_put_slice(b, bytes, sizeof(struct in6_addr));
	msg_put_u16(b, l->port);
	msg_put_u8(b, l->any);
	msg_put_u8(b, l->plaintext);
	put_nets(b, &l->plaintext_from);
	put_where(b, &l->where);
}

static void
put_option(struct buf *b, const struct conf *conf,
    const struct conf_option *o)
{
	switch (o->type) {
	case CONF_NUMBER:
	case CONF_TIME:
	case CONF_WORD:
	case CONF_WORDS:
		msg_put_u32(b, *conf_field_u32(conf, o));
		return;
	case CONF_SIZE:
		msg_put_u64(b, *conf_field_u64(conf, o));
		return;
	case CONF_BOOL:
		msg_put_u8(b, *conf_field_bool(conf, o));
		return;
	case CONF_STRING:
	case CONF_PATH:
		put_string(b, *conf_field_str(conf, o));
		return;
	case CONF_ID:
		put_id(b, conf_field_id(conf, o));
		return;
	}
}

/* Octets of a string, of a network, of the strings that all else has. */
#define STRING_LEN	(1 + 4 + CONF_STRING_MAX)
#define NET_LEN		(1 + 4 + 16 + 1)
#define REST_LEN	(1024 * STRING_LEN)

/* A cert has four strings, a source of users two, a listener one. */
_Static_assert(CONF_CERTS_MAX * (4 * STRING_LEN + 4) +
    CONF_USERS_MAX * (2 * STRING_LEN + 5) + CONF_LISTENERS_MAX *
    (STRING_LEN + CONF_NETS_MAX * NET_LEN + 64) + REST_LEN < CONF_MSG_MAX,
    "a configuration fits into its message");

void
conf_msg_put(struct buf *out, const struct conf *conf)
{
	put_string(out, conf->file);
	msg_put_u32(out, (uint32_t)conf->nlisteners);
	for (size_t i = 0; i < conf->nlisteners; i++)
		put_listener(out, &conf->listeners[i]);
	msg_put_u32(out, (uint32_t)conf->ncerts);
	for (size_t i = 0; i < conf->ncerts; i++) {
		put_string(out, conf->certs[i].cert);
		put_string(out, conf->certs[i].key);
		put_string(out, conf->certs[i].ocsp);
		put_where(out, &conf->certs[i].where);
	}
	msg_put_u32(out, (uint32_t)conf->nusers);
	for (size_t i = 0; i < conf->nusers; i++) {
		msg_put_u8(out, (uint8_t)conf->users[i].kind);
		put_string(out, conf->users[i].path);
		put_where(out, &conf->users[i].where);
	}
	put_string(out, conf->mail);
	put_where(out, &conf->mail_where);
	put_id(out, &conf->owner);
	put_nets(out, &conf->plaintext_from);
	for (size_t i = 0; i < conf_noptions; i++)
		put_option(out, conf, &conf_options[i]);
}

/* Read a number below n. */
static unsigned int
get_enum(struct msg_reader *r, unsigned int n)
{
	unsigned int v = msg_get_u8(r);

	if (v >= n) {
		r->failed = true;
		return 0;
	}
	return v;
}

static char *
get_string(struct msg_reader *r)
{
	struct slice s;

	if (!msg_get_bool(r))
		return NULL;
	s = msg_get_slice(r, CONF_STRING_MAX);
	if (r->failed || slice_chr(s, '\0') != SLICE_NONE) {
		r->failed = true;
		return NULL;
	}
	return xstrdup_slice(s);
}

/* Read a string that must be there. */
static char *
need_string(struct msg_reader *r)
{
	char *s = get_string(r);

	if (s == NULL)
		r->failed = true;
	return s;
}

static size_t
get_count(struct msg_reader *r, size_t max)
{
	size_t n = msg_get_u32(r);

	if (r->failed || n > max) {
		r->failed = true;
		return 0;
	}
	return n;
}

static void
get_id(struct msg_reader *r, struct conf_id *id)
{
	free(id->name);
	id->name = get_string(r);
	id->uid = msg_get_u32(r);
	id->gid = msg_get_u32(r);
	id->known = msg_get_bool(r);
	if (id->known && id->name == NULL)
		r->failed = true;
}

static void
get_where(struct msg_reader *r, struct conf_where *where)
{
	uint32_t line;

	where->file = get_string(r);
	line = msg_get_u32(r);
	if (line > INT32_MAX)
		r->failed = true;
	else
		where->line = (int)line;
}

static void
get_nets(struct msg_reader *r, struct conf_nets *nets)
{
	struct conf_net *net;
	struct slice addr;

	nets->n = get_count(r, CONF_NETS_MAX);
	if (nets->n == 0)
		return;
	nets->v = xcalloc(nets->n, sizeof(*nets->v));
	for (size_t i = 0; i < nets->n && !r->failed; i++) {
		net = &nets->v[i];
		net->family = msg_get_bool(r) ? AF_INET6 : AF_INET;
		addr = msg_get_slice(r, sizeof(net->addr));
		net->prefix = msg_get_u8(r);
		if (r->failed || addr.len != sizeof(net->addr) ||
		    net->prefix > (net->family == AF_INET ? 32 : 128))
			r->failed = true;
		else
			memcpy(net->addr, addr.p, addr.len);
	}
}

static void
get_listener(struct msg_reader *r, struct conf_listener *l)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&l->addr;
	struct sockaddr_in *sin = (struct sockaddr_in *)&l->addr;
	struct slice addr;

	l->service = get_enum(r, CONF_SERVICE_MAX);
	l->mode = get_enum(r, CONF_MODE_TLS + 1);
	addr = msg_get_slice(r, sizeof(sin6->sin6_addr));
	l->port = msg_get_u16(r);
	l->any = msg_get_bool(r);
	l->plaintext = msg_get_bool(r);
	if (!r->failed && addr.len == sizeof(sin->sin_addr)) {
		sin->sin_family = AF_INET;
		memcpy(&sin->sin_addr, addr.p, addr.len);
		sin->sin_port = htons(l->port);
		l->addr_len = sizeof(*sin);
	} else if (!r->failed && addr.len == sizeof(sin6->sin6_addr)) {
		sin6->sin6_family = AF_INET6;
		memcpy(&sin6->sin6_addr, addr.p, addr.len);
		sin6->sin6_port = htons(l->port);
		l->addr_len = sizeof(*sin6);
	} else {
		r->failed = true;
	}
	get_nets(r, &l->plaintext_from);
	get_where(r, &l->where);
}

static void
get_statements(struct msg_reader *r, struct conf *conf)
{
	conf->file = get_string(r);
	conf->nlisteners = get_count(r, CONF_LISTENERS_MAX);
	conf->listeners = xcalloc(conf->nlisteners + 1,
	    sizeof(*conf->listeners));
	for (size_t i = 0; i < conf->nlisteners && !r->failed; i++)
		get_listener(r, &conf->listeners[i]);
	conf->ncerts = get_count(r, CONF_CERTS_MAX);
	conf->certs = xcalloc(conf->ncerts + 1, sizeof(*conf->certs));
	for (size_t i = 0; i < conf->ncerts && !r->failed; i++) {
		conf->certs[i].cert = need_string(r);
		conf->certs[i].key = need_string(r);
		conf->certs[i].ocsp = get_string(r);
		get_where(r, &conf->certs[i].where);
	}
	conf->nusers = get_count(r, CONF_USERS_MAX);
	conf->users = xcalloc(conf->nusers + 1, sizeof(*conf->users));
	for (size_t i = 0; i < conf->nusers && !r->failed; i++) {
		conf->users[i].kind = get_enum(r, CONF_USERS_KIND_MAX);
		conf->users[i].path = need_string(r);
		get_where(r, &conf->users[i].where);
	}
	conf->mail = get_string(r);
	get_where(r, &conf->mail_where);
	get_id(r, &conf->owner);
	get_nets(r, &conf->plaintext_from);
}

static void
get_option(struct msg_reader *r, struct conf *conf,
    const struct conf_option *o)
{
	uint64_t n = 0;
	char **s;

	switch (o->type) {
	case CONF_NUMBER:
	case CONF_TIME:
	case CONF_WORD:
	case CONF_WORDS:
		n = *conf_field_u32(conf, o) = msg_get_u32(r);
		break;
	case CONF_SIZE:
		n = *conf_field_u64(conf, o) = msg_get_u64(r);
		break;
	case CONF_BOOL:
		*conf_field_bool(conf, o) = msg_get_bool(r);
		break;
	case CONF_STRING:
	case CONF_PATH:
		s = conf_field_str(conf, o);
		free(*s);
		*s = get_string(r);
		if (*s == NULL && !(o->flags & CONF_OPT_NONE))
			r->failed = true;
		n = *s == NULL ? 0 : strlen(*s);
		break;
	case CONF_ID:
		get_id(r, conf_field_id(conf, o));
		break;
	}
	if (!conf_option_valid(o, n))
		r->failed = true;
}

struct conf *
conf_msg_parse(struct slice data)
{
	struct msg_reader r = msg_reader(data);
	struct conf *conf = conf_new();

	get_statements(&r, conf);
	for (size_t i = 0; i < conf_noptions && !r.failed; i++)
		get_option(&r, conf, &conf_options[i]);
	if (!msg_get_end(&r)) {
		conf_free(conf);
		return NULL;
	}
	return conf;
}
