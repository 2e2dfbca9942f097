/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The files of a reader's messages: finding them, opening each once, and
 * lending the bytes that clients get.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/crlf.h"
#include "common/base/timer.h"
#include "storage/index/index.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_error.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/maildir/expunged.h"
#include "storage/maildir/maildir.h"
#include "storage/read/reader_state.h"

/*
 * How many scans are made to find one file, which another program may rename
 * after each of them; and how often to look whether a scan is done.
 */
#define SEEKS_MAX	3
#define SEEK_MS		20

/*
 * The name of a message's file, and the folder that has the file.  Returns -1
 * with errno if these are not known.
 */
static int
file_name(struct reader *r, uint32_t uid, char name[MAILDIR_NAME_MAX],
    int *dir_fd)
{
	struct mailbox *mb = r->mb;
	struct entry *e = mailbox_entry(mb, uid);
	struct sql *db = mb->store->db;
	enum sql_rc rc;

	errno = ENOENT;
	if (e == NULL)
		return -1;
	if (e->flags & ENTRY_ZOMBIE) {
		expunged_file_name(mb->id, uid, name);
		*dir_fd = mb->store->expunged_fd;
		return 0;
	}
	if (mailbox_cur(mb) == -1)
		return -1;
	*dir_fd = mb->cur_fd;
	sql_start(db, SQL_NAME_GET, SQL_ARGS(SQL_I(mb->id), SQL_I(uid)));
	if ((rc = sql_step(db, SQL_NAME_GET)) == SQL_ROW)
		(void)snprintf(name, MAILDIR_NAME_MAX, "%.*s%s%.*s",
		    SLICE_ARG(sql_blob(db, SQL_NAME_GET, 0)),
		    sql_null(db, SQL_NAME_GET, 1) ? "" : ":",
		    SLICE_ARG(sql_blob(db, SQL_NAME_GET, 1)));
	sql_reset(db, SQL_NAME_GET);
	if (rc == SQL_DONE) {
		/* Another process expunged the message and kept its file. */
		expunged_file_name(mb->id, uid, name);
		*dir_fd = mb->store->expunged_fd;
	} else if (rc != SQL_ROW) {
		errno = rc == SQL_BUSY ? EBUSY : EIO;
		return -1;
	}
	return 0;
}

/*
 * Read the names of a whole batch: a caller that reads one file mostly reads
 * the next ones, too.  Those that could not be read are read one by one.
 */
static void
read_names(struct reader *r)
{
	struct sql *db = r->mb->store->db;
	enum sql_stmt id = SQL_NAMES;
	struct reader_row *row = r->rows, *end = r->rows + r->nrows;
	uint32_t uid;

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
			(void)buf_add_char(&r->names, ':');
		(void)buf_add_slice(&r->names, sql_blob(db, id, 2));
		row->name_len = buf_len(&r->names) - row->name_off;
		(void)buf_add_char(&r->names, '\0');
	}
	sql_reset(db, id);
}

int
reader_open_file(struct reader *r, const struct reader_row *row,
    struct stat *sb)
{
	struct store_error err = { .kind = STORE_OK };
	const struct entry *e = mailbox_entry(r->mb, row->uid);
	char name[MAILDIR_NAME_MAX];
	int dir_fd, fd;

	if (index_open(r->mb->store, &err) == -1 || r->mb->lost) {
		errno = EIO;
		return -1;
	}
	if (r->nrows > 1 && !r->has_names)
		read_names(r);
	if (row->name_len > 0 && e != NULL &&
	    (e->flags & ENTRY_ZOMBIE) == 0 && mailbox_cur(r->mb) != -1) {
		fd = maildir_open(r->mb->cur_fd,
		    buf_slice(&r->names).p + row->name_off, sb);
		if (fd != -1 || !maildir_gone(errno))
			return fd;
	}
	if (file_name(r, row->uid, name, &dir_fd) == -1)
		return -1;
	fd = maildir_open(dir_fd, name, sb);
	if (fd == -1 && maildir_gone(errno)) {
		/* An open transaction is expunging the message. */
		expunged_file_name(r->mb->id, row->uid, name);
		fd = maildir_open(r->mb->store->expunged_fd, name, sb);
	}
	return fd;
}

/*
 * The message is not expunged, but its file has another name than the index
 * says.  Another process of ours may have renamed the file and not committed
 * yet: a scan waits for that.  Or another program has renamed it: a scan finds
 * the new name.  Many files that were renamed at once cost one scan.
 */
bool
reader_seek(struct reader *r, uint32_t uid)
{
	struct mailbox *mb = r->mb;
	const struct entry *e = mailbox_entry(mb, uid);

	if (r->sought != uid)
		r->seeks = 0;
	r->sought = uid;
	r->asleep = false;
	if (mb->dead || e == NULL || e->flags & ENTRY_ZOMBIE)
		return false;
	if (!mb->watch.scan_due && !mb->watch.scan_job) {
		if (r->seeks++ == SEEKS_MAX)
			return false;
		mailbox_look_again(mb);
	}
	waiter_sleep(&mb->store->storage->waiters, &r->waiter,
	    WAIT_LOCK | WAIT_TIME, timer_ms() + SEEK_MS);
	r->asleep = true;
	return true;
}

bool
reader_wait_lock(struct reader *r)
{
	return r->asleep = op_wait_lock_with(r->mb->store->storage,
	    &r->waiter, &r->busy_since_ms);
}

