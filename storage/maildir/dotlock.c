/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Lock files; see dotlock.h. */

#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "storage/maildir/dotlock.h"
#include "storage/maildir/maildir.h"

/* The text of our lock files.  Dovecot looks for "pid:host" only. */
static const char	mark[] = "penfold\n";

void
dotlock_init(struct dotlock *lock)
{
	lock->fd = lock->dir_fd = -1;
	lock->name = NULL;
}

/* Whether the file at a path is the one that is open as fd. */
static bool
is_at(int fd, int dir_fd, const char *name)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	    fstatat(dir_fd, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

/* Whether a lock file has our mark, but no process has its flock(2). */
static bool
owner_is_gone(int dir_fd, const char *name)
{
	char text[sizeof(mark) - 1];
	int fd = openat(dir_fd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool gone;

	if (fd == -1)
		return false;
	/* The mark was written under the flock. */
	gone = flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    pread(fd, text, sizeof(text), 0) == (ssize_t)sizeof(text) &&
	    memcmp(text, mark, sizeof(text)) == 0;
	(void)close(fd);
	return gone;
}

enum state { FREE, TAKEN, ABANDONED };

static enum state
look(int dir_fd, const char *name, uint32_t stale_s)
{
	struct stat sb;

	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return maildir_gone(errno) ? FREE : TAKEN;
	if (time(NULL) - sb.st_mtime >= (time_t)stale_s ||
	    owner_is_gone(dir_fd, name))
		return ABANDONED;
	return TAKEN;
}

/*
 * Remove a lock file that was left behind.  The flock(2) of the folder lets
 * one process at a time look and remove: the second of two that found the same
 * file would otherwise remove the new lock of the first.
 */
static void
break_lock(int dir_fd, const char *name, uint32_t stale_s)
{
	if (flock(dir_fd, LOCK_EX | LOCK_NB) == -1)
		return;
	if (look(dir_fd, name, stale_s) == ABANDONED)
		(void)unlinkat(dir_fd, name, 0);
	(void)flock(dir_fd, LOCK_UN);
}

static int
create(int dir_fd, const char *name)
{
	return openat(dir_fd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int
dotlock_open(struct dotlock *lock, int dir_fd, const char *name,
    uint32_t stale_s)
{
	/* The caller may close its descriptor before it releases the lock. */
	int own_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0), fd, saved;

	if (own_fd == -1)
		return -1;
	fd = create(own_fd, name);
	if (fd == -1 && errno == EEXIST) {
		break_lock(own_fd, name, stale_s);
		fd = create(own_fd, name);
	}
	if (fd == -1) {
		saved = errno;
		(void)close(own_fd);
		errno = saved;
		return -1;
	}
	lock->fd = fd;
	lock->dir_fd = own_fd;
	lock->name = name;
	/* Without the mark the lock holds as well; it only breaks late. */
	if (flock(fd, LOCK_EX | LOCK_NB) == -1 ||
	    write(fd, mark, sizeof(mark) - 1) == -1)
		log_debug("store lock=%s has no mark errno=%d: %s", name,
		    errno, strerror(errno));
	return 0;
}

void
dotlock_close(struct dotlock *lock)
{
	if (lock->fd == -1)
		return;
	if (dotlock_held(lock))
		(void)unlinkat(lock->dir_fd, lock->name, 0);
	(void)close(lock->fd);
	(void)close(lock->dir_fd);
	dotlock_init(lock);
}

bool
dotlock_held(const struct dotlock *lock)
{
	return lock->fd != -1 && is_at(lock->fd, lock->dir_fd, lock->name);
}

bool
dotlock_taken(int dir_fd, const char *name, uint32_t stale_s)
{
	return look(dir_fd, name, stale_s) == TAKEN;
}
