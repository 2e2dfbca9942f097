/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Edits users files; see usersfile.h.
 *
 * The lock is a flock(2) on the file itself: a lock file would outlive a
 * crash.  Saving replaces the file, so whoever gets the lock checks whether
 * the name still refers to the locked file, and if not starts again.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf.h"
#include "mailctl/usersfile.h"

/* A hundred thousand users take 20 MB. */
#define SIZE_LIMIT	(256UL * 1024 * 1024)

struct usersfile {
	char		 *path;		/* with symbolic links resolved */
	int		  fd;		/* holds the lock */
	struct stat	  st;		/* mode and owner to be kept */
	char		**line;
	size_t		  n;
	size_t		  size;		/* lines that line has room for */
};

const char *
usersfile_path(const struct conf_users *u)
{
	return u->kind == CONF_USERS_PASSWD ? u->path : NULL;
}

static void
line_add(struct usersfile *u, struct slice line)
{
	u->line = xgrow(u->line, u->n, &u->size, sizeof(*u->line));
	u->line[u->n++] = line.len == 0 ? xstrdup("") :
	    xstrdup_slice(line);
}

/* Read all lines of the file.  Returns 0, or -1 with errno set. */
static int
read_lines(struct usersfile *u)
{
	struct slice rest, line;
	struct buf b;
	ssize_t n;
	char *room;

	buf_init(&b, SIZE_LIMIT);
	do {
		if (buf_reserve(&b, 65536, &room) == -1) {
			errno = EFBIG;
			n = -1;
			break;
		}
		n = read(u->fd, room, 65536);
		if (n > 0)
			buf_commit(&b, (size_t)n);
	} while (n > 0 || (n == -1 && errno == EINTR));
	rest = buf_slice(&b);
	if (n == 0 && slice_chr(rest, '\0') != SLICE_NONE) {
		errno = EILSEQ;
		n = -1;
	}
	while (n == 0 && rest.len > 0) {
		(void)slice_cut(&rest, '\n', &line);
		line_add(u, line);
	}
	buf_clear_secret(&b);
	return n == -1 ? -1 : 0;
}

/* Wait for the lock.  Says so, since the program would seem to hang. */
static int
lock_wait(int fd, const char *path)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return -1;
	(void)fprintf(stderr, "mailctl: waiting for the lock on %s\n", path);
	while (flock(fd, LOCK_EX) == -1)
		if (errno != EINTR)
			return -1;
	return 0;
}

/*
 * Open the file and lock it, unless it is only read.  Returns the descriptor,
 * or -1 with errno set.
 */
