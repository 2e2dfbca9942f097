/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Reading for a scan; see scan_look.h.
 *
 * A mailbox may have a million files, and reading their names takes seconds.
 * So memory has one entry for each file and none for a row: rows are read in
 * batches, and the file of each is looked up among the sorted files.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "storage/index/control.h"
#include "storage/index/index.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"
#include "storage/op/scan_look.h"
#include "storage/op/scan_struct.h"

/* Rows of one query; the clock is checked after each query. */
#define ROWS		1024
/* Check the clock after this many files. */
#define LOOK_EVERY	256

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
enum run
scan_look_list_error(struct scan *sc)
{
	return op_fail_path(sc->op, sc->mb->folder, UIDLIST_NAME, NULL, errno);
}

/*
 * Another server that moves messages here holds the lock of dovecot-uidlist
 * until it has written their UIDs there.  The list is read before the folders,
 * so that each file in it is found, and before UIDs are given to other files
 * the list must be the same still, under its lock (scan_take.c).
 */
enum run
scan_look_list(struct scan *sc)
{
	enum run run;
	int changed;

	if ((run = uidlist_wait(&sc->promise, sc->mb, sc->op)) != RUN_DONE)
		return run;
	if ((changed = uidlist_changed(sc->mb)) == -1)
		return scan_look_list_error(sc);
	/* The first scan also has to know that there is no list. */
	if (changed || sc->mb->row.curchecked == 0) {
		sc->has_list = sc->all = true;
		if (uidlist_open(&sc->list, sc->mb->dir_fd) == -1)
			return scan_look_list_error(sc);
	}
	if (sc->all && sc->mb->watch.watched != NULL)
		sc->mb->watch.cur_clean = true;
	return RUN_DONE;
}

