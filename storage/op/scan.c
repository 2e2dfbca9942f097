/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Scans.  A scan empties new/ into cur/, so that new/ is nearly always empty.
 * It reads all of cur/ only if another program changed it, or wrote
 * dovecot-uidlist.
 *
 * A scan is a list of steps, each of which can stop and go on later.  The first
 * steps read the folders and compare them with the index, without a lock, since
 * that may take seconds (scan_look.c).  The others take in what differs, in
 * transactions of delays.lock_hold_ms, between which other operations and
 * processes get the lock (scan_take.c).  In most scans that is one transaction.
 *
 * What was read may have changed since, so that under the lock each file that
 * is to be taken in, or is missing, is looked at once more.  Our own processes
 * change the folder only under the write lock, and their rows say how.  Other
 * programs do not know our lock: if one was busy during the scan, files that
 * are missing are left to the next scan.
 *
 * Files get UIDs that dovecot-uidlist promises on disk (uidlist_promise.h).
 *
 * On disk before COMMIT: files moved from new/ to cur/, where the next scan
 * would find them, too.  After COMMIT: the index has them.  The folder counts
 * as scanned with the last COMMIT, so that what is left is found after a crash.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "common/base/xmalloc.h"
#include "storage/index/control.h"
#include "storage/index/floor.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"
#include "storage/op/keyword_write.h"
#include "storage/op/op_state.h"
#include "storage/op/scan.h"
#include "storage/op/scan_look.h"
#include "storage/op/scan_struct.h"
#include "storage/op/scan_take.h"
#include "storage/op/scan_waiting.h"
#include "storage/op/uidlist_promise.h"

/* Start over so often if another program keeps writing the list. */
#define RESTARTS_MAX	3
/* An mtime that no list has: there is a list, but the index knows it not. */
#define LIST_UNREAD	(-1)

/*
 * The first scan of a mailbox: take over the UIDVALIDITY of its list.  But the
 * UIDVALIDITY of a row from the control file (control.h) is known to clients.
 * If there is no list, or if it does not agree, UIDs mean something else now.
 */
static void
adopt_validity(struct scan *sc)
{
	struct mailbox *mb = sc->mb;
	struct mailbox_row *row = &mb->row;
	uint32_t next;

	if (sc->list.uidvalidity == row->uidvalidity)
		return;
	if (row->uidnext < CONTROL_UIDNEXT_MIN) {
		if (sc->list.uidvalidity != 0)
			row->uidvalidity = sc->list.uidvalidity;
		return;
	}
	next = floor_next_uidvalidity(mb->store->db);
	if (next == 0)
		next = row->uidvalidity + 1;
	if (row->uidnext > CONTROL_UIDNEXT_MIN)
		log_limited(LOG_LEVEL_WARN, "store mailbox=%s user=%s "
		    "UIDVALIDITY is %u instead of %u: the index was lost, and "
		    UIDLIST_NAME " %s", log_esc(slice_str(mb->name)),
		    mb->store->user, next, row->uidvalidity,
		    sc->list.uidvalidity == 0 ? "is missing or damaged" :
		    "does not agree");
	row->uidvalidity = next;
}

static enum run
take_validity(struct scan *sc)
{
	struct mailbox *mb = sc->mb;

	/* Nobody was ever told of a mailbox that was never scanned. */
	if (!sc->has_list || mb->row.curchecked != 0 || mb->row.messages != 0)
		return RUN_DONE;
	mailbox_touch(mb);
	adopt_validity(sc);
	/* See SQL_MAILBOX_BOOT. */
	if (sc->list.uidvalidity == 0 && mb->row.uidnext < mb->row.listnext)
		mb->row.uidnext = mb->row.listnext;
	return RUN_DONE;
}

/* Note in the row that the index knows the list. */
static void
note_list(struct scan *sc, bool certain)
{
	struct mailbox_row *row = &sc->mb->row;

	mailbox_touch(sc->mb);
	row->listuid = sc->list.last;
	row->listnext = sc->list.promised;
	if (sc->list.uidvalidity != row->uidvalidity) {
		sc->list_wrong = true;
		row->listnext = 0;
	} else if (sc->list.next > row->uidnext)
		row->uidnext = sc->list.next;
	if (uidlist_is_cut(&sc->list))
		sc->list_wrong = true;
	/* A list that may lack files is read again. */
	row->listmtime = certain ? sc->list.mtime : LIST_UNREAD;
	row->listsize = certain ? sc->list.size : 0;
	sc->promise.known = certain;
}

