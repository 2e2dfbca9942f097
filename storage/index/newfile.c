/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* New versions of small files; see newfile.h. */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/index/newfile.h"
#include "storage/index/sync.h"

void
newfile_init(struct newfile *f)
{
	memset(f, 0, sizeof(*f));
	f->fd = f->tmp_fd = f->dir_fd = -1;
}

int
newfile_open(struct newfile *f, int maildir_fd)
{
	struct buf base;

	buf_init(&base, sizeof(f->tmp) - 1);
	maildir_new_base(&base);
	(void)snprintf(f->tmp, sizeof(f->tmp), "%.*s",
	    SLICE_ARG(buf_slice(&base)));
	buf_clear(&base);
	f->tmp_fd = maildir_open_dir(maildir_fd, "tmp");
	if (f->tmp_fd != -1)
		f->fd = openat(f->tmp_fd, f->tmp, O_RDWR | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
	return f->fd == -1 ? -1 : 0;
}

int
newfile_open_beside(struct newfile *f, int dir_fd, const char *name)
{
	(void)snprintf(f->tmp, sizeof(f->tmp), "%s", name);
	f->tmp_fd = maildir_open_dir(dir_fd, ".");
	if (f->tmp_fd != -1)
		f->fd = openat(f->tmp_fd, f->tmp, O_RDWR | O_CREAT | O_TRUNC |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
	return f->fd == -1 ? -1 : 0;
}

int
newfile_write(struct newfile *f, struct slice text)
{
	return maildir_write(f->fd, text);
}

/* Sync fd.  f->sync is NULL until the helper threads were asked. */
static int
synced(struct newfile *f, int fd, struct sync *s)
{
	int own_fd, rc, saved;

	if (s == NULL)
		return fsync(fd) == -1 ? -1 : 1;
	if (f->sync == NULL) {
		own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (own_fd == -1)
			return -1;
		f->sync = syncfile_new(s, own_fd, NULL, f->tmp);
		f->ticket = syncfile_want(f->sync);
	}
	rc = syncfile_done(f->sync, f->ticket);
	if (rc == 0)
		return 0;
	saved = errno;
	syncfile_unref(f->sync);
	f->sync = NULL;
	errno = saved;
	return rc;
}

int
newfile_synced(struct newfile *f, struct sync *s)
{
	return synced(f, f->fd, s);
}

int
newfile_place(struct newfile *f, int dir_fd, const char *name,
    struct stat *sb)
{
	/* The caller may close its descriptor before the folder is synced. */
	f->dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
	if (f->dir_fd == -1 || fstat(f->fd, sb) == -1 ||
	    renameat(f->tmp_fd, f->tmp, f->dir_fd, name) == -1)
		return -1;
	f->tmp[0] = '\0';
	return 0;
}

int
newfile_settled(struct newfile *f, struct sync *s)
{
	return synced(f, f->dir_fd, s);
}

void
newfile_close(struct newfile *f)
{
	syncfile_unref(f->sync);
	if (f->fd != -1 && f->tmp[0] != '\0')
		(void)unlinkat(f->tmp_fd, f->tmp, 0);
	if (f->fd != -1)
		(void)close(f->fd);
	if (f->tmp_fd != -1)
		(void)close(f->tmp_fd);
	if (f->dir_fd != -1)
		(void)close(f->dir_fd);
	newfile_init(f);
}
