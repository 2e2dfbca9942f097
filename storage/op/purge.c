/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Removes what expunged messages have left when they are old enough: their
 * files, and the oldest tombstones.
 *
 * A job does this in pieces.  First the renames into expunged/ are synced:
 * otherwise a power cut could bring back a file whose base name its tombstone
 * has forgotten.  Then files are unlinked, without any lock, since nobody gives
 * their names to other files.  Then rows are cleared, in transactions of one
 * time slice each, between which others get the lock.  So after a crash the
 * next purge clears a row without a file, but there is never a file without a
 * row, to which nothing would lead.  On a full disk, the files make the room
 * that the rows need; or a WAL that is begun anew does, since a file that was
 * moved has another link.
 */

#include "config.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "common/base/xmalloc.h"
#include "storage/index/content.h"
#include "storage/index/index.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/reserve.h"
#include "storage/index/room.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_lookup.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/maildir/expunged.h"
#include "storage/op/op.h"
#include "storage/op/op_state.h"
#include "storage/op/purge.h"

/* Tombstones that are read at once, and so files for each sync. */
#define PIECE		200
/* A mailbox keeps at most so many tombstones; row.floor says which are gone. */
#define TOMBSTONES_MAX	100000

struct old {
	uint32_t	 mailbox;
	uint32_t	 uid;
	uint64_t	 modseq;
};

struct purge_op {
	struct op	 op;
	enum { STEP_READ, STEP_SYNC, STEP_UNLINK, STEP_CLEAR, STEP_WAL,
	    STEP_END } step;
	uint32_t	 keep;		/* seconds */
	bool		 all;		/* until there is room, whatever age */
	bool		 wal_begun;	/* a checkpoint was started */
	struct old	 old[PIECE];	/* oldest first */
	size_t		 n;
	size_t		 at;		/* of the step, in old */
	struct op_ticket sync;		/* of expunged/ */
};

/*
 * Bound the tombstones of a mailbox, within a transaction.  The floor tells
 * whoever asks for older changes that not all of them are known.
 */
static void
trim_tombstones(struct store *st, uint32_t id)
{
	struct sql *db = st->db;
	struct mailbox *mb;
	int64_t n = 0, floor = 0;

	sql_start(db, SQL_EXPUNGED_COUNT, SQL_ARGS(SQL_I(id)));
	if (sql_step(db, SQL_EXPUNGED_COUNT) == SQL_ROW)
		n = sql_int(db, SQL_EXPUNGED_COUNT, 0);
	sql_reset(db, SQL_EXPUNGED_COUNT);
	if (n <= TOMBSTONES_MAX)
		return;
	sql_start(db, SQL_EXPUNGED_NTH, SQL_ARGS(SQL_I(id),
	    SQL_I(n - TOMBSTONES_MAX / 2)));
	if (sql_step(db, SQL_EXPUNGED_NTH) == SQL_ROW)
		floor = sql_int(db, SQL_EXPUNGED_NTH, 0);
	sql_reset(db, SQL_EXPUNGED_NTH);
	if (mailbox_lookup(st, id, &mb) != SQL_DONE || mb == NULL)
		return;
	sql_tx_do(db, SQL_EXPUNGED_TRIM, SQL_ARGS(SQL_I(id), SQL_I(floor)));
	mailbox_touch(mb);
	mb->row.floor = (uint64_t)floor;
	mailbox_unref(mb);
}

/* Another folder may take the place of expunged/ while this one is synced. */
static void
want_sync(struct purge_op *p)
{
	syncfile_unref(p->sync.file);
	p->sync.file = syncfile_ref(p->op.store->expunged_sync);
	p->sync.ticket = syncfile_want(p->sync.file);
}

/*
 * Read tombstones whose files are still there.  If an operation of this
 * process has a transaction open, its tombstones would be read, too, and it may
 * still be undone: wait.
 */
static enum run
step_read(struct purge_op *p)
{
	struct store *st = p->op.store;
	enum sql_stmt id = SQL_EXPUNGED_OLD;
	int64_t before;
	enum sql_rc rc = SQL_DONE;

	if (st->writer != NULL)
		return op_wait_lock(&p->op);
	p->all = p->all || st->purge_all;
	p->step = STEP_END;
	if (p->all && room_is_ample(st))
		return RUN_DONE;
	before = p->all ? INT64_MAX : (int64_t)time(NULL) - (int64_t)p->keep;
	p->n = p->at = 0;
	sql_start(st->db, id, SQL_ARGS(SQL_I(before), SQL_I(PIECE)));
	while (p->n < PIECE && (rc = sql_step(st->db, id)) == SQL_ROW) {
		struct old *o = &p->old[p->n++];

		o->mailbox = (uint32_t)sql_int(st->db, id, 0);
		o->modseq = (uint64_t)sql_int(st->db, id, 1);
		o->uid = (uint32_t)sql_int(st->db, id, 2);
	}
	sql_reset(st->db, id);
	if (rc != SQL_ROW && rc != SQL_DONE) {
		p->step = STEP_READ;
		return op_wait_sql(&p->op, rc);
	}
	if (p->all)
		p->step = STEP_WAL;
	if (p->n > 0) {
		want_sync(p);
		p->step = STEP_SYNC;
	}
	return RUN_DONE;
}

