/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Takes in what others committed; see absorb.h. */

#include "config.h"

#include <stdlib.h>

#include "common/base/xmalloc.h"
#include "storage/index/index.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/absorb.h"
#include "storage/mailbox/keyword.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/row_read.h"
#include "storage/mailbox/watcher_state.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"

static enum sql_rc
absorb_flags(struct mailbox *mb, const struct mailbox_row *old)
{
	struct sql *db = mb->store->db;
	enum sql_stmt id = SQL_ENTRIES_CHANGED;
	struct entry *e;
	enum sql_rc rc;

	sql_start(db, id, SQL_ARGS(SQL_I(mb->id), SQL_I(old->highestmodseq)));
	while ((rc = sql_step(db, id)) == SQL_ROW) {
		e = mailbox_entry(mb, (uint32_t)sql_int(db, id, 0));
		if (e != NULL)
			mailbox_flagged(mb, e,
			    (uint32_t)sql_int(db, id, 1),
			    (uint64_t)sql_int(db, id, 2),
			    (uint64_t)sql_int(db, id, 3), 0);
	}
	sql_reset(db, id);
	return rc;
}

static enum sql_rc
absorb_new(struct mailbox *mb, const struct mailbox_row *old)
{
	struct sql *db = mb->store->db;
	enum sql_stmt id = SQL_ENTRIES_FROM;
	enum sql_rc rc;

	sql_start(db, id, SQL_ARGS(SQL_I(mb->id), SQL_I(old->uidnext)));
	while ((rc = sql_step(db, id)) == SQL_ROW)
		mailbox_added(mb, (uint32_t)sql_int(db, id, 0),
		    (uint32_t)sql_int(db, id, 1),
		    (uint64_t)sql_int(db, id, 2),
		    (uint64_t)sql_int(db, id, 3));
	sql_reset(db, id);
	return rc;
}

static enum sql_rc
absorb_expunges(struct mailbox *mb, const struct mailbox_row *old)
{
	struct sql *db = mb->store->db;
	enum sql_stmt id = SQL_EXPUNGED_SINCE;
	struct entry *e;
	enum sql_rc rc;

	sql_start(db, id, SQL_ARGS(SQL_I(mb->id), SQL_I(old->highestmodseq)));
	while ((rc = sql_step(db, id)) == SQL_ROW) {
		e = mailbox_entry(mb, (uint32_t)sql_int(db, id, 1));
		if (e != NULL)
			mailbox_expunged(mb, e, (uint64_t)sql_int(db, id, 0));
	}
	sql_reset(db, id);
	return rc;
}

/*
 * As store_absorb(), for one mailbox: its row, its keywords, and its entries
 * if they are loaded.
 */
static enum sql_rc
absorb_mailbox(struct mailbox *mb)
{
	struct mailbox_row old = mb->row;
	struct sql *db = mb->store->db;
	enum sql_rc rc;

	if (mb->dead)
		return SQL_DONE;
	sql_start(db, SQL_MAILBOX_GET, SQL_ARGS(SQL_I(mb->id)));
	rc = sql_step(db, SQL_MAILBOX_GET);
	if (rc == SQL_ROW) {
		row_read(db, SQL_MAILBOX_GET, &mb->row);
		free(mb->name);
		free(mb->folder);
		mb->name = xstrdup_slice(sql_blob(db, SQL_MAILBOX_GET,
		    COLUMN_NAME));
		mb->folder = xstrdup_slice(sql_blob(db, SQL_MAILBOX_GET,
		    COLUMN_FOLDER));
	}
	sql_reset(db, SQL_MAILBOX_GET);
	if (rc == SQL_DONE)
		mailbox_die(mb);
	if (rc != SQL_ROW)
		return rc;
	watcher_row(mb->store, mb->id, &old, &mb->row);
	mb->claim_due = mb->row.recentuid + 1 < mb->row.uidnext &&
	    mb->takers > 0;
	if (mb->row.highestmodseq == old.highestmodseq)
		return SQL_DONE;
	rc = mailbox_load_keywords(mb);
	if (!mb->loaded)
		return rc;
	if (rc == SQL_DONE && mb->row.flagmodseq > old.flagmodseq)
		rc = absorb_flags(mb, &old);
	if (rc == SQL_DONE)
		rc = absorb_new(mb, &old);
	if (rc == SQL_DONE)
		rc = absorb_expunges(mb, &old);
	mailbox_changed(mb);
	return rc;
}

enum sql_rc
store_absorb(struct store *st)
{
	struct mailbox *mb;
	enum sql_rc rc;
	int64_t version = 0;

	sql_start(st->db, SQL_DATA_VERSION, SQL_NOARGS);
	rc = sql_step(st->db, SQL_DATA_VERSION);
	if (rc == SQL_ROW)
		version = sql_int(st->db, SQL_DATA_VERSION, 0);
	sql_reset(st->db, SQL_DATA_VERSION);
	if (rc != SQL_ROW)
		return rc == SQL_DONE ? SQL_ERROR : rc;
	if (version == st->data_version && !st->absorb_all)
		return SQL_DONE;
	MAILBOXES_FOREACH(mb, st)
		if ((rc = absorb_mailbox(mb)) != SQL_DONE) {
			mailbox_unpin(mb);
			return rc;
		}
	st->data_version = version;
	st->absorb_all = false;
	st->items_stale = true;
	watcher_look(st);
	return SQL_DONE;
}

int
store_tx_begin(struct store *st)
{
	if (st->db == NULL || st->writer != NULL || st->sick ||
	    !store_boot_synced(st) || sql_tx_begin(st->db) != SQL_DONE)
		return -1;
	if (store_absorb(st) == SQL_DONE)
		return 0;
	(void)sql_do(st->db, SQL_ROLLBACK, SQL_NOARGS);
	return -1;
}

int
store_tx_end(struct store *st)
{
	mailbox_rows_write(st);
	if (sql_tx_end(st->db) == SQL_DONE) {
		mailbox_rows_committed(st);
		return 0;
	}
	mailbox_rows_revert(st);
	return -1;
}

void
store_index_lost(struct store *st)
{
	struct mailbox *mb;

	MAILBOXES_FOREACH(mb, st)
		mailbox_lose(mb);
	store_free_items(st);
	st->lost++;
	st->items_stale = true;
	st->root_mtime = -1;
	watcher_lost(st);
}

/*
 * If the mtime of cur/ was too recent to prove anything when it was checked,
 * but the watch has seen no change since, set the time of the check to now.
 */
void
mailbox_save_row(struct mailbox *mb)
{
	struct store *st = mb->store;
	int64_t now = maildir_now(), mtime;

	if (mb->dead || st->db == NULL || st->writer != NULL)
		return;
	if (mb->watch.watched != NULL && mb->watch.cur_clean &&
	    mailbox_dir(mb) != -1 && maildir_racy(mb->row.curmtime,
	    mb->row.curchecked)) {
		mtime = maildir_mtime(mb->dir_fd, "cur");
		watch_drain(st->storage->watch);
		if (mb->watch.cur_clean && mtime == mb->row.curmtime) {
			mb->row.curchecked = now;
			mb->tx.owed = true;
		}
	}
	if (!mb->tx.owed || store_tx_begin(st) == -1)
		return;
	if (!mb->dead)
		mailbox_touch(mb);
	if (store_tx_end(st) == 0)
		mb->tx.owed = false;
}
