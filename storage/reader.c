/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Reading: rows come in batches, one query each, copied so that no statement
 * stays open while a client is written to.  Flags and modseq are of the
 * entry in memory and cost no query at all.
 *
 * A message that was never parsed is parsed when its batch is read, a huge
 * one in time slices, and the findings of a batch are one transaction.  If
 * that cannot be had, the findings are used all the same: they can be found
 * again.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <inttypes.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/crlf.h"
#include "common/timer.h"
#include "common/xmalloc.h"
#include "storage/content.h"
#include "storage/expunge.h"
#include "storage/maildir.h"
#include "storage/mailbox.h"
#include "storage/parse.h"
#include "storage/reader.h"
#include "storage/user.h"
#include "storage/view.h"

/* Messages of a batch, and bytes that end one early. */
#define BATCH_MAX	128
#define BATCH_BYTES	(512 * 1024)
#define CONTENT		(NEED_SIZE | NEED_DATE | NEED_STRUCT | NEED_HEADERS | \
			    NEED_GIST | NEED_FILE)

struct row {
	uint32_t	 uid;
	int64_t		 content;
	int64_t		 savedate;
	int64_t		 date;
	uint64_t	 raw;
	uint64_t	 wire;
	uint32_t	 traits;
	size_t		 blob_off;	/* in bytes */
	size_t		 blob_len;
	size_t		 headers_off;
	size_t		 headers_len;
	size_t		 gist_off;
	size_t		 gist_len;
	size_t		 name_off;	/* of the file, once names are read */
	size_t		 name_len;
	bool		 parsed;	/* just now: to be stored */
	enum store_err	 err;
	int		 errnum;
};

struct reader {
	struct view	*view;
	struct mailbox	*mb;
	uint32_t	 need;
	struct idset	 uids;
	struct idset_iter it;
	uint32_t	 ahead;		/* taken from it, not in a batch yet */
	bool		 end;		/* it has given all */
	struct row	 rows[BATCH_MAX];
	size_t		 nrows;
	size_t		 at;		/* the next of rows */
	bool		 filling;	/* rows from parsed_to on are raw */
	size_t		 parsed_to;
	bool		 parsing;	/* parse was begun in this batch */
	struct parse	 parse;		/* of rows[parsed_to], if */
	int		 parse_fd;	/* this is not -1 */
	bool		 has_names;	/* those of rows were read */
	struct buf	 bytes;
	struct buf	 names;		/* of the batch, each with a NUL */
	struct buf	 name;
	struct message	 m;
	struct row	*row;		/* of m */
	int		 fd;
	struct waiter	 waiter;
	struct store_error err;
};

struct reader *
reader_new(struct view *v, const struct idset *uids, uint32_t need)
{
	struct reader	*r;

	r = xcalloc(1, sizeof(*r));
	r->view = v;
	r->mb = v->mailbox;
	mailbox_ref(r->mb);
	store_hold(r->mb->store);
	r->need = need;
	r->fd = r->parse_fd = -1;
	idset_init(&r->uids, IDSET_NOLIMIT);
	(void)idset_copy(&r->uids, uids);
	view_existing(v, &r->uids);
	idset_iter_init(&r->it, &r->uids);
	buf_init(&r->bytes, BUF_NOCAP);
	buf_init(&r->names, BUF_NOCAP);
	buf_init(&r->name, 1024);
	return r;
}

static void
close_file(struct reader *r)
{
	if (r->fd != -1)
		(void)close(r->fd);
	r->fd = -1;
}

static void
parse_end(struct reader *r)
{
	if (r->parse_fd != -1)
		(void)close(r->parse_fd);
	r->parse_fd = -1;
}

/* Give up what parsing shares from message to message. */
static void
parse_leave(struct reader *r)
{
	parse_end(r);
	if (r->parsing)
		parse_clear(&r->parse);
	r->parsing = false;
}

void
reader_free(struct reader *r)
{
	struct store	*st;

	if (r == NULL)
		return;
	st = r->mb->store;
	close_file(r);
	parse_leave(r);
	waiter_cancel(st->storage, &r->waiter);
	mailbox_unref(r->mb);
	idset_clear(&r->uids);
	buf_clear(&r->bytes);
	buf_clear(&r->names);
	buf_clear(&r->name);
	free(r);
	store_close(st);
}

