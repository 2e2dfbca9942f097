/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Users files.  The whole text is read into one block of memory, fields are
 * terminated with NULs in place, and struct auth_user points into the text.
 * Names are found through an open-addressed hash table of indexes.  Its hash
 * has a secret key, so that names chosen to collide (a provider's customers
 * choose their own) cannot make it slow.
 *
 * The text is secret, and is overwritten before it is freed.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/auth/auth_passwd.h"
#include "common/base/arena.h"
#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/num.h"
#include "common/base/xmalloc.h"
#include "common/pass/passhash.h"

#define CLASSES_MAX	32	/* cost classes counted; others are ignored */
#define LOAD_TRIES	3	/* attempts if the file changes while read */

/* The result of loading a file. */
struct table {
	char			*text;
	size_t			 text_len;
	struct arena		 names;		/* normalised, if not in text */
	struct auth_user	*users;
	size_t			 n;
	size_t			 size;
	uint32_t		*slots;		/* index + 1, or 0 */
	size_t			 nslots;	/* a power of two */
	const char		*usual;
};

struct auth_passwd {
	const char		*path;
	const struct user_rules	*rules;
	struct hash_key		 key;
	struct table		 table;
	struct stat		 st;		/* of the loaded version */
	int			 fd;
};

/* State of auth_passwd_load(). */
struct load {
	struct auth_passwd	*src;
	struct table		 table;
	auth_passwd_report	*report;
	void			*arg;
	unsigned int		 line;
	int			 faults;
	struct slice		 scheme;	/* to name in the report */
	char			 what[256];	/* text of the report */
};

static void
table_clear(struct table *t)
{
	freezero(t->text, t->text_len);
	arena_clear(&t->names);
	free(t->users);
	free(t->slots);
	memset(t, 0, sizeof(*t));
}

struct auth_passwd *
auth_passwd_new(const char *path, const struct user_rules *rules)
{
	struct auth_passwd *src = xcalloc(1, sizeof(*src));

	src->path = path;
	src->rules = rules;
	src->fd = -1;
	hash_key_init(&src->key);
	arena_init(&src->table.names, 0);
	return src;
}

void
auth_passwd_free(struct auth_passwd *src)
{
	if (src == NULL)
		return;
	table_clear(&src->table);
	if (src->fd != -1)
		(void)close(src->fd);
	free(src);
}

