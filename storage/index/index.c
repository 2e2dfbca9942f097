/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The index of a store: the database handle, and what has to follow a COMMIT.
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
#include "storage/index/index.h"
#include "storage/index/opening.h"
#include "storage/index/sql.h"
#include "storage/index/store_error.h"
#include "storage/index/store_ref.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/index/waiter.h"
#include "storage/maildir/maildir.h"

/* What the helper thread works on. */
struct checkpoint {
	char		*path;
	bool		 anew;
	enum sql_rc	 rc;
};

static void
checkpoint(void *arg)
{
	struct checkpoint *c = arg;

	c->rc = checkpoint_run(c->path, c->anew);
}

static void
checkpoint_free(void *arg)
{
	struct checkpoint *c = arg;

	free(c->path);
	free(c);
}

void
index_start_checkpoint(struct store *st, bool anew)
{
	struct checkpoint *c;

	if (index_checkpointing(st))
		return;
	c = xcalloc(1, sizeof(*c));
	c->path = xstrdup(st->db_path);
	c->anew = anew;
	st->checkpoint_arg = c;
	st->checkpoint = syncjob_new(st->storage->sync, checkpoint,
	    checkpoint_free, c);
}

bool
index_checkpointing(struct store *st)
{
	if (st->checkpoint != NULL && syncjob_ended(st->checkpoint)) {
		st->checkpoint_rc = st->checkpoint_arg->rc;
		syncjob_free(st->checkpoint);
		st->checkpoint = NULL;
	}
	return st->checkpoint != NULL;
}

