/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * EXPUNGE, in one transaction over time slices, or in several if there are many
 * messages: none keeps others from writing for long.  If a later one fails, the
 * messages of the earlier ones are gone, as sessions are told.  On a full disk
 * there are several, too, each of which makes room for the next.
 *
 * On disk before COMMIT: the files are in expunged/, the entries are still
 * there.  After a crash the next scan expunges them, as the client had asked.
 * After COMMIT: tombstones, whose base names keep a file from coming back if a
 * power failure took its rename.  EXPUNGE is answered when the folders and the
 * WAL are synced.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/room.h"
#include "storage/index/store_error.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/keywords.h"
#include "storage/mailbox/letter.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/tomb.h"
#include "storage/mailbox/view_state.h"
#include "storage/maildir/expunged.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"
#include "storage/op/expunge.h"
#include "storage/op/op_state.h"
#include "storage/op/scan.h"

/* Check the clock and the watch after this many messages. */
#define LOOK_EVERY	16
/*
 * Another program that renames files all the time must not hold up an EXPUNGE
 * for ever: then a file may stay, and is a new message.
 */
#define SCANS_MAX	3
/* So many messages can be expunged with the room of the reserve. */
#define FEW		16
/* A job that fails is tried again, at last in intervals of a minute. */
#define RETRY_MAX_MS	60000
/* Lines of expunged.list are written when there are so many bytes of them. */
#define LIST_PIECE	32768

struct moved {
	uint32_t	 uid;
	char		*name;
};

struct expunge_op {
	struct op	 op;
	struct mailbox	*mb;
	struct idset	 uids;
	bool		 any;		/* expunge even without \Deleted */
	bool		 begun;
	bool		 clean;		/* from mailbox_change_begin() */
	bool		 rescan;	/* a file was renamed: scan first */
	unsigned int	 scans;		/* how often that was so */
	uint32_t	 at;		/* UIDs below this are done */
	uint32_t	 from;		/* UIDs below this are committed */
	size_t		 done;
	bool		 committed;
	struct moved	*moved;		/* files that the piece took so far */
	size_t		 nmoved;
	size_t		 moved_size;
	struct tomb_run run;
	struct buf	 list;		/* lines for expunged.list */
	size_t		 limit;		/* messages of a piece; 0: all */
	bool		 more;		/* the limit has ended the piece */
	bool		 freed;		/* room was made after the piece */
	struct idset	 piece;
	uint64_t	 piece_modseq;
	struct idset	 result;	/* all pieces that were committed */
	uint64_t	 modseq;	/* of the last of them */
	/* Of a job. */
	uint32_t	 uidvalidity;
	uint64_t	 due_ms;	/* nothing is done before */
	uint32_t	 retry_ms;	/* after a failure */
	void		(*on_end)(void *); /* or NULL */
	void		*on_end_arg;
};

static void
undo(struct op *op)
{
	struct expunge_op *x = (struct expunge_op *)op;
	char from[EXPUNGE_NAME_MAX];
	int fd = op->store->expunged_fd;

	/* What could not be undone is found by a scan, and is expunged. */
	if (x->nmoved > 0)
		mailbox_look_again(x->mb);
	while (x->nmoved > 0) {
		struct moved *m = &x->moved[--x->nmoved];

		expunged_file_name(x->mb->id, m->uid, from);
		(void)room_move_back(op->store, fd, from, x->mb->cur_fd,
		    m->name);
		free(m->name);
	}
}

/*
 * Move a file from cur/ to expunged/.  A file of the same name is there only
 * after a crash or the loss of the index, since no UID is given out twice:
 * replace it.
 */
static int
bury(const struct mailbox *mb, const char *name, const char *to)
{
	int expunged_fd = mb->store->expunged_fd;

	if (maildir_move(mb->cur_fd, name, expunged_fd, to) == 0)
		return 0;
	if (errno != EEXIST || unlinkat(expunged_fd, to, 0) == -1)
		return -1;
	return maildir_move(mb->cur_fd, name, expunged_fd, to);
}

static void
remember(struct expunge_op *x, uint32_t uid, const char *name)
{
	x->moved = xgrow(x->moved, x->nmoved, &x->moved_size,
	    sizeof(*x->moved));
	x->moved[x->nmoved].uid = uid;
	x->moved[x->nmoved++].name = xstrdup(name);
}

