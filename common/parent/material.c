/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Loads the files and sockets of a configuration; see
 * material.h.  It parses only the configuration: certificates are read as bytes
 * and tried by libtls.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/net/tlsctx.h"
#include "common/parent/material.h"
#include "common/proc/conf_msg.h"
#include "common/proc/conf_tls.h"
#include "common/proc/msg.h"

/* Read a whole file into b.  Returns 0, or -1 with the reason logged. */
static int
read_file(const char *path, struct buf *b)
{
	char *room;
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		log_warn("%s: %s", path, strerror(errno));
		return -1;
	}
	do {
		if (buf_reserve(b, 4096, &room) == -1) {
			errno = EFBIG;
			n = -1;
			break;
		}
		if ((n = read(fd, room, 4096)) > 0)
			buf_commit(b, (size_t)n);
	} while (n > 0 || (n == -1 && errno == EINTR));
	if (n == -1)
		log_warn("%s: %s", path, strerror(errno));
	(void)close(fd);
	return n == -1 ? -1 : 0;
}

static int
read_pair(const struct conf_cert *cert, struct tlsmat_pair *p)
{
	struct stat st;

	if (stat(cert->key, &st) == 0 && (st.st_mode & S_IROTH) != 0)
		log_warn("%s: any user can read this key: chmod o=", cert->key);
	if (read_file(cert->cert, &p->cert) == -1 ||
	    read_file(cert->key, &p->key) == -1)
		return -1;
	if (cert->ocsp != NULL)
		return read_file(cert->ocsp, &p->staple);
	return 0;
}

/*
 * Try each certificate alone, since libtls does not say which of several it
 * rejects.  Returns 0, or -1 with each that cannot be used logged.
 */
static int
try_pairs(const struct material *m, const struct tlsctx_options *options)
{
	const struct conf_cert *cert;
	struct tlsctx *trial;
	struct tlsmat one;
	int ret = 0;

	for (size_t i = 0; i < m->tls.npairs; i++) {
		tlsmat_init(&one);
		one.pairs = &m->tls.pairs[i];
		one.npairs = 1;
		if ((trial = tlsctx_new(options, &one)) == NULL) {
			cert = &m->conf->certs[i];
			log_warn("%s:%d: certificate \"%s\" and key \"%s\" "
			    "cannot be used", cert->where.file,
			    cert->where.line, cert->cert, cert->key);
			ret = -1;
		}
		tlsctx_unref(trial);
	}
	return ret;
}

static int
try_tls(const struct material *m, const struct conf_service *service)
{
	struct tlsctx_options options;
	struct tlsctx *trial;
	const char *bad;
	char why[256];

	conf_tls(m->conf, service->word, &options);
	bad = tlsctx_bad_option(&options, &m->tls.ca, why, sizeof(why));
	if (bad != NULL) {
		log_warn("%s: %s: %s", m->conf->file, bad, why);
		return -1;
	}
	if (try_pairs(m, &options) == -1)
		return -1;
	if ((trial = tlsctx_new(&options, &m->tls)) == NULL)
		return -1;
	tlsctx_unref(trial);
	return 0;
}

/*
 * All of it is sent to each front at once.  A child that has not read one
 * configuration yet must be able to get the next.
 */
#define SIZE_MAX_SENT	(CHAN_QUEUE_MAX / 3)

static int
try_size(const struct material *m)
{
	size_t len = buf_len(&m->tls.ca);
	struct buf b;

	for (size_t i = 0; i < m->tls.npairs; i++)
		len += buf_len(&m->tls.pairs[i].cert) +
		    buf_len(&m->tls.pairs[i].key) +
		    buf_len(&m->tls.pairs[i].staple);
	buf_init(&b, CONF_MSG_MAX);
	conf_msg_put(&b, m->conf);
	len += buf_len(&b);
	buf_clear(&b);
	if (len <= SIZE_MAX_SENT)
		return 0;
	log_warn("%s: with all certificates and keys it has %zu octets; %d is "
	    "the most", m->conf->file, len, SIZE_MAX_SENT);
	return -1;
}

static int
load_tls(struct material *m, const struct conf_service *service)
{
	const struct conf *conf = m->conf;
	int ret = 0;

	if (!conf_needs_tls(conf, service->id))
		return try_size(m);
	for (size_t i = 0; i < conf->ncerts; i++)
		if (read_pair(&conf->certs[i], tlsmat_pair(&m->tls, i)) == -1)
			ret = -1;
	if (conf->client_ca != NULL &&
	    read_file(conf->client_ca, &m->tls.ca) == -1)
		ret = -1;
	if (ret == -1 || try_size(m) == -1)
		return -1;
	return try_tls(m, service);
}

