/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Takes in what others committed; see store_absorb.h. */

#include "config.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/due.h"
#include "storage/index/index.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/delta.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/names.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/mailbox/watcher_state.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"

/* The number that changes with every commit of another process. */
static enum sql_rc
read_version(struct store *st, int64_t *version)
{
	enum sql_rc rc;

	sql_start(st->db, SQL_DATA_VERSION, SQL_NOARGS);
	rc = sql_step(st->db, SQL_DATA_VERSION);
	if (rc == SQL_ROW)
		*version = sql_int(st->db, SQL_DATA_VERSION, 0);
	sql_reset(st->db, SQL_DATA_VERSION);
	if (rc == SQL_ROW)
		return SQL_DONE;
	return rc == SQL_DONE ? SQL_ERROR : rc;
}

/* Whether anybody but the walk that has reached a mailbox holds it. */
static bool
held(const struct mailbox *mb)
{
	return mb->refs > 0 || mb->pins > 1;
}

/*
 * Read what has changed in mailboxes that somebody holds, before anything is
 * applied.  With commit false, only stale ones can lack anything.
 */
static enum sql_rc
read_deltas(struct store *st, bool commit, struct deltas *deltas)
{
	struct mailbox *mb;
	enum sql_rc rc;

	MAILBOXES_FOREACH(mb, st) {
		if (!held(mb) || (!commit && !mb->stale))
			continue;
		if ((rc = delta_read(mb, deltas)) != SQL_DONE) {
			mailbox_unpin(mb);
			return rc;
		}
	}
	return SQL_DONE;
}

static enum sql_rc
absorb_mailboxes(struct store *st, bool commit)
{
	struct deltas deltas = TAILQ_HEAD_INITIALIZER(deltas);
	struct mailbox *mb;
	enum sql_rc rc;

	if ((rc = read_deltas(st, commit, &deltas)) == SQL_DONE) {
		deltas_apply(&deltas);
		MAILBOXES_FOREACH(mb, st)
			mb->stale = !held(mb) && (commit || mb->stale);
	}
	deltas_clear(&deltas);
	return rc;
}

/*
 * Bring the memory up to date with the commit that the open transaction reads.
 * If anything cannot be read, nothing changes.  The next call tries again, and
 * the loop does, since nobody else may: a session may wait in IDLE.
 */
static enum sql_rc
absorb(struct store *st)
{
	enum sql_rc rc;
	int64_t version = 0;
	bool commit;

	st->absorb_due_ms = 0;
	rc = read_version(st, &version);
	commit = version != st->data_version || st->absorb_all;
	if (rc == SQL_DONE && !commit && !st->absorb_stale)
		return SQL_DONE;
	if (rc == SQL_DONE)
		rc = absorb_mailboxes(st, commit);
	if (rc == SQL_CORRUPT && !sql_damaged(st->db)) {
		log_warn("store index user=%s: an older index was written "
		    "over it; its sessions end", st->user);
		st->storage->index_lost(st);
		return rc;
	}
	if (rc != SQL_DONE) {
		st->absorb_due_ms = timer_ms() +
		    st->storage->delays.absorb_retry_ms;
		due_touch(st);
		return rc;
	}
	st->absorb_stale = false;
	if (!commit)
		return SQL_DONE;
	st->data_version = version;
	st->absorb_all = false;
	st->list_stale = true;
	watcher_look(st);
	return SQL_DONE;
}

enum sql_rc
store_read_begin(struct store *st)
{
	bool within = sql_in_tx(st->db);
	enum sql_rc rc, end;

	/*
	 * SQLite has rolled back the transaction of an operation after an
	 * error.  The operation will notice that; until then, memory and index
	 * do not belong together.
	 */
	if (!within && st->writer != NULL)
		return SQL_ERROR;
	if ((rc = sql_read_begin(st->db)) != SQL_DONE || within)
		return rc;
	if ((rc = absorb(st)) == SQL_DONE)
		return SQL_DONE;
	end = sql_read_end(st->db);
	return end == SQL_DONE ? rc : end;
}

enum sql_rc
store_read_end(struct store *st)
{
	return st->db == NULL ? SQL_ERROR : sql_read_end(st->db);
}

enum sql_rc
store_absorb(struct store *st)
{
	enum sql_rc rc;

	if (sql_in_tx(st->db))
		return absorb(st);
	if ((rc = store_read_begin(st)) == SQL_DONE)
		rc = store_read_end(st);
	return rc;
}

int
store_tx_begin(struct store *st)
{
	if (st->db == NULL || st->writer != NULL || st->sick ||
	    index_tx_start(st) != SQL_DONE)
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
	names_free(st->names);
	st->names = NULL;
	st->lost++;
	watcher_lost(st);
}

/*
 * If the mtime of cur/ was too recent to prove anything when it was checked,
 * but the watch has seen no change since, set the time of the check to now.
 */
void
store_save_row(struct mailbox *mb)
{
	struct store *st = mb->store;
	int64_t now = maildir_now(), mtime;

	if (mb->dead || st->db == NULL || st->writer != NULL)
		return;
	/* A scan that is not done yet has marked the folder as clean. */
	if (mb->watch.watched != NULL && mb->watch.cur_clean &&
	    mb->watch.scan == NULL && mailbox_dir(mb) != -1 &&
	    maildir_racy(mb->row.curmtime, mb->row.curchecked)) {
		mtime = maildir_mtime(mb->dir_fd, "cur");
		watch_drain(st->storage->watch);
		if (mb->watch.cur_clean &&
		    maildir_same_mtime(mtime, mb->row.curmtime)) {
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