/* Write down what was expunged.  An EXPUNGE does not fail if that fails. */
static void
write_list(struct expunge_op *x)
{
	struct store *st = x->op.store;

	if (buf_len(&x->list) > 0 && expunged_list_append(st->penfold_fd,
	    st->storage->options.expunged_keep, buf_slice(&x->list)) == -1)
		log_limited(LOG_LEVEL_WARN, "store error path=%s/penfold/"
		    EXPUNGED_LIST " errno=%d: %s", st->root, errno,
		    strerror(errno));
	buf_reset(&x->list, LIST_PIECE * 2);
}

/* Note what the message was, with its flags of now. */
static void
note(struct expunge_op *x, const struct tomb_entry *t)
{
	const struct entry *e = mailbox_entry(x->mb, t->uid);
	const struct keywords *k = x->mb->keywords;
	uint64_t keywords = e == NULL ? 0 : e->keywords;
	struct slice base, info;
	struct buf name;

	maildir_split(slice_str(t->name), &base, &info);
	buf_init(&name, BUF_NOCAP);
	(void)buf_add_slice(&name, base);
	(void)buf_add_char(&name, ':');
	(void)letters_print(x->mb, info, t->flags, keywords, &name);
	for (unsigned int i = 0; i < k->n; i++)
		if ((keywords & 1ULL << i) != 0 && k->names[i] != NULL)
			(void)buf_add_fmt(&name, "\t%s", k->names[i]);
	expunged_list_print(&x->list, x->mb->id, t->uid, x->mb->folder,
	    buf_slice(&name));
	buf_clear(&name);
	if (buf_len(&x->list) > LIST_PIECE)
		write_list(x);
}

/*
 * Expunge one message: its file first, then its rows.  Returns 0; 1 if another
 * program has renamed or removed the file, so that a scan must look; or -1.
 */
static int
expunge_one(struct expunge_op *x, uint32_t uid)
{
	struct mailbox *mb = x->mb;
	struct tomb_entry e;
	unsigned int how = TOMB_BASE;
	char to[EXPUNGE_NAME_MAX];

	if (!tomb_entry_read(mb, uid, &e) || e.name[0] == '\0')
		return 0;
	expunged_file_name(mb->id, uid, to);
	if (bury(mb, e.name, to) == 0) {
		watch_expect(mb->watch.watched, WATCH_CUR, e.name);
		remember(x, uid, e.name);
		note(x, &e);
	} else if (maildir_gone(errno)) {
		if (x->scans < SCANS_MAX)
			return 1;
		mailbox_distrust(mb);
		how = 0;
	} else {
		op_fail_path(&x->op, mb->folder, "cur", NULL, errno);
		return -1;
	}
	tomb_add(mb, &e, x->piece_modseq, how, &x->run);
	(void)idset_add(&x->piece, uid);
	return 0;
}

/* Nothing of the next piece was done yet. */
static void
begin_piece(struct expunge_op *x)
{
	x->begun = x->more = false;
	x->run.last = 0;
	x->piece_modseq = 0;
	buf_reset(&x->list, 0);
	idset_reset(&x->piece);
}

/* Undo the piece, and begin anew after a scan. */
static enum run
rescan(struct expunge_op *x)
{
	op_rollback(&x->op);
	begin_piece(x);
	x->at = x->from;
	mailbox_distrust(x->mb);
	x->rescan = true;
	x->scans++;
	return RUN_MORE;
}

static void
forget_moved(struct expunge_op *x)
{
	while (x->nmoved > 0)
		free(x->moved[--x->nmoved].name);
}

/* After COMMIT: change the entries in memory. */
static void
apply(struct expunge_op *x)
{
	struct mailbox *mb = x->mb;
	struct idset_iter it;
	struct entry *e;
	uint32_t uid;

	x->committed = true;
	x->from = x->at;
	x->scans = 0;
	forget_moved(x);
	if (idset_empty(&x->piece))
		return;
	x->modseq = x->piece_modseq;
	idset_iter_init(&it, &x->piece);
	while (idset_next(&it, &uid)) {
		if ((e = mailbox_entry(mb, uid)) != NULL)
			mailbox_expunged(mb, e, x->modseq);
		(void)idset_add(&x->result, uid);
	}
	mailbox_changed(mb);
}

/*
 * Find the next message to expunge.  If it need not have \Deleted, that needs
 * no entries: a job may have a mailbox whose entries are not in memory.
 */
