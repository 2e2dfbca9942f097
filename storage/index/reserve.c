/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The reserve of a full disk; see reserve.h. */

#include "config.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/compat.h"
#include "common/base/xmalloc.h"
#include "storage/index/reserve.h"
#include "storage/maildir/maildir.h"

#define NAME		"reserve"
/* The reserve is made when there is so much more than it needs. */
#define AMPLE		(16 * RESERVE_SIZE)
/* Without an inode nothing can be created; a few go with each command. */
#define INODES_MIN	16

static int
open_it(int dir_fd, struct stat *sb)
{
	int fd = openat(dir_fd, NAME, O_RDWR | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd == -1 || (fstat(fd, sb) == 0 && S_ISREG(sb->st_mode)))
		return fd;
	(void)close(fd);
	return -1;
}

bool
reserve_give(int dir_fd, uint32_t keep)
{
	struct stat sb;
	bool given;
	int fd = open_it(dir_fd, &sb);

	if (fd == -1)
		return false;
	given = sb.st_size > (off_t)keep && ftruncate(fd, keep) == 0;
	(void)close(fd);
	return given;
}

/* Random bytes, which no file system can store in less room. */
static int
write_all(int fd)
{
	char *p = xmalloc(RESERVE_SIZE);
	int rc;

	arc4random_buf(p, RESERVE_SIZE);
	rc = maildir_write(fd, slice_make(p, RESERVE_SIZE));
	free(p);
	return rc;
}

void
reserve_make(int dir_fd)
{
	struct stat sb;
	int fd;

	if (fstatat(dir_fd, NAME, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    sb.st_size >= RESERVE_SIZE)
		return;
	if (reserve_short(dir_fd, AMPLE) ||
	    (fd = open_it(dir_fd, &sb)) == -1)
		return;
	if (write_all(fd) == -1)
		(void)unlinkat(dir_fd, NAME, 0);
	(void)close(fd);
}

bool
reserve_short(int dir_fd, uint64_t bytes)
{
	struct statvfs v;

	/* Some file systems have no fixed number of inodes, and say 0. */
	return fstatvfs(dir_fd, &v) == 0 &&
	    ((uint64_t)v.f_bavail * v.f_frsize < bytes ||
	    (v.f_files != 0 && v.f_favail < INODES_MIN));
}
