/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * dovecot-uidlist; uidlist.h has its form.  It is written whole, aside, and
 * renamed, with its next UID so far ahead that a list which is behind gives
 * out none twice.  dovecot-keywords stands beside it: letter by letter.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/num.h"
#include "common/xmalloc.h"
#include "storage/maildir.h"
#include "storage/mailbox.h"
#include "storage/uidlist.h"
#include "storage/user.h"

#define FILE_MAX	(256 * 1024 * 1024)
/* How far the next UID of the list is ahead. */
#define AHEAD		1000

/* "3 V1 N2 ..." */
static int
parse_header(struct slice line, uint32_t *validity, uint32_t *next)
{
	struct slice	word;

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

uint32_t
uidlist_validity(int dir_fd)
{
	struct buf	b;
	struct slice	text, line;
	uint32_t	validity = 0, next;

	buf_init(&b, 256 * 1024);
	if (maildir_read_file(dir_fd, "dovecot-uidlist", 1, &b) == 0) {
		text = buf_slice(&b);
		(void)slice_cut(&text, '\n', &line);
		if (parse_header(line, &validity, &next) == -1)
			validity = 0;
	}
	buf_clear(&b);
	return validity;
}

static int
by_base(const void *a, const void *b)
{
	return strcmp(((const struct uidlist_item *)a)->base,
	    ((const struct uidlist_item *)b)->base);
}

/* "17 P7 :base" */
static int
parse_line(struct slice line, struct uidlist_item *item)
{
	struct slice	word, base, info;
	size_t		at;

	memset(item, 0, sizeof(*item));
	if ((at = slice_chr(line, ':')) == SLICE_NONE)
		return -1;
	maildir_split(slice_from(line, at + 1), &base, &info);
	line = slice_sub(line, 0, at);
	(void)slice_cut(&line, ' ', &word);
	if (num_parse_nz(word, &item->uid) == -1 || base.len == 0)
		return -1;
	while (line.len > 0) {
		(void)slice_cut(&line, ' ', &word);
		if (word.len > 1 && word.p[0] == 'P' && item->uidl == NULL)
			item->uidl = xstrndup(word.p + 1, word.len - 1);
	}
	item->base = xstrndup(base.p, base.len);
	return 0;
}

/* "0 $Forwarded" */
static void
adopt_keywords(struct mailbox *mb)
{
	struct buf	b;
	struct slice	text, line, word;
	uint32_t	number;

	buf_init(&b, 256 * 1024);
	if (mb->nkeywords == 0 &&
	    maildir_read_file(mb->dir_fd, "dovecot-keywords", 65536,
	    &b) == 0) {
		text = buf_slice(&b);
		while (text.len > 0) {
			(void)slice_cut(&text, '\n', &line);
			(void)slice_cut(&line, ' ', &word);
			/* Numbers are in order; a gap would shift letters. */
			if (num_parse_u32(word, &number) == -1 ||
			    number != mb->nkeywords || line.len == 0 ||
			    mailbox_keyword(mb, line) != (int)number)
				break;
		}
	}
	buf_clear(&b);
}

void
uidlist_adopt(struct mailbox *mb, struct uidlist *list)
{
	struct uidlist_item	 item;
	struct buf		 b;
	struct slice		 text, line;
	size_t			 size = 0;

	memset(list, 0, sizeof(*list));
	if (mb->row.uidnext > 1 || mb->row.messages > 0)
		return;
	adopt_keywords(mb);
	buf_init(&b, FILE_MAX);
	if (maildir_read_file(mb->dir_fd, "dovecot-uidlist", FILE_MAX,
	    &b) == -1)
		goto out;
	text = buf_slice(&b);
	(void)slice_cut(&text, '\n', &line);
	if (parse_header(line, &list->uidvalidity, &list->next) == -1)
		goto out;
	while (text.len > 0) {
		(void)slice_cut(&text, '\n', &line);
		if (parse_line(line, &item) == -1)
			continue;
		if (list->n == size) {
			size = size == 0 ? 64 : size * 2;
			list->items = xreallocarray(list->items, size,
			    sizeof(*list->items));
		}
		list->items[list->n++] = item;
		if (item.uid >= list->next && item.uid < UINT32_MAX)
			list->next = item.uid + 1;
	}
	if (list->n > 1)
		qsort(list->items, list->n, sizeof(*list->items), by_base);
	mailbox_touch(mb);
	mb->row.uidvalidity = list->uidvalidity;
out:
	buf_clear(&b);
}

void
uidlist_clear(struct uidlist *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].base);
		free(list->items[i].uidl);
	}
	free(list->items);
	memset(list, 0, sizeof(*list));
}