int
scan_look_list_same(const struct scan *sc)
{
	struct stat sb;

	if (fstatat(sc->mb->dir_fd, UIDLIST_NAME, &sb,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return !maildir_gone(errno) ? -1 : sc->list.mtime == 0;
	return maildir_file_time(&sb) == sc->list.mtime &&
	    (int64_t)sb.st_size == sc->list.size;
}

/*
 * The first scan of a mailbox takes over the UIDVALIDITY of its list, unless it
 * has one that clients may know, from the control file (control.h).
 */
static bool
is_foreign(const struct scan *sc)
{
	const struct mailbox_row *row = &sc->mb->row;

	if (sc->list.uidvalidity == row->uidvalidity)
		return false;
	return sc->list.uidvalidity == 0 || row->curchecked != 0 ||
	    row->messages != 0 || row->uidnext >= CONTROL_UIDNEXT_MIN;
}

enum run
scan_look_uids(struct scan *sc)
{
	enum run run;

	if (!sc->has_list)
		return RUN_DONE;
	run = uidlist_read(&sc->list, op_until(sc->op));
	if (run == RUN_FAIL)
		return scan_look_list_error(sc);
	if (run == RUN_DONE && is_foreign(sc))
		filelist_clear(&sc->list.files);
	return run;
}

enum run
scan_look_new(struct scan *sc)
{
	return read_dir(sc, "new", true);
}

/*
 * A file that is renamed while we read may be missed under both of its names.
 * What our own process does is no change here: its events are expected, and the
 * second part of the scan looks for a file of the name that the index has.
 */
bool
scan_look_changed(struct scan *sc)
{
	struct mailbox *mb = sc->mb;

	if (mb->watch.watched == NULL)
		return !maildir_same_mtime(maildir_mtime(mb->dir_fd, "cur"),
		    sc->cur_mtime);
	watch_drain(mb->store->storage->watch);
	return !mb->watch.cur_clean;
}

enum run
scan_look_cur(struct scan *sc)
{
	enum run run;

	if (!sc->all)
		return RUN_DONE;
	if ((run = read_dir(sc, "cur", false)) == RUN_DONE)
		sc->cur_changed = scan_look_changed(sc);
	return run;
}

enum run
scan_look_sort(struct scan *sc)
{
	return sc->all ? filelist_sort(&sc->found, filelist_by_place,
	    op_until(sc->op)) : RUN_DONE;
}

/*
 * Begin a span for reading rows.  What another operation has done here and not
 * committed may be undone: wait for it.
 */
static enum run
begin_reading(struct scan *sc)
{
	struct store *st = sc->mb->store;
	enum sql_rc rc;

	if (sc->mb->tx.dirty && st->writer != NULL && st->writer != sc->op)
		return op_wait_ms(sc->op, st->storage->delays.lock_retry_ms);
	if (index_open(st, &sc->op->err) == -1)
		return RUN_FAIL;
	if ((rc = store_read_begin(st)) != SQL_DONE)
		return op_wait_sql(sc->op, rc);
	sc->op->lock_since_ms = 0;
	return RUN_DONE;
}

/* What the index says of the file of a message. */
struct known_file {
	int64_t		 content;
	uint64_t	 raw;
	bool		 has_digest;
	uint64_t	 digest;
};

static void
compare_end(struct scan_compare *c)
{
	if (c->fd != -1)
		(void)close(c->fd);
	*c = (struct scan_compare){ .fd = -1 };
}

/* Returns SQL_ROW, or SQL_DONE if the message was never parsed. */
static enum sql_rc
read_known(struct scan *sc, uint32_t uid, struct known_file *k)
{
	struct sql *db = sc->mb->store->db;
	enum sql_stmt id = SQL_CONTENT_FILE;
	enum sql_rc rc;

	sql_start(db, id, SQL_ARGS(SQL_I(sc->mb->id), SQL_I(uid)));
	if ((rc = sql_step(db, id)) == SQL_ROW) {
		k->content = sql_int(db, id, 0);
		k->raw = (uint64_t)sql_int(db, id, 1);
		k->has_digest = !sql_null(db, id, 3);
		k->digest = (uint64_t)sql_int(db, id, 3);
	}
	sql_reset(db, id);
	return rc;
}

/* Read a file to its end, in slices. */
static enum run
read_on(struct scan *sc)
{
	static char b[65536];	/* only one thread scans */
	struct scan_compare *c = &sc->compare;
	ssize_t n;

	while ((n = pread(c->fd, b, sizeof(b), (off_t)c->digest.len)) > 0) {
		digest_feed(&c->digest, slice_make(b, (size_t)n));
		if (op_must_yield(sc->op))
			return RUN_MORE;
	}
	return n == 0 ? RUN_DONE : RUN_FAIL;
}

/* Open the file of a message.  Returns the descriptor, or -1 with errno. */
static int
open_file(struct scan *sc, uint32_t uid)
{
	struct sql *db = sc->mb->store->db;
	enum sql_stmt id = SQL_NAME_GET;
	char name[MAILDIR_NAME_MAX];
	struct stat sb;
	enum sql_rc rc;

	sql_start(db, id, SQL_ARGS(SQL_I(sc->mb->id), SQL_I(uid)));
	if ((rc = sql_step(db, id)) == SQL_ROW)
		(void)snprintf(name, sizeof(name), "%.*s%s%.*s",
		    SLICE_ARG(sql_blob(db, id, 0)),
		    sql_null(db, id, 1) ? "" : ":",
		    SLICE_ARG(sql_blob(db, id, 1)));
	sql_reset(db, id);
	errno = rc == SQL_DONE ? ENOENT : EIO;
	return rc == SQL_ROW ? maildir_open(sc->mb->cur_fd, name, &sb) : -1;
}

static enum run
fail_cur(struct scan *sc)
{
	return op_fail_path(sc->op, sc->mb->folder, "cur", NULL, errno);
}

/*
 * Read what the index says of the file of a message, and open it, unless it is
 * open.  After RUN_DONE there is no file if that was never parsed, or has
 * another name now: the rest of the scan looks for it.
 */
static enum run
find_file(struct scan *sc, uint32_t uid, struct known_file *k)
{
	struct scan_compare *c = &sc->compare;
	enum sql_rc rc, end;
	int errnum = 0;
	enum run run;

	if (c->uid != uid)
		compare_end(c);
	c->uid = uid;
	if ((run = begin_reading(sc)) != RUN_DONE)
		return run;
	rc = read_known(sc, uid, k);
	if (rc == SQL_ROW && c->fd == -1 &&
	    (c->fd = open_file(sc, uid)) == -1)
		errnum = errno;
	end = store_read_end(sc->mb->store);
	if (rc == SQL_DONE)
		compare_end(c);
	if (end != SQL_DONE || (rc != SQL_ROW && rc != SQL_DONE))
		return op_fail_sql(sc->op, end != SQL_DONE ? end : rc);
	errno = errnum;
	return errnum == 0 || maildir_gone(errnum) ? RUN_DONE : fail_cur(sc);
}

/*
 * Whether the file of a message has other contents than it had when it was
 * parsed.  RFC 3501, 2.3.1.1: a UID never means another message, so such a file
 * is a new message, though its base name is the same.  If the contents are the
 * same, *same says which time to note for it; its content is 0 if nothing is to
 * be noted.  Returns RUN_MORE to be called again for the same message.
 */
static enum run
compare(struct scan *sc, uint32_t uid, bool *changed,
    struct scan_same *same)
{
	struct scan_compare *c = &sc->compare;
	struct known_file k = { .content = 0 };
	struct stat sb;
	enum run run;

	*changed = false;
	*same = (struct scan_same){ .content = 0 };
	if ((run = find_file(sc, uid, &k)) != RUN_DONE || c->fd == -1)
		return run;
	if (fstat(c->fd, &sb) == -1)
		return fail_cur(sc);
	*changed = (uint64_t)sb.st_size != k.raw;
	if (!*changed && k.has_digest) {
		if ((run = read_on(sc)) == RUN_MORE)
			return run;
		if (run == RUN_FAIL)
			return fail_cur(sc);
		*changed = digest_value(&c->digest) != k.digest;
	}
	*same = (struct scan_same){ k.content, (int64_t)sb.st_mtime };
	compare_end(c);
	return RUN_DONE;
}

enum run
scan_look_suspects(struct scan *sc)
{
	struct idset_iter it;
	struct scan_same same;
	enum run run;
	uint32_t uid;
	bool changed;

	idset_iter_init_after(&it, &sc->suspects, sc->compared);
	while (sc->all && idset_next(&it, &uid)) {
		run = compare(sc, uid, &changed, &same);
		if (run != RUN_DONE)
			return run;
		if (changed)
			(void)idset_add(&sc->replaced, uid);
		else if (same.content != 0) {
			sc->same = xgrow(sc->same, sc->nsame, &sc->same_size,
			    sizeof(*sc->same));
			sc->same[sc->nsame++] = same;
		}
		sc->compared = uid;
		if (op_must_yield(sc->op))
			return RUN_MORE;
	}
	return RUN_DONE;
}

/*
 * Rows are in the order of UIDs, which mostly is that of bases, too: so the
 * wanted file mostly is the next one.
 */
size_t
scan_look_place(struct scan *sc, struct slice base)
{
	const struct filelist *l = &sc->found;
	size_t at = sc->hint;

	if (at >= l->n || !slice_eq(file_base(filelist_at(l, at)), base) ||
	    (at > 0 && slice_eq(file_base(filelist_at(l, at - 1)), base)))
		at = filelist_place(l, base);
	sc->hint = at + 1;
	return at;
}

uint32_t
scan_look_adopt_from(const struct scan *sc)
{
	const struct mailbox_row *row = &sc->mb->row;

	/* The first scan gives out UIDs in their order, in several pieces. */
	return row->curchecked == 0 ? sc->row_last + 1 : row->uidnext;
}

/*
 * Find the UID that another server gave a message.  uid is the one that the
 * message has here, or 0.  Returns 0 if there is nothing to adopt.
 */
static uint32_t
adopted_uid(struct scan *sc, const struct file *f, uint32_t uid)
{
	const struct file *item;
	uint32_t from = uid == 0 ? scan_look_adopt_from(sc) :
	    sc->mb->row.uidnext;

	if (!sc->has_list)
		return 0;
	item = filelist_find(&sc->list.files, file_base(f));
	if (item != NULL && item->uid == uid)
		return 0;
	if (item != NULL && item->uid >= from)
		return item->uid;
	/* Appending cannot correct the list: write it anew. */
	if (item != NULL || (uid != 0 && uid <= sc->list.last))
		sc->list_wrong = true;
	return 0;
}

/* Note that the row of a message must be looked at; f is its file, or NULL. */
static void
note_differ(struct scan *sc, uint32_t uid, const struct file *f)
{
	struct file *d = filelist_add(&sc->differ);

	d->uid = uid;
	if (f == NULL)
		return;
	d->name = f->name;
	d->in_new = f->in_new;
}

/* Whether a file of this base has the info that a row has. */
static bool
has_info(const struct scan *sc, size_t at, struct slice base,
    struct slice info)
{
	const struct filelist *l = &sc->found;
	struct slice b, i;

	for (; at < l->n && slice_eq(file_base(filelist_at(l, at)), base);
	    at++) {
		if (filelist_at(l, at)->in_new)
			continue;
		maildir_split(slice_str(filelist_at(l, at)->name), &b, &i);
		if ((i.p == NULL) == (info.p == NULL) && slice_eq(i, info))
			return true;
	}
	return false;
}

static void
match_row(struct scan *sc, uint32_t uid, struct slice base, struct slice info)
{
	size_t at = scan_look_place(sc, base);
	struct file *f;

	if (at == sc->found.n) {
		note_differ(sc, uid, NULL);
		return;
	}
	f = filelist_at(&sc->found, at);
	if (f->in_new && sc->waiting != NULL) {
		/* Only a scan of both folders knows that it is no new one. */
		f->known = sc->left = true;
		return;
	}
	if ((f->uid = adopted_uid(sc, f, uid)) != 0 ||
	    (!f->in_new && idset_contains(&sc->replaced, uid))) {
		f->old = uid;
		return;
	}
	f->known = true;
	if (!has_info(sc, at, base, info))
		note_differ(sc, uid, f);
}

enum sql_rc
scan_look_batch(struct scan *sc, void (*seen)(struct scan *, uint32_t,
    struct slice, struct slice))
{
	struct sql *db = sc->mb->store->db;
	enum sql_rc rc;
	size_t n = 0;

	sql_start(db, SQL_NAMES, SQL_ARGS(SQL_I(sc->mb->id),
	    SQL_I(sc->row_last), SQL_I(ROWS)));
	while ((rc = sql_step(db, SQL_NAMES)) == SQL_ROW) {
		struct slice info = sql_blob(db, SQL_NAMES, 2);

		if (sql_null(db, SQL_NAMES, 2))
			info = SLICE_EMPTY;
		else if (info.p == NULL)
			info.p = "";
		sc->row_last = (uint32_t)sql_int(db, SQL_NAMES, 0);
		seen(sc, sc->row_last, sql_blob(db, SQL_NAMES, 1), info);
		n++;
	}
	sql_reset(db, SQL_NAMES);
	return rc == SQL_DONE && n == ROWS ? SQL_ROW : rc;
}

enum run
scan_look_rows(struct scan *sc)
{
	struct store *st = sc->mb->store;
	enum sql_rc rc = SQL_ROW, end;
	enum run run;

	if (!sc->all)
		return RUN_DONE;
	if ((run = begin_reading(sc)) != RUN_DONE)
		return run;
	do
		rc = scan_look_batch(sc, match_row);
	while (rc == SQL_ROW && !op_must_yield(sc->op));
	end = store_read_end(st);
	if (rc == SQL_ROW && end == SQL_DONE)
		return RUN_MORE;
	if (rc != SQL_DONE || end != SQL_DONE)
		return op_fail_sql(sc->op, rc != SQL_DONE && rc != SQL_ROW ?
		    rc : end);
	return RUN_DONE;
}

static const char *
copy_column(struct filelist *l, struct sql *db, enum sql_stmt id, int col)
{
	return filelist_copy(l, sql_blob(db, id, col));
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
	struct store *st = sc->mb->store;
	enum sql_stmt id = SQL_EXPUNGED_NAMES;
	struct file *f;
	enum sql_rc rc, end;
	enum run run;

	if ((run = begin_reading(sc)) != RUN_DONE)
		return run;
	sql_start(st->db, id, SQL_ARGS(SQL_I(sc->mb->id),
	    SQL_I(st->boots)));
	while ((rc = sql_step(st->db, id)) == SQL_ROW) {
		f = filelist_add(&sc->buried);
		f->uid = (uint32_t)sql_int(st->db, id, 0);
		f->name = copy_column(&sc->buried, st->db, id, 1);
		f->base_len = (uint32_t)strlen(f->name);
	}
	sql_reset(st->db, id);
	end = store_read_end(st);
	return rc != SQL_DONE || end != SQL_DONE ?
	    op_fail_sql(sc->op, rc != SQL_DONE ? rc : end) : RUN_DONE;
}

enum run
scan_look_buried(struct scan *sc)
{
	enum run run = RUN_DONE;

	if (sc->all && sc->first && sc->buried.n == 0)
		run = read_buried(sc);
	return run == RUN_DONE ? filelist_sort(&sc->buried, filelist_by_base,
	    op_until(sc->op)) : run;
}

static bool
exists(const struct scan *sc, const struct file *f)
{
	char path[MAILDIR_NAME_MAX + 8];
	struct stat sb;

	(void)snprintf(path, sizeof(path), "%s/%s", f->in_new ? "new" : "cur",
	    f->name);
	return fstatat(sc->mb->dir_fd, path, &sb, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A file that was renamed while we read may be found under both names. */
static void
tell_double(const struct scan *sc, const struct file *a, const struct file *b)
{
	if (!exists(sc, a) || !exists(sc, b))
		return;
	log_limited(LOG_LEVEL_WARN, "store mailbox=%s user=%s: two files of "
	    "one name are one message: %s and %s: remove one of them, or move "
	    "it to new/ under another name", log_esc(slice_str(sc->mb->name)),
	    sc->mb->store->user, log_esc(slice_str(a->name)),
	    log_esc(slice_str(b->name)));
}

enum run
scan_look_fresh(struct scan *sc)
{
	struct filelist *l = &sc->found;

	while (sc->at < l->n) {
		size_t at = sc->at++;
		size_t i = sc->all ? l->order.at[at] : at;
		struct file *f = &l->items[i], *prev;

		prev = sc->all && at > 0 ? filelist_at(l, at - 1) : NULL;
		if (prev != NULL && filelist_by_base(prev, f) == 0) {
			f->known = true;
			tell_double(sc, prev, f);
		} else if (!f->known) {
			if (f->old == 0)
				f->uid = adopted_uid(sc, f, 0);
			/* One that has a UID elsewhere has to come first. */
			if (sc->waiting != NULL && f->in_new && f->uid == 0)
				scan_waiting_add(sc->waiting,
				    slice_str(f->name));
			else
				filelist_order_add(&sc->fresh, i);
		}
		if (sc->at % LOOK_EVERY == 0 && op_must_yield(sc->op))
			return RUN_MORE;
	}
	sc->at = 0;
	return RUN_DONE;
}

enum run
scan_look_arrival(struct scan *sc)
{
	return filelist_order_sort(&sc->fresh, &sc->found, filelist_by_arrival,
	    op_until(sc->op));
}
