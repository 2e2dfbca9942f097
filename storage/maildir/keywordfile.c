/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Reading dovecot-keywords; see keywordfile.h. */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/num.h"
#include "common/base/xmalloc.h"
#include "storage/maildir/keywordfile.h"
#include "storage/types.h"

/* No file with 26 keywords is longer. */
#define SIZE_MAX_FILE	65536
#define READ_SIZE	4096

void
keywordfile_init(struct keywordfile *f)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->text, SIZE_MAX_FILE + READ_SIZE);
}

void
keywordfile_clear(struct keywordfile *f)
{
	for (int i = 0; i < MAILDIR_KEYWORDS; i++)
		free(f->names[i]);
	buf_clear(&f->text);
	keywordfile_init(f);
}

static void
set_stamp(struct keywordfile_stamp *stamp, const struct stat *sb)
{
	stamp->known = true;
	stamp->inode = sb == NULL ? 0 : (uint64_t)sb->st_ino;
	stamp->size = sb == NULL ? 0 : (int64_t)sb->st_size;
	stamp->mtime = sb == NULL ? 0 :
	    (int64_t)sb->st_mtim.tv_sec * 1000000000 + sb->st_mtim.tv_nsec;
}

/* If a letter has two lines, Dovecot uses the last. */
static void
parse_line(struct keywordfile *f, struct slice line)
{
	struct slice word;
	uint32_t letter;
	char *name;

	(void)slice_cut(&line, ' ', &word);
	if (num_parse_u32(word, &letter) == -1 || letter >= MAILDIR_KEYWORDS ||
	    line.len == 0)
		return;
	/* Cut, a name is still too long to be told to clients. */
	if (line.len > KEYWORD_LEN_MAX + 1)
		line = slice_sub(line, 0, KEYWORD_LEN_MAX + 1);
	name = xcalloc(line.len + 1, 1);
	/* A space can't be told to clients either. */
	for (size_t i = 0; i < line.len; i++)
		name[i] = line.p[i] == '\0' ? ' ' : line.p[i];
	free(f->names[letter]);
	f->names[letter] = name;
}

static int
read_all(struct keywordfile *f, int fd, int64_t size)
{
	ssize_t n = 1;
	char *room;

	while (n > 0) {
		if (buf_len(&f->text) > SIZE_MAX_FILE ||
		    buf_reserve(&f->text, READ_SIZE, &room) == -1) {
			errno = EFBIG;
			return -1;
		}
		if ((n = read(fd, room, READ_SIZE)) == -1)
			return -1;
		buf_commit(&f->text, (size_t)n);
	}
	/* A file that became shorter is being written over. */
	if ((int64_t)buf_len(&f->text) >= size)
		return 0;
	errno = EIO;
	return -1;
}

int
keywordfile_read(struct keywordfile *f, int dir_fd)
{
	struct slice text, line;
	struct stat sb;
	int fd, rc, saved;

	fd = maildir_open(dir_fd, KEYWORDFILE_NAME, &sb);
	if (fd == -1) {
		if (!maildir_gone(errno))
			return -1;
		set_stamp(&f->stamp, NULL);
		return 0;
	}
	rc = read_all(f, fd, (int64_t)sb.st_size);
	saved = errno;
	(void)close(fd);
	errno = saved;
	if (rc == -1)
		return -1;
	set_stamp(&f->stamp, &sb);
	text = buf_slice(&f->text);
	while (text.len > 0) {
		(void)slice_cut(&text, '\n', &line);
		parse_line(f, line);
	}
	return 0;
}

int
keywordfile_look(struct keywordfile_stamp *stamp, int dir_fd)
{
	struct stat sb;

	if (fstatat(dir_fd, KEYWORDFILE_NAME, &sb, AT_SYMLINK_NOFOLLOW) == 0)
		set_stamp(stamp, &sb);
	else if (maildir_gone(errno))
		set_stamp(stamp, NULL);
	else
		return -1;
	return 0;
}

bool
keywordfile_same(const struct keywordfile_stamp *a,
    const struct keywordfile_stamp *b)
{
	return a->known && b->known && a->inode == b->inode &&
	    a->size == b->size && a->mtime == b->mtime;
}
