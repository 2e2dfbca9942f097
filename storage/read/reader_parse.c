/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Messages that a reader finds unparsed: a huge one is parsed in time slices,
 * and the results of a batch are stored in one transaction.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "storage/index/content.h"
#include "storage/index/index.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/mailbox/tomb.h"
#include "storage/maildir/maildir.h"
#include "storage/read/reader_state.h"

void
reader_parse_end(struct reader *r)
{
	if (r->parse_fd != -1)
		(void)close(r->parse_fd);
	r->parse_fd = -1;
}

void
reader_parse_leave(struct reader *r)
{
	reader_parse_end(r);
	if (r->parsing)
		parse_clear(&r->parse);
	r->parsing = false;
}

static void
parse_failed(struct reader_row *row)
{
	row->errnum = errno == EBUSY ? 0 : errno;
	row->err = maildir_gone(errno) ? STORE_ERR_EXPUNGED :
	    errno == EBUSY ? STORE_ERR_INUSE : STORE_ERR_IO;
}

static int
parse_begin(struct reader *r, struct reader_row *row)
{
	struct stat sb;

	r->parse_fd = reader_open_file(r, row, &sb);
	if (r->parse_fd == -1)
		return -1;
	if (r->parsing)
		parse_reset(&r->parse);
	else
		parse_init(&r->parse);
	r->parsing = true;
	row->raw = (uint64_t)sb.st_size;
	row->date = row->mtime = (int64_t)sb.st_mtime;
	row->has_mtime = true;
	return 0;
}

bool
reader_parse_row(struct reader *r, struct reader_row *row, uint64_t until_ns)
{
	struct parse *p = &r->parse;
	int rc = -1;

	if (r->parse_fd != -1 || parse_begin(r, row) == 0)
		rc = parse_file(p, r->parse_fd, row->raw, until_ns);
	if (rc == -1)
		parse_failed(row);
	if (rc == 0 || (row->err == STORE_ERR_EXPUNGED &&
	    reader_seek(r, row->uid)) || (row->err == STORE_ERR_INUSE &&
	    reader_wait_lock(r))) {
		row->err = STORE_OK;
		return false;
	}
	if (rc != -1) {
		row->raw = p->raw;
		row->wire = p->wire;
		row->traits = p->traits;
		row->digest = digest_value(&p->digest);
		reader_add_bytes(r, buf_slice(&p->blob), &row->blob_off,
		    &row->blob_len);
		reader_add_bytes(r, buf_slice(&p->headers), &row->headers_off,
		    &row->headers_len);
		reader_add_bytes(r, buf_slice(&p->gist), &row->gist_off,
		    &row->gist_len);
		row->parsed = true;
	}
	reader_parse_end(r);
	return true;
}

/* The id of the content that the entry has now, or 0. */
static int64_t
content_of(struct reader *r, uint32_t uid)
{
	struct sql *db = r->mb->store->db;
	int64_t content = 0;

	sql_start(db, SQL_ENTRY_GET, SQL_ARGS(SQL_I(r->mb->id), SQL_I(uid)));
	if (sql_step(db, SQL_ENTRY_GET) == SQL_ROW)
		content = sql_int(db, SQL_ENTRY_GET, 3);
	sql_reset(db, SQL_ENTRY_GET);
	return content;
}

/* The size in the name of a file may have been wrong, or is not known yet. */
static void
count_size(struct reader *r, const struct reader_row *row)
{
	struct mailbox *mb = r->mb;
	struct tomb_entry e;

	if (!tomb_entry_read(mb, row->uid, &e) ||
	    (e.size == row->raw && e.object != 0))
		return;
	sql_tx_do(mb->store->db, SQL_NAME_SIZE, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(row->uid), SQL_I(row->raw), SQL_I(row->content)));
	mb->row.size += row->raw;
	mb->row.size -= e.size < mb->row.size ? e.size : mb->row.size;
}

static void
store_row(struct reader *r, struct reader_row *row)
{
	struct mailbox *mb = r->mb;
	struct sql *db = mb->store->db;
	struct entry *e = mailbox_entry(mb, row->uid);

	if (!row->parsed || e == NULL || e->flags & ENTRY_ZOMBIE)
		return;
	/* Another reader may have been faster. */
	if ((row->content = content_of(r, row->uid)) != 0)
		return;
	row->content = content_add(db, &(struct content){
	    .raw = row->raw, .wire = row->wire, .date = row->date,
	    .mtime = row->mtime, .digest = row->digest, .traits = row->traits,
	    .gist = reader_bytes_at(r, row->gist_off, row->gist_len),
	    .blob = reader_bytes_at(r, row->blob_off, row->blob_len),
	    .headers = reader_bytes_at(r, row->headers_off,
	    row->headers_len) });
	sql_tx_do(db, SQL_ENTRY_CONTENT, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(row->uid), SQL_I(row->content)));
	mailbox_touch(mb);
	count_size(r, row);
	mb->row.bytes += row->wire;
	if (mb->row.unsized > 0)
		mb->row.unsized--;
}

/*
 * Store the results of a batch, if the lock is free.  On disk before COMMIT:
 * entries with content 0.  After COMMIT: entries with a content that says the
 * same as their files.
 */
void
reader_store_parsed(struct reader *r)
{
	struct mailbox *mb = r->mb;
	struct store *st = mb->store;
	bool any = false;

	for (size_t i = 0; i < r->nrows; i++)
		any = any || r->rows[i].parsed;
	if (!any || mb->dead || store_tx_begin(st) == -1)
		return;
	for (size_t i = 0; i < r->nrows; i++)
		store_row(r, &r->rows[i]);
	if (store_tx_end(st) == 0)
		index_committed(st);
}