/*
 * Until the other server has written the UIDs of new files to the list, it
 * holds the lock.  So if we have the lock, and the list is the one that we
 * read, files that are not in it have no UID there.
 */
static enum run
take_list(struct scan *sc)
{
	enum run run;
	int same;

	if (!sc->has_list)
		return RUN_DONE;
	/* One of our own processes wrote it, and has committed by now. */
	if (sc->mb->row.curchecked != 0 && sc->list.mtime != 0 &&
	    sc->mb->row.listmtime == sc->list.mtime &&
	    sc->mb->row.listsize == sc->list.size) {
		sc->list_wrong = false;
		return RUN_DONE;
	}
	run = uidlist_lock(&sc->promise, sc->mb, sc->op);
	if (run == RUN_WAIT && scan_take_commit(sc) == -1)
		return RUN_FAIL;
	if (run != RUN_DONE)
		return run;
	if ((same = scan_look_list_same(sc)) == -1)
		return scan_look_list_error(sc);
	if (same == 0 && sc->restarts < RESTARTS_MAX) {
		sc->restart = true;
		return RUN_MORE;
	}
	note_list(sc, same == 1 && dotlock_held(&sc->promise.lock));
	return RUN_DONE;
}

/*
 * Another program may have written the list since the scan has looked at it.
 *
 * No other server must give out the UIDs that we give out next, also if the
 * index is lost.  If the list cannot promise that now, since another program
 * has its lock, files stay without a UID for a while (scan_take_rest()).
 */
static enum run
take_promise(struct scan *sc)
{
	uint32_t n = 0;
	enum run run;
	int changed;

	for (size_t i = sc->at; i < sc->fresh.n; i++)
		n += !sc->found.items[sc->fresh.at[i]].known;
	if (n > 0 && sc->promise.step == 0 && sc->restarts < RESTARTS_MAX &&
	    sc->mb->row.listmtime != LIST_UNREAD) {
		if ((changed = uidlist_changed(sc->mb)) == -1)
			return scan_look_list_error(sc);
		if ((sc->restart = changed == 1))
			return RUN_MORE;
	}
	switch (uidlist_promise(&sc->promise, sc->mb, sc->op, n)) {
	case PROMISE_KEPT:
	case PROMISE_RENEWED:
		break;
	case PROMISE_CHANGED:
		mailbox_look_again(sc->mb);
		break;
	case PROMISE_MORE:
		return RUN_MORE;
	case PROMISE_WAIT:
		return RUN_WAIT;
	case PROMISE_LOCKED:
		run = uidlist_wait(&sc->promise, sc->mb, sc->op);
		if (run == RUN_WAIT && scan_take_commit(sc) == -1)
			return RUN_FAIL;
		return run;
	case PROMISE_FAIL:
		return RUN_FAIL;
	}
	return RUN_DONE;
}

/*
 * Note which state of the folders is known.  Under a watch that saw only our
 * own changes, that is the present one: take the mtimes first, since the event
 * of a later change stays for the next look.  Without a watch, only the state
 * from before the scan is known.
 */
static void
note_clean(struct scan *sc)
{
	struct mailbox *mb = sc->mb;
	int64_t now = maildir_now(), new_mtime, cur_mtime;

	mailbox_touch(mb);
	if (mb->watch.watched == NULL) {
		if (sc->waiting == NULL)
			mb->row.newmtime = sc->new_mtime;
		if (sc->all) {
			mb->row.curmtime = sc->cur_mtime;
			mb->row.curchecked = sc->checked;
		}
		return;
	}
	new_mtime = maildir_mtime(mb->dir_fd, "new");
	cur_mtime = maildir_mtime(mb->dir_fd, "cur");
	watch_drain(mb->store->storage->watch);
	if (mb->watch.new_clean)
		mb->row.newmtime = new_mtime;
	if (mb->watch.cur_clean) {
		mb->row.curmtime = cur_mtime;
		mb->row.curchecked = now;
	} else if (sc->all && mb->row.curchecked == 0)
		mb->row.curchecked = 1;
}

static enum run
finish(struct scan *sc)
{
	note_clean(sc);
	if (sc->left)
		mailbox_distrust(sc->mb);
	if (sc->list_wrong)
		sc->mb->row.listuid = 0;
	if (sc->waiting != NULL)
		sc->waiting->counted = true;
	if (scan_take_commit(sc) == -1)
		return RUN_FAIL;
	if (sc->all) {
		sc->mb->watch.odd_letters = sc->odd_letters;
		(void)idset_subtract(&sc->mb->watch.suspects, &sc->suspects);
	}
	return RUN_DONE;
}

