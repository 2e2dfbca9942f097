/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Reading dovecot-uidlist; uidlist.h has the format. */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/num.h"
#include "common/base/timer.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/uidlist.h"

/* The longest line: a file name, a UIDL and some numbers. */
#define LINE_MAX_LEN	(64 * 1024)
#define READ_SIZE	(32 * 1024)

void
uidlist_init(struct uidlist *list)
{
	memset(list, 0, sizeof(*list));
	filelist_init(&list->files);
	buf_init(&list->in, LINE_MAX_LEN + READ_SIZE);
	list->fd = -1;
}

void
uidlist_clear(struct uidlist *list)
{
	filelist_clear(&list->files);
	buf_clear(&list->in);
	if (list->fd != -1)
		(void)close(list->fd);
	uidlist_init(list);
}

int
uidlist_parse_header(struct slice line, uint32_t *validity, uint32_t *next)
{
	struct slice word;

	*validity = *next = 0;
	(void)slice_cut(&line, ' ', &word);
	if (!slice_eq_str(word, "3"))
		return -1;
	while (line.len > 0) {
		(void)slice_cut(&line, ' ', &word);
		if (word.len > 1 && word.p[0] == 'V')
			(void)num_parse_u32(slice_from(word, 1), validity);
		if (word.len > 1 && word.p[0] == 'N')
			(void)num_parse_u32(slice_from(word, 1), next);
	}
	return *validity == 0 ? -1 : 0;
}

void
uidlist_print_header(struct buf *out, struct slice old, uint32_t validity,
    uint32_t next)
{
	struct slice word;

	(void)buf_add_fmt(out, "3 V%u N%u", validity, next);
	(void)slice_cut(&old, ' ', &word);
	while (slice_eq_str(word, "3") && old.len > 0) {
		struct slice other;

		(void)slice_cut(&old, ' ', &other);
		if (other.len == 0 || other.p[0] == 'V' || other.p[0] == 'N')
			continue;
		(void)buf_add_char(out, ' ');
		(void)buf_add_slice(out, other);
	}
	(void)buf_add_char(out, '\n');
}

int
uidlist_validity(int dir_fd, uint32_t *validity)
{
	struct buf b;
	struct slice text, line;
	uint32_t next;
	int rc;

	*validity = 0;
	buf_init(&b, UIDLIST_HEADER_MAX);
	rc = maildir_read_head(dir_fd, UIDLIST_NAME, UIDLIST_HEADER_MAX, &b);
	text = buf_slice(&b);
	/* If the line has no end, its last number may be incomplete. */
	if (rc == 0 && (!slice_cut(&text, '\n', &line) ||
	    uidlist_parse_header(line, validity, &next) == -1))
		*validity = 0;
	buf_clear(&b);
	return rc == -1 && maildir_gone(errno) ? 0 : rc;
}

/* Parse a line: "17 P7 :base" */
static void
parse_line(struct uidlist *list, struct slice line)
{
	struct slice word, name, uidl = SLICE_EMPTY;
	struct file *f;
	uint32_t uid;
	size_t at;

	if ((at = slice_chr(line, ':')) == SLICE_NONE)
		return;
	name = slice_from(line, at + 1);
	line = slice_sub(line, 0, at);
	(void)slice_cut(&line, ' ', &word);
	/* UIDs must ascend, so that no UID is taken over twice. */
	if (num_parse_nz(word, &uid) == -1 || uid == UINT32_MAX ||
	    uid <= list->last || name.len == 0 || name.p[0] == ':')
		return;
	while (line.len > 0) {
		(void)slice_cut(&line, ' ', &word);
		if (word.len > 1 && word.p[0] == 'P' && uidl.len == 0)
			uidl = slice_from(word, 1);
	}
	f = filelist_add(&list->files);
	filelist_set(&list->files, f, name);
	f->uid = uid;
	if (uidl.len > 0)
		f->info = filelist_copy(&list->files, uidl);
	list->last = uid;
	if (uid >= list->next)
		list->next = uid + 1;
}

/* Parse all complete lines; the rest waits for more input. */
static int
parse_lines(struct uidlist *list)
{
	struct slice text = buf_slice(&list->in), line;
	size_t len = text.len, at;

	while ((at = slice_chr(text, '\n')) != SLICE_NONE) {
		line = slice_sub(text, 0, at);
		text = slice_from(text, at + 1);
		if (list->uidvalidity != 0)
			parse_line(list, line);
		else if (uidlist_parse_header(line, &list->uidvalidity,
		    &list->promised) == -1)
			return -1;
		else
			list->next = list->promised;
	}
	buf_consume(&list->in, len - text.len);
	return 0;
}

int
uidlist_open(struct uidlist *list, int dir_fd)
{
	struct stat sb;

	list->fd = maildir_open(dir_fd, UIDLIST_NAME, &sb);
	if (list->fd == -1)
		return maildir_gone(errno) ? 0 : -1;
	list->mtime = maildir_file_time(&sb);
	list->size = (int64_t)sb.st_size;
	return 0;
}

/* Read and parse a piece.  Returns 1, 0 at the end of the file, or -1. */
static int
read_piece(struct uidlist *list)
{
	ssize_t n;
	char *room;

	if (buf_reserve(&list->in, READ_SIZE, &room) == -1) {
		errno = EFBIG;
		return -1;
	}
	if ((n = read(list->fd, room, READ_SIZE)) == -1)
		return -1;
	list->got += n;
	/* The file was longer when it was opened. */
	if (n == 0 && list->got < list->size) {
		errno = EIO;
		return -1;
	}
	buf_commit(&list->in, (size_t)n);
	return n == 0 || parse_lines(list) == -1 ? 0 : 1;
}

enum run
uidlist_read(struct uidlist *list, uint64_t until_ns)
{
	int rc;

	if (list->fd == -1)
		return RUN_DONE;
	while (list->files.order.n == 0) {
		if ((rc = read_piece(list)) == -1)
			return RUN_FAIL;
		if (rc == 0)
			break;
		if (timer_ns() > until_ns)
			return RUN_MORE;
	}
	if (list->uidvalidity == 0) {
		filelist_clear(&list->files);
		list->next = list->promised = list->last = 0;
		return RUN_DONE;
	}
	return filelist_sort(&list->files, filelist_by_base, until_ns);
}

bool
uidlist_is_cut(const struct uidlist *list)
{
	return buf_len(&list->in) > 0;
}