static int
open_locked(struct usersfile *u, enum users_open how)
{
	struct stat st;
	int fd, saved;

	for (;;) {
		fd = open(u->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
		    (how == USERS_CREATE ? O_CREAT : 0), 0600);
		if (fd == -1)
			return -1;
		if (fstat(fd, &u->st) == -1)
			break;
		if (!S_ISREG(u->st.st_mode)) {
			errno = EINVAL;
			break;
		}
		if (how == USERS_READ)
			return fd;
		if (lock_wait(fd, u->path) == -1)
			break;
		if (stat(u->path, &st) == 0 && st.st_dev == u->st.st_dev &&
		    st.st_ino == u->st.st_ino)
			return fd;
		/* Another process replaced the file while we waited. */
		(void)close(fd);
	}
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

struct usersfile *
usersfile_open(const char *path, enum users_open how)
{
	struct usersfile *u = xcalloc(1, sizeof(*u));
	int saved;

	/* Replace the target of a symbolic link, not the link. */
	if ((u->path = realpath(path, NULL)) == NULL)
		u->path = xstrdup(path);
	if ((u->fd = open_locked(u, how)) == -1 ||
	    read_lines(u) == -1) {
		saved = errno;
		usersfile_close(u);
		errno = saved;
		return NULL;
	}
	return u;
}

void
usersfile_close(struct usersfile *u)
{
	if (u == NULL)
		return;
	for (size_t i = 0; i < u->n; i++)
		freezero(u->line[i], strlen(u->line[i]));
	free(u->line);
	free(u->path);
	if (u->fd != -1)
		(void)close(u->fd);
	free(u);
}

size_t
usersfile_lines(const struct usersfile *u)
{
	return u->n;
}

struct slice
usersfile_line(const struct usersfile *u, size_t i)
{
	return slice_str(u->line[i]);
}

bool
usersfile_is_user(struct slice line)
{
	line = slice_trim(line);
	return line.len > 0 && line.p[0] != '#';
}

struct slice
usersfile_field(struct slice line, enum users_field field)
{
	struct slice head = { "", 0 };

	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (field == USERS_EXTRA) {
		for (int i = 0; i < USERS_EXTRA; i++)
			(void)slice_cut(&line, ':', &head);
		return line;
	}
	for (int i = 0; i <= (int)field; i++)
		if (!slice_cut(&line, ':', &head) && i < (int)field)
			return slice_make("", 0);
	return head;
}

ssize_t
usersfile_find(const struct usersfile *u, struct slice name,
    const struct user_rules *rules)
{
	struct slice line;
	struct buf have;
	ssize_t found = -1;

	buf_init(&have, BUF_NOCAP);
	for (size_t i = 0; i < u->n && found == -1; i++) {
		line = slice_str(u->line[i]);
		if (!usersfile_is_user(line))
			continue;
		buf_reset(&have, BUF_NOCAP);
		if (user_normalise(rules, usersfile_field(line, USERS_NAME),
		    &have) == 0 && slice_eq(buf_slice(&have), name))
			found = (ssize_t)i;
	}
	buf_clear(&have);
	return found;
}

void
usersfile_append(struct usersfile *u, struct slice line)
{
	line_add(u, line);
}

void
usersfile_set_hash(struct usersfile *u, size_t i, struct slice hash)
{
	struct slice rest = slice_str(u->line[i]), name, old;
	bool more;
	char *line;
	size_t size;

	(void)slice_cut(&rest, ':', &name);
	more = slice_cut(&rest, ':', &old);
	size = name.len + hash.len + rest.len + 3;
	line = xmalloc(size);
	(void)snprintf(line, size, "%.*s:%.*s%s%.*s", SLICE_ARG(name),
	    SLICE_ARG(hash), more ? ":" : "", SLICE_ARG(rest));
	freezero(u->line[i], strlen(u->line[i]));
	u->line[i] = line;
}

void
usersfile_remove(struct usersfile *u, size_t i)
{
	freezero(u->line[i], strlen(u->line[i]));
	memmove(&u->line[i], &u->line[i + 1],
	    (u->n - i - 1) * sizeof(*u->line));
	u->n--;
}

static int
write_all(int fd, struct slice s)
{
	ssize_t n;

	while (s.len > 0) {
		if ((n = write(fd, s.p, s.len)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		s = slice_from(s, (size_t)n);
	}
	return 0;
}

static int
write_lines(const struct usersfile *u, int fd)
{
	struct buf b;
	int rc = 0;

	buf_init(&b, BUF_NOCAP);
	for (size_t i = 0; i < u->n && rc == 0; i++)
		if (buf_add_str(&b, u->line[i]) == -1 ||
		    buf_add_char(&b, '\n') == -1) {
			errno = ENOMEM;
			rc = -1;
		}
	if (rc == 0)
		rc = write_all(fd, buf_slice(&b));
	buf_clear_secret(&b);
	return rc;
}

/* Sync the directory of a path, so that a rename there survives power loss. */
static int
sync_folder(const char *path)
{
	char *dir = xstrdup(path), *slash = strrchr(dir, '/');
	int fd, rc = -1;

	if (slash == NULL)
		(void)strlcpy(dir, ".", strlen(dir) + 1);
	else
		slash[slash == dir ? 1 : 0] = '\0';
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1) {
		rc = fsync(fd);
		(void)close(fd);
	}
	free(dir);
	return rc;
}

/*
 * The name of the temporary file is fixed, so that one that a crash has left
 * behind, with hashes in it, is removed the next time.  The lock keeps others
 * from using it at the same time.
 */
#define TEMP_SUFFIX	".mailctl"

int
usersfile_save(struct usersfile *u)
{
	size_t size = strlen(u->path) + sizeof(TEMP_SUFFIX);
	char *temp = xmalloc(size);
	int fd, saved;

	(void)snprintf(temp, size, "%s" TEMP_SUFFIX, u->path);
	(void)unlink(temp);
	if ((fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600)) == -1) {
		free(temp);
		return -1;
	}
	/* First the owner: chown(2) may clear bits of the mode. */
	if (((u->st.st_uid != geteuid() || u->st.st_gid != getegid()) &&
	    fchown(fd, u->st.st_uid, u->st.st_gid) == -1) ||
	    fchmod(fd, u->st.st_mode & 07777) == -1 ||
	    write_lines(u, fd) == -1 || fsync(fd) == -1 ||
	    rename(temp, u->path) == -1) {
		saved = errno;
		(void)unlink(temp);
		(void)close(fd);
		free(temp);
		errno = saved;
		return -1;
	}
	free(temp);
	(void)close(fd);
	return sync_folder(u->path);
}