int
material_users_open(const char *path)
{
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1 || fstat(fd, &st) == -1)
		log_warn("%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		log_warn("%s: not a regular file", path);
	else
		return fd;
	if (fd != -1)
		(void)close(fd);
	return -1;
}

/* A users file that can't be opened now can't be opened later either. */
static int
try_users(const struct conf *conf)
{
	const char *path;
	int fd, ret = 0;

	for (size_t i = 0; i < conf->nusers; i++) {
		if ((path = conf_users_file(&conf->users[i])) == NULL)
			continue;
		if ((fd = material_users_open(path)) == -1)
			ret = -1;
		else
			(void)close(fd);
	}
	return ret;
}

/* The socket that old has bound to this address, as a new descriptor, or -1. */
static int
find_listener(const struct material *old, const struct conf_listener *l)
{
	const struct conf_listener *o;

	for (size_t i = 0; old != NULL && i < old->nlisteners; i++) {
		o = &old->conf->listeners[i];
		if (old->listeners[i] != -1 && o->addr_len == l->addr_len &&
		    memcmp(&o->addr, &l->addr, l->addr_len) == 0)
			return fcntl(old->listeners[i], F_DUPFD_CLOEXEC, 0);
	}
	return -1;
}

/* Set the options of a listener; accepted sockets inherit them. */
static void
set_options(int fd, int family)
{
	int on = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on,
		    sizeof(on));
}

static int
bind_listener(const struct conf_listener *l, uint32_t backlog)
{
	int fd, saved;

	fd = socket(l->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	set_options(fd, l->addr.ss_family);
	if (bind(fd, (const struct sockaddr *)&l->addr, l->addr_len) == -1 ||
	    listen(fd, (int)backlog) == -1) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/*
 * Make a socket listen again after shutdown(2) through a copy of it, which
 * ends that for all who share it, and not block after F_SETFL.
 */
static void
listen_again(int fd, uint32_t backlog)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    listen(fd, (int)backlog) == -1)
		log_warn("listen: %s", strerror(errno));
}

void
material_listen(const struct material *m)
{
	for (size_t i = 0; i < m->nlisteners; i++)
		if (m->listeners[i] != -1)
			listen_again(m->listeners[i],
			    m->conf->listen_backlog);
}

static int
load_listeners(struct material *m, const struct conf_service *service,
    const struct material *old)
{
	const struct conf_listener *l;
	int ret = 0, *fd;
	size_t bound = 0;

	for (size_t i = 0; i < m->nlisteners; i++) {
		l = &m->conf->listeners[i];
		fd = &m->listeners[i];
		if (l->service != service->id)
			continue;
		if ((*fd = find_listener(old, l)) == -1)
			*fd = bind_listener(l, m->conf->listen_backlog);
		else	/* the backlog may have changed */
			listen_again(*fd, m->conf->listen_backlog);
		if (*fd != -1) {
			bound++;
			continue;
		}
		/* For "listen on *", this system may have IPv4 or IPv6 only. */
		if (l->any && (errno == EAFNOSUPPORT ||
		    errno == EADDRNOTAVAIL))
			continue;
		log_warn("%s:%d: port %u: %s", l->where.file, l->where.line,
		    (unsigned)l->port, strerror(errno));
		ret = -1;
	}
	if (bound == 0 && ret == 0) {
		log_warn("%s: nothing to listen on for %s", m->conf->file,
		    service->daemon);
		ret = -1;
	}
	return ret;
}

struct material *
material_load(const struct conf_service *service, const char *path,
    const struct material *old, bool bind_them)
{
	struct material *m = xcalloc(1, sizeof(*m));

	tlsmat_init(&m->tls);
	if ((m->conf = conf_load(path, 0, NULL, NULL)) == NULL)
		goto fail;
	m->nlisteners = m->conf->nlisteners;
	m->listeners = xcalloc(m->nlisteners + 1, sizeof(*m->listeners));
	for (size_t i = 0; i < m->nlisteners; i++)
		m->listeners[i] = -1;
	if (load_tls(m, service) == -1 || try_users(m->conf) == -1)
		goto fail;
	if (bind_them && load_listeners(m, service, old) == -1)
		goto fail;
	return m;
fail:
	material_free(m);
	return NULL;
}

void
material_free(struct material *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->nlisteners; i++)
		if (m->listeners[i] != -1)
			(void)close(m->listeners[i]);
	free(m->listeners);
	tlsmat_clear(&m->tls);
	conf_free(m->conf);
	free(m);
}
