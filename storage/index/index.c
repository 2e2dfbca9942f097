/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The index of a store: who holds the store, the database handle, and what has
 * to follow a COMMIT.
 *
 * The handle is opened on demand and closed when nobody has used it for a
 * while, even if sessions are open: what they look at is in memory.  A damaged
 * index is set aside and rebuilt from the Maildir.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/checkpoint.h"
#include "storage/index/due.h"
#include "storage/index/error.h"
#include "storage/index/index.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/maildir/maildir.h"

/* A checkpoint starts when the WAL has grown by this many pages. */
#define CHECKPOINT_PAGES 1000
/* After an unclean boot UIDNEXT rises by this, above all UIDs given out. */
#define BOOT_UIDS	10000

static int
store_cmp(struct store *a, struct store *b)
{
	return strcmp(a->root, b->root);
}

RB_GENERATE(store_tree, store, node, store_cmp)

/*
 * Keep st in storage->spares while its index is open and nobody holds st. Call
 * after any change of either.
 */
static void
note_spare(struct store *st)
{
	struct store_list *spares = &st->storage->spares;
	bool spare = st->db != NULL && st->refs == 0;

	if (spare && !st->spare)
		TAILQ_INSERT_TAIL(spares, st, spare_link);
	else if (!spare && st->spare)
		TAILQ_REMOVE(spares, st, spare_link);
	st->spare = spare;
}

void
store_ref(struct store *st)
{
	st->refs++;
	note_spare(st);
	due_touch(st);
}

void
store_unref(struct store *st)
{
	st->refs--;
	st->used_ms = timer_ms();
	note_spare(st);
	due_touch(st);
}

/*
 * Read a value of the table meta.  Returns SQL_ROW with out, SQL_DONE if there
 * is none, or what failed.  A value is cut at size - 1 bytes.
 */
static enum sql_rc
read_meta(struct store *st, struct slice key, char *out, size_t size)
{
	enum sql_rc rc;

	out[0] = '\0';
	sql_start(st->db, SQL_META_GET, SQL_ARGS(SQL_T(key)));
	rc = sql_step(st->db, SQL_META_GET);
	if (rc == SQL_ROW)
		(void)snprintf(out, size, "%.*s",
		    SLICE_ARG(sql_blob(st->db, SQL_META_GET, 0)));
	sql_reset(st->db, SQL_META_GET);
	return rc;
}

static void
write_meta(struct store *st, struct slice key, struct slice value)
{
	sql_tx_do(st->db, SQL_META_SET, SQL_ARGS(SQL_T(key), SQL_B(value)));
}

/* What meta knows of boots. */
struct boots {
	char	 boot[64];
	char	 counted[64];
	char	 boots[24];
};

static enum sql_rc
read_boots(struct store *st, struct boots *b)
{
	enum sql_rc rc;

	rc = read_meta(st, SLICE_LIT("boot"), b->boot, sizeof(b->boot));
	if (rc == SQL_ROW || rc == SQL_DONE)
		rc = read_meta(st, SLICE_LIT("counted"), b->counted,
		    sizeof(b->counted));
	if (rc == SQL_ROW || rc == SQL_DONE)
		rc = read_meta(st, SLICE_LIT("boots"), b->boots,
		    sizeof(b->boots));
	if (rc != SQL_ROW && rc != SQL_DONE)
		return rc;
	st->boots = strtoll(b->boots, NULL, 10);
	return SQL_DONE;
}

/*
 * Within a transaction: count this boot.  If it is not the boot in which the
 * index was made, raise UIDs and modseqs.
 */
