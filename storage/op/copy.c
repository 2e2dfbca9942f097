/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * COPY makes hard links, MOVE renames, each in one transaction over time
 * slices, or in several if there are many messages: none keeps others from
 * writing for long.  RFC 6851, 3.3, lets a MOVE that fails have moved some
 * messages.  After a COPY that fails, the destination must be as before (RFC
 * 3501, 6.4.7): what its earlier transactions have added is expunged again.
 *
 * On a full disk a COPY is refused.  A MOVE, by which users delete, makes room
 * (room.h).  Then it takes few messages in each transaction, after which the
 * WAL is begun anew, and leaves nothing to sessions that were not told.
 *
 * On disk before COMMIT: files linked or renamed into cur/ of the destination.
 * After a crash, the next scan finds them there as messages.  After a MOVE,
 * the entries of the source have no files and its scan expunges them, so that
 * the message is in one place.  For the same reason the tombstone of a MOVE
 * has no base name: if a power failure keeps the transaction but not the
 * rename, the file that is still in the source must count as a message.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/reserve.h"
#include "storage/index/room.h"
#include "storage/index/sql.h"
#include "storage/index/store_error.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/keyword.h"
#include "storage/mailbox/letter.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/tomb.h"
#include "storage/mailbox/view_state.h"
#include "storage/maildir/expunged.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"
#include "storage/op/copy.h"
#include "storage/op/expunge.h"
#include "storage/op/list.h"
#include "storage/op/op_state.h"
#include "storage/op/scan.h"
#include "storage/op/uidlist_promise.h"

/* Check the clock and the watch after this many messages. */
#define LOOK_EVERY	16
/* So many messages can be moved with what MOVE may take of the reserve. */
#define FEW		2

struct copied {
	uint32_t	 from;
	uint32_t	 to;
	char		*old_name;
	char		*new_name;
	uint32_t	 system;
	uint64_t	 keywords;
};

struct copy_op {
	struct op	 op;
	char		*name;
	struct mailbox	*src;
	struct mailbox	*dst;
	struct idset	 uids;
	bool		 move;
	bool		 rescan;	/* a file was renamed: scan first */
	bool		 rescanned;	/* that was so before */
	bool		 begun;		/* begin() has run */
	bool		 src_clean;	/* from mailbox_change_begin() */
	bool		 dst_clean;
	uint64_t	 src_modseq;
	uint64_t	 dst_modseq;
	uint64_t	 kept;		/* see keyword_number() */
	struct idset_iter it;		/* of uids */
	uint32_t	 at;		/* UIDs up to this one are done */
	size_t		 tried;		/* messages, by the transaction */
	size_t		 limit;		/* of tried; 0: none */
	uint32_t	 from;		/* UIDs up to this one are committed */
	uint64_t	 left;		/* messages that are not */
	bool		 ended;		/* all is committed */
	struct op	*uncopy;	/* expunges what was copied, or NULL */
	struct store_error err;		/* why it does */
	struct copied	*done;		/* by the transaction */
	size_t		 ndone;
	size_t		 done_size;
	struct tomb_run run;		/* source rows to be deleted */
	struct syncfile	*sync;		/* of a file that was copied, or NULL */
	uint64_t	 ticket;
	struct uidlist_promise promise;
	struct copy_result result;
};

static void
forget(struct copy_op *c)
{
	for (size_t i = 0; i < c->ndone; i++) {
		free(c->done[i].old_name);
		free(c->done[i].new_name);
	}
	c->ndone = 0;
}

/*
 * Keep a second link to a moved message in expunged/: sessions that were not
 * told of the MOVE can still read it, as after an EXPUNGE.  Where hard links
 * are refused, which is rare, they cannot.
 */
static void
keep(const struct copy_op *c, uint32_t uid, const char *new_name)
{
	char name[EXPUNGE_NAME_MAX];
	int fd = c->op.store->expunged_fd;

	expunged_file_name(c->src->id, uid, name);
	/* A file of that name is a left-over of a crash or of a lost index. */
	if (linkat(c->dst->cur_fd, new_name, fd, name, 0) == -1 &&
	    (errno != EEXIST || unlinkat(fd, name, 0) == -1 ||
	    linkat(c->dst->cur_fd, new_name, fd, name, 0) == -1))
		log_debug("store move user=%s uid %u cannot be kept: %s",
		    c->op.store->user, uid, strerror(errno));
}

