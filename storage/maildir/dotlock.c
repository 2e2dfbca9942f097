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

#include "common/base/num.h"
#include "common/base/slice.h"
#include "storage/maildir/dotlock.h"
#include "storage/maildir/maildir.h"

/*
 * The mode of our lock files: their owner may execute them, which is true of no
 * other program's.  The call that creates a file also sets its mode, so neither
 * a killed process nor a power cut leaves a lock of ours without it.  A text
 * that is written into the file could be missing then.
 */
#define LOCK_MODE	0700
/*
 * Dovecot does not look at the owner of a lock that is younger: most likely it
 * lives.
 */
#define OWNER_AGE_S	2
/* A pid, a colon and the name of a host fit in here. */
#define OWNER_MAX	512
/* Time since the boot. */
#ifdef CLOCK_BOOTTIME
#define BOOT_CLOCK	CLOCK_BOOTTIME
#else
#define BOOT_CLOCK	CLOCK_MONOTONIC
#endif

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

enum state { FREE, TAKEN, ABANDONED };

/* Whether a time was before the machine was started. */
static bool
before_boot(time_t s)
{
	struct timespec now, up;

	return clock_gettime(CLOCK_REALTIME, &now) == 0 &&
	    clock_gettime(BOOT_CLOCK, &up) == 0 && s < now.tv_sec - up.tv_sec;
}

enum owner { OWNER_LIVES, OWNER_GONE, OWNER_NOBODY, OWNER_ELSEWHERE };

/*
 * Find the owner in the text of a lock file, which is "pid:host".  A text that
 * is empty or cut names nobody.
 */
static enum owner
parse_owner(struct slice text)
{
	struct slice pid_text;
	char host[256];
	uint32_t pid;

	if (text.len > 0 && text.p[text.len - 1] == '\n')
		text.len--;
	if (!slice_cut(&text, ':', &pid_text) || text.len == 0 ||
	    num_parse_nz(pid_text, &pid) == -1 || pid > INT32_MAX)
		return OWNER_NOBODY;
	if (gethostname(host, sizeof(host)) == -1)
		return OWNER_ELSEWHERE;
	host[sizeof(host) - 1] = '\0';
	if (!slice_eq_str(text, host))
		return OWNER_ELSEWHERE;
	/* We have no such lock, so a process that had our pid has left it. */
	if ((pid_t)pid == getpid())
		return OWNER_GONE;
	return getpgid((pid_t)pid) == -1 && errno == ESRCH ? OWNER_GONE :
	    OWNER_LIVES;
}

static enum owner
read_owner(int dir_fd, const char *name)
{
	struct stat sb;
	char text[OWNER_MAX];
	ssize_t n;
	int fd;

	/* If the text can't be read, nobody knows who the owner is. */
	if ((fd = maildir_open(dir_fd, name, &sb)) == -1)
		return OWNER_ELSEWHERE;
	n = read(fd, text, sizeof(text));
	(void)close(fd);
	return n == -1 ? OWNER_ELSEWHERE :
	    parse_owner(slice_make(text, (size_t)n));
}

/* Judge the lock file of another program. */
static enum state
look_at_theirs(int dir_fd, const char *name, uint32_t stale_s,
    const struct stat *sb)
{
	time_t age_s = time(NULL) - sb->st_mtime;
	bool old_boot;

	/* If the file is from the future, the clock was set back meanwhile. */
	if (age_s < 0)
		return -age_s >= (time_t)stale_s ? ABANDONED : TAKEN;
	if (age_s < OWNER_AGE_S)
		return TAKEN;
	old_boot = before_boot(sb->st_mtime);
	switch (read_owner(dir_fd, name)) {
	case OWNER_LIVES:
		/* Its pid is that of another process since the boot. */
		return old_boot ? ABANDONED : TAKEN;
	case OWNER_GONE:
		return ABANDONED;
	case OWNER_NOBODY:
		return old_boot || age_s >= (time_t)stale_s ? ABANDONED :
		    TAKEN;
	case OWNER_ELSEWHERE:
		break;
	}
	return age_s >= (time_t)stale_s ? ABANDONED : TAKEN;
}

/*
 * See who has a lock.  If its owner was a process of ours that is gone, *fd is
 * the lock file, with our flock(2) on it; the caller closes it.
 */
static enum state
look(int dir_fd, const char *name, uint32_t stale_s, int *fd)
{
	struct stat sb;

	*fd = -1;
	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return maildir_gone(errno) ? FREE : TAKEN;
	if (S_ISREG(sb.st_mode) && (sb.st_mode & S_IXUSR) != 0)
		*fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW |
		    O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd != -1) {
		if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
			return is_at(*fd, dir_fd, name) ? ABANDONED : TAKEN;
		if (errno == EWOULDBLOCK)
			return TAKEN;
	}
	return look_at_theirs(dir_fd, name, stale_s, &sb);
}

/*
 * Remove a lock file that was left behind.  The flock(2) of the folder lets
 * one process at a time look and remove: the second of two that found the same
 * file would otherwise remove the new lock of the first.  The flock(2) of the
 * lock file is kept until the file is gone; see create().
 */
static void
break_lock(int dir_fd, const char *name, uint32_t stale_s)
{
	int fd;

	if (flock(dir_fd, LOCK_EX | LOCK_NB) == -1)
		return;
	if (look(dir_fd, name, stale_s, &fd) == ABANDONED)
		(void)unlinkat(dir_fd, name, 0);
	if (fd != -1)
		(void)close(fd);
	(void)flock(dir_fd, LOCK_UN);
}

/*
 * Create a lock file, and take its flock(2).  In between, another process may
 * find it, and take its owner for dead:
 *
 *	A: creates the file
 *	B: gets the flock(2) of the file
 *	A: does not get it, or gets it when B has removed the file
 *
 * Then A does not have the lock.  A file that B did not remove, since it only
 * looked, is removed by the next who wants the lock.
 */
static int
create(int dir_fd, const char *name)
{
	int fd, saved;

	fd = openat(dir_fd, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, LOCK_MODE);
	if (fd == -1)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		saved = errno == EWOULDBLOCK ? EEXIST : errno;
		if (saved != EEXIST)
			(void)unlinkat(dir_fd, name, 0);
	} else if (is_at(fd, dir_fd, name)) {
		return fd;
	} else {
		saved = EEXIST;
	}
	(void)close(fd);
	errno = saved;
	return -1;
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
	int fd;
	enum state state = look(dir_fd, name, stale_s, &fd);

	if (fd != -1)
		(void)close(fd);
	return state == TAKEN;
}

void
dotlock_note(struct dotlock_stranded *s, int dir_fd, const char *name)
{
	struct stat sb;

	memset(s, 0, sizeof(*s));
	/* A process of ours works through a descriptor of the folder. */
	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == -1 ||
	    (S_ISREG(sb.st_mode) && (sb.st_mode & S_IXUSR) != 0))
		return;
	s->there = true;
	s->dev = sb.st_dev;
	s->ino = sb.st_ino;
}

void
dotlock_break(const struct dotlock_stranded *s, int dir_fd, const char *name)
{
	struct stat sb;

	/* Another process with the flock(2) is judging the lock file. */
	if (!s->there || flock(dir_fd, LOCK_EX | LOCK_NB) == -1)
		return;
	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    sb.st_dev == s->dev && sb.st_ino == s->ino)
		(void)unlinkat(dir_fd, name, 0);
	(void)flock(dir_fd, LOCK_UN);
}