void
reader_on_wake(struct reader *r, void (*wake)(void *), void *arg)
{
	r->waiter.wake = wake;
	r->waiter.arg = arg;
}

const struct store_error *
reader_error(const struct reader *r)
{
	return &r->err;
}

static enum sql_stmt
statement(const struct reader *r)
{
	switch (r->need & (NEED_STRUCT | NEED_HEADERS | NEED_GIST)) {
	case 0:
		return SQL_READ;
	case NEED_STRUCT:
		return SQL_READ_STRUCT;
	case NEED_HEADERS:
		return SQL_READ_HEADERS;
	case NEED_GIST:
		return SQL_READ_GIST;
	default:
		return SQL_READ_ALL;
	}
}

static void
add_bytes(struct reader *r, struct slice s, size_t *off, size_t *len)
{
	*off = buf_len(&r->bytes);
	*len = s.len;
	(void)buf_add_slice(&r->bytes, s);
}

static void
take_row(struct reader *r, enum sql_stmt id, struct row *row)
{
	struct sql	*db = r->mb->store->db;

	memset(row, 0, sizeof(*row));
	row->uid = (uint32_t)sql_int(db, id, 0);
	row->content = sql_int(db, id, 1);
	row->savedate = sql_int(db, id, 2);
	/* What is missing is found anew. */
	if (sql_null(db, id, 3) ||
	    (r->need & NEED_STRUCT && sql_null(db, id, 6)) ||
	    (r->need & NEED_HEADERS && sql_null(db, id, 7)))
		row->content = 0;
	row->raw = (uint64_t)sql_int(db, id, 3);
	row->wire = (uint64_t)sql_int(db, id, 4);
	row->date = sql_int(db, id, 5);
	add_bytes(r, sql_blob(db, id, 6), &row->blob_off, &row->blob_len);
	add_bytes(r, sql_blob(db, id, 7), &row->headers_off,
	    &row->headers_len);
	add_bytes(r, sql_blob(db, id, 8), &row->gist_off, &row->gist_len);
	row->traits = (uint32_t)sql_int(db, id, 9);
}

/* Name of the file of a message and the folder it is in. */
static int
file_name(struct reader *r, uint32_t uid, char name[MAILDIR_NAME_MAX],
    int *dir_fd)
{
	struct mailbox	*mb = r->mb;
	struct entry	*e = mailbox_entry(mb, uid);
	struct sql	*db = mb->store->db;
	bool		 found;

	if (e == NULL)
		return -1;
	if (e->flags & ENTRY_ZOMBIE) {
		expunge_file_name(mb->id, uid, name);
		*dir_fd = mb->store->expunged_fd;
		return 0;
	}
	if (mailbox_cur(mb) == -1)
		return -1;
	*dir_fd = mb->cur_fd;
	sql_start(db, SQL_NAME_GET, SQL_ARGS(SQL_I(mb->id), SQL_I(uid)));
	if ((found = sql_step(db, SQL_NAME_GET) == SQL_ROW))
		(void)snprintf(name, MAILDIR_NAME_MAX, "%.*s%s%.*s",
		    SLICE_ARG(sql_blob(db, SQL_NAME_GET, 0)),
		    sql_null(db, SQL_NAME_GET, 1) ? "" : ":",
		    SLICE_ARG(sql_blob(db, SQL_NAME_GET, 1)));
	sql_reset(db, SQL_NAME_GET);
	if (!found) {
		/* Another process has expunged it, and kept the file. */
		expunge_file_name(mb->id, uid, name);
		*dir_fd = mb->store->expunged_fd;
	}
	return 0;
}

/* The names of a whole batch: who reads one of its files reads the next. */
static void
read_names(struct reader *r)
{
	struct sql	*db = r->mb->store->db;
	enum sql_stmt	 id = SQL_NAMES;
	struct row	*row = r->rows, *end = r->rows + r->nrows;
	uint32_t	 uid;

	r->has_names = true;
	sql_start(db, id, SQL_ARGS(SQL_I(r->mb->id), SQL_I(row->uid - 1),
	    SQL_I(r->nrows)));
	while (sql_step(db, id) == SQL_ROW) {
		uid = (uint32_t)sql_int(db, id, 0);
		while (row < end && row->uid < uid)
			row++;
		if (row == end)
			break;
		if (row->uid != uid)
			continue;
		row->name_off = buf_len(&r->names);
		(void)buf_add_slice(&r->names, sql_blob(db, id, 1));
		if (!sql_null(db, id, 2))
			(void)buf_addc(&r->names, ':');
		(void)buf_add_slice(&r->names, sql_blob(db, id, 2));
		row->name_len = buf_len(&r->names) - row->name_off;
		(void)buf_addc(&r->names, '\0');
	}
	sql_reset(db, id);
}