static void
keep_not(const struct copy_op *c, uint32_t uid)
{
	char name[EXPUNGE_NAME_MAX];

	expunged_file_name(c->src->id, uid, name);
	(void)unlinkat(c->op.store->expunged_fd, name, 0);
}

static void
undo(struct op *op)
{
	struct copy_op *c = (struct copy_op *)op;

	for (size_t i = c->ndone; i-- > 0;) {
		if (c->move) {
			(void)room_move_back(op->store, c->dst->cur_fd,
			    c->done[i].new_name, c->src->cur_fd,
			    c->done[i].old_name);
			keep_not(c, c->done[i].from);
		} else
			(void)unlinkat(c->dst->cur_fd, c->done[i].new_name,
			    0);
	}
	/* What could not be undone is found by a scan. */
	if (c->ndone > 0) {
		mailbox_look_again(c->dst);
		mailbox_look_again(c->src);
	}
	syncfile_unref(c->sync);
	c->sync = NULL;
	forget(c);
}

/*
 * Copy a file that cannot be linked: it has another owner, too many links, or
 * is on another file system.  Asks for its sync, which copied_synced() waits
 * for.
 */
static int
copy_bytes(struct copy_op *c, const char *from, const char *to)
{
	struct stat sb;
	struct timespec times[2];
	char b[65536];
	ssize_t n = -1;
	int in, out, saved;

	if ((in = maildir_open(c->src->cur_fd, from, &sb)) == -1)
		return -1;
	out = openat(c->dst->cur_fd, to, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	while (out != -1 && (n = read(in, b, sizeof(b))) > 0)
		if (maildir_write(out, slice_make(b, (size_t)n)) == -1)
			break;
	/* The internal date; the index has it as well. */
	times[0] = times[1] = sb.st_mtim;
	if (n == 0 && futimens(out, times) == -1)
		n = -1;
	saved = errno;
	(void)close(in);
	if (out != -1 && n != 0) {
		(void)close(out);
		(void)unlinkat(c->dst->cur_fd, to, 0);
	}
	errno = saved;
	if (out == -1 || n != 0)
		return -1;
	c->sync = syncfile_new(c->op.store->storage->sync, out, NULL, "cur");
	c->ticket = syncfile_want(c->sync);
	return 0;
}

/* Wait until the file that was copied last is on disk. */
static enum run
copied_synced(struct copy_op *c)
{
	int rc;

	if (c->sync == NULL)
		return RUN_DONE;
	if ((rc = syncfile_done(c->sync, c->ticket)) == 0)
		return op_wait_sync(&c->op);
	if (rc == -1)
		return op_fail_path(&c->op, c->dst->folder, "cur", NULL, errno);
	syncfile_unref(c->sync);
	c->sync = NULL;
	return RUN_DONE;
}

static int
place(struct copy_op *c, const char *from, const char *to)
{
	if (c->move)
		return maildir_move(c->src->cur_fd, from, c->dst->cur_fd, to);
	if (linkat(c->src->cur_fd, from, c->dst->cur_fd, to, 0) == 0)
		return 0;
	if (errno != EMLINK && errno != EPERM && errno != EXDEV)
		return -1;
	return copy_bytes(c, from, to);
}

/*
 * Turn keyword numbers of the source into those of the destination.  Returns 0,
 * or -1 with the error set if the destination has no room for some keyword.
 */
static int
translate(struct copy_op *c, uint64_t from, uint64_t *to)
{
	const struct keywords *k = c->src->keywords;
	int number;

	*to = from;
	if (c->src == c->dst)
		return 0;
	*to = 0;
	from &= ~k->hidden;
	for (unsigned int i = 0; i < k->n; i++)
		if ((from & 1ULL << i) != 0 && (number = keyword_find(
		    c->dst, slice_str(k->names[i]))) != -1)
			c->kept |= 1ULL << number;
	for (unsigned int i = 0; i < k->n; i++) {
		if ((from & 1ULL << i) == 0)
			continue;
		number = keyword_number(c->dst, slice_str(k->names[i]),
		    &c->kept);
		if (number == -1) {
			op_fail(&c->op, STORE_ERR_LIMIT, 0, "The mailbox has "
			    "no room for another keyword");
			return -1;
		}
		*to |= 1ULL << number;
	}
	return 0;
}

static void
insert(struct copy_op *c, struct copied *d, const struct tomb_entry *s,
    struct slice base, struct slice info, uint64_t modseq)
{
	struct mailbox *dst = c->dst;
	struct sql *db = dst->store->db;

	d->to = dst->row.uidnext++;
	/* The source, or its tombstone, uses this content as well. */
	if (s->content != 0 && c->limit == 0)
		sql_tx_do(db, SQL_SHARE_ADD, SQL_ARGS(SQL_I(s->content)));
	sql_tx_do(db, SQL_ENTRY_ADD, SQL_ARGS(SQL_I(dst->id), SQL_I(d->to),
	    SQL_I(d->system), SQL_I(d->keywords), SQL_I(modseq),
	    SQL_I(s->content), SQL_I(time(NULL))));
	sql_tx_do(db, SQL_NAME_ADD, SQL_ARGS(SQL_I(dst->id), SQL_I(d->to),
	    SQL_B(base), SQL_B(info), SQL_N, SQL_I(s->size),
	    SQL_I(s->object)));
	letters_wait(dst, d->to, d->keywords);
	mailbox_count(dst, d->system, 1);
	dst->row.size += s->size;
	if (s->content == 0)
		dst->row.unsized++;
	else
		dst->row.bytes += s->wire;
}

static int
copy_one(struct copy_op *c, uint32_t uid, uint64_t dst_modseq,
    uint64_t src_modseq)
{
	struct entry *e = mailbox_entry(c->src, uid);
	struct copied *d;
	struct tomb_entry s;
	struct buf b;
	size_t base_len;
	int rc = -1;

	buf_init(&b, MAILDIR_NAME_MAX - 1);
	if (e == NULL || e->flags & ENTRY_ZOMBIE ||
	    !tomb_entry_read(c->src, uid, &s) || s.name[0] == '\0') {
		c->result.expunged = true;
		rc = 0;
		goto out;
	}
	c->done = xgrow(c->done, c->ndone, &c->done_size, sizeof(*c->done));
	d = &c->done[c->ndone];
	memset(d, 0, sizeof(*d));
	if (translate(c, e->keywords, &d->keywords) == -1)
		goto out;
	d->from = uid;
	d->system = e->flags & FLAG_ALL;
	maildir_new_base(&b);
	if (s.content != 0)
		(void)maildir_add_sizes(&b, s.raw, s.wire);
	base_len = buf_len(&b);
	(void)buf_add_char(&b, ':');
	(void)letters_print(c->dst, SLICE_EMPTY, d->system, d->keywords, &b);
	d->new_name = xstrdup_slice(buf_slice(&b));
	d->old_name = xstrdup(s.name);
	if (place(c, s.name, d->new_name) == -1) {
		free(d->new_name);
		free(d->old_name);
		if (maildir_gone(errno))
			rc = 1;
		else
			op_fail_path(&c->op, c->dst->folder, "cur", NULL,
			    errno);
		goto out;
	}
	c->ndone++;
	/* In the order of the events: within one folder both are in a queue. */
	if (c->move)
		watch_expect(c->src->watch.watched, WATCH_CUR, s.name);
	watch_expect(c->dst->watch.watched, WATCH_CUR, d->new_name);
	if (c->move && c->limit == 0)
		keep(c, uid, d->new_name);
	insert(c, d, &s, slice_make(d->new_name, base_len),
	    slice_str(d->new_name + base_len + 1), dst_modseq);
	if (c->move)
		tomb_add(c->src, &s, src_modseq, c->limit == 0 ?
		    TOMB_MOVED : TOMB_BARE, &c->run);
	rc = 0;
out:
	buf_clear(&b);
	return rc;
}

static void
apply(struct copy_op *c, uint64_t dst_modseq, uint64_t src_modseq)
{
	struct entry *e;

	for (size_t i = 0; i < c->ndone; i++) {
		struct copied *d = &c->done[i];

		mailbox_added(c->dst, d->to, d->system, d->keywords,
		    dst_modseq);
		if (c->move && (e = mailbox_entry(c->src, d->from)) != NULL)
			mailbox_expunged(c->src, e, src_modseq);
		(void)idset_add(&c->result.from, d->from);
		(void)idset_add(&c->result.to, d->to);
	}
	c->result.uidvalidity = c->dst->row.uidvalidity;
	mailbox_changed(c->dst);
	if (c->move)
		mailbox_changed(c->src);
}

static void
begin(struct copy_op *c)
{
	c->begun = true;
	c->src_clean = mailbox_change_begin(c->src);
	c->dst_clean = mailbox_change_begin(c->dst);
	c->dst_modseq = mailbox_next_modseq(c->dst);
	c->src_modseq = c->move ? mailbox_next_modseq(c->src) : 0;
	idset_iter_init_after(&c->it, &c->uids, c->from);
}

/* The next transaction begins with nothing done. */
static void
start_over(struct copy_op *c)
{
	forget(c);
	c->begun = false;
	c->run.last = 0;
	c->kept = 0;
	c->tried = 0;
}

/* Commit what is done so far, and tell sessions. */
static int
commit(struct copy_op *c)
{
	tomb_run_end(c->src, &c->run);
	mailbox_change_end(c->dst, c->dst_clean);
	if (c->move)
		mailbox_change_end(c->src, c->src_clean);
	op_need_sync(&c->op, c->dst->cur_sync);
	if (c->move)
		op_need_sync(&c->op, c->src->cur_sync);
	if (op_commit(&c->op) == -1)
		return -1;
	apply(c, c->dst_modseq, c->src_modseq);
	c->from = c->at;
	c->left -= c->tried;
	start_over(c);
	c->rescanned = false;
	if (c->limit != 0 && room_is_ample(c->op.store))
		c->limit = 0;
	else if (c->limit != 0)
		room_make_more(&c->op);
	/* The next one may do the same. */
	c->op.room = ROOM_UNTRIED;
	return 0;
}

/* Whether to commit before the next message. */
static bool
is_enough(const struct copy_op *c)
{
	return c->tried > 0 && (op_must_commit(&c->op) ||
	    (c->limit != 0 && c->tried >= c->limit));
}

/* Another program renamed a file: scan, and try once more. */
static enum run
rescan(struct copy_op *c)
{
	op_rollback(&c->op);
	start_over(c);
	mailbox_distrust(c->src);
	if (c->rescanned)
		return op_fail(&c->op, STORE_ERR_EXPUNGED, 0,
		    "Some messages no longer exist");
	c->rescan = c->rescanned = true;
	return RUN_MORE;
}

static enum run
work(struct copy_op *c)
{
	enum run run;
	uint32_t uid;
	int rc;

	if (!c->begun && c->left > mailbox_uids_left(c->dst))
		return op_fail(&c->op, STORE_ERR_LIMIT, 0,
		    "The mailbox is full");
	if (!c->begun)
		begin(c);
	while ((run = copied_synced(c)) == RUN_DONE) {
		if (is_enough(c))
			return commit(c) == -1 ? RUN_FAIL :
			    op_give_way(&c->op);
		if (!idset_next(&c->it, &uid))
			break;
		rc = copy_one(c, uid, c->dst_modseq, c->src_modseq);
		if (rc != 0)
			return rc == 1 ? rescan(c) : RUN_FAIL;
		c->at = uid;
		if (++c->tried % LOOK_EVERY != 0)
			continue;
		watch_drain(c->op.store->storage->watch);
		if (op_must_yield(&c->op))
			return RUN_MORE;
	}
	if (run != RUN_DONE)
		return run;
	if (commit(c) == -1)
		return RUN_FAIL;
	c->ended = true;
	return RUN_DONE;
}

/* Whether both mailboxes are still there: RUN_DONE or RUN_FAIL. */
static enum run
alive(struct copy_op *c)
{
	if (c->src->dead)
		return op_fail(&c->op, STORE_ERR_EXPUNGED, 0,
		    "The selected mailbox was deleted");
	if (c->dst->dead)
		return op_fail(&c->op, STORE_ERR_NONEXISTENT, 0,
		    "The mailbox was deleted");
	return RUN_DONE;
}

static enum run
copy_all(struct copy_op *c)
{
	struct op *op = &c->op;
	enum run run;

	if (c->dst == NULL) {
		run = list_ref(op, slice_str(c->name), &c->dst);
		if (run != RUN_DONE)
			return run;
	}
	if (!c->ended) {
		if ((run = alive(c)) != RUN_DONE ||
		    (run = scan_first(op, c->dst)) != RUN_DONE)
			return run;
		if (mailbox_cur(c->src) == -1 || mailbox_cur(c->dst) == -1)
			return op_fail_path(op, c->dst->folder, "cur", NULL,
			    errno);
		if (c->rescan && (run = scan_run(op, c->src)) != RUN_DONE)
			return run;
		c->rescan = false;
		run = c->begun ? op_begin(op) : scan_begin(op, c->dst,
		    (uint32_t)c->left, &c->promise);
		if (run != RUN_DONE || (run = alive(c)) != RUN_DONE ||
		    (run = work(c)) != RUN_DONE)
			return run;
	}
	if (idset_empty(&c->result.to))
		return RUN_DONE;
	return op_synced(op);
}

/* Whether a COPY has ended, or ends now, with some messages copied. */
static bool
is_half(const struct copy_op *c)
{
	return !c->move && !c->ended && !idset_empty(&c->result.to) &&
	    c->op.err.kind != STORE_ERR_UNSURE &&
	    c->op.err.kind != STORE_ERR_LOST && !c->dst->dead &&
	    c->dst->row.uidvalidity == c->result.uidvalidity;
}

static void
on_uncopied(void *arg)
{
	((struct copy_op *)arg)->uncopy = NULL;
}

/* A job that goes on if the client does not wait for the answer. */
static struct op *
start_uncopy(struct copy_op *c)
{
	struct op *job;

	log_info("store copy user=%s mailbox=%s messages=%llu are removed: "
	    "the copy was not completed", c->op.store->user,
	    log_esc(slice_str(c->dst->name)),
	    (unsigned long long)idset_count(&c->result.to));
	job = expunge_job_start(c->dst, &c->result.to);
	idset_reset(&c->result.to);
	idset_reset(&c->result.from);
	return job;
}

static enum run
copy_run(struct op *op)
{
	struct copy_op *c = (struct copy_op *)op;
	enum run run;

	if (c->err.kind == STORE_OK) {
		run = copy_all(c);
		if (run != RUN_FAIL || !is_half(c))
			return run;
		op_rollback(op);
		c->err = op->err;
		memset(&op->err, 0, sizeof(op->err));
		c->uncopy = start_uncopy(c);
		expunge_job_on_end(c->uncopy, on_uncopied, c);
	}
	if (c->uncopy != NULL)
		return op_wait_ms(op, op->store->storage->delays.lock_retry_ms);
	op->err = c->err;
	return RUN_FAIL;
}

static void
copy_free(struct op *op)
{
	struct copy_op *c = (struct copy_op *)op;

	if (c->uncopy != NULL)
		expunge_job_on_end(c->uncopy, NULL, NULL);
	else if (is_half(c))
		(void)start_uncopy(c);
	uidlist_promise_clear(&c->promise);
	syncfile_unref(c->sync);
	forget(c);
	free(c->done);
	free(c->name);
	idset_clear(&c->uids);
	idset_clear(&c->result.from);
	idset_clear(&c->result.to);
	mailbox_unref(c->src);
	mailbox_unref(c->dst);
}

static void
move_again(struct op *op)
{
	struct copy_op *c = (struct copy_op *)op;

	start_over(c);
	c->at = c->from;
	c->limit = FEW;
	uidlist_promise_clear(&c->promise);
}

static const struct op_class copy_class = {
	.run = copy_run, .free = copy_free, .undo = undo
};

static const struct op_class move_class = {
	.run = copy_run, .free = copy_free, .undo = undo,
	.again = move_again, .reserve = RESERVE_HALF
};

struct op *
copy_new(struct view *v, const struct idset *uids, struct slice to, bool move)
{
	struct copy_op *c;

	c = xcalloc(1, sizeof(*c));
	c->src = view_mailbox(v);
	op_init(&c->op, move ? &move_class : &copy_class, c->src->store);
	mailbox_ref(c->src);
	c->name = xstrdup_slice(to);
	c->move = move;
	uidlist_promise_init(&c->promise);
	idset_init(&c->uids, IDSET_NOLIMIT);
	idset_init(&c->result.from, IDSET_NOLIMIT);
	idset_init(&c->result.to, IDSET_NOLIMIT);
	(void)idset_copy(&c->uids, uids);
	view_existing(v, &c->uids);
	c->left = idset_count(&c->uids);
	if (move && view_readonly(v))
		store_error_set(&c->op.err, STORE_ERR_READONLY, 0,
		    "The mailbox is read-only");
	return &c->op;
}

const struct copy_result *
copy_result(const struct op *op)
{
	return &((const struct copy_op *)op)->result;
}
