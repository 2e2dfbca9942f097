/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * mailctl user add, passwd, del and list.
 *
 * A new account is appended to the first users file of the configuration;
 * others are changed where they are.  The hash is made before the file is
 * locked, since that takes time.
 */

#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/bounds.h"
#include "common/base/buf.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf.h"
#include "common/conf/conf_option.h"
#include "common/pass/passhash.h"
#include "common/pass/user.h"
#include "mailctl/mailctl.h"
#include "mailctl/usersfile.h"

/* The configuration, and the account that a command is about. */
struct target {
	struct conf		*conf;
	struct user_rules	 rules;
	char			*name;		/* normalised as in auth */
};

static void
report(void *arg, const char *msg)
{
	(void)arg;
	(void)fprintf(stderr, "mailctl: %s\n", msg);
}

static struct conf *
load(const char *path)
{
	return conf_load(path, CONF_NO_IDS | CONF_NO_FILES, report, NULL);
}

static void
target_clear(struct target *t)
{
	conf_free(t->conf);
	free(t->name);
}

/* Returns 0, or -1 with the reason printed. */
static int
target_init(struct target *t, const char *conf_path, const char *name)
{
	struct buf b;

	memset(t, 0, sizeof(*t));
	if ((t->conf = load(conf_path)) == NULL)
		return -1;
	t->rules.exact = t->conf->user_case == CONF_USER_EXACT;
	t->rules.domain = t->conf->default_domain;
	buf_init(&b, BUF_NOCAP);
	/* A "#" would make the line a comment; a space is a typing error. */
	if (name[0] == '#' || strpbrk(name, " \t") != NULL ||
	    user_normalise(&t->rules, slice_str(name), &b) == -1) {
		(void)fprintf(stderr, "mailctl: invalid user name: it must be "
		    "UTF-8 of at most %d octets with at most one \"@\", "
		    "without spaces, \":\", \"/\", \"%%\" and \"..\", and "
		    "not begin with \"#\" or \".\"\n", USER_NAME_MAX);
		buf_clear(&b);
		return -1;
	}
	t->name = xstrdup_slice(buf_slice(&b));
	buf_clear(&b);
	return 0;
}

/*
 * Open the users file that has the account, and find its line.
 *
 * Returns 1, or 0 if there is no such user, or -1 with the reason printed.
 */
static int
find(const struct target *t, struct usersfile **u, size_t *line)
{
	const char *path;
	ssize_t i;

	for (size_t f = 0; f < t->conf->nusers; f++) {
		if ((path = usersfile_path(&t->conf->users[f])) == NULL)
			continue;
		*u = usersfile_open(path, USERS_EDIT);
		if (*u == NULL && errno == ENOENT)
			continue;
		if (*u == NULL) {
			(void)fprintf(stderr, "mailctl: %s: %s\n", path,
			    strerror(errno));
			return -1;
		}
		i = usersfile_find(*u, slice_str(t->name), &t->rules);
		if (i != -1) {
			*line = (size_t)i;
			return 1;
		}
		usersfile_close(*u);
	}
	*u = NULL;
	return 0;
}

/* The same; it is an error if there is no such user. */
static int
find_known(const struct target *t, struct usersfile **u, size_t *line)
{
	int rc = find(t, u, line);

	if (rc == 0)
		(void)fprintf(stderr, "mailctl: there is no user %s\n",
		    t->name);
	return rc == 1 ? 0 : -1;
}

static int
save(struct usersfile *u)
{
	if (usersfile_save(u) == -1) {
		(void)fprintf(stderr, "mailctl: cannot write the users file: "
		    "%s\n", strerror(errno));
		return MAILCTL_FAIL;
	}
	return MAILCTL_OK;
}

static void
list_schemes(const char *scheme)
{
	const char *name;
	bool can_make;

	(void)fprintf(stderr, "mailctl: cannot make hashes with scheme "
	    "\"%s\"; choose one of", scheme);
	for (size_t i = 0; (name = passhash_scheme(i, &can_make)) != NULL;
	    i++)
		if (can_make)
			(void)fprintf(stderr, " %s", name);
	(void)fprintf(stderr, "\n");
}

/* Ask for a password and append its hash.  Returns 0 or -1. */
static int
hash_ask(const char *user, const char *scheme, struct buf *hash)
{
	char *password;
	int rc;

	if ((password = password_ask(user)) == NULL)
		return -1;
	rc = passhash_make(scheme, slice_str(password), hash);
	freezero(password, strlen(password));
	if (rc == -1)
		(void)fprintf(stderr, "mailctl: cannot hash this password with "
		    "scheme %s\n", scheme);
	else if (slice_chr(buf_slice(hash), ':') != SLICE_NONE) {
		/* Only with PLAIN, which stores the password itself. */
		(void)fprintf(stderr, "mailctl: a password with \":\" cannot "
		    "be stored with scheme %s\n", scheme);
		rc = -1;
	}
	return rc;
}