static void
count_boot(struct store *st, const struct boots *b)
{
	struct slice id = slice_str(st->storage->boot_id);
	bool first = b->counted[0] == '\0' && (b->boot[0] == '\0' ||
	    slice_eq_str(id, b->boot));
	char text[24];

	if (!first) {
		sql_tx_do(st->db, SQL_MAILBOX_BOOT, SQL_ARGS(SQL_I(BOOT_UIDS),
		    SQL_I((uint64_t)time(NULL) << 16)));
		sql_tx_do(st->db, SQL_VANISHED_BOOT, SQL_ARGS(SQL_I(BOOT_UIDS),
		    SQL_I((uint64_t)time(NULL) << 16)));
		st->absorb_all = true;
	}
	(void)snprintf(text, sizeof(text), "%lld",
	    (long long)++st->boots);
	write_meta(st, SLICE_LIT("boots"), slice_str(text));
	write_meta(st, SLICE_LIT("counted"), id);
	/* A daemon of version 3 compares this id: it must not raise again. */
	write_meta(st, SLICE_LIT("boot"), id);
}

/*
 * If the boot id differs from the one in the index, a power failure may have
 * taken commits, and with them UIDs and modseqs that clients were told.  Raise
 * both above all that can have been given out, and have every folder read
 * again.
 */
static enum sql_rc
check_boot(struct store *st)
{
	struct slice id = slice_str(st->storage->boot_id);
	struct boots b;
	enum sql_rc rc;

	if ((rc = read_boots(st, &b)) != SQL_DONE || id.len == 0 ||
	    slice_eq_str(id, b.counted))
		return rc;
	if ((rc = sql_tx_begin(st->db)) != SQL_DONE)
		return rc;
	/* Another process may have been faster. */
	if ((rc = read_boots(st, &b)) != SQL_DONE) {
		(void)sql_do(st->db, SQL_ROLLBACK, SQL_NOARGS);
		return rc;
	}
	if (!slice_eq_str(id, b.counted))
		count_boot(st, &b);
	rc = sql_tx_end(st->db);
	st->boot_ticket = syncfile_want(st->wal_sync);
	return rc;
}