static enum run
step_sync(struct purge_op *p)
{
	int rc = syncfile_done(p->sync.file, p->sync.ticket);

	if (rc == 0)
		return op_wait_sync(&p->op);
	if (rc == -1)
		return op_fail_path(&p->op, "penfold", "expunged", NULL, errno);
	p->step = STEP_UNLINK;
	return RUN_DONE;
}

static enum run
step_unlink(struct purge_op *p)
{
	char name[EXPUNGE_NAME_MAX];

	while (p->at < p->n) {
		const struct old *o = &p->old[p->at++];

		expunged_file_name(o->mailbox, o->uid, name);
		(void)unlinkat(p->op.store->expunged_fd, name, 0);
		if (op_must_yield(&p->op))
			return RUN_MORE;
	}
	p->at = 0;
	p->step = p->all && !room_is_ample(p->op.store) ? STEP_WAL :
	    STEP_CLEAR;
	return RUN_DONE;
}

/* Whether no later row of the piece is of the same mailbox. */
static bool
is_last(const struct purge_op *p, size_t at)
{
	for (size_t i = at + 1; i < p->n; i++)
		if (p->old[i].mailbox == p->old[at].mailbox)
			return false;
	return true;
}

/* Clear a row, unless another process was faster. */
static void
clear(struct sql *db, const struct old *o)
{
	enum sql_stmt id = SQL_EXPUNGED_KEPT;
	int64_t content;
	bool kept;

	sql_start(db, id, SQL_ARGS(SQL_I(o->mailbox), SQL_I(o->modseq),
	    SQL_I(o->uid)));
	kept = sql_step(db, id) == SQL_ROW;
	content = kept ? sql_int(db, id, 0) : 0;
	sql_reset(db, id);
	if (!kept)
		return;
	content_drop(db, content);
	sql_tx_do(db, SQL_EXPUNGED_CLEAR, SQL_ARGS(SQL_I(o->mailbox),
	    SQL_I(o->modseq), SQL_I(o->uid)));
}

/* One transaction: on disk before it, some rows have no files. */
static enum run
step_clear(struct purge_op *p)
{
	struct store *st = p->op.store;
	enum run run;

	if ((run = op_begin(&p->op)) != RUN_DONE)
		return run;
	while (p->at < p->n) {
		clear(st->db, &p->old[p->at]);
		if (is_last(p, p->at))
			trim_tombstones(st, p->old[p->at].mailbox);
		p->at++;
		if (op_must_yield(&p->op))
			break;
	}
	if (op_commit(&p->op) == -1)
		return RUN_FAIL;
	if (p->at == p->n) {
		p->step = STEP_READ;
		p->wal_begun = false;
	}
	return RUN_MORE;
}

/*
 * A WAL that is begun anew needs no room until it is as long as it was.  Where
 * the database would have to grow for that, it fails.
 */
static enum run
step_wal(struct purge_op *p)
{
	struct store *st = p->op.store;

	if (!p->wal_begun && !st->sick && !index_checkpointing(st)) {
		p->wal_begun = true;
		index_start_checkpoint(st, true);
	}
	if (index_checkpointing(st))
		return op_wait_sync(&p->op);
	if (p->wal_begun || st->sick)
		p->step = p->at < p->n ? STEP_CLEAR : STEP_END;
	return RUN_DONE;
}

static enum run
purge_run(struct op *op)
{
	static enum run (*const steps[])(struct purge_op *) = {
		[STEP_READ] = step_read,
		[STEP_SYNC] = step_sync,
		[STEP_UNLINK] = step_unlink,
		[STEP_CLEAR] = step_clear,
		[STEP_WAL] = step_wal,
	};
	struct purge_op *p = (struct purge_op *)op;
	enum run run = RUN_DONE;

	while (p->step != STEP_END && run == RUN_DONE)
		run = steps[p->step](p);
	if (run == RUN_DONE)
		reserve_make(op->store->penfold_fd);
	return run;
}

static void
purge_free(struct op *op)
{
	struct store *st = op->store;

	syncfile_unref(((struct purge_op *)op)->sync.file);
	st->purge_job = st->purge_all = false;
	/* Who waits in room_wait(). */
	waiters_wake(&st->storage->waiters, WAIT_LOCK, 0);
}

static const struct op_class purge_class = {
	.run = purge_run, .free = purge_free
};

void
purge_start_job(struct store *st, uint32_t keep)
{
	struct purge_op *p;

	if (st->purge_job)
		return;
	st->purge_job = true;
	p = xcalloc(1, sizeof(*p));
	p->keep = keep;
	op_init(&p->op, &purge_class, st);
	op_start_job(&p->op);
}

void
purge_make_room(struct store *st)
{
	st->purge_all = true;
	purge_start_job(st, 0);
}