/* Whether we can make hashes with this scheme.  If not, print those we can. */
static bool
scheme_ok(const char *scheme)
{
	const char *name;
	bool can_make;

	for (size_t i = 0; (name = passhash_scheme(i, &can_make)) != NULL;
	    i++)
		if (can_make && strcasecmp(name, scheme) == 0)
			return true;
	list_schemes(scheme);
	return false;
}

/* The options of add and passwd. */
struct options {
	const char	*scheme;
	const char	*home;
	struct conf_id	 owner;
};

/* Returns MAILCTL_OK, or the code to exit with. */
static int
options_get(struct options *o, const char *known, int argc, char **argv)
{
	int ch;

	memset(o, 0, sizeof(*o));
	o->scheme = PASSHASH_DEFAULT;
	while ((ch = getopt(argc, argv, known)) != -1)
		switch (ch) {
		case 'd':
			o->home = optarg;
			break;
		case 'o':
			if (conf_id_set(&o->owner, optarg) == -1 ||
			    !o->owner.known) {
				(void)fprintf(stderr, "mailctl: -o: "
				    "expected a numeric uid:gid\n");
				return MAILCTL_FAIL;
			}
			break;
		case 's':
			assert(optarg != NULL);
			o->scheme = optarg;
			break;
		default:
			return MAILCTL_USAGE;
		}
	if (argc != optind + 1)
		return MAILCTL_USAGE;
	if (o->home != NULL && (o->home[0] != '/' ||
	    strpbrk(o->home, ":\r\n") != NULL)) {
		(void)fprintf(stderr, "mailctl: -d: expected an absolute "
		    "path without \":\"\n");
		return MAILCTL_FAIL;
	}
	return scheme_ok(o->scheme) ? MAILCTL_OK : MAILCTL_FAIL;
}

/* Format the line of an account: user:hash:uid:gid::home::. */
static void
line_make(struct buf *line, const char *name, struct slice hash,
    const struct options *o)
{
	(void)buf_add_fmt(line, "%s:%.*s:", name, SLICE_ARG(hash));
	if (o->owner.known)
		(void)buf_add_fmt(line, "%lu:%lu", (unsigned long)o->owner.uid,
		    (unsigned long)o->owner.gid);
	else
		(void)buf_add_char(line, ':');
	(void)buf_add_fmt(line, "::%s::", o->home == NULL ? "" : o->home);
}

static void
say_exists(const struct target *t)
{
	(void)fprintf(stderr, "mailctl: the user %s exists already; use "
	    "mailctl user passwd to change the password\n", t->name);
}

/* Return the first users file of the configuration, or NULL. */
static const char *
first_path(const struct conf *conf)
{
	const char *path = NULL;

	for (size_t f = 0; f < conf->nusers && path == NULL; f++)
		path = usersfile_path(&conf->users[f]);
	return path;
}

/* Whether a users file other than this one has the account.  Reports it. */
static bool
exists(const struct target *t, const char *except)
{
	struct usersfile *u;
	const char *path;
	bool found = false;

	for (size_t f = 0; f < t->conf->nusers && !found; f++) {
		path = usersfile_path(&t->conf->users[f]);
		if (path == NULL || path == except)
			continue;
		u = usersfile_open(path, USERS_READ);
		found = u != NULL && usersfile_find(u, slice_str(t->name),
		    &t->rules) != -1;
		usersfile_close(u);
	}
	if (found)
		say_exists(t);
	return found;
}

static int
add(const struct target *t, const struct options *o, struct slice hash)
{
	const char *path = first_path(t->conf);
	struct usersfile *u;
	struct buf line;
	int code = MAILCTL_FAIL;

	if (path == NULL) {
		(void)fprintf(stderr, "mailctl: the configuration has no "
		    "users file\n");
		return MAILCTL_FAIL;
	}
	if ((u = usersfile_open(path, USERS_CREATE)) == NULL) {
		(void)fprintf(stderr, "mailctl: %s: %s\n", path,
		    strerror(errno));
		return MAILCTL_FAIL;
	}
	if (usersfile_find(u, slice_str(t->name), &t->rules) != -1)
		say_exists(t);
	else if (!exists(t, path)) {
		buf_init(&line, BUF_NOCAP);
		line_make(&line, t->name, hash, o);
		usersfile_append(u, buf_slice(&line));
		buf_clear_secret(&line);
		code = save(u);
	}
	usersfile_close(u);
	return code;
}

