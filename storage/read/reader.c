/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Reading.  Rows come in batches, with one query for each batch, and are
 * copied, so that no statement stays open while data is sent to a client.
 * Flags and modseq come from the entry in memory and cost no query.
 *
 * Messages that were never parsed are parsed when their batch is read, a huge
 * one in time slices, and the results of a batch are stored in one
 * transaction.  If no transaction is possible, the results are used all the
 * same, and the messages are parsed again the next time.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/index.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_error.h"
#include "storage/index/store_ref.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/mailbox/view_state.h"
#include "storage/read/reader.h"
#include "storage/read/reader_state.h"

struct reader *
reader_new(struct view *v, const struct idset *uids, uint32_t need)
{
	struct reader *r;

	r = xcalloc(1, sizeof(*r));
	r->view = v;
	r->mb = view_mailbox(v);
	mailbox_ref(r->mb);
	store_ref(r->mb->store);
	r->need = need;
	r->batch = BATCH_MAX;
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

void
reader_free(struct reader *r)
{
	struct store *st;

	if (r == NULL)
		return;
	st = r->mb->store;
	reader_close_file(r);
	reader_parse_leave(r);
	waiter_cancel(&st->storage->waiters, &r->waiter);
	mailbox_unref(r->mb);
	idset_clear(&r->uids);
	buf_clear(&r->bytes);
	buf_clear(&r->names);
	buf_clear(&r->name);
	free(r);
	store_unref(st);
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
take_row(struct reader *r, enum sql_stmt id, struct reader_row *row)
{
	struct sql *db = r->mb->store->db;

	memset(row, 0, sizeof(*row));
	row->uid = (uint32_t)sql_int(db, id, 0);
	row->content = sql_int(db, id, 1);
	row->savedate = sql_int(db, id, 2);
	/* Parse again what the index lacks. */
	if (sql_null(db, id, 3) ||
	    (r->need & NEED_STRUCT && sql_null(db, id, 6)) ||
	    (r->need & NEED_HEADERS && sql_null(db, id, 7)))
		row->content = 0;
	row->raw = (uint64_t)sql_int(db, id, 3);
	row->wire = (uint64_t)sql_int(db, id, 4);
	row->date = sql_int(db, id, 5);
	reader_add_bytes(r, sql_blob(db, id, 6), &row->blob_off,
	    &row->blob_len);
	reader_add_bytes(r, sql_blob(db, id, 7), &row->headers_off,
	    &row->headers_len);
	reader_add_bytes(r, sql_blob(db, id, 8), &row->gist_off,
	    &row->gist_len);
	row->traits = (uint32_t)sql_int(db, id, 9);
	row->has_mtime = !sql_null(db, id, 10);
	row->mtime = sql_int(db, id, 10);
}

/* An expunged message has no entry any more: its tombstone has the content. */
static void
read_expunged(struct reader *r, struct reader_row *row, const struct entry *e)
{
	struct sql *db = r->mb->store->db;
	enum sql_stmt id = SQL_READ_EXPUNGED;

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
 * A message that has an entry in memory but no rows: this process has not
 * committed its expunge yet.  Only a tombstone of the open transaction shows
 * it.
 */
static void
read_just_expunged(struct reader *r, struct reader_row *row, uint32_t uid)
{
	struct store *st = r->mb->store;
	enum sql_stmt id = SQL_READ_EXPUNGED_UID;

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
	uint32_t uid = r->ahead;

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
 * Read a batch: a range of the primary key of entry, from the first wanted UID
 * on.  A row in between that is not wanted ends the batch, as many such rows
 * may follow.
 */
static enum sql_rc
read_range(struct reader *r, uint32_t first)
{
	struct sql *db = r->mb->store->db;
	enum sql_stmt id = statement(r);
	uint32_t want = first, last = idset_max(&r->uids);
	enum sql_rc rc;

	sql_start(db, id, SQL_ARGS(SQL_I(r->mb->id), SQL_I(first),
	    SQL_I(last), SQL_I(r->batch)));
	while ((rc = sql_step(db, id)) == SQL_ROW) {
		uint32_t uid = (uint32_t)sql_int(db, id, 0);

		if (uid != want)
			break;
		take_row(r, id, &r->rows[r->nrows++]);
		want = next_uid(r);
		if (want == 0 || r->nrows == r->batch ||
		    buf_len(&r->bytes) > BATCH_BYTES)
			break;
	}
	sql_reset(db, id);
	r->ahead = want;
	return rc == SQL_ROW ? SQL_DONE : rc;
}

/*
 * A batch of one row, which says why the message cannot be read.  The next
 * batch begins with the message after it.
 */
static void
fill_failed(struct reader *r, uint32_t uid, enum store_err err)
{
	memset(&r->rows[0], 0, sizeof(r->rows[0]));
	r->rows[0].uid = uid;
	r->rows[0].err = err;
	r->nrows = 1;
	r->ahead = 0;
	idset_iter_init_after(&r->it, &r->uids, uid);
	r->end = false;
}

/* Wait until the index can be read.  Then the batch begins with uid again. */
static enum run
fill_wait(struct reader *r, uint32_t uid)
{
	r->nrows = 0;
	r->filling = false;
	r->ahead = uid;
	idset_iter_init_after(&r->it, &r->uids, uid);
	r->end = false;
	return RUN_WAIT;
}

/*
 * Read the rows of a batch that begins with uid, within a span, whose end tells
 * whether that failed.
 */
static void
fill_from(struct reader *r, uint32_t uid)
{
	struct entry *e = mailbox_entry(r->mb, uid);

	if (e == NULL)
		fill_failed(r, uid, STORE_ERR_EXPUNGED);
	else if (e->flags & ENTRY_ZOMBIE)
		read_expunged(r, &r->rows[r->nrows++], e);
	else if (read_range(r, uid) == SQL_DONE && r->nrows == 0) {
		read_just_expunged(r, &r->rows[0], uid);
		r->nrows = 1;
		r->ahead = 0;
	}
}

/* Read the rows of the next batch; none at the end.  May return RUN_WAIT. */
static enum run
fill(struct reader *r)
{
	struct store *st = r->mb->store;
	enum sql_rc rc;
	uint32_t uid;

	r->nrows = r->at = r->parsed_to = 0;
	r->has_names = false;
	buf_reset(&r->bytes, BATCH_BYTES * 2);
	buf_reset(&r->names, BATCH_BYTES);
	if ((uid = next_uid(r)) == 0)
		return RUN_DONE;
	if ((r->need & NEED_CONTENT) == 0) {
		memset(&r->rows[0], 0, sizeof(r->rows[0]));
		r->rows[r->nrows++].uid = uid;
		return RUN_DONE;
	}
	r->filling = true;
	memset(&r->err, 0, sizeof(r->err));
	if (index_open(st, &r->err) == -1 || r->mb->lost) {
		fill_failed(r, uid, r->err.kind == STORE_OK ?
		    STORE_ERR_CORRUPT : r->err.kind);
		return RUN_DONE;
	}
	if ((rc = store_read_begin(st)) == SQL_DONE) {
		fill_from(r, uid);
		rc = store_read_end(st);
	}
	if (rc == SQL_BUSY && reader_wait_lock(r))
		return fill_wait(r, uid);
	if (rc != SQL_DONE) {
		sql_error(st->db, rc, &r->err);
		fill_failed(r, uid, r->err.kind);
	}
	r->batch = r->batch * 2 < BATCH_MAX ? r->batch * 2 : BATCH_MAX;
	return RUN_DONE;
}

void
reader_from(struct reader *r, uint32_t uid)
{
	reader_close_file(r);
	reader_parse_end(r);
	r->ahead = 0;
	r->end = false;
	idset_iter_from(&r->it, &r->uids, uid);
	r->nrows = r->at = r->parsed_to = 0;
	r->filling = r->asleep = false;
	r->batch = 1;
}

/* End the batch before row n; the remaining rows come with the next batch. */
static void
cut_batch(struct reader *r, size_t n)
{
	r->ahead = 0;
	idset_iter_from(&r->it, &r->uids, r->rows[n - 1].uid + 1);
	r->end = false;
	r->nrows = n;
	reader_parse_end(r);
}

/* Parse what the index lacks; RUN_WAIT when the slice is used up. */
static enum run
fill_parse(struct reader *r)
{
	struct storage *s = r->mb->store->storage;
	uint64_t until = timer_ns() + s->options.slice_us * 1000ULL;

	for (; r->parsed_to < r->nrows; r->parsed_to++) {
		struct reader_row *row = &r->rows[r->parsed_to];

		if (row->content != 0 || row->err != STORE_OK)
			continue;
		if (r->parsed_to > 0 && timer_ns() > until) {
			cut_batch(r, r->parsed_to);
			break;
		}
		if (reader_parse_row(r, row, until))
			continue;
		if (r->parsed_to > 0) {
			cut_batch(r, r->parsed_to);
			break;
		}
		if (!r->asleep)
			waiter_sleep(&s->waiters, &r->waiter, WAIT_TIME, 0);
		return RUN_WAIT;
	}
	r->filling = false;
	reader_parse_leave(r);
	reader_store_parsed(r);
	return RUN_DONE;
}

static void
fail_row(struct reader *r, const struct reader_row *row)
{
	if (row->err == STORE_ERR_EXPUNGED)
		store_error_set(&r->err, STORE_ERR_EXPUNGED, 0,
		    "The message was expunged");
	else if (row->errnum == 0)
		store_error_set(&r->err, row->err, 0,
		    "The mail index could not be read");
	else
		reader_fail_errno(r, row->uid, row->errnum);
}

static enum run
read_name(struct reader *r)
{
	struct sql *db;
	size_t base = 0;
	enum sql_rc rc;

	buf_reset(&r->name, 1024);
	if (index_open(r->mb->store, &r->err) == -1)
		return RUN_FAIL;
	db = r->mb->store->db;
	sql_start(db, SQL_NAME_GET, SQL_ARGS(SQL_I(r->mb->id),
	    SQL_I(r->m.uid)));
	if ((rc = sql_step(db, SQL_NAME_GET)) == SQL_ROW) {
		(void)buf_add_slice(&r->name, sql_blob(db, SQL_NAME_GET, 0));
		base = buf_len(&r->name);
		(void)buf_add_slice(&r->name, sql_blob(db, SQL_NAME_GET, 2));
	}
	sql_reset(db, SQL_NAME_GET);
	r->m.name = slice_sub(buf_slice(&r->name), 0, base);
	r->m.uidl = slice_from(buf_slice(&r->name), base);
	if (rc == SQL_ROW || rc == SQL_DONE)
		return RUN_DONE;
	if (rc == SQL_BUSY && reader_wait_lock(r))
		return RUN_WAIT;
	sql_error(db, rc, &r->err);
	return RUN_FAIL;
}

enum run
reader_next(struct reader *r, const struct message **m)
{
	struct reader_row *row;
	enum run run;

	reader_close_file(r);
	waiter_cancel(&r->mb->store->storage->waiters, &r->waiter);
	*m = NULL;
	r->asleep = false;
	if (reader_ready(r) == RUN_WAIT)
		return RUN_WAIT;
	for (;;) {
		if (r->at == r->nrows && !r->filling && fill(r) == RUN_WAIT)
			return RUN_WAIT;
		if (r->filling && fill_parse(r) == RUN_WAIT)
			return RUN_WAIT;
		if (r->nrows == 0)
			return RUN_DONE;
		row = r->row = &r->rows[r->at++];
		memset(&r->m, 0, sizeof(r->m));
		memset(&r->err, 0, sizeof(r->err));
		r->m.uid = row->uid;
		r->m.seq = view_seq(r->view, row->uid);
		/* The session was told that the message is gone. */
		if (r->m.seq == 0)
			continue;
		break;
	}
	*m = &r->m;
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
	r->m.blob = reader_bytes_at(r, row->blob_off, row->blob_len);
	r->m.headers = reader_bytes_at(r, row->headers_off, row->headers_len);
	r->m.gist = reader_bytes_at(r, row->gist_off, row->gist_len);
	run = r->need & (NEED_NAME | NEED_UIDL) ? read_name(r) : RUN_DONE;
	if (run == RUN_DONE && r->need & NEED_FILE)
		run = reader_open(r);
	if (run == RUN_DONE)
		r->busy_since_ms = 0;
	if (run == RUN_WAIT) {
		/* The next call takes the same row. */
		r->at--;
		*m = NULL;
	}
	return run;
}