static const struct {
	enum run	(*run)(struct scan *);
	bool		 locked;	/* in a transaction */
	bool		 whole;		/* which must not end within the step */
	bool		 promised;	/* another one needs the step before */
} steps[] = {
	{ .run = scan_look_list },
	{ .run = scan_look_uids },
	{ .run = scan_look_new },
	{ .run = scan_look_cur },
	{ .run = scan_look_sort },
	{ .run = scan_look_suspects },
	{ .run = scan_look_rows },
	{ .run = scan_look_buried },
	{ .run = scan_look_fresh },
	{ .run = scan_look_arrival },
	{ .run = scan_take_keywords, .locked = true, .whole = true },
	{ .run = take_validity, .locked = true },
	{ .run = scan_take_differ, .locked = true },
	{ .run = scan_take_adopted, .locked = true },
	{ .run = take_list, .locked = true },
	{ .run = take_promise, .locked = true, .whole = true },
	{ .run = scan_take_rest, .locked = true, .promised = true },
	{ .run = finish, .locked = true },
};

/*
 * Begin to look.  Folders are marked clean before they are read, so that later
 * events count.
 */
static void
look_init(struct scan *sc)
{
	struct mailbox *mb = sc->mb;

	sc->step = sc->at = 0;
	sc->checked = maildir_now();
	sc->new_mtime = maildir_mtime(mb->dir_fd, "new");
	sc->cur_mtime = maildir_mtime(mb->dir_fd, "cur");
	sc->row_last = sc->compared = 0;
	sc->object = 0;
	sc->hint = 0;
	(void)idset_copy(&sc->suspects, &mb->watch.suspects);
	sc->has_list = sc->list_wrong = sc->left = sc->restart = false;
	if (sc->all)
		mb->watch.distrusted = false;
	if (mb->watch.watched == NULL)
		return;
	mb->watch.new_clean = sc->waiting == NULL;
	if (sc->all)
		mb->watch.cur_clean = true;
}

static void
look_clear(struct scan *sc)
{
	if (sc->dir != NULL)
		(void)closedir(sc->dir);
	sc->dir = NULL;
	filelist_clear(&sc->found);
	filelist_clear(&sc->differ);
	filelist_clear(&sc->buried);
	filelist_order_clear(&sc->fresh);
	uidlist_clear(&sc->list);
	if (sc->compare.fd != -1)
		(void)close(sc->compare.fd);
	sc->compare.fd = -1;
	idset_clear(&sc->replaced);
	idset_clear(&sc->suspects);
	sc->nsame = 0;
}

static void
scan_free(struct scan *sc)
{
	sc->mb->watch.scan = NULL;
	sc->op->part = NULL;
	look_clear(sc);
	if (sc->new_fd != -1)
		(void)close(sc->new_fd);
	uidlist_promise_clear(&sc->promise);
	free(sc->same);
	free(sc->effects);
	mailbox_unref(sc->mb);
	free(sc);
}

/* The transaction is undone, so that the folders must be read again. */
static void
scan_abort(struct op_part *part)
{
	struct scan *sc = (struct scan *)part;

	sc->mb->watch.new_clean = sc->mb->watch.cur_clean = false;
	sc->mb->list.stamp.known = false;
	if (sc->all)
		mailbox_distrust(sc->mb);
	scan_free(sc);
}

/* Begin a transaction, unless one is open. */
static enum run
lock(struct scan *sc)
{
	enum run run;

	if (sc->op->in_tx)
		return RUN_DONE;
	run = op_begin_in(sc->op, sc->mb);
	return run == RUN_DONE ? scan_take_begin(sc) : run;
}

/* Commit, and let others have the lock. */
static enum run
give_way(struct scan *sc)
{
	struct op *op = sc->op;
	bool restart = sc->restart;

	if (scan_take_commit(sc) == -1)
		return RUN_FAIL;
	if (restart) {
		sc->restarts++;
		if (sc->waiting != NULL)
			scan_waiting_init(sc->waiting);
		look_clear(sc);
		look_init(sc);
	} else if (sc->step < NROWS(steps) && steps[sc->step].promised)
		sc->step--;
	return op_give_way(op);
}

