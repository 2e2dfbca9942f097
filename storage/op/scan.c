/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Scans.  A scan empties new/ into cur/, so that new/ is nearly always empty.
 * It reads all of cur/ only if another program changed it, or wrote
 * dovecot-uidlist.
 *
 * A scan runs under the write lock of the index, since readdir(3) may miss
 * files that are renamed meanwhile.  It runs in time slices, as a list of
 * steps, each of which can stop and go on later.  The file names and the rows
 * of the table name are both sorted by base and merged (scan_take.c).  Other
 * programs do not know our lock: if one was busy during the scan, files that
 * are missing are looked for once more.
 *
 * Files get UIDs that dovecot-uidlist promises on disk (uidlist_promise.h).
 *
 * On disk before COMMIT: files moved from new/ to cur/, where the next scan
 * would find them, too.  After COMMIT: the index has them.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/table.h"
#include "common/base/xmalloc.h"
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
#include "storage/op/scan_compare.h"
#include "storage/op/scan_struct.h"
#include "storage/op/scan_take.h"
#include "storage/op/scan_waiting.h"
#include "storage/op/uidlist_promise.h"

/* Rows of one query; the clock is checked after each query. */
#define ROWS	1024

static enum run
read_dir(struct scan *sc, const char *name, bool in_new)
{
	enum run run;

	if (sc->dir == NULL && (sc->dir = maildir_open_names(sc->mb->dir_fd,
	    name)) == NULL)
		return op_fail_path(sc->op, sc->mb->folder, name, NULL, errno);
	run = filelist_read_dir(&sc->found, sc->dir, in_new,
	    op_until(sc->op));
	if (run == RUN_MORE)
		return run;
	if (run == RUN_FAIL)
		op_fail_path(sc->op, sc->mb->folder, name, NULL, errno);
	(void)closedir(sc->dir);
	sc->dir = NULL;
	return run;
}

/*
 * Without the list nobody knows which UIDs were given out, so a scan that
 * cannot read it fails, and changes nothing.
 */
static enum run
list_error(struct scan *sc)
{
	return op_fail_path(sc->op, sc->mb->folder, UIDLIST_NAME, NULL, errno);
}

/*
 * Another server that moves messages here holds the lock of dovecot-uidlist
 * until it has written their UIDs there.  If the list has to be read, take the
 * lock before the folders are read.  Otherwise the list could have UIDs of
 * files that came after we had read the folders.
 */
static enum run
look_at_list(struct scan *sc)
{
	enum run run;
	int changed;

	if ((run = uidlist_wait(&sc->promise, sc->mb, sc->op)) != RUN_DONE)
		return run;
	if ((changed = uidlist_changed(sc->mb)) == -1)
		return list_error(sc);
	/* The first scan also has to know that there is no list. */
	if (changed || sc->mb->row.curchecked == 0) {
		run = uidlist_lock(&sc->promise, sc->mb, sc->op);
		if (run != RUN_DONE)
			return run;
		sc->has_list = sc->all = true;
		sc->list_locked = dotlock_held(&sc->promise.lock);
		if (uidlist_open(&sc->list, sc->mb->dir_fd) == -1)
			return list_error(sc);
	}
	if ((run = scan_adopt_keywords(sc)) != RUN_DONE)
		return run;
	if (sc->all && sc->mb->watch.watched != NULL)
		sc->mb->watch.cur_clean = true;
	return RUN_DONE;
}

static enum run
read_new(struct scan *sc)
{
	return read_dir(sc, "new", true);
}

/*
 * A file that is renamed while we read may be missed under both of its names.
 * Our own processes rename only under the write lock, which we hold, but other
 * programs do not.
 */
static bool
cur_was_changed(struct scan *sc)
{
	struct mailbox *mb = sc->mb;

	if (mb->watch.watched == NULL)
		return !maildir_same_mtime(maildir_mtime(mb->dir_fd, "cur"),
		    sc->cur_mtime);
	watch_drain(mb->store->storage->watch);
	return !mb->watch.cur_clean;
}

static enum run
read_cur(struct scan *sc)
{
	enum run run;

	if (!sc->all)
		return RUN_DONE;
	if ((run = read_dir(sc, "cur", false)) == RUN_DONE)
		sc->cur_changed = cur_was_changed(sc);
	return run;
}

static const char *
copy_column(struct filelist *l, struct sql *db, enum sql_stmt id, int col)
{
	return filelist_copy(l, sql_blob(db, id, col));
}