/* If the index cannot be opened, its first use says why. */
enum run
reader_ready(struct reader *r)
{
	struct store_error err = { .kind = STORE_OK };

	return index_ready(r->mb->store, &r->index_wait, &r->waiter, &err);
}

enum run
reader_open(struct reader *r)
{
	if (r->fd == -1 && reader_ready(r) == RUN_WAIT)
		return RUN_WAIT;
	memset(&r->err, 0, sizeof(r->err));
	if (reader_fd(r) != -1) {
		r->busy_since_ms = 0;
		return RUN_DONE;
	}
	if (r->err.kind == STORE_ERR_INUSE)
		return reader_wait_lock(r) ? RUN_WAIT : RUN_FAIL;
	return r->err.kind == STORE_ERR_EXPUNGED &&
	    reader_seek(r, r->m.uid) ? RUN_WAIT : RUN_FAIL;
}

void
reader_close_file(struct reader *r)
{
	if (r->fd != -1)
		(void)close(r->fd);
	r->fd = -1;
}

void
reader_fail_errno(struct reader *r, uint32_t uid, int errnum)
{
	char what[512];

	(void)snprintf(what, sizeof(what), "%s/%s uid %" PRIu32,
	    r->mb->store->root, r->mb->folder, uid);
	store_error_errno(&r->err, errnum, what);
}

/*
 * Whether another program has changed the file since it was parsed.  The time
 * alone proves nothing, since backups are restored without it: a scan compares
 * the contents.  It has done so when the UID is no longer among the suspects.
 */
static bool
was_changed(struct reader *r, const struct stat *sb)
{
	const struct reader_row *row = r->row;
	const struct entry *e = mailbox_entry(r->mb, row->uid);
	bool size = (uint64_t)sb->st_size == row->raw;

	if (size && (!row->has_mtime || row->mtime == (int64_t)sb->st_mtime))
		return false;
	/* Of an expunged message, nobody has the old contents. */
	if (e == NULL || e->flags & ENTRY_ZOMBIE)
		return !size;
	if (size && r->suspect == row->uid &&
	    !idset_contains(&r->mb->watch.suspects, row->uid))
		return false;
	r->suspect = row->uid;
	(void)idset_add(&r->mb->watch.suspects, row->uid);
	return true;
}

int
reader_fd(struct reader *r)
{
	struct stat sb;

	if (r->fd != -1)
		return r->fd;
	r->fd = reader_open_file(r, r->row, &sb);
	if (r->fd == -1 && maildir_gone(errno)) {
		store_error_set(&r->err, STORE_ERR_EXPUNGED, 0,
		    "The message was expunged");
		return -1;
	}
	if (r->fd == -1 && errno == EBUSY) {
		store_error_set(&r->err, STORE_ERR_INUSE, 0,
		    "The mail store is in use; try again later");
		return -1;
	}
	if (r->fd == -1) {
		reader_fail_errno(r, r->m.uid, errno);
		return -1;
	}
	if (was_changed(r, &sb)) {
		reader_close_file(r);
		store_error_set(&r->err, STORE_ERR_EXPUNGED, 0,
		    "The message was replaced by another program");
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

/* A stretch without bare LFs: the file has the same bytes as the wire. */
static int64_t
body_plain(struct reader *r, uint64_t off, uint64_t len, struct buf *out)
{
	char *room;
	ssize_t n;

	if (buf_reserve(out, (size_t)len, &room) == -1) {
		store_error_set(&r->err, STORE_ERR_LIMIT, 0, "Out of memory");
		return -1;
	}
	n = pread(r->fd, room, (size_t)len, (off_t)off);
	if (n <= 0) {
		reader_fail_errno(r, r->m.uid, n == 0 ? EIO : errno);
		return -1;
	}
	buf_commit(out, (size_t)n);
	return n;
}

/*
 * A stretch with bare LFs.  An offset on the wire is found by reading on from
 * the last known one, which is kept in the mailbox.  Otherwise a client that
 * fetches a big message in pieces would make us read it from the start for
 * each piece.
 */
static int64_t
body_crlf(struct reader *r, const struct stretch *s, uint64_t off,
    uint64_t len, struct buf *out)
{
	static char b[65536];
	struct mailbox *mb = r->mb;
	struct crlf st = { false };
	struct slice raw;
	uint64_t at = s->raw_off, wire = 0, skip;
	uint64_t end = s->raw_off + s->raw_len, done = 0;
	char *room;
	ssize_t n;

	if (mb->pos.uid == r->m.uid && mb->pos.start == s->raw_off &&
	    mb->pos.wire <= off && mb->pos.raw <= end) {
		at = mb->pos.raw;
		wire = mb->pos.wire;
		st.cr = mb->pos.cr;
	}
	skip = off - wire;
	if (buf_reserve(out, (size_t)len, &room) == -1) {
		store_error_set(&r->err, STORE_ERR_LIMIT, 0, "Out of memory");
		return -1;
	}
	while (done < len && at < end) {
		size_t want = sizeof(b);

		if (end - at < want)
			want = (size_t)(end - at);
		/*
		 * Each byte of the file is at least one on the wire: read no
		 * more than is needed.
		 */
		if (skip == 0 && len - done < want)
			want = (size_t)(len - done);
		n = pread(r->fd, b, want, (off_t)at);
		if (n <= 0) {
			reader_fail_errno(r, r->m.uid, n == 0 ? EIO : errno);
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
	mb->pos.uid = r->m.uid;
	mb->pos.start = s->raw_off;
	mb->pos.raw = at;
	mb->pos.wire = off + done;
	mb->pos.cr = st.cr;
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