/*
 * Open the file of a row.  The name that the batch knows may be old: if there
 * is no such file, the index is asked.
 */
static int
open_message(struct reader *r, const struct row *row, struct stat *sb)
{
	struct store_error	 err = { .kind = STORE_OK };
	const struct entry	*e = mailbox_entry(r->mb, row->uid);
	char			 name[MAILDIR_NAME_MAX];
	int			 dir_fd, fd;

	if (store_db(r->mb->store, &err) == -1 || r->mb->lost) {
		errno = EIO;
		return -1;
	}
	if (r->nrows > 1 && !r->has_names)
		read_names(r);
	if (row->name_len > 0 && e != NULL &&
	    (e->flags & ENTRY_ZOMBIE) == 0 && mailbox_cur(r->mb) != -1) {
		fd = maildir_open(r->mb->cur_fd,
		    buf_slice(&r->names).p + row->name_off, sb);
		if (fd != -1 || errno != ENOENT)
			return fd;
	}
	if (file_name(r, row->uid, name, &dir_fd) == -1) {
		errno = ENOENT;
		return -1;
	}
	fd = maildir_open(dir_fd, name, sb);
	if (fd == -1 && errno == ENOENT) {
		/* On its way out, in a transaction that goes on. */
		expunge_file_name(r->mb->id, row->uid, name);
		fd = maildir_open(r->mb->store->expunged_fd, name, sb);
	}
	/* Renamed by another program: the scan finds out how. */
	if (fd == -1 && errno == ENOENT && !r->mb->dead && e != NULL &&
	    (e->flags & ENTRY_ZOMBIE) == 0) {
		mailbox_look_again(r->mb);
		errno = ENOENT;
	}
	return fd;
}

static void
parse_failed(struct row *row)
{
	row->errnum = errno;
	row->err = errno == ENOENT ? STORE_ERR_EXPUNGED : STORE_ERR_IO;
}

static int
parse_begin(struct reader *r, struct row *row)
{
	struct stat	sb;

	r->parse_fd = open_message(r, row, &sb);
	if (r->parse_fd == -1)
		return -1;
	if (r->parsing)
		parse_reset(&r->parse);
	else
		parse_init(&r->parse);
	r->parsing = true;
	row->raw = (uint64_t)sb.st_size;
	row->date = (int64_t)sb.st_mtime;
	return 0;
}

/* Parse a row's message until then; false if that was not enough. */
static bool
parse_row(struct reader *r, struct row *row, uint64_t until_ns)
{
	struct parse	*p = &r->parse;
	int		 rc = -1;

	if (r->parse_fd != -1 || parse_begin(r, row) == 0)
		rc = parse_file(p, r->parse_fd, row->raw, until_ns);
	if (rc == 0)
		return false;
	if (rc == -1)
		parse_failed(row);
	else {
		row->raw = p->raw;
		row->wire = p->wire;
		row->traits = p->traits;
		add_bytes(r, buf_slice(&p->blob), &row->blob_off,
		    &row->blob_len);
		add_bytes(r, buf_slice(&p->headers), &row->headers_off,
		    &row->headers_len);
		add_bytes(r, buf_slice(&p->gist), &row->gist_off,
		    &row->gist_len);
		row->parsed = true;
	}
	parse_end(r);
	return true;
}

static struct slice
bytes_at(const struct reader *r, size_t off, size_t len)
{
	return slice_sub(buf_slice(&r->bytes), off, len);
}

/* The content that the entry has by now, or 0. */
static int64_t
content_of(struct reader *r, uint32_t uid)
{
	struct sql	*db = r->mb->store->db;
	int64_t		 content = 0;

	sql_start(db, SQL_ENTRY_GET, SQL_ARGS(SQL_I(r->mb->id), SQL_I(uid)));
	if (sql_step(db, SQL_ENTRY_GET) == SQL_ROW)
		content = sql_int(db, SQL_ENTRY_GET, 3);
	sql_reset(db, SQL_ENTRY_GET);
	return content;
}