/* Each query walks a range of the primary key of name. */
static enum run
read_rows(struct scan *sc)
{
	struct sql *db = sc->mb->store->db;
	struct filelist *l = &sc->rows;
	struct file *f;
	enum sql_rc rc;
	size_t n;
	uint32_t last;

	while (sc->all) {
		last = l->n == 0 ? 0 : l->items[l->n - 1].uid;
		n = l->n;
		sql_start(db, SQL_NAMES, SQL_ARGS(SQL_I(sc->mb->id),
		    SQL_I(last), SQL_I(ROWS)));
		while ((rc = sql_step(db, SQL_NAMES)) == SQL_ROW) {
			f = filelist_add(l);
			f->uid = (uint32_t)sql_int(db, SQL_NAMES, 0);
			f->name = copy_column(l, db, SQL_NAMES, 1);
			f->base_len = (uint32_t)strlen(f->name);
			if (!sql_null(db, SQL_NAMES, 2))
				f->info = copy_column(l, db, SQL_NAMES, 2);
		}
		sql_reset(db, SQL_NAMES);
		if (rc != SQL_DONE)
			return op_fail_sql(sc->op, rc);
		if (l->n - n < ROWS)
			break;
		if (op_must_yield(sc->op))
			return RUN_MORE;
	}
	return RUN_DONE;
}

/*
 * Only a power cut can bring back a file that was moved to expunged/, and the
 * first scan after the boot finds it.  At any other time a file with the base
 * of a tombstone was restored, and is a message.  Tombstones have a base only
 * while their files are kept in expunged/.
 */
static enum run
read_buried(struct scan *sc)
{
	struct sql *db = sc->mb->store->db;
	struct file *f;
	enum sql_rc rc;

	if (!sc->all || !sc->first)
		return RUN_DONE;
	sql_start(db, SQL_EXPUNGED_NAMES, SQL_ARGS(SQL_I(sc->mb->id),
	    SQL_I(sc->mb->store->boots)));
	while ((rc = sql_step(db, SQL_EXPUNGED_NAMES)) == SQL_ROW) {
		f = filelist_add(&sc->buried);
		f->uid = (uint32_t)sql_int(db, SQL_EXPUNGED_NAMES, 0);
		f->name = copy_column(&sc->buried, db, SQL_EXPUNGED_NAMES, 1);
		f->base_len = (uint32_t)strlen(f->name);
	}
	sql_reset(db, SQL_EXPUNGED_NAMES);
	return rc == SQL_DONE ? RUN_DONE : op_fail_sql(sc->op, rc);
}

static enum run
read_list(struct scan *sc)
{
	enum run run;

	if (!sc->has_list)
		return RUN_DONE;
	run = uidlist_read(&sc->list, op_until(sc->op));
	if (run == RUN_FAIL)
		return list_error(sc);
	if (run == RUN_DONE)
		scan_adopt_list(sc);
	return run;
}

static enum run
sort_found(struct scan *sc)
{
	return sc->all ? filelist_sort(&sc->found, filelist_by_place,
	    op_until(sc->op)) : RUN_DONE;
}

static enum run
sort_rows(struct scan *sc)
{
	return filelist_sort(&sc->rows, filelist_by_base, op_until(sc->op));
}

static enum run
sort_buried(struct scan *sc)
{
	return filelist_sort(&sc->buried, filelist_by_base, op_until(sc->op));
}

/* If only new/ was read, all files that were found are fresh. */
static enum run
merge(struct scan *sc)
{
	struct filelist swap = sc->fresh;

	if (sc->all)
		return scan_merge(sc);
	sc->fresh = sc->found;
	sc->found = swap;
	return RUN_DONE;
}

static enum run
sort_fresh(struct scan *sc)
{
	return filelist_sort(&sc->fresh, filelist_by_arrival, op_until(sc->op));
}

/*
 * No other server must give out the UIDs that we give out next, also if the
 * index is lost.  If the list cannot promise that now, since another program
 * has its lock, files stay without a UID for a while (scan_add()).
 */