int
cmd_user_add(const char *conf_path, int argc, char **argv)
{
	struct options o;
	struct target t;
	struct buf hash;
	int code;

	if ((code = options_get(&o, "d:o:s:", argc, argv)) == MAILCTL_OK) {
		buf_init(&hash, PASSHASH_MAX);
		/* Report errors before asking for a password. */
		if (target_init(&t, conf_path, argv[optind]) == -1 ||
		    exists(&t, NULL) || hash_ask(t.name, o.scheme, &hash) == -1)
			code = MAILCTL_FAIL;
		else
			code = add(&t, &o, buf_slice(&hash));
		target_clear(&t);
		buf_clear_secret(&hash);
	}
	free(o.owner.name);
	return code;
}

int
cmd_user_passwd(const char *conf_path, int argc, char **argv)
{
	struct usersfile *u;
	struct options o;
	struct target t;
	struct buf hash;
	size_t line;
	int code;

	if ((code = options_get(&o, "s:", argc, argv)) != MAILCTL_OK)
		return code;
	code = MAILCTL_FAIL;
	buf_init(&hash, PASSHASH_MAX);
	/* Report an unknown name before asking for a password. */
	if (target_init(&t, conf_path, argv[optind]) == 0 &&
	    find_known(&t, &u, &line) == 0) {
		usersfile_close(u);
		if (hash_ask(t.name, o.scheme, &hash) == 0 &&
		    find_known(&t, &u, &line) == 0) {
			usersfile_set_hash(u, line, buf_slice(&hash));
			code = save(u);
			usersfile_close(u);
		}
	}
	target_clear(&t);
	buf_clear_secret(&hash);
	return code;
}

/* Remove all lines of the account: a second one would let the user in again. */
static int
del(const struct target *t)
{
	struct usersfile *u;
	size_t line;
	int code, rc;

	if (find_known(t, &u, &line) == -1)
		return MAILCTL_FAIL;
	do {
		usersfile_remove(u, line);
		code = save(u);
		usersfile_close(u);
		if (code != MAILCTL_OK)
			return code;
	} while ((rc = find(t, &u, &line)) == 1);
	return rc == 0 ? MAILCTL_OK : MAILCTL_FAIL;
}

int
cmd_user_del(const char *conf_path, int argc, char **argv)
{
	struct target t;
	int code = MAILCTL_FAIL;

	if (getopt(argc, argv, "") != -1 || argc != optind + 1)
		return MAILCTL_USAGE;
	if (target_init(&t, conf_path, argv[optind]) == 0)
		code = del(&t);
	target_clear(&t);
	return code;
}

/* name, scheme, uid:gid, home; a dash for what the configuration says. */
static void
list_line(struct slice line)
{
	struct slice name = usersfile_field(line, USERS_NAME);
	struct slice hash = usersfile_field(line, USERS_HASH);
	struct slice uid = usersfile_field(line, USERS_UID);
	struct slice gid = usersfile_field(line, USERS_GID);
	struct slice home = usersfile_field(line, USERS_HOME);
	struct slice scheme = slice_make("CRYPT", 5);

	if (hash.len > 0 && hash.p[0] == '{') {
		hash = slice_from(hash, 1);
		(void)slice_cut(&hash, '}', &scheme);
	}
	(void)printf("%.*s\t%.*s\t", SLICE_ARG(name), SLICE_ARG(scheme));
	if (uid.len > 0 || gid.len > 0)
		(void)printf("%.*s:%.*s\t", SLICE_ARG(uid), SLICE_ARG(gid));
	else
		(void)printf("-\t");
	if (home.len > 0)
		(void)printf("%.*s\n", SLICE_ARG(home));
	else
		(void)printf("-\n");
}

int
cmd_user_list(const char *conf_path, int argc, char **argv)
{
	struct usersfile *u;
	struct conf *conf;
	struct slice line;
	const char *path;
	int code = MAILCTL_OK;

	if (getopt(argc, argv, "") != -1 || argc != optind)
		return MAILCTL_USAGE;
	if ((conf = load(conf_path)) == NULL)
		return MAILCTL_FAIL;
	for (size_t f = 0; f < conf->nusers; f++) {
		if ((path = usersfile_path(&conf->users[f])) == NULL)
			continue;
		if ((u = usersfile_open(path, USERS_READ)) == NULL) {
			(void)fprintf(stderr, "mailctl: %s: %s\n", path,
			    strerror(errno));
			code = MAILCTL_FAIL;
			continue;
		}
		for (size_t i = 0; i < usersfile_lines(u); i++) {
			line = usersfile_line(u, i);
			if (usersfile_is_user(line))
				list_line(line);
		}
		usersfile_close(u);
	}
	conf_free(conf);
	return code;
}