static void
store_row(struct reader *r, struct row *row)
{
	struct mailbox	*mb = r->mb;
	struct sql	*db = mb->store->db;
	struct entry	*e = mailbox_entry(mb, row->uid);

	if (!row->parsed || e == NULL || e->flags & ENTRY_ZOMBIE)
		return;
	/* Another reader may have been faster. */
	if ((row->content = content_of(r, row->uid)) != 0)
		return;
	row->content = content_add(db, &(struct content){
	    .raw = row->raw, .wire = row->wire, .date = row->date,
	    .traits = row->traits,
	    .gist = bytes_at(r, row->gist_off, row->gist_len),
	    .blob = bytes_at(r, row->blob_off, row->blob_len),
	    .headers = bytes_at(r, row->headers_off, row->headers_len) });
	sql_put(db, SQL_ENTRY_CONTENT, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(row->uid), SQL_I(row->content)));
	mailbox_touch(mb);
	mb->row.bytes += row->wire;
	if (mb->row.unsized > 0)
		mb->row.unsized--;
}

/*
 * Store what was parsed, if the lock is free.  True on disk before and
 * after: entries with content 0, then with a content that says the same as
 * the file.
 */
static void
store_parsed(struct reader *r)
{
	struct mailbox	*mb = r->mb;
	struct store	*st = mb->store;
	struct sql	*db = st->db;
	bool		 any = false;

	for (size_t i = 0; i < r->nrows; i++)
		any = any || r->rows[i].parsed;
	if (!any || st->writer != NULL || db == NULL || mb->dead ||
	    sql_do(db, SQL_BEGIN, SQL_NOARGS) != SQL_DONE)
		return;
	(void)sql_failed(db);
	if (store_absorb(st) != SQL_DONE)
		goto undo;
	for (size_t i = 0; i < r->nrows; i++)
		store_row(r, &r->rows[i]);
	if (mb->row_dirty)
		mailbox_put_row(mb);
	if (sql_failed(db) == SQL_DONE &&
	    sql_do(db, SQL_COMMIT, SQL_NOARGS) == SQL_DONE) {
		mb->row_dirty = false;
		store_committed(st);
		return;
	}
undo:
	(void)sql_failed(db);
	(void)sql_do(db, SQL_ROLLBACK, SQL_NOARGS);
	if (mb->row_dirty)
		mailbox_revert(mb);
}

/* One that is in no entry any more: its tombstone has the content. */
static void
read_expunged(struct reader *r, struct row *row, const struct entry *e)
{
	struct sql	*db = r->mb->store->db;
	enum sql_stmt	 id = SQL_READ_EXPUNGED;

	row->uid = e->uid;
	sql_start(db, id, SQL_ARGS(SQL_I(r->mb->id), SQL_I(e->modseq),
	    SQL_I(e->uid)));
	if (sql_step(db, id) == SQL_ROW)
		take_row(r, id, row);
	else {
		memset(row, 0, sizeof(*row));
		row->uid = e->uid;
	}
	sql_reset(db, id);
}

/*
 * The same for one whose rows are gone while we know of no expunge.  Another
 * process's is taken in, and then it is like all others; of one that this
 * process has not committed yet only the tombstone tells.
 */
static void
read_just_expunged(struct reader *r, struct row *row, uint32_t uid)
{
	struct store		*st = r->mb->store;
	const struct entry	*e;
	enum sql_stmt		 id = SQL_READ_EXPUNGED_UID;

	if (st->writer == NULL && store_absorb(st) == SQL_DONE &&
	    (e = mailbox_entry(r->mb, uid)) != NULL &&
	    e->flags & ENTRY_ZOMBIE) {
		read_expunged(r, row, e);
		return;
	}
	memset(row, 0, sizeof(*row));
	sql_start(st->db, id, SQL_ARGS(SQL_I(r->mb->id),
	    SQL_I(r->mb->row.highestmodseq), SQL_I(uid)));
	if (sql_step(st->db, id) == SQL_ROW)
		take_row(r, id, row);
	else
		row->err = STORE_ERR_EXPUNGED;
	row->uid = uid;
	sql_reset(st->db, id);
}