static bool
next_uid(const struct expunge_op *x, uint32_t *uid)
{
	const struct mailbox *mb = x->mb;
	const struct entry *e;
	struct idset_iter it;

	if (x->any) {
		idset_iter_from(&it, &x->uids, x->at);
		return idset_next(&it, uid);
	}
	for (size_t i = mailbox_place(mb, x->at); i < mb->n; i++) {
		e = &mb->entries[i];
		if ((e->flags & ENTRY_ZOMBIE) == 0 &&
		    e->flags & FLAG_DELETED &&
		    idset_contains(&x->uids, e->uid)) {
			*uid = e->uid;
			return true;
		}
	}
	return false;
}

/* Commit what is done so far, and tell sessions. */
static int
commit(struct expunge_op *x)
{
	struct mailbox *mb = x->mb;

	tomb_run_end(mb, &x->run);
	write_list(x);
	if (!idset_empty(&x->piece))
		mailbox_change_end(mb, x->clean);
	op_need_sync(&x->op, mb->cur_sync);
	op_need_sync(&x->op, x->op.store->expunged_sync);
	if (op_commit(&x->op) == -1)
		return -1;
	apply(x);
	return 0;
}

/* Commit, and let others have the lock. */
static enum run
give_way(struct expunge_op *x)
{
	if (commit(x) == -1)
		return RUN_FAIL;
	begin_piece(x);
	x->committed = false;
	return op_give_way(&x->op);
}

static enum run
work(struct expunge_op *x)
{
	struct mailbox *mb = x->mb;
	uint32_t uid;
	int rc;

	if (!x->begun)
		x->clean = mailbox_change_begin(mb);
	x->begun = true;
	while (next_uid(x, &uid)) {
		x->at = uid + 1;
		if (x->piece_modseq == 0)
			x->piece_modseq = mailbox_next_modseq(mb);
		if ((rc = expunge_one(x, uid)) != 0)
			return rc == 1 ? rescan(x) : RUN_FAIL;
		x->more = x->limit != 0 && (op_must_commit(&x->op) ||
		    idset_count(&x->piece) >= x->limit);
		if (x->more)
			break;
		if (op_must_commit(&x->op))
			return give_way(x);
		if (++x->done % LOOK_EVERY != 0)
			continue;
		watch_drain(x->op.store->storage->watch);
		if (op_must_yield(&x->op))
			return RUN_MORE;
	}
	/* A piece before this one has ended for nothing. */
	if (idset_empty(&x->piece) && !idset_empty(&x->result)) {
		op_rollback(&x->op);
		x->committed = true;
		return RUN_DONE;
	}
	return commit(x) == -1 ? RUN_FAIL : RUN_DONE;
}

/* The piece is on disk, and there may be room again: begin the next. */
static enum run
next_piece(struct expunge_op *x)
{
	begin_piece(x);
	x->committed = x->freed = false;
	x->limit *= 2;
	x->op.room = ROOM_UNTRIED;
	return RUN_MORE;
}

static enum run
expunge_run(struct op *op)
{
	struct expunge_op *x = (struct expunge_op *)op;
	uint64_t now_ms;
	enum run run;

	if (!x->committed) {
		if (x->mb->dead)
			return op_fail(op, STORE_ERR_NONEXISTENT, 0,
			    "The mailbox was deleted");
		if (op->err.kind != STORE_OK)
			return RUN_FAIL;
		if ((now_ms = timer_ms()) < x->due_ms)
			return op_wait_ms(op,
			    (unsigned int)(x->due_ms - now_ms));
		if (!x->any && x->mb->row.deleted == 0 && x->from == 0 &&
		    op->store->writer == NULL && x->mb->watch.cur_clean)
			return RUN_DONE;
		if (mailbox_cur(x->mb) == -1)
			return op_fail_path(op, x->mb->folder, "cur", NULL,
			    errno);
		if (x->rescan && (run = scan_run(op, x->mb)) != RUN_DONE)
			return run;
		x->rescan = false;
		if ((run = op_begin_in(op, x->mb)) != RUN_DONE)
			return run;
		/* In another index the UIDs may be those of other messages. */
		if (op->job && x->mb->row.uidvalidity != x->uidvalidity)
			return op_fail(op, STORE_ERR_NONEXISTENT, 0,
			    "The mailbox was replaced");
		if ((run = work(x)) != RUN_DONE)
			return run;
	}
	if (idset_empty(&x->result))
		return RUN_DONE;
	if ((run = op_synced(op)) != RUN_DONE)
		return run;
	if (!x->freed)
		room_make_more(op);
	x->freed = true;
	if ((run = room_wait(op)) != RUN_DONE)
		return run;
	return x->more ? next_piece(x) : RUN_DONE;
}

