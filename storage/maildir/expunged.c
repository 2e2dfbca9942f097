/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Names in expunged/, and the list of them; see expunged.h. */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "storage/maildir/expunged.h"
#include "storage/maildir/maildir.h"

/*
 * The names are longer than they must be, and all of the same length.  To add
 * a name, ext4 compares it with all names in a directory block, and a block
 * holds fewer long names.
 */
void
expunged_file_name(uint32_t mailbox, uint32_t uid,
    char name[EXPUNGE_NAME_MAX])
{
	(void)snprintf(name, EXPUNGE_NAME_MAX, "message.%010u.%010u",
	    mailbox, uid);
}

void
expunged_list_print(struct buf *out, uint32_t mailbox, uint32_t uid,
    const char *folder, struct slice name)
{
	char file[EXPUNGE_NAME_MAX];

	if (memchr(name.p, '\n', name.len) != NULL ||
	    strchr(folder, '\n') != NULL)
		return;
	expunged_file_name(mailbox, uid, file);
	(void)buf_add_fmt(out, "%s %lld %s/%.*s\n", file,
	    (long long)time(NULL), folder, SLICE_ARG(name));
}

static int
open_list(int penfold_fd, struct stat *sb)
{
	int fd;

	fd = openat(penfold_fd, EXPUNGED_LIST, O_RDWR | O_APPEND | O_CREAT |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1 || fstat(fd, sb) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* Whether nothing that stands in the old list is kept any more. */
static bool
old_is_over(int penfold_fd, uint32_t keep_s)
{
	int64_t last = maildir_mtime(penfold_fd, EXPUNGED_LIST_OLD);

	return last == -1 ? maildir_gone(errno) :
	    last / 1000000000 + (int64_t)keep_s < (int64_t)time(NULL);
}

/* A crash may have cut the last line: end it. */
static int
end_line(int fd, off_t size)
{
	char c = '\n';

	if (size > 0 && pread(fd, &c, 1, size - 1) != 1)
		return -1;
	return c == '\n' ? 0 : maildir_write(fd, SLICE_LIT("\n"));
}

int
expunged_list_append(int penfold_fd, uint32_t keep_s, struct slice lines)
{
	struct stat sb;
	int fd, rc;

	if ((fd = open_list(penfold_fd, &sb)) == -1)
		return -1;
	if (sb.st_size >= EXPUNGED_LIST_MAX &&
	    old_is_over(penfold_fd, keep_s) && renameat(penfold_fd,
	    EXPUNGED_LIST, penfold_fd, EXPUNGED_LIST_OLD) == 0) {
		(void)close(fd);
		if ((fd = open_list(penfold_fd, &sb)) == -1)
			return -1;
	}
	rc = end_line(fd, sb.st_size);
	if (rc == 0)
		rc = maildir_write(fd, lines);
	(void)close(fd);
	return rc;
}

void
expunged_folder_name(uint32_t mailbox, char name[GRAVE_NAME_MAX])
{
	(void)snprintf(name, GRAVE_NAME_MAX, "mailbox.%u", mailbox);
}