static enum run
scan_go_on(struct op *op, struct scan *sc)
{
	enum run run;

	while (sc->step < NROWS(steps)) {
		bool whole = steps[sc->step].whole;

		if (sc->mb->dead)
			return op_fail(op, STORE_ERR_NONEXISTENT, 0,
			    "The mailbox was deleted");
		if (steps[sc->step].locked && (run = lock(sc)) != RUN_DONE)
			return run;
		run = steps[sc->step].run(sc);
		if (run != RUN_DONE && run != RUN_MORE)
			return run;
		sc->step += run == RUN_DONE;
		if (sc->restart || (!whole && op_must_commit(op)))
			return give_way(sc);
		if (sc->step < NROWS(steps) &&
		    (run == RUN_MORE || op_must_yield(op)))
			return RUN_MORE;
	}
	scan_free(sc);
	return RUN_DONE;
}

/* Find out which of new/ and cur/ must be read. */
static void
look(struct mailbox *mb, int64_t now, int64_t newm, int64_t curm, bool *new,
    bool *all)
{
	*new = !mb->watch.new_clean &&
	    (!maildir_same_mtime(newm, mb->row.newmtime) ||
	    maildir_racy(newm, now));
	*all = mb->watch.distrusted || (!mb->watch.cur_clean &&
	    (!maildir_same_mtime(curm, mb->row.curmtime) ||
	    maildir_racy(curm, mb->row.curchecked))) ||
	    (mb->watch.odd_letters && keyword_file_changed(mb) == 1);
	if (mb->watch.watched == NULL)
		return;
	if (!*new)
		mb->watch.new_clean = true;
	if (!*all)
		mb->watch.cur_clean = true;
}

static bool
new_is_empty(struct mailbox *mb)
{
	struct dirent *e;
	DIR *dir = maildir_open_names(mb->dir_fd, "new");
	bool empty = true;
	int rc;

	if (dir == NULL)
		return false;
	while ((rc = maildir_next(dir, &e)) == 1 && empty)
		empty = e->d_name[0] == '.';
	(void)closedir(dir);
	return empty && rc == 0;
}

static struct scan *
scan_new(struct op *op, struct mailbox *mb, bool all,
    struct scan_waiting *waiting)
{
	struct scan *sc;

	sc = xcalloc(1, sizeof(*sc));
	sc->part.abort = scan_abort;
	sc->op = op;
	sc->mb = mb;
	sc->new_fd = -1;
	sc->all = all;
	sc->waiting = waiting;
	sc->first = mb->row.curmtime == 0;
	filelist_init(&sc->found);
	filelist_init(&sc->differ);
	filelist_init(&sc->buried);
	filelist_order_init(&sc->fresh);
	uidlist_init(&sc->list);
	uidlist_promise_init(&sc->promise);
	sc->compare.fd = -1;
	idset_init(&sc->replaced, IDSET_NOLIMIT);
	idset_init(&sc->suspects, IDSET_NOLIMIT);
	look_init(sc);
	mailbox_ref(mb);
	mb->watch.scan = sc;
	op->part = &sc->part;
	return sc;
}

/* waiting is NULL, or counts messages that stay in new/. */
static enum run
scan_some(struct op *op, struct mailbox *mb, struct scan_waiting *waiting)
{
	int64_t now, newm, curm;
	bool new, all;

	if (mb->dead)
		return op_fail(op, STORE_ERR_NONEXISTENT, 0,
		    "The mailbox was deleted");
	if (mb->watch.scan != NULL)
		return mb->watch.scan->op == op ?
		    scan_go_on(op, mb->watch.scan) : op_wait_ms(op,
		    op->store->storage->delays.lock_retry_ms);
	if (mailbox_cur(mb) == -1)
		return op_fail_path(op, mb->folder, "cur", NULL, errno);
	watch_drain(op->store->storage->watch);
	if (mb->watch.watched != NULL && mb->watch.new_clean &&
	    mb->watch.cur_clean && !mb->watch.odd_letters)
		return RUN_DONE;
	now = maildir_now();
	newm = maildir_mtime(mb->dir_fd, "new");
	curm = maildir_mtime(mb->dir_fd, "cur");
	look(mb, now, newm, curm, &new, &all);
	if (!all && (!new || waiting != NULL))
		return RUN_DONE;
	if (!all) {
		/* Set before new/ is read, so that later events count. */
		mb->watch.new_clean = mb->watch.watched != NULL;
		if (new_is_empty(mb)) {
			mb->row.newmtime = newm;
			return RUN_DONE;
		}
		mb->watch.new_clean = false;
	}
	return scan_go_on(op, scan_new(op, mb, all, waiting));
}

enum run
scan_run(struct op *op, struct mailbox *mb)
{
	return scan_some(op, mb, NULL);
}

/*
 * Whether new/ is as it was when it was emptied.  The watch calls it clean as
 * soon as a scan begins to read it.
 */