static void
expunge_again(struct op *op)
{
	struct expunge_op *x = (struct expunge_op *)op;

	begin_piece(x);
	x->at = x->from;
	if (op->room == ROOM_RESERVE)
		x->limit = FEW;
}

static void	 expunge_free(struct op *);

static const struct op_class expunge_class = {
	.run = expunge_run, .free = expunge_free, .undo = undo,
	.again = expunge_again
};

static struct expunge_op *
make(struct mailbox *mb, const struct idset *uids, bool any)
{
	struct expunge_op *x;

	x = xcalloc(1, sizeof(*x));
	x->mb = mb;
	op_init(&x->op, &expunge_class, x->mb->store);
	mailbox_ref(x->mb);
	buf_init(&x->list, BUF_NOCAP);
	idset_init(&x->uids, IDSET_NOLIMIT);
	idset_init(&x->piece, IDSET_NOLIMIT);
	idset_init(&x->result, IDSET_NOLIMIT);
	x->any = any;
	if (uids != NULL)
		(void)idset_copy(&x->uids, uids);
	return x;
}

static struct op *
make_for(struct view *v, const struct idset *uids, bool any)
{
	struct expunge_op *x = make(view_mailbox(v), uids, any);

	/* A session can only expunge messages that it was told of. */
	if (uids == NULL && view_told_uid(v) > 0)
		(void)idset_add_range(&x->uids, 1, view_told_uid(v));
	if (view_readonly(v))
		store_error_set(&x->op.err, STORE_ERR_READONLY, 0,
		    "The mailbox is read-only");
	return &x->op;
}

struct op *
expunge_new(struct view *v, const struct idset *uids)
{
	return make_for(v, uids, false);
}

struct op *
expunge_all_new(struct view *v, const struct idset *uids)
{
	return make_for(v, uids, true);
}

static struct expunge_op *
make_job(struct mailbox *mb, const struct idset *uids, uint32_t uidvalidity)
{
	struct expunge_op *x = make(mb, uids, true);

	x->uidvalidity = uidvalidity;
	x->retry_ms = x->op.store->storage->delays.unwanted_retry_ms;
	op_start_job(&x->op);
	return x;
}

/*
 * A job has failed.  Its messages must not stay, so another job begins with
 * them later, unless the mailbox or the whole home has gone.
 */
static void
try_later(const struct expunge_op *x)
{
	struct expunge_op *later;

	if (x->mb->dead || x->op.err.kind == STORE_ERR_NONEXISTENT)
		return;
	log_warn("store error mailbox=%s user=%s messages that should not be "
	    "there are still there: %s", log_esc(slice_str(x->mb->name)),
	    x->op.store->user, x->op.err.text);
	if (x->op.err.kind == STORE_ERR_LOST)
		return;
	later = make_job(x->mb, &x->uids, x->uidvalidity);
	later->due_ms = timer_ms() + x->retry_ms;
	later->retry_ms = x->retry_ms < RETRY_MAX_MS / 2 ?
	    x->retry_ms * 2 : RETRY_MAX_MS;
}

static void
expunge_free(struct op *op)
{
	struct expunge_op *x = (struct expunge_op *)op;

	if (x->on_end != NULL)
		x->on_end(x->on_end_arg);
	if (op->job && op->err.kind != STORE_OK)
		try_later(x);
	forget_moved(x);
	free(x->moved);
	buf_clear(&x->list);
	idset_clear(&x->uids);
	idset_clear(&x->piece);
	idset_clear(&x->result);
	mailbox_unref(x->mb);
}

struct op *
expunge_job_start(struct mailbox *mb, const struct idset *uids)
{
	return &make_job(mb, uids, mb->row.uidvalidity)->op;
}

void
expunge_job_on_end(struct op *op, void (*ended)(void *), void *arg)
{
	struct expunge_op *x = (struct expunge_op *)op;

	x->on_end = ended;
	x->on_end_arg = arg;
}

const struct idset *
expunge_result(const struct op *op, uint64_t *modseq)
{
	const struct expunge_op *x = (const struct expunge_op *)op;

	if (modseq != NULL)
		*modseq = x->modseq;
	return &x->result;
}