static uint32_t
next_uid(struct reader *r)
{
	uint32_t	uid = r->ahead;

	r->ahead = 0;
	if (uid != 0)
		return uid;
	if (r->end || !idset_next(&r->it, &uid)) {
		r->end = true;
		return 0;
	}
	return uid;
}

/*
 * A batch: a range of entry's primary key from the first wanted UID on.  Rows
 * in between that are not wanted end it, as there may be many.
 */
static enum sql_rc
read_range(struct reader *r, uint32_t first)
{
	struct sql	*db = r->mb->store->db;
	enum sql_stmt	 id = statement(r);
	uint32_t	 want = first, last = idset_max(&r->uids);
	enum sql_rc	 rc;

	sql_start(db, id, SQL_ARGS(SQL_I(r->mb->id), SQL_I(first),
	    SQL_I(last), SQL_I(BATCH_MAX)));
	while ((rc = sql_step(db, id)) == SQL_ROW) {
		uint32_t	uid = (uint32_t)sql_int(db, id, 0);

		if (uid != want)
			break;
		take_row(r, id, &r->rows[r->nrows++]);
		want = next_uid(r);
		if (want == 0 || r->nrows == BATCH_MAX ||
		    buf_len(&r->bytes) > BATCH_BYTES)
			break;
	}
	sql_reset(db, id);
	r->ahead = want;
	return rc == SQL_ROW ? SQL_DONE : rc;
}

/* Rows that say why there is none. */
static void
fill_failed(struct reader *r, uint32_t uid, enum store_err err)
{
	memset(&r->rows[0], 0, sizeof(r->rows[0]));
	r->rows[0].uid = uid;
	r->rows[0].err = err;
	r->nrows = 1;
	r->ahead = 0;
}

/* Read the rows of a batch; there are none at the end. */
static void
fill(struct reader *r)
{
	struct entry	*e;
	enum sql_rc	 rc;
	uint32_t	 uid;

	r->nrows = r->at = r->parsed_to = 0;
	r->has_names = false;
	buf_reset(&r->bytes, BATCH_BYTES * 2);
	buf_reset(&r->names, BATCH_BYTES);
	if ((uid = next_uid(r)) == 0)
		return;
	if ((r->need & CONTENT) == 0) {
		memset(&r->rows[0], 0, sizeof(r->rows[0]));
		r->rows[r->nrows++].uid = uid;
		return;
	}
	r->filling = true;
	memset(&r->err, 0, sizeof(r->err));
	if (store_db(r->mb->store, &r->err) == -1 || r->mb->lost) {
		fill_failed(r, uid, r->mb->lost ? STORE_ERR_CORRUPT :
		    r->err.kind);
		return;
	}
	e = mailbox_entry(r->mb, uid);
	if (e == NULL)
		fill_failed(r, uid, STORE_ERR_EXPUNGED);
	else if (e->flags & ENTRY_ZOMBIE)
		read_expunged(r, &r->rows[r->nrows++], e);
	else if ((rc = read_range(r, uid)) != SQL_DONE) {
		sql_error(r->mb->store->db, rc, &r->err);
		fill_failed(r, uid, r->err.kind);
	} else if (r->nrows == 0) {
		read_just_expunged(r, &r->rows[0], uid);
		r->nrows = 1;
		r->ahead = 0;
	}
}

/* End the batch before row n: the rest comes with the next. */
static void
cut_batch(struct reader *r, size_t n)
{
	r->ahead = 0;
	(void)idset_remove_range(&r->uids, 1, r->rows[n - 1].uid);
	idset_iter_init(&r->it, &r->uids);
	r->end = false;
	r->nrows = n;
	parse_end(r);
}

/* Parse what the index does not know; RUN_WAIT when time is up. */
static enum run
fill_parse(struct reader *r)
{
	struct storage	*s = r->mb->store->storage;
	uint64_t	until = timer_ns() + s->options.slice_us * 1000ULL;

	for (; r->parsed_to < r->nrows; r->parsed_to++) {
		struct row	*row = &r->rows[r->parsed_to];

		if (row->content != 0 || row->err != STORE_OK)
			continue;
		if (r->parsed_to > 0 && timer_ns() > until) {
			cut_batch(r, r->parsed_to);
			break;
		}
		if (parse_row(r, row, until))
			continue;
		if (r->parsed_to > 0) {
			cut_batch(r, r->parsed_to);
			break;
		}
		waiter_sleep(s, &r->waiter, WAIT_TIME, 0);
		return RUN_WAIT;
	}
	r->filling = false;
	parse_leave(r);
	store_parsed(r);
	return RUN_DONE;
}