static uint64_t
index_inode(struct store *st)
{
	struct stat sb;

	if (fstatat(st->penfold_fd, "index.db", &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	return (uint64_t)sb.st_ino;
}

/*
 * Rename a damaged index, so that an administrator can examine it, and make
 * way for a new one.  If another process was faster, the file at the path is
 * the new index already: leave it alone.
 */
static void
set_aside(struct store *st)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char from[64], to[96];
	time_t now = time(NULL);

	if (st->db_inode != 0 && st->db_inode != index_inode(st))
		return;
	for (size_t i = 0; i < NROWS(ends); i++) {
		(void)snprintf(from, sizeof(from), "index.db%s", ends[i]);
		(void)snprintf(to, sizeof(to), "index.db.damaged.%lld%s",
		    (long long)now, ends[i]);
		if (renameat(st->penfold_fd, from, st->penfold_fd, to) == -1 &&
		    !maildir_gone(errno))
			log_warn("store error path=%s/penfold/%s errno=%d: "
			    "%s", st->root, from, errno, strerror(errno));
	}
	log_warn("store index user=%s damaged: set aside as index.db.damaged."
	    "%lld and rebuilt from the Maildir", st->user, (long long)now);
}

static int
open_wal(struct store *st, struct store_error *err)
{
	char path[PATH_MAX];

	st->wal_fd = openat(st->penfold_fd, "index.db-wal",
	    O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (st->wal_fd == -1) {
		(void)snprintf(path, sizeof(path), "%s-wal", st->db_path);
		store_error_errno(err, errno, path);
		return -1;
	}
	st->wal_sync = syncfile_new(st->storage->sync, st->wal_fd, st->group,
	    "penfold/index.db-wal");
	return 0;
}

bool
store_boot_synced(struct store *st)
{
	if (st->boot_ticket != 0 && st->wal_sync != NULL &&
	    syncfile_done(st->wal_sync, st->boot_ticket) == 1)
		st->boot_ticket = 0;
	return st->boot_ticket == 0;
}

/* A job on the database at the path arg. */
static void
checkpoint(void *arg)
{
	checkpoint_run(arg);
}

void
store_start_checkpoint(struct store *st)
{
	if (store_checkpointing(st))
		return;
	st->checkpoint = syncjob_new(st->storage->sync, checkpoint, free,
	    xstrdup(st->db_path));
}

bool
store_checkpointing(struct store *st)
{
	if (st->checkpoint != NULL && syncjob_ended(st->checkpoint)) {
		syncjob_free(st->checkpoint);
		st->checkpoint = NULL;
	}
	return st->checkpoint != NULL;
}

/* Another process may have failed to sync this store (heal.h). */
static void
look_for_mark(struct store *st)
{
	struct stat sb;

	if (!st->sick && fstatat(st->penfold_fd, STORE_UNSYNCED, &sb,
	    AT_SYMLINK_NOFOLLOW) == 0)
		syncgroup_fail(st->group, EIO, "penfold/unsynced");
}

int
store_db(struct store *st, struct store_error *err)
{
	struct store_error e;
	enum sql_rc rc;

	st->used_ms = timer_ms();
	due_touch(st);
	if (st->db != NULL && st->writer == NULL && sql_damaged(st->db)) {
		store_close_db(st);
		set_aside(st);
		st->storage->index_lost(st);
	}
	if (st->db != NULL)
		return 0;
	for (int attempt = 0;; attempt++) {
		memset(&e, 0, sizeof(e));
		st->db = sql_open(st->db_path, &e);
		if (st->db != NULL)
			break;
		if (e.kind != STORE_ERR_CORRUPT || attempt > 0) {
			if (err->kind == STORE_OK)
				*err = e;
			return -1;
		}
		st->db_inode = 0;
		set_aside(st);
		st->storage->index_lost(st);
	}
	st->db_inode = index_inode(st);
	st->storage->nstores_open++;
	note_spare(st);
	if (open_wal(st, err) == -1) {
		store_close_db(st);
		return -1;
	}
	rc = check_boot(st);
	if (rc != SQL_DONE) {
		sql_error(st->db, rc, err);
		store_close_db(st);
		return -1;
	}
	sql_nowait(st->db);
	look_for_mark(st);
	/* Other processes may have committed while the index was closed. */
	st->data_version = -1;
	st->absorb_all = true;
	return 0;
}

int
store_db_same(struct store *st, struct store_error *err)
{
	if (st->db != NULL && st->writer == NULL &&
	    index_inode(st) != st->db_inode) {
		log_warn("store index user=%s: the open file was replaced "
		    "or removed", st->user);
		store_close_db(st);
		st->storage->index_lost(st);
	}
	return store_db(st, err);
}

void
store_close_db(struct store *st)
{
	if (st->db == NULL)
		return;
	syncjob_free(st->checkpoint);
	st->checkpoint = NULL;
	syncfile_unref(st->wal_sync);
	st->wal_sync = NULL;
	st->wal_fd = -1;
	st->boot_ticket = 0;
	sql_close(st->db);
	st->db = NULL;
	st->parting = false;
	st->storage->nstores_open--;
	note_spare(st);
}

void
store_committed(struct store *st)
{
	if (pwrite(st->wake_fd, "\n", 1, 0) != 1)
		log_limited(LOG_LEVEL_WARN, "store error path=%s/penfold/wake "
		    "errno=%d: %s", st->root, errno, strerror(errno));
	if (st->sync_due_ms == 0)
		st->sync_due_ms = timer_ms() + st->storage->delays.sync_ms;
	due_touch(st);
	/*
	 * The WAL must be whole on disk before the database changes.  If a
	 * page of it is lost, a power failure would leave old pages of the WAL
	 * over new ones of the database.
	 */
	if (sql_wal_pages(st->db) >= st->wal_pages + CHECKPOINT_PAGES &&
	    !st->sick && !store_checkpointing(st)) {
		st->wal_pages = sql_wal_pages(st->db);
		store_start_checkpoint(st);
	}
	if (sql_wal_pages(st->db) < st->wal_pages)
		st->wal_pages = 0;
}

void
store_control_changed(struct store *st)
{
	if (!st->control_dirty)
		st->control_due_ms = timer_ms() +
		    st->storage->delays.control_ms;
	st->control_dirty = true;
	due_touch(st);
}