/* Whether another file, or none, is at the path of the WAL. */
static bool
wal_removed(const struct store *st)
{
	struct stat was, now;

	if (fstat(st->wal_fd, &was) == -1)
		return false;
	if (fstatat(st->penfold_fd, "index.db-wal", &now,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return maildir_gone(errno);
	return now.st_dev != was.st_dev || now.st_ino != was.st_ino;
}

enum sql_rc
index_tx_start(struct store *st)
{
	enum sql_rc rc = sql_tx_begin(st->db);

	/*
	 * Another process may have rescued the WAL, and then no other reads
	 * what is committed here.  While the write lock is held, none can.
	 */
	if (rc == SQL_DONE && wal_removed(st)) {
		(void)sql_do(st->db, SQL_ROLLBACK, SQL_NOARGS);
		st->doubted = true;
		return SQL_BUSY;
	}
	if (rc == SQL_BUSY && sql_moved(st->db)) {
		st->doubted = true;
		return SQL_BUSY;
	}
	if (rc != SQL_BUSY || !sql_wal_empty(st->db) ||
	    index_checkpointing(st))
		return rc;
	if (st->wal_asked && st->checkpoint_rc != SQL_DONE &&
	    st->checkpoint_rc != SQL_BUSY) {
		st->wal_asked = false;
		return st->checkpoint_rc;
	}
	st->wal_asked = true;
	index_start_checkpoint(st, false);
	return SQL_BUSY;
}

/* The handle is closed, or was given away. */
static void
closed(struct store *st)
{
	syncjob_free(st->checkpoint);
	st->checkpoint = NULL;
	syncfile_unref(st->wal_sync);
	st->wal_sync = NULL;
	st->wal_fd = -1;
	st->parting = st->leave = false;
	st->storage->nstores_open--;
	store_note_spare(st);
}

void
index_give_up(struct store *st)
{
	index_close(st);
	syncjob_free(st->opening);
	st->opening = NULL;
	sql_close(st->old);
	st->old = NULL;
}

void
index_close(struct store *st)
{
	if (st->db == NULL)
		return;
	sql_close(st->db);
	st->db = NULL;
	closed(st);
}

static void
wake_others(struct store *st)
{
	if (pwrite(st->wake_fd, "\n", 1, 0) != 1)
		log_limited(LOG_LEVEL_WARN, "store error path=%s/penfold/wake "
		    "errno=%d: %s", st->root, errno, strerror(errno));
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

/* Whether another index was opened than the one that was open before. */
static bool
is_other(const struct store *st, const struct opening *o)
{
	return st->self.dev != 0 && (!opening_same_file(&st->self, &o->self) ||
	    strcmp(st->self.id, o->self.id) != 0);
}

static void
leave(struct store *st)
{
	struct index_identity now;

	st->storage->leave(st, opening_identify(st->penfold_fd, &now) == 0 ?
	    "penfold/index.db was replaced" : "penfold/index.db was removed");
}

/* Take over the index that was opened, or the error. */
static void
take(struct store *st, struct opening *o)
{
	if (o->err.kind == STORE_ERR_LOST) {
		leave(st);
		return;
	}
	if (o->db == NULL) {
		st->old = o->old;
		o->old = NULL;
		st->old_due_ms = timer_ms() + st->storage->delays.heal_ms;
		st->open_tries++;
		st->open_err = o->err;
		return;
	}
	if (is_other(st, o)) {
		if (o->had.dev != 0) {
			leave(st);
			return;
		}
		/* Memory has what was read from the damaged index. */
		st->storage->index_lost(st);
	}
	st->db = o->db;
	o->db = NULL;
	memset(&st->open_err, 0, sizeof(st->open_err));
	sql_nowait(st->db);
	st->self = o->self;
	st->suspect.dev = 0;
	st->boots = o->boots;
	st->wal_fd = o->wal_fd;
	o->wal_fd = -1;
	st->wal_sync = syncfile_new(st->storage->sync, st->wal_fd, st->group,
	    "penfold/index.db-wal");
	st->storage->nstores_open++;
	store_note_spare(st);
	if (o->sync_errnum != 0)
		syncgroup_fail(st->group, o->sync_errnum,
		    "penfold/index.db-wal");
	look_for_mark(st);
	/* Other processes may have committed while the index was closed. */
	st->data_version = -1;
	st->absorb_all = true;
	st->wake_seen = true;
	/* It was opened by its path: see that this still is our home. */
	st->doubted = true;
	due_touch(st);
}

static struct opening *
make_opening(struct store *st)
{
	struct opening *o;

	o = xcalloc(1, sizeof(*o));
	o->user = xstrdup(st->user);
	o->path = xstrdup(st->db_path);
	o->wal_fd = -1;
	o->dir_fd = fcntl(st->penfold_fd, F_DUPFD_CLOEXEC, 0);
	if (o->dir_fd == -1)
		store_error_errno(&o->err, errno, st->db_path);
	o->settle_ms = st->storage->delays.settle_ms;
	o->suspect = st->suspect;
	if (st->suspect.dev == 0)
		o->had = st->self;
	(void)snprintf(o->boot_id, sizeof(o->boot_id), "%s",
	    st->storage->boot_id);
	return o;
}

void
index_settle(struct store *st)
{
	struct syncjob *job = st->opening;

	if (job == NULL || !syncjob_ended(job))
		return;
	st->opening = NULL;
	take(st, st->opening_arg);
	syncjob_free(job);
}

/* Have a helper thread open the index. */
static void
start_opening(struct store *st)
{
	struct opening *o = make_opening(st);

	o->old = st->old;
	o->old_wal = st->old_wal;
	st->old = NULL;
	o->wait_ms = st->storage->options.lock_timeout * 1000;
	st->opening_arg = o;
	st->opening = syncjob_new(st->storage->sync, opening_run,
	    opening_free, o);
	due_touch(st);
}

void
index_start(struct store *st)
{
	index_settle(st);
	if (st->db == NULL && st->opening == NULL && !st->gone)
		start_opening(st);
}

void
index_tick(struct store *st, uint64_t now_ms)
{
	if (now_ms >= index_due(st))
		index_start(st);
}

uint64_t
index_due(const struct store *st)
{
	return st->old != NULL ? st->old_due_ms : UINT64_MAX;
}

enum run
index_ready(struct store *st, struct index_wait *w, struct waiter *waiter,
    struct store_error *err)
{
	index_settle(st);
	if (st->db != NULL) {
		w->waiting = false;
		return RUN_DONE;
	}
	if (st->gone) {
		store_error_lost(err);
		return RUN_FAIL;
	}
	st->used_ms = timer_ms();
	due_touch(st);
	if (!w->waiting)
		w->tries = st->open_tries;
	w->waiting = true;
	if (w->tries != st->open_tries) {
		w->waiting = false;
		if (err->kind == STORE_OK)
			*err = st->open_err;
		return RUN_FAIL;
	}
	index_start(st);
	waiter_sleep(&st->storage->waiters, waiter, WAIT_SYNC, 0);
	return RUN_WAIT;
}

void
index_look_damage(struct store *st)
{
	if (st->db == NULL || st->writer != NULL || !sql_damaged(st->db))
		return;
	if (sql_lost(st->db))
		log_warn("store index user=%s: index.db-shm was made shorter "
		    "while it was in use, as by a copy that is written over "
		    "it", st->user);
	st->suspect = st->self;
	index_close(st);
	/* Memory may lack what is in the index, and names of files. */
	if (st->unsure)
		st->storage->index_lost(st);
	st->unsure = false;
}

/*
 * Have the index opened again, and what is only in the old handle rescued.
 * Others have to do so, too, before anybody can open it.
 */
static void
open_again(struct store *st)
{
	struct stat sb;

	memset(&st->old_wal, 0, sizeof(st->old_wal));
	if (fstat(st->wal_fd, &sb) == 0) {
		st->old_wal.dev = (uint64_t)sb.st_dev;
		st->old_wal.ino = (uint64_t)sb.st_ino;
	}
	st->old = st->db;
	st->db = NULL;
	closed(st);
	start_opening(st);
	wake_others(st);
}

void
index_look(struct store *st)
{
	struct index_identity now;

	index_look_damage(st);
	if (st->self.dev == 0 || st->suspect.dev != 0 || st->writer != NULL)
		return;
	if ((opening_identify(st->penfold_fd, &now) == 0 ||
	    maildir_gone(errno)) && !opening_same_file(&now, &st->self))
		leave(st);
	else if (st->db != NULL && (wal_removed(st) || sql_moved(st->db))) {
		log_warn("store index user=%s: index.db-%s was removed while "
		    "it was in use; what was committed is kept", st->user,
		    wal_removed(st) ? "wal" : "shm");
		open_again(st);
	}
}

int
index_open(struct store *st, struct store_error *err)
{
	st->used_ms = timer_ms();
	due_touch(st);
	index_settle(st);
	if (st->gone) {
		store_error_lost(err);
		return -1;
	}
	if (st->db != NULL)
		return 0;
	if (err->kind == STORE_OK)
		*err = st->open_err;
	store_error_set(err, STORE_ERR_INUSE, 0,
	    "The mail store is in use; try again later");
	index_start(st);
	return -1;
}

void
index_committed(struct store *st)
{
	wake_others(st);
	if (st->sync_due_ms == 0)
		st->sync_due_ms = timer_ms() + st->storage->delays.sync_ms;
	due_touch(st);
	/*
	 * The WAL must be whole on disk before the database changes.  If a
	 * page of it is lost, a power failure would leave old pages of the WAL
	 * over new ones of the database.
	 */
	if (sql_wal_pages(st->db) >= st->wal_pages + CHECKPOINT_FRAMES &&
	    !st->sick && !index_checkpointing(st)) {
		st->wal_pages = sql_wal_pages(st->db);
		index_start_checkpoint(st, false);
	}
	if (sql_wal_pages(st->db) < st->wal_pages)
		st->wal_pages = 0;
}