static const struct uidlist_item *
find(const struct uidlist *list, struct slice base)
{
	size_t	lo = 0, hi = list->n;

	while (lo < hi) {
		size_t	mid = lo + (hi - lo) / 2;
		int	cmp = slice_cmp(slice_str(list->items[mid].base),
			    base);

		if (cmp == 0)
			return &list->items[mid];
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

uint32_t
uidlist_find(const struct uidlist *list, struct slice base)
{
	const struct uidlist_item	*item = find(list, base);

	return item == NULL ? 0 : item->uid;
}

struct slice
uidlist_uidl(const struct uidlist *list, struct slice base)
{
	const struct uidlist_item	*item = find(list, base);

	return slice_str(item == NULL ? NULL : item->uidl);
}

static enum sql_rc
print(struct mailbox *mb, struct buf *out, uint32_t next)
{
	struct sql	*db = mb->store->db;
	enum sql_rc	 rc;

	(void)buf_addf(out, "3 V%u N%u\n", mb->row.uidvalidity, next);
	sql_start(db, SQL_NAMES, SQL_ARGS(SQL_I(mb->id), SQL_I(0),
	    SQL_I(-1)));
	while ((rc = sql_step(db, SQL_NAMES)) == SQL_ROW) {
		if (buf_add_u64(out,
		    (uint64_t)sql_int(db, SQL_NAMES, 0)) == -1)
			break;
		if (!sql_null(db, SQL_NAMES, 3) && sql_blob(db, SQL_NAMES,
		    3).len > 0) {
			(void)buf_add_str(out, " P");
			(void)buf_add_slice(out, sql_blob(db, SQL_NAMES, 3));
		}
		(void)buf_add_str(out, " :");
		(void)buf_add_slice(out, sql_blob(db, SQL_NAMES, 1));
		(void)buf_addc(out, '\n');
	}
	sql_reset(db, SQL_NAMES);
	return rc;
}

static int
write_file(int dir_fd, const char *name, const char *lock, struct slice text)
{
	int	fd, rc = 0;

	/* The lock of Dovecot is the file that replaces the old one. */
	fd = openat(dir_fd, lock,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	for (size_t off = 0; off < text.len && rc == 0;) {
		ssize_t	n = write(fd, text.p + off, text.len - off);

		if (n <= 0)
			rc = -1;
		else
			off += (size_t)n;
	}
	if (close(fd) == -1)
		rc = -1;
	if (rc == 0)
		rc = renameat(dir_fd, lock, dir_fd, name);
	if (rc == -1)
		(void)unlinkat(dir_fd, lock, 0);
	return rc;
}

static void
write_keywords(struct mailbox *mb)
{
	struct buf	b;

	if (mb->nkeywords == 0)
		return;
	buf_init(&b, 65536);
	for (unsigned int i = 0; i < mb->nkeywords && i < MAILDIR_KEYWORDS;
	    i++)
		(void)buf_addf(&b, "%u %s\n", i, mb->keywords[i]);
	(void)write_file(mb->dir_fd, "dovecot-keywords",
	    "dovecot-keywords.lock", buf_slice(&b));
	buf_clear(&b);
}

/*
 * Only when somebody was added since: the list of a mailbox that lost
 * messages is still true of the others.
 */
int
uidlist_write(struct mailbox *mb)
{
	struct store_error	err = { .kind = STORE_OK };
	struct buf		b;
	uint32_t		last = mb->row.uidnext - 1, next;
	int			rc = 0;

	if (mb->dead || mb->row.listuid == last || mb->store->writer != NULL ||
	    mailbox_dir(mb) == -1 || store_db(mb->store, &err) == -1)
		return 0;
	next = last > UINT32_MAX - AHEAD - 1 ? UINT32_MAX : last + 1 + AHEAD;
	buf_init(&b, FILE_MAX);
	if (print(mb, &b, next) != SQL_DONE || write_file(mb->dir_fd,
	    "dovecot-uidlist", "dovecot-uidlist.lock", buf_slice(&b)) == -1) {
		rc = -1;
		goto out;
	}
	write_keywords(mb);
	mb->row.listuid = last;
	mb->row.listnext = next;
	if (sql_do(mb->store->db, SQL_BEGIN, SQL_NOARGS) == SQL_DONE) {
		if (store_absorb(mb->store) == SQL_DONE) {
			mb->row.listuid = last;
			mb->row.listnext = next;
			mailbox_put_row(mb);
		}
		if (sql_failed(mb->store->db) != SQL_DONE ||
		    sql_do(mb->store->db, SQL_COMMIT, SQL_NOARGS) != SQL_DONE)
			(void)sql_do(mb->store->db, SQL_ROLLBACK, SQL_NOARGS);
	}
out:
	buf_clear(&b);
	return rc;
}
