/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Checks of a configuration as a whole, after every line was parsed without an
 * error: required statements, contradictions, and users and files that must
 * exist on the system.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/slice.h"
#include "common/conf/conf_parse.h"

static const char *
esc(const char *s)
{
	return log_esc(slice_str(s));
}

/* Find where an option was set; file is NULL and line 0 for a default. */
static const struct conf_where *
option_where(const struct conf_parse *p, const char *name)
{
	for (size_t i = 0; i < conf_noptions; i++)
		if (strcmp(conf_options[i].name, name) == 0)
			return &p->option_where[i];
	return &p->conf->mail_where;
}

#define ERROR_AT(p, where, ...)						\
	conf_error(p, (where)->file != NULL ? (where)->file :		\
	    (p)->conf->file, (where)->line, __VA_ARGS__)

static void
check_present(struct conf_parse *p)
{
	struct conf *conf = p->conf;

	if (conf->nlisteners == 0)
		conf_error(p, conf->file, 0, "nothing to listen on: add a "
		    "line such as: imap listen on * port 993 tls");
	if (conf->nusers == 0)
		conf_error(p, conf->file, 0, "no users: add a line such as: "
		    "users passwd \"/etc/penfold/users\"");
	if (conf->mail == NULL)
		conf_error(p, conf->file, 0, "no mail: add a line such as: "
		    "mail \"/var/vmail/%%d/%%n\" owner \"vmail\"");
}

static void
check_tls(struct conf_parse *p)
{
	const struct conf_listener *l;

	if (p->conf->ncerts > 0)
		return;
	for (size_t i = 0; i < p->conf->nlisteners; i++) {
		l = &p->conf->listeners[i];
		if (l->mode == CONF_MODE_PLAINTEXT)
			continue;
		ERROR_AT(p, &l->where, "\"%s\" needs a certificate: add a "
		    "line such as: certificate \"/etc/ssl/mail.crt\" "
		    "key \"/etc/ssl/private/mail.key\"",
		    l->mode == CONF_MODE_TLS ? "tls" : "starttls");
		return;
	}
}

static void
check_hostname(struct conf_parse *p)
{
	const char *name = p->conf->hostname;

	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] != '\0')
		ERROR_AT(p, option_where(p, "hostname"), "\"%s\" is not the "
		    "name of a host: set hostname", esc(name));
}

static void
check_trace(struct conf_parse *p)
{
	const char *text = p->conf->trace_address;
	unsigned char addr[16];

	if (text != NULL && inet_pton(AF_INET, text, addr) != 1 &&
	    inet_pton(AF_INET6, text, addr) != 1)
		ERROR_AT(p, option_where(p, "trace address"), "expected an "
		    "address such as 192.0.2.7 or 2001:db8::7, not \"%s\"",
		    esc(text));
}

/*
 * Refuse a greeting that clients would not take for plain text: "[" begins a
 * response code (RFC 9051, section 7.1; RFC 2449, section 3), "<" begins the
 * timestamp of APOP (RFC 1939, section 7), and a client that has not enabled
 * UTF-8 must not be sent any.
 */
static void
check_greeting(struct conf_parse *p)
{
	const char *text = p->conf->greeting;
	bool ok = text[0] != '[';

	for (; *text != '\0'; text++)
		ok = ok && *text >= ' ' && *text <= '~' && *text != '<';
	if (!ok)
		ERROR_AT(p, option_where(p, "greeting"), "clients would "
		    "misunderstand this greeting: use printable ASCII without "
		    "\"<\", and no \"[\" at the start");
}

/* Shortest session lifetime, in seconds, that libtls accepts. */
#define TICKET_LIFETIME_MIN	4

static void
check_limits(struct conf_parse *p)
{
	struct conf *conf = p->conf;

	if (conf->tls_ticket_lifetime > 0 &&
	    conf->tls_ticket_lifetime < TICKET_LIFETIME_MIN)
		ERROR_AT(p, option_where(p, "tls ticket lifetime"),
		    "\"tls ticket lifetime\" is 0 or at least %ds",
		    TICKET_LIFETIME_MIN);
	if (conf->connections_before_login > conf->connections_total)
		ERROR_AT(p, option_where(p, "connections before login"),
		    "\"connections before login\" (%u) is more than "
		    "\"connections\" (%u)", conf->connections_before_login,
		    conf->connections_total);
}

static const char *const folder_options[CONF_FOLDER_MAX] = {
	[CONF_FOLDER_DRAFTS] = "drafts folder",
	[CONF_FOLDER_SENT] = "sent folder",
	[CONF_FOLDER_TRASH] = "trash folder",
	[CONF_FOLDER_JUNK] = "junk folder",
	[CONF_FOLDER_ARCHIVE] = "archive folder"
};

/*
 * True if the store can create a folder of this name: levels are separated by
 * '/', and no level is empty or contains a wildcard of LIST or the separator
 * used on the wire.  INBOX is not allowed.
 */
static bool
folder_ok(const struct conf *conf, const char *name)
{
	struct slice rest = slice_str(name), level;
	bool more = true;

	if (slice_caseeq_str(rest, "INBOX"))
		return false;
	while (more) {
		more = slice_cut(&rest, '/', &level);
		if (level.len == 0 ||
		    slice_chr(level, (char)conf->separator) != SLICE_NONE ||
		    slice_chr(level, '*') != SLICE_NONE ||
		    slice_chr(level, '%') != SLICE_NONE)
			return false;
	}
	return true;
}