static bool
new_is_known(struct mailbox *mb)
{
	int64_t mtime;

	if (mb->watch.watched != NULL && mb->watch.new_clean &&
	    mb->watch.scan == NULL)
		return true;
	mtime = maildir_mtime(mb->dir_fd, "new");
	return maildir_same_mtime(mtime, mb->row.newmtime) &&
	    !maildir_racy(mtime, maildir_now());
}

static enum run
count_new(struct op *op, struct mailbox *mb, struct scan_waiting *w)
{
	enum run run;

	if (w->dir == NULL) {
		if (mailbox_dir(mb) == -1 || (!new_is_known(mb) &&
		    (w->dir = maildir_open_names(mb->dir_fd, "new")) == NULL))
			return op_fail_path(op, mb->folder, "new", NULL, errno);
		if (w->dir == NULL)
			return RUN_DONE;
	}
	run = scan_waiting_read(w, op_until(op));
	return run == RUN_FAIL ? op_fail_path(op, mb->folder, "new", NULL,
	    errno) : run;
}

enum run
scan_status(struct op *op, struct mailbox *mb, struct scan_waiting *w)
{
	enum run run;

	/* What waited was taken in meanwhile, or a session will do so. */
	if (mb->nviews > 0 || (w->counted && w->uidnext != mb->row.uidnext)) {
		scan_waiting_clear(w);
		scan_waiting_init(w);
	}
	if (mb->nviews > 0)
		return scan_run(op, mb);
	if (!w->scanned && (run = scan_some(op, mb, w)) != RUN_DONE)
		return run;
	w->scanned = true;
	if (!w->counted && (run = count_new(op, mb, w)) != RUN_DONE)
		return run;
	w->counted = true;
	w->uidnext = mb->row.uidnext;
	return RUN_DONE;
}

enum run
scan_first(struct op *op, struct mailbox *mb)
{
	return mb->row.curchecked == 0 ? scan_run(op, mb) : RUN_DONE;
}

enum run
scan_begin(struct op *op, struct mailbox *mb, uint32_t n,
    struct uidlist_promise *p)
{
	enum run run;

	if (!p->looked && mailbox_dir(mb) != -1 && !new_is_known(mb) &&
	    !new_is_empty(mb))
		p->scan = true;
	p->looked = true;
	if (p->scan && (run = scan_run(op, mb)) != RUN_DONE)
		return run;
	p->scan = false;
	if ((run = op_begin_in(op, mb)) != RUN_DONE)
		return run;
	switch (uidlist_promise(p, mb, op, n)) {
	case PROMISE_KEPT:
		break;
	case PROMISE_RENEWED:
		/* Whatever comes of op, the index knows the new list. */
		return op_commit(op) == -1 ? RUN_FAIL : RUN_MORE;
	case PROMISE_MORE:
		return RUN_MORE;
	case PROMISE_WAIT:
		return RUN_WAIT;
	case PROMISE_LOCKED:
		op_rollback(op);
		return uidlist_wait_long(p, op);
	case PROMISE_CHANGED:
		op_rollback(op);
		mailbox_distrust(mb);
		p->scan = true;
		return RUN_MORE;
	case PROMISE_FAIL:
		return RUN_FAIL;
	}
	return RUN_DONE;
}

enum run
scan_forgive_full(struct op *op, const struct mailbox *mb, enum run run)
{
	if (run != RUN_FAIL || mb->row.curchecked == 0 ||
	    (op->err.kind != STORE_ERR_OVERQUOTA && !op->store->sick))
		return run;
	op_rollback(op);
	memset(&op->err, 0, sizeof(op->err));
	return RUN_DONE;
}

struct scan_job {
	struct op	 op;
	struct mailbox	*mb;
};

static enum run
job_run(struct op *op)
{
	return scan_run(op, ((struct scan_job *)op)->mb);
}

static void
job_free(struct op *op)
{
	struct mailbox *mb = ((struct scan_job *)op)->mb;

	mb->watch.scan_job = false;
	mailbox_unref(mb);
}

static const struct op_class job_class = {
	.run = job_run, .free = job_free
};

void
scan_start_job(struct mailbox *mb)
{
	struct scan_job *job;

	if (mb->watch.scan_job || mb->dead)
		return;
	job = xcalloc(1, sizeof(*job));
	op_init(&job->op, &job_class, mb->store);
	mailbox_ref(mb);
	job->mb = mb;
	mb->watch.scan_job = true;
	op_start_job(&job->op);
}