static enum run
promise(struct scan *sc)
{
	uint32_t n = 0;

	for (size_t i = 0; i < sc->fresh.n; i++)
		n += sc->fresh.items[i].uid == 0 &&
		    !scan_leaves(sc, &sc->fresh.items[i]);
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
		return uidlist_wait(&sc->promise, sc->mb, sc->op);
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
commit(struct scan *sc)
{
	note_clean(sc);
	if (sc->left)
		mailbox_distrust(sc->mb);
	if (sc->list_wrong)
		sc->mb->row.listuid = 0;
	/* If the commit fails, op_rollback() has freed the scan. */
	if (op_commit(sc->op) == -1)
		return RUN_FAIL;
	if (sc->all)
		sc->mb->watch.odd_letters = sc->odd_letters;
	scan_apply(sc);
	if (sc->waiting != NULL)
		sc->waiting->counted = true;
	return RUN_DONE;
}

static enum run	(*const steps[])(struct scan *) = {
	look_at_list, read_new, read_cur, read_rows, read_buried, read_list,
	sort_found, sort_rows, sort_buried, merge, sort_fresh, promise,
	scan_add, commit,
};

static void
scan_free(struct scan *sc)
{
	sc->mb->watch.scan = NULL;
	sc->op->part = NULL;
	if (sc->dir != NULL)
		(void)closedir(sc->dir);
	if (sc->new_fd != -1)
		(void)close(sc->new_fd);
	filelist_clear(&sc->found);
	filelist_clear(&sc->rows);
	filelist_clear(&sc->buried);
	filelist_clear(&sc->fresh);
	uidlist_clear(&sc->list);
	uidlist_promise_clear(&sc->promise);
	scan_compare_clear(&sc->compare);
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

static enum run
scan_go_on(struct op *op, struct scan *sc)
{
	enum run run;

	while (sc->step < NROWS(steps)) {
		if ((run = steps[sc->step](sc)) != RUN_DONE)
			return run;
		if (++sc->step < NROWS(steps) && op_must_yield(op))
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

/*
 * Begin a scan, under the lock.  Folders are marked clean before they are
 * read, so that later events count.
 */
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
	sc->checked = maildir_now();
	sc->new_mtime = maildir_mtime(mb->dir_fd, "new");
	sc->cur_mtime = maildir_mtime(mb->dir_fd, "cur");
	filelist_init(&sc->found);
	filelist_init(&sc->rows);
	filelist_init(&sc->buried);
	filelist_init(&sc->fresh);
	uidlist_init(&sc->list);
	uidlist_promise_init(&sc->promise);
	scan_compare_init(&sc->compare);
	if (all)
		mb->watch.distrusted = false;
	if (mb->watch.watched != NULL) {
		mb->watch.new_clean = waiting == NULL;
		if (all)
			mb->watch.cur_clean = true;
	}
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
	enum run run;
	bool new, all;

	if (mb->dead)
		return op_fail(op, STORE_ERR_NONEXISTENT, 0,
		    "The mailbox was deleted");
	if (mb->watch.scan != NULL)
		return mb->watch.scan->op == op ?
		    scan_go_on(op, mb->watch.scan) : op_wait_lock(op);
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
	if ((run = op_begin(op)) != RUN_DONE)
		return run;
	return scan_go_on(op, scan_new(op, mb, all, waiting));
}

enum run
scan_run(struct op *op, struct mailbox *mb)
{
	return scan_some(op, mb, NULL);
}

/* Whether new/ is as it was when it was emptied. */
static bool
new_is_known(struct mailbox *mb)
{
	int64_t mtime;

	if (mb->watch.watched != NULL && mb->watch.new_clean)
		return true;
	mtime = maildir_mtime(mb->dir_fd, "new");
	return maildir_same_mtime(mtime, mb->row.newmtime) &&
	    !maildir_racy(mtime, maildir_now());
}

static enum run
count_new(struct op *op, struct mailbox *mb, struct scan_waiting *w)
{
	struct dirent *e;
	int rc;

	if (w->dir == NULL) {
		if (mailbox_dir(mb) == -1 || (!new_is_known(mb) &&
		    (w->dir = maildir_open_names(mb->dir_fd, "new")) == NULL))
			return op_fail_path(op, mb->folder, "new", NULL, errno);
		if (w->dir == NULL)
			return RUN_DONE;
	}
	while ((rc = maildir_next(w->dir, &e)) == 1) {
		rc = filelist_is_message(dirfd(w->dir), e);
		if (rc == 1)
			scan_waiting_add(w, slice_str(e->d_name));
		if (rc == -1)
			break;
		if (op_must_yield(op))
			return RUN_MORE;
	}
	if (rc == -1)
		return op_fail_path(op, mb->folder, "new", NULL, errno);
	return RUN_DONE;
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
	if ((run = op_begin(op)) != RUN_DONE)
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