/* The system failed us on a message: the log gets its place. */
static void
fail_errno(struct reader *r, uint32_t uid, int errnum)
{
	char	 what[512];

	(void)snprintf(what, sizeof(what), "%s/%s uid %" PRIu32,
	    r->mb->store->root, r->mb->folder, uid);
	store_error_errno(&r->err, errnum, what);
}

static void
fail_row(struct reader *r, const struct row *row)
{
	if (row->err == STORE_ERR_EXPUNGED)
		store_error_set(&r->err, STORE_ERR_EXPUNGED, 0,
		    "The message was expunged");
	else if (row->errnum == 0)
		store_error_set(&r->err, row->err, 0,
		    "The mail index could not be read");
	else
		fail_errno(r, row->uid, row->errnum);
}

static void
read_name(struct reader *r)
{
	struct sql	*db;
	size_t		 base = 0;

	buf_reset(&r->name, 1024);
	memset(&r->err, 0, sizeof(r->err));
	if (store_db(r->mb->store, &r->err) == -1)
		return;
	db = r->mb->store->db;
	sql_start(db, SQL_NAME_GET, SQL_ARGS(SQL_I(r->mb->id),
	    SQL_I(r->m.uid)));
	if (sql_step(db, SQL_NAME_GET) == SQL_ROW) {
		(void)buf_add_slice(&r->name, sql_blob(db, SQL_NAME_GET, 0));
		base = buf_len(&r->name);
		(void)buf_add_slice(&r->name, sql_blob(db, SQL_NAME_GET, 2));
	}
	sql_reset(db, SQL_NAME_GET);
	r->m.name = slice_sub(buf_slice(&r->name), 0, base);
	r->m.uidl = slice_from(buf_slice(&r->name), base);
}

enum run
reader_next(struct reader *r, const struct message **m)
{
	struct row	*row;

	close_file(r);
	waiter_cancel(r->mb->store->storage, &r->waiter);
	*m = &r->m;
	for (;;) {
		if (r->at == r->nrows && !r->filling)
			fill(r);
		if (r->filling && fill_parse(r) == RUN_WAIT)
			return RUN_WAIT;
		if (r->nrows == 0)
			return RUN_DONE;
		row = r->row = &r->rows[r->at++];
		memset(&r->m, 0, sizeof(r->m));
		memset(&r->err, 0, sizeof(r->err));
		r->m.uid = row->uid;
		r->m.seq = view_seq(r->view, row->uid);
		/* Told as expunged since the reader began. */
		if (r->m.seq == 0)
			continue;
		break;
	}
	view_flags(r->view, r->m.seq, &r->m.flags, &r->m.modseq);
	if (row->err != STORE_OK) {
		fail_row(r, row);
		return RUN_FAIL;
	}
	r->m.size = row->wire;
	r->m.traits = row->traits;
	r->m.internaldate = row->date;
	r->m.savedate = row->savedate;
	r->m.content_id = (uint64_t)row->content;
	r->m.blob = bytes_at(r, row->blob_off, row->blob_len);
	r->m.headers = bytes_at(r, row->headers_off, row->headers_len);
	r->m.gist = bytes_at(r, row->gist_off, row->gist_len);
	if (r->need & (NEED_NAME | NEED_UIDL))
		read_name(r);
	if (r->need & NEED_FILE && reader_fd(r) == -1)
		return RUN_FAIL;
	return RUN_MORE;
}

int
reader_fd(struct reader *r)
{
	struct stat	sb;

	if (r->fd != -1)
		return r->fd;
	r->fd = open_message(r, r->row, &sb);
	if (r->fd == -1 && errno == ENOENT) {
		store_error_set(&r->err, STORE_ERR_EXPUNGED, 0,
		    "The message was expunged");
		return -1;
	}
	if (r->fd == -1) {
		fail_errno(r, r->m.uid, errno);
		return -1;
	}
	if ((uint64_t)sb.st_size != r->row->raw) {
		close_file(r);
		store_error_set(&r->err, STORE_ERR_CORRUPT, 0,
		    "The message file was changed by another program");
		return -1;
	}
	return r->fd;
}