static bool
same_version(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int
read_all(int fd, char *text, size_t len)
{
	size_t off = 0;
	ssize_t n;

	while (off < len) {
		n = pread(fd, text + off, len - off, (off_t)off);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? 1 : -1;
		off += (size_t)n;
	}
	return 0;
}

/*
 * Read the file, and read it again if it was written to meanwhile: half a file
 * would lack its last users.
 */
static int
text_read(int fd, struct stat *st, struct table *t)
{
	struct stat after;
	int ret;

	for (int i = 0; i < LOAD_TRIES; i++) {
		if (fstat(fd, st) == -1)
			return -1;
		if (!S_ISREG(st->st_mode) || st->st_size < 0 ||
		    (uint64_t)st->st_size > AUTH_PASSWD_FILE_MAX) {
			errno = S_ISREG(st->st_mode) ? EFBIG : EINVAL;
			return -1;
		}
		t->text_len = (size_t)st->st_size + 1;
		t->text = malloc(t->text_len);
		if (t->text == NULL)
			return -1;
		ret = read_all(fd, t->text, t->text_len - 1);
		t->text[t->text_len - 1] = '\n';
		if (ret == 0 && fstat(fd, &after) == 0 &&
		    same_version(st, &after))
			return 0;
		freezero(t->text, t->text_len);
		t->text = NULL;
		if (ret == -1)
			return -1;
	}
	errno = EAGAIN;
	return -1;
}

/*
 * Report a faulty line.  The report names the user, if known, and of the
 * password nothing but its scheme.
 */
static void
fault(struct load *l, const struct auth_user *u, const char *what)
{
	bool named = l->scheme.len > 0;

	l->faults++;
	if (l->report == NULL)
		return;
	(void)snprintf(l->what, sizeof(l->what), "%s%s%s%s%s%.*s%s",
	    u->name.len > 0 ? "user " : "", log_esc(u->name),
	    u->name.len > 0 ? ": " : "", what, named ? " {" : "",
	    SLICE_ARG(l->scheme), named ? "}" : "");
	l->report(l->arg, l->src->path, l->line, l->what);
}

/* Find the slot of a name, or the empty slot where the name belongs. */
static uint32_t *
slot_of(const struct auth_passwd *src, const struct table *t,
    struct slice name)
{
	size_t i = hash_slice(&src->key, name) & (t->nslots - 1);

	while (t->slots[i] != 0 &&
	    !slice_eq(t->users[t->slots[i] - 1].name, name))
		i = (i + 1) & (t->nslots - 1);
	return &t->slots[i];
}

/* Make room for another user; the hash table stays at most half full. */
static void
table_grow(const struct auth_passwd *src, struct table *t)
{
	t->users = xgrow(t->users, t->n, &t->size, sizeof(*t->users));
	if ((t->n + 1) * 2 <= t->nslots)
		return;
	free(t->slots);
	t->nslots = t->nslots == 0 ? 128 : t->nslots * 2;
	t->slots = xcalloc(t->nslots, sizeof(*t->slots));
	for (size_t i = 0; i < t->n; i++)
		*slot_of(src, t, t->users[i].name) = (uint32_t)i + 1;
}

/* Normalise a name.  It is copied only if that changes it. */
static int
name_parse(struct load *l, struct slice raw, struct slice *name)
{
	struct buf b;
	int ret = -1;

	buf_init(&b, USER_NAME_MAX * 4);
	if (user_normalise(l->src->rules, raw, &b) == -1)
		goto out;
	*name = raw;
	if (!slice_eq(raw, buf_slice(&b)))
		*name = arena_dup(&l->table.names, buf_slice(&b));
	if (name->p != NULL)
		ret = 0;
out:
	buf_clear(&b);
	return ret;
}

/* Parse a uid or gid; an empty field leaves *has as it is. */
static int
id_parse(struct slice s, uint32_t *id, bool *has)
{
	if (s.len == 0)
		return 0;
	/* UINT32_MAX is (uid_t)-1, which chown(2) takes as "no change". */
	if (num_parse_u32(s, id) == -1 || *id == UINT32_MAX)
		return -1;
	*has = true;
	return 0;
}

/*
 * Parse the extra fields after the shell: "name=value" or "name", separated by
 * spaces.  Unknown fields are for other servers and are ignored.  Fields that
 * would change the meaning of a login but are not supported are a fault.
 */
static const char *
extra_parse(struct auth_user *u, struct slice extra)
{
	struct slice field, name;
	const char *value;

	while (extra.len > 0) {
		(void)slice_cut(&extra, ' ', &field);
		if (field.len == 0)
			continue;
		((char *)field.p)[field.len] = '\0';
		value = slice_cut(&field, '=', &name) ? field.p : "";
		if (slice_eq_str(name, "nologin"))
			u->nologin = true;
		else if (slice_eq_str(name, "allow_nets"))
			u->allow_nets = value;
		else if (slice_eq_str(name, "userdb_mail") ||
		    slice_eq_str(name, "mail"))
			u->mail = value;
		else if (slice_eq_str(name, "userdb_home"))
			u->home = value;
		else if (slice_eq_str(name, "userdb_uid")) {
			if (id_parse(field, &u->uid, &u->has_uid) == -1)
				return "userdb_uid is not a number";
		} else if (slice_eq_str(name, "userdb_gid")) {
			if (id_parse(field, &u->gid, &u->has_gid) == -1)
				return "userdb_gid is not a number";
		} else if (slice_eq_str(name, "nopassword") ||
		    slice_eq_str(name, "proxy") ||
		    slice_eq_str(name, "user"))
			return "nopassword, proxy and user= are not supported";
	}
	return NULL;
}

static const char *
user_parse(struct load *l, struct slice text, struct auth_user *u)
{
	struct slice f[8];
	const char *what;
	size_t n;

	for (n = 0; n < 7 && slice_cut(&text, ':', &f[n]); n++)
		((char *)f[n].p)[f[n].len] = '\0';
	/* Add the text that is left; the line ends in a NUL already. */
	if (n < 7)
		n++;
	else
		f[n++] = text;
	if (n < 2)
		return "expected user:password";
	while (n < 8)
		f[n++] = slice_make("", 0);
	if (name_parse(l, f[0], &u->name) == -1)
		return "not a valid user name";
	u->password = f[1].p;
	if ((what = passhash_fault(u->password)) != NULL) {
		l->scheme = passhash_named(u->password);
		return what;
	}
	if (id_parse(f[2], &u->uid, &u->has_uid) == -1)
		return "uid is not a number";
	if (id_parse(f[3], &u->gid, &u->has_gid) == -1)
		return "gid is not a number";
	u->home = f[5].len > 0 ? f[5].p : NULL;
	if ((what = extra_parse(u, f[7])) != NULL)
		return what;
	if (u->has_uid && u->uid == 0)
		return "uid 0: mail cannot belong to root";
	return NULL;
}

/* Parse a line.  The octet after it, its newline, is overwritten. */
static void
line_parse(struct load *l, struct slice line)
{
	struct auth_user u = { .line = l->line };
	struct table *t = &l->table;
	uint32_t *slot;
	const char *what;

	l->scheme = slice_make("", 0);
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (line.len == 0 || line.p[0] == '#')
		return;
	if (line.len > AUTH_PASSWD_LINE_MAX ||
	    slice_chr(line, '\0') != SLICE_NONE) {
		fault(l, &u, "line too long or contains a NUL");
		return;
	}
	((char *)line.p)[line.len] = '\0';
	if ((what = user_parse(l, line, &u)) != NULL) {
		fault(l, &u, what);
		return;
	}
	table_grow(l->src, t);
	slot = slot_of(l->src, t, u.name);
	if (*slot != 0) {
		fault(l, &u, "duplicate user name");
		return;
	}
	t->users[t->n++] = u;
	*slot = (uint32_t)t->n;
}

/* Find a hash of the cost class that most users have; NULL without users. */
static const char *
usual_find(const struct table *t)
{
	const char *class[CLASSES_MAX];
	size_t count[CLASSES_MAX], n = 0, best = 0, k;

	for (size_t i = 0; i < t->n; i++) {
		struct slice c = passhash_class(t->users[i].password);

		for (k = 0; k < n; k++)
			if (slice_eq(c, passhash_class(class[k])))
				break;
		if (k == CLASSES_MAX)
			continue;
		if (k == n) {
			class[n] = t->users[i].password;
			count[n++] = 0;
		}
		count[k]++;
		if (count[k] > count[best])
			best = k;
	}
	return n == 0 ? NULL : class[best];
}

int
auth_passwd_load(struct auth_passwd *src, int fd, auth_passwd_report *report,
    void *arg)
{
	struct load l = { .src = src, .report = report, .arg = arg };
	struct slice rest, line;
	struct stat st;
	int saved;

	arena_init(&l.table.names, AUTH_PASSWD_FILE_MAX);
	if (text_read(fd, &st, &l.table) == -1) {
		saved = errno;
		table_clear(&l.table);
		(void)close(fd);
		errno = saved;
		return -1;
	}
	rest = slice_make(l.table.text, l.table.text_len);
	while (slice_cut(&rest, '\n', &line)) {
		l.line++;
		line_parse(&l, line);
	}
	l.table.usual = usual_find(&l.table);
	table_clear(&src->table);
	src->table = l.table;
	src->st = st;
	if (src->fd != -1)
		(void)close(src->fd);
	src->fd = fd;
	return l.faults;
}

bool
auth_passwd_stale(const struct auth_passwd *src)
{
	struct stat st;

	return src->fd == -1 || fstat(src->fd, &st) == -1 ||
	    st.st_nlink == 0 || !same_version(&st, &src->st);
}

const struct auth_user *
auth_passwd_find(const struct auth_passwd *src, struct slice name)
{
	const uint32_t *slot;

	if (src->table.n == 0)
		return NULL;
	slot = slot_of(src, &src->table, name);
	return *slot == 0 ? NULL : &src->table.users[*slot - 1];
}

size_t
auth_passwd_count(const struct auth_passwd *src)
{
	return src->table.n;
}

const struct auth_user *
auth_passwd_get(const struct auth_passwd *src, size_t i)
{
	return &src->table.users[i];
}

const char *
auth_passwd_usual(const struct auth_passwd *src)
{
	return src->table.usual;
}