static void
check_folders(struct conf_parse *p)
{
	struct conf *conf = p->conf;
	const struct conf_where *where;

	for (int i = 0; i < CONF_FOLDER_MAX; i++) {
		if (conf->folder[i] == NULL)
			continue;
		where = option_where(p, folder_options[i]);
		if (!folder_ok(conf, conf->folder[i]))
			ERROR_AT(p, where, "\"%s\" cannot be the name of the "
			    "%s", esc(conf->folder[i]), folder_options[i]);
		for (int j = 0; j < i; j++)
			if (conf->folder[j] != NULL &&
			    strcmp(conf->folder[i], conf->folder[j]) == 0)
				ERROR_AT(p, where, "\"%s\" is already the %s",
				    esc(conf->folder[i]), folder_options[j]);
	}
}

/* Look up a system user; false if there is none or it must not be used. */
static bool
check_id(struct conf_parse *p, struct conf_id *id, const char *option,
    const struct conf_where *where)
{
	if (id->name == NULL)
		return false;
	if (conf_id_lookup(id) == -1) {
		ERROR_AT(p, where, "there is no user \"%s\" for \"%s\": "
		    "create it, or set another user or uid:gid",
		    esc(id->name), option);
		return false;
	}
	if (id->uid == 0 || id->gid == 0) {
		ERROR_AT(p, where, "\"%s\" must not be root, nor have root's "
		    "group", option);
		return false;
	}
	return true;
}

/* Only root can change to other users; without root they are not used. */
static void
check_ids(struct conf_parse *p)
{
	struct conf *conf = p->conf;
	bool front, auth, owner;

	if ((p->flags & CONF_NO_IDS) || geteuid() != 0)
		return;
	front = check_id(p, &conf->front_user, "front user",
	    option_where(p, "front user"));
	auth = check_id(p, &conf->auth_user, "auth user",
	    option_where(p, "auth user"));
	owner = check_id(p, &conf->owner, "owner", &conf->mail_where);
	if (front && auth && conf->front_user.uid == conf->auth_user.uid)
		ERROR_AT(p, option_where(p, "auth user"), "\"front user\" and "
		    "\"auth user\" are the same: strangers would be one step "
		    "from the passwords");
	if (owner && front && conf->front_user.uid == conf->owner.uid)
		ERROR_AT(p, &conf->mail_where, "\"owner\" and \"front user\" "
		    "are the same: strangers would be one step from the "
		    "mail");
	if (owner && auth && conf->auth_user.uid == conf->owner.uid)
		ERROR_AT(p, &conf->mail_where, "\"owner\" and \"auth user\" "
		    "are the same: mail would be one step from the "
		    "passwords");
}

/* Check that the parent will be able to open a file. */
static void
check_file(struct conf_parse *p, const char *path,
    const struct conf_where *where)
{
	struct stat st;
	int fd;

	/* O_NONBLOCK: opening a FIFO must not block the start of a daemon. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1) {
		ERROR_AT(p, where, "cannot read \"%s\": %s", esc(path),
		    strerror(errno));
		return;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		ERROR_AT(p, where, "\"%s\" is not a file", esc(path));
	(void)close(fd);
}

static void
check_chroot(struct conf_parse *p)
{
	const struct conf_where *where = option_where(p, "chroot");
	const char *path = p->conf->chroot;
	struct stat st;

	if (geteuid() != 0)
		return;
	if (stat(path, &st) == -1)
		ERROR_AT(p, where, "cannot use \"%s\" for chroot: %s",
		    esc(path), strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		ERROR_AT(p, where, "\"%s\", for chroot, is not a directory",
		    esc(path));
	else if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)))
		ERROR_AT(p, where, "\"%s\", for chroot, must be owned by root "
		    "and writable by nobody else", esc(path));
}

static void
check_files(struct conf_parse *p)
{
	struct conf *conf = p->conf;
	const char *users;

	if (p->flags & CONF_NO_FILES)
		return;
	for (size_t i = 0; i < conf->ncerts; i++) {
		check_file(p, conf->certs[i].cert, &conf->certs[i].where);
		check_file(p, conf->certs[i].key, &conf->certs[i].where);
		if (conf->certs[i].ocsp != NULL)
			check_file(p, conf->certs[i].ocsp,
			    &conf->certs[i].where);
	}
	for (size_t i = 0; i < conf->nusers; i++)
		if ((users = conf_users_file(&conf->users[i])) != NULL)
			check_file(p, users, &conf->users[i].where);
	if (conf->client_ca != NULL)
		check_file(p, conf->client_ca, option_where(p, "client ca"));
	check_chroot(p);
}

/*
 * Other servers' files have "option = value", which defines a macro here.  For
 * an unused macro whose name resembles an option, suggest that option.
 */
static void
check_macros(struct conf_parse *p)
{
	const struct conf_macro *m;
	const char *name, *meant;
	size_t taken;

	for (size_t i = 0; i < p->nmacros; i++) {
		m = &p->macros[i];
		name = m->name;
		if (m->used || (meant = conf_near(&name, 1, &taken)) == NULL)
			continue;
		ERROR_AT(p, &m->where, "macro \"%s\" is not used; options are "
		    "set without \"=\", did you mean \"%s\"?", esc(m->name),
		    meant);
	}
}

void
conf_check(struct conf_parse *p)
{
	check_macros(p);
	if (p->errors > 0)
		return;
	check_present(p);
	check_tls(p);
	check_hostname(p);
	check_greeting(p);
	check_trace(p);
	check_limits(p);
	check_folders(p);
	check_ids(p);
	check_files(p);
}