void
reader_whole(const struct reader *r, struct stretch *s)
{
	s->raw_off = 0;
	s->raw_len = r->row->raw;
	s->wire_len = r->row->wire;
}

/* The same bytes in the file as on the wire. */
static int64_t
body_plain(struct reader *r, uint64_t off, uint64_t len, struct buf *out)
{
	char	*room;
	ssize_t	 n;

	if (buf_reserve(out, (size_t)len, &room) == -1) {
		store_error_set(&r->err, STORE_ERR_LIMIT, 0, "Out of memory");
		return -1;
	}
	n = pread(r->fd, room, (size_t)len, (off_t)off);
	if (n <= 0) {
		fail_errno(r, r->m.uid, n == 0 ? EIO : errno);
		return -1;
	}
	buf_commit(out, (size_t)n);
	return n;
}

/*
 * Bare LFs: a place on the wire is found by reading on from the last known
 * one.  That is kept in the mailbox, so that a client that fetches a big
 * message in pieces does not pay for its square.
 */
static int64_t
body_crlf(struct reader *r, const struct stretch *s, uint64_t off,
    uint64_t len, struct buf *out)
{
	static char	 b[65536];
	struct mailbox	*mb = r->mb;
	struct crlf	 st = { false };
	struct slice	 raw;
	uint64_t	 at = s->raw_off, wire = 0, skip;
	uint64_t	 end = s->raw_off + s->raw_len, done = 0;
	char		*room;
	ssize_t		 n;

	if (mb->pos_uid == r->m.uid && mb->pos_start == s->raw_off &&
	    mb->pos_wire <= off && mb->pos_raw <= end) {
		at = mb->pos_raw;
		wire = mb->pos_wire;
		st.cr = mb->pos_cr;
	}
	skip = off - wire;
	if (buf_reserve(out, (size_t)len, &room) == -1) {
		store_error_set(&r->err, STORE_ERR_LIMIT, 0, "Out of memory");
		return -1;
	}
	while (done < len && at < end) {
		size_t	want = sizeof(b);

		if (end - at < want)
			want = (size_t)(end - at);
		/* What is written is at most as long again. */
		if (skip == 0 && len - done < want)
			want = (size_t)(len - done);
		n = pread(r->fd, b, want, (off_t)at);
		if (n <= 0) {
			fail_errno(r, r->m.uid, n == 0 ? EIO : errno);
			return -1;
		}
		raw = slice_make(b, (size_t)n);
		if (skip > 0)
			crlf_skip(&st, &raw, &skip);
		if (skip == 0)
			done += crlf_copy(&st, &raw, room + done,
			    (size_t)(len - done));
		at += (uint64_t)n - raw.len;
	}
	buf_commit(out, (size_t)done);
	mb->pos_uid = r->m.uid;
	mb->pos_start = s->raw_off;
	mb->pos_raw = at;
	mb->pos_wire = off + done;
	mb->pos_cr = st.cr;
	return (int64_t)done;
}

int64_t
reader_body(struct reader *r, const struct stretch *s, uint64_t off,
    uint64_t len, size_t max, struct buf *out)
{
	if (off >= s->wire_len)
		return 0;
	if (len > s->wire_len - off)
		len = s->wire_len - off;
	if (len > max)
		len = max;
	if (len == 0)
		return 0;
	if (reader_fd(r) == -1)
		return -1;
	if (s->raw_len == s->wire_len)
		return body_plain(r, s->raw_off + off, len, out);
	return body_crlf(r, s, off, len, out);
}

int64_t
reader_raw(struct reader *r, uint64_t off, size_t len, struct buf *out)
{
	char	*room;
	ssize_t	 n;

	if (len == 0 || off >= r->row->raw)
		return 0;
	if (reader_fd(r) == -1)
		return -1;
	if (buf_reserve(out, len, &room) == -1) {
		store_error_set(&r->err, STORE_ERR_LIMIT, 0, "Out of memory");
		return -1;
	}
	n = pread(r->fd, room, len, (off_t)off);
	if (n == -1) {
		fail_errno(r, r->m.uid, errno);
		return -1;
	}
	buf_commit(out, (size_t)n);
	return n;
}
