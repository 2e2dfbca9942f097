/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a scan takes in.  A name without an entry is a new message, or one that
 * a tombstone knows.  An entry without a name was expunged by another program.
 * If there are both, but the flags in the name differ from the merge base, the
 * difference is applied.
 *
 * UIDs in dovecot-uidlist are adopted if we have not given them out: the other
 * server was first.  If it gave a message another UID than we did, not below
 * our next one, the message is expunged here and added with that UID and the
 * flags that it had.  The other server does the same if it finds our UID first.
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
#include "storage/index/content.h"
#include "storage/index/control.h"
#include "storage/index/floor.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/letter.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/tomb.h"
#include "storage/maildir/expunged.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"
#include "storage/op/keyword_write.h"
#include "storage/op/op_state.h"
#include "storage/op/scan_look.h"
#include "storage/op/scan_struct.h"
#include "storage/op/scan_take.h"
#include "storage/op/uidlist_promise.h"

/* Check the clock after this many messages. */
#define LOOK_EVERY	32

static void
effect(struct scan *sc, int what, uint32_t uid, uint32_t flags,
    uint64_t keywords)
{
	sc->effects = xgrow(sc->effects, sc->neffects, &sc->effects_size,
	    sizeof(*sc->effects));
	sc->effects[sc->neffects].what = what;
	sc->effects[sc->neffects].uid = uid;
	sc->effects[sc->neffects].flags = flags;
	sc->effects[sc->neffects++].keywords = keywords;
}

static uint64_t
modseq(struct scan *sc)
{
	if (sc->modseq == 0)
		sc->modseq = mailbox_next_modseq(sc->mb);
	return sc->modseq;
}

/* The keywords of the letters in a name. */
static uint64_t
take_letters(struct scan *sc, uint32_t letters)
{
	if (letters == 0)
		return 0;
	if ((letters & ~letters_known(sc->mb)) != 0)
		sc->odd_letters = true;
	return letters_take(sc->mb, letters, &sc->kept);
}

/* Returns false if there is no entry, or if it cannot be read. */
static bool
read_flags(struct scan *sc, uint32_t uid, struct flags *flags)
{
	struct sql *db = sc->mb->store->db;
	bool found;

	sql_start(db, SQL_ENTRY_GET, SQL_ARGS(SQL_I(sc->mb->id), SQL_I(uid)));
	if ((found = sql_step(db, SQL_ENTRY_GET) == SQL_ROW)) {
		flags->system = (uint32_t)sql_int(db, SQL_ENTRY_GET, 0);
		flags->keywords = (uint64_t)sql_int(db, SQL_ENTRY_GET, 1);
	}
	sql_reset(db, SQL_ENTRY_GET);
	return found;
}

/*
 * Apply to the flags of an entry, kept, the difference between name.info and
 * the name that its file has now.  The flags themselves may be newer than both.
 * A letter that stood for nothing before was not in the name, as far as flags
 * go.  Returns false if there is no such entry, or if it cannot be read.
 */
static bool
merge(struct scan *sc, const struct file *row, struct slice info,
    struct flags *kept, struct flags *merged)
{
	uint32_t s0, s1, k0, k1;
	uint64_t added;

	maildir_info_parse(slice_str(row->info), &s0, &k0);
	maildir_info_parse(info, &s1, &k1);
	k0 &= ~sc->fresh_letters;
	added = take_letters(sc, k1 & ~k0);
	if (!read_flags(sc, row->uid, kept))
		return false;
	merged->system = (kept->system & ~(s0 & ~s1)) | (s1 & ~s0);
	/* Two letters may stand for one keyword. */
	merged->keywords = (kept->keywords &
	    ~(letters_keywords(sc->mb, k0 & ~k1) &
	    ~letters_keywords(sc->mb, k1))) | added;
	return true;
}

/* The flags in a file name have changed: apply the difference. */
static void
merge_flags(struct scan *sc, const struct file *row, struct slice info)
{
	struct sql *db = sc->mb->store->db;
	struct flags kept, merged;
	bool same = (row->info == NULL) == (info.p == NULL) &&
	    slice_eq(slice_str(row->info), info);

	if (same && sc->fresh_letters == 0)
		return;
	if (!same)
		sql_tx_do(db, SQL_NAME_INFO, SQL_ARGS(SQL_I(sc->mb->id),
		    SQL_I(row->uid), info.p == NULL ? SQL_N : SQL_B(info)));
	if (!merge(sc, row, info, &kept, &merged) ||
	    (merged.system == kept.system && merged.keywords == kept.keywords))
		return;
	sql_tx_do(db, SQL_ENTRY_FLAGS, SQL_ARGS(SQL_I(sc->mb->id),
	    SQL_I(row->uid), SQL_I(merged.system), SQL_I(merged.keywords),
	    SQL_I(modseq(sc))));
	sc->mb->row.flagmodseq = sc->modseq;
	mailbox_count(sc->mb, kept.system, -1);
	mailbox_count(sc->mb, merged.system, 1);
	effect(sc, EFFECT_FLAGS, row->uid, merged.system, merged.keywords);
}

/* A name that has a letter which stands for a keyword only now. */
static void
merge_letters(struct scan *sc, uint32_t uid, struct slice base,
    struct slice info)
{
	struct file row = { .uid = uid };
	uint32_t system, letters;
	char text[MAILDIR_NAME_MAX];

	(void)base;
	maildir_info_parse(info, &system, &letters);
	if ((letters & sc->fresh_letters) == 0)
		return;
	(void)snprintf(text, sizeof(text), "%.*s", SLICE_ARG(info));
	row.info = text;
	merge_flags(sc, &row, slice_str(text));
}

enum run
scan_take_keywords(struct scan *sc)
{
	struct mailbox *mb = sc->mb;
	uint32_t last = sc->row_last;
	enum sql_rc rc = SQL_ROW;
	int changed = keyword_file_changed(mb);

	if (changed == 1 && keyword_adopt(mb, &sc->fresh_letters) == -1)
		changed = -1;
	if (changed == -1)
		return op_fail_path(sc->op, mb->folder, KEYWORDFILE_NAME, NULL,
		    errno);
	/*
	 * Names may have had these letters before.  This is one transaction
	 * with keyword_adopt(), since the letters are fresh only once.
	 */
	sc->row_last = 0;
	while (sc->fresh_letters != 0 && rc == SQL_ROW)
		rc = scan_look_batch(sc, merge_letters);
	sc->row_last = last;
	if (rc != SQL_ROW && rc != SQL_DONE)
		return op_fail_sql(sc->op, rc);
	sc->fresh_letters = 0;
	if (sc->all && dotlock_taken(mb->dir_fd, UIDLIST_LOCK,
	    mb->store->storage->delays.list_stale_s)) {
		mb->list.stamp.known = false;
		sc->left = true;
	}
	return RUN_DONE;
}

/* Another program removed or moved the file: expunge the message. */
static void
lost(struct scan *sc, uint32_t uid)
{
	if (tomb_lost(sc->mb, uid, modseq(sc)) == 0)
		effect(sc, EFFECT_EXPUNGE, uid, 0, 0);
}

/* Open new/ when it is first needed.  Returns 0, or -1 with the error set. */
static int
open_new(struct scan *sc)
{
	if (sc->new_fd == -1)
		sc->new_fd = maildir_open_dir(sc->mb->dir_fd, "new");
	if (sc->new_fd != -1)
		return 0;
	op_fail_path(sc->op, sc->mb->folder, "new", NULL, errno);
	return -1;
}

/*
 * A message of the index is in new/: move it to cur/.  Either another program
 * put it back there, for example to mark it unread, or a power cut took our
 * own move.  In the second case the name says nothing new, since name.info has
 * flags only after cur/ was synced (flagname.c).
 */
static int
take_back(struct scan *sc, const struct file *f, const struct file *row)
{
	char to[MAILDIR_NAME_MAX];
	struct slice base, info;

	maildir_split(slice_str(f->name), &base, &info);
	if (!slice_starts(info, SLICE_LIT("2,")))
		info = SLICE_LIT("2,");
	maildir_name_print(base, info, to);
	if (open_new(sc) == -1)
		return -1;
	if (maildir_move(sc->new_fd, f->name, sc->mb->cur_fd, to) == -1) {
		if (maildir_gone(errno)) {
			sc->cur_changed = true;
			return 0;
		}
		op_fail_path(sc->op, sc->mb->folder, "new", f->name, errno);
		return -1;
	}
	watch_expect(sc->mb->watch.watched, WATCH_NEW, f->name);
	watch_expect(sc->mb->watch.watched, WATCH_CUR, to);
	maildir_split(slice_str(to), &base, &info);
	merge_flags(sc, row, info);
	return 0;
}

/* Whether a file is in cur/: 1 or 0, or -1 with the error set. */
static int
is_there(struct scan *sc, const char *name)
{
	struct stat sb;

	if (fstatat(sc->mb->cur_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	if (maildir_gone(errno))
		return 0;
	op_fail_path(sc->op, sc->mb->folder, "cur", name, errno);
	return -1;
}

/* A row of the table name, as it is now. */
struct name_row {
	struct file	 file;		/* its name is the base */
	char		 base[MAILDIR_NAME_MAX];
	char		 info[MAILDIR_NAME_MAX];
	char		 name[MAILDIR_NAME_MAX]; /* of the file */
};

/* Returns false if there is none, or if it cannot be read. */
static bool
read_row(struct scan *sc, uint32_t uid, struct name_row *r)
{
	struct sql *db = sc->mb->store->db;
	enum sql_stmt id = SQL_NAME_GET;
	bool found;

	sql_start(db, id, SQL_ARGS(SQL_I(sc->mb->id), SQL_I(uid)));
	if ((found = sql_step(db, id) == SQL_ROW)) {
		bool has_info = !sql_null(db, id, 1);

		(void)snprintf(r->base, sizeof(r->base), "%.*s",
		    SLICE_ARG(sql_blob(db, id, 0)));
		(void)snprintf(r->info, sizeof(r->info), "%.*s",
		    SLICE_ARG(sql_blob(db, id, 1)));
		(void)snprintf(r->name, sizeof(r->name), "%.*s%s%.*s",
		    SLICE_ARG(sql_blob(db, id, 0)), has_info ? ":" : "",
		    SLICE_ARG(sql_blob(db, id, 1)));
		r->file = (struct file){ .uid = uid, .name = r->base,
		    .info = has_info ? r->info : NULL };
	}
	sql_reset(db, id);
	return found;
}

/*
 * A row whose file was missed, or had another name, while we read the folder.
 * Since then one of our own processes may have renamed the file: then the row
 * has its new name by now.
 */
static int
take_one(struct scan *sc, const struct file *d)
{
	struct name_row row;
	struct slice base, info;
	int there;

	if (!read_row(sc, d->uid, &row))
		return 0;
	if (d->in_new)
		return take_back(sc, d, &row.file);
	if ((there = is_there(sc, row.name)) != 0)
		return there == -1 ? -1 : 0;
	if (d->name == NULL) {
		/*
		 * It may only have been renamed: the next scan will show.  Look
		 * after is_there(), since another program may rename the file
		 * at any time.
		 */
		sc->cur_changed = sc->cur_changed || scan_look_changed(sc);
		if (!sc->cur_changed)
			lost(sc, d->uid);
		return 0;
	}
	if ((there = is_there(sc, d->name)) == -1)
		return -1;
	if (there == 0) {
		sc->left = true;
		return 0;
	}
	maildir_split(slice_str(d->name), &base, &info);
	merge_flags(sc, &row.file, info);
	return 0;
}

enum run
scan_take_differ(struct scan *sc)
{
	for (; sc->nsame > 0; sc->nsame--) {
		const struct scan_same *same = &sc->same[sc->nsame - 1];

		sql_tx_do(sc->mb->store->db, SQL_CONTENT_TOUCH, SQL_ARGS(
		    SQL_I(same->content), SQL_I(same->mtime)));
	}
	while (sc->at < sc->differ.n) {
		if (take_one(sc, &sc->differ.items[sc->at++]) == -1)
			return RUN_FAIL;
		if (sc->at % LOOK_EVERY != 0)
			continue;
		watch_drain(sc->mb->store->storage->watch);
		if (op_must_yield(sc->op))
			return RUN_MORE;
	}
	sc->at = 0;
	return RUN_DONE;
}

/*
 * A power cut may have kept the tombstone of a message, and not that its file
 * was moved to expunged/: move it there now.  If expunged/ has the file, or it
 * cannot be moved, this one is a message that somebody has restored.
 */
static bool
rebury(struct scan *sc, const struct file *f)
{
	const struct file *b;
	char to[EXPUNGE_NAME_MAX];

	if (f->in_new ||
	    (b = filelist_find(&sc->buried, file_base(f))) == NULL)
		return false;
	expunged_file_name(sc->mb->id, b->uid, to);
	if (maildir_move(sc->mb->cur_fd, f->name,
	    sc->mb->store->expunged_fd, to) == -1)
		return false;
	watch_expect(sc->mb->watch.watched, WATCH_CUR, f->name);
	log_info("store mailbox=%s user=%s uid %u was expunged when the power "
	    "failed: its file is in penfold/expunged/%s",
	    log_esc(slice_str(sc->mb->name)), sc->mb->store->user, b->uid, to);
	return true;
}

/* Move a file from new/ to cur/, where its name is to. */
static int
take(struct scan *sc, const struct file *f, char to[MAILDIR_NAME_MAX])
{
	struct slice base, info;
	struct buf b;
	int rc;

	maildir_split(slice_str(f->name), &base, &info);
	if (!slice_starts(info, SLICE_LIT("2,")))
		info = SLICE_LIT("2,");
	maildir_name_print(base, info, to);
	rc = maildir_move(sc->new_fd, f->name, sc->mb->cur_fd, to);
	if (rc == -1 && errno == EEXIST) {
		buf_init(&b, MAILDIR_NAME_MAX - 8);
		maildir_new_base(&b);
		maildir_name_print(buf_slice(&b), info, to);
		buf_clear(&b);
		rc = maildir_move(sc->new_fd, f->name, sc->mb->cur_fd, to);
	}
	if (rc == -1)
		return -1;
	watch_expect(sc->mb->watch.watched, WATCH_NEW, f->name);
	watch_expect(sc->mb->watch.watched, WATCH_CUR, to);
	return 0;
}

/*
 * The size of a new file in cur/.  Most often its name says it: what is wrong
 * there is corrected when the message is parsed.
 */
static uint64_t
size_of(const struct scan *sc, struct slice base, const char *name)
{
	struct stat sb;
	uint64_t size;

	if (maildir_size_of(base, &size) && size <= INT64_MAX)
		return size;
	if (fstatat(sc->mb->cur_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(sb.st_mode))
		return 0;
	return (uint64_t)sb.st_size;
}

/* The ids for all new files are reserved at once. */
static int64_t
next_object(struct scan *sc)
{
	if (sc->object == 0)
		sc->object = content_reserve(sc->mb->store->db,
		    (uint32_t)sc->fresh.n);
	return sc->object == 0 ? 0 : sc->object++;
}

/*
 * The flags of a new entry, within the transaction that also expunges the one
 * that its file had, if any.  STORE is answered before names show its flags,
 * and some keywords have no letter, so the former entry has them, and its name
 * says only what another program has changed.  That holds also for a file with
 * other contents: its flags must not depend on when it was renamed.
 */
static struct flags
first_flags(struct scan *sc, const struct file *f, struct slice info)
{
	struct flags kept, flags;
	struct name_row row;
	uint32_t letters;

	if (f->old != 0 && read_row(sc, f->old, &row) &&
	    merge(sc, &row.file, info, &kept, &flags))
		return flags;
	maildir_info_parse(info, &flags.system, &letters);
	flags.keywords = take_letters(sc, letters);
	return flags;
}

static void
add_message(struct scan *sc, const struct file *f, const char *name)
{
	struct mailbox *mb = sc->mb;
	const struct file *item = NULL;
	struct slice base, info, uidl;
	struct flags flags;
	uint32_t uid;
	uint64_t size;

	maildir_split(slice_str(name), &base, &info);
	uid = mb->row.uidnext;
	if (f->uid != 0) {
		uid = f->uid;
		item = filelist_find(&sc->list.files, base);
	}
	uidl = slice_str(item == NULL ? NULL : item->info);
	if (uid == UINT32_MAX) {
		log_limited(LOG_LEVEL_WARN, "store mailbox=%s has no UID "
		    "left for %s", log_esc(slice_str(mb->name)),
		    log_esc(slice_str(f->name)));
		return;
	}
	flags = first_flags(sc, f, info);
	if (f->old != 0) {
		lost(sc, f->old);
		/* The list must not give it the UID that it had. */
		sc->list_wrong = sc->list_wrong || f->uid == 0;
	}
	size = size_of(sc, base, name);
	sql_tx_do(mb->store->db, SQL_ENTRY_ADD, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(uid), SQL_I(flags.system), SQL_I(flags.keywords),
	    SQL_I(modseq(sc)), SQL_I(0), SQL_I(time(NULL))));
	sql_tx_do(mb->store->db, SQL_NAME_ADD, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(uid), SQL_B(base), info.p == NULL ? SQL_N : SQL_B(info),
	    uidl.p == NULL ? SQL_N : SQL_B(uidl), SQL_I(size),
	    SQL_I(next_object(sc))));
	mailbox_count(mb, flags.system, 1);
	mb->row.size += size;
	mb->row.unsized++;
	if (uid >= mb->row.uidnext)
		mb->row.uidnext = uid + 1;
	if (sc->all)
		sc->row_last = uid;
	effect(sc, EFFECT_ADD, uid, flags.system, flags.keywords);
	/* The name may lack flags of the former entry. */
	if (f->old != 0) {
		mb->row.renames = true;
		effect(sc, EFFECT_RENAME, uid, 0, 0);
	}
}

/* Take in a file of cur/. */
static int
add_here(struct scan *sc, const struct file *f)
{
	int there = is_there(sc, f->name);

	/* Since the folder was read, it may have been renamed or expunged. */
	if (there == 1 && !rebury(sc, f))
		add_message(sc, f, f->name);
	return there == -1 ? -1 : 0;
}

static int
add_one(struct scan *sc, struct file *f)
{
	char to[MAILDIR_NAME_MAX];

	if (f->known)
		return 0;
	if (f->uid != 0 && f->uid < scan_look_adopt_from(sc)) {
		/*
		 * Somebody was told of that UID meanwhile.  The next UID may be
		 * one that the list has for another file: until all these are
		 * adopted, this file has to wait.
		 */
		sc->list_wrong = true;
		f->uid = 0;
		if (f->old == 0)
			filelist_order_add(&sc->fresh,
			    (size_t)(f - sc->found.items));
		else	/* It stays, and its name was not compared. */
			sc->left = true;
		return 0;
	}
	if (f->uid == 0 && uidlist_room(sc->mb) == 0 &&
	    mailbox_uids_left(sc->mb) > 0) {
		sc->left = true;
		return 0;
	}
	if (!f->in_new)
		return add_here(sc, f);
	if (open_new(sc) == -1)
		return -1;
	if (take(sc, f, to) == 0)
		add_message(sc, f, to);
	else if (!maildir_gone(errno)) {
		op_fail_path(sc->op, sc->mb->folder, "new", f->name, errno);
		return -1;
	}
	return 0;
}

/* Add files, those with UIDs of another server or all. */
static enum run
add(struct scan *sc, bool all)
{
	while (sc->at < sc->fresh.n) {
		struct file *f = &sc->found.items[sc->fresh.at[sc->at]];

		if (!all && f->uid == 0)
			break;
		sc->at++;
		if (add_one(sc, f) == -1)
			return RUN_FAIL;
		if (sc->at % LOOK_EVERY != 0)
			continue;
		/* Otherwise the kernel's queue of events could overflow. */
		watch_drain(sc->mb->store->storage->watch);
		if (op_must_yield(sc->op))
			return RUN_MORE;
	}
	return RUN_DONE;
}

enum run
scan_take_adopted(struct scan *sc)
{
	return add(sc, false);
}

enum run
scan_take_rest(struct scan *sc)
{
	return add(sc, true);
}

/* A row that was added since the rows were read, by anybody. */
static void
add_known(struct scan *sc, uint32_t uid, struct slice base, struct slice info)
{
	size_t at = scan_look_place(sc, base);

	(void)uid;
	(void)info;
	if (at < sc->found.n)
		filelist_at(&sc->found, at)->known = true;
}

enum run
scan_take_begin(struct scan *sc)
{
	enum sql_rc rc = SQL_ROW;

	if (!sc->all)
		return RUN_DONE;
	while (rc == SQL_ROW)
		rc = scan_look_batch(sc, add_known);
	return rc == SQL_DONE ? RUN_DONE : op_fail_sql(sc->op, rc);
}

static void
apply_one(struct scan *sc, const struct effect *x, struct idset *renames)
{
	struct mailbox *mb = sc->mb;
	struct entry *e = x->what == EFFECT_ADD || !mb->loaded ? NULL :
	    mailbox_entry(mb, x->uid);

	switch (x->what) {
	case EFFECT_ADD:
		mailbox_added(mb, x->uid, x->flags, x->keywords, sc->modseq);
		break;
	case EFFECT_FLAGS:
		if (e != NULL)
			mailbox_flagged(mb, e, x->flags, x->keywords,
			    sc->modseq, 0);
		break;
	case EFFECT_EXPUNGE:
		if (e != NULL)
			mailbox_expunged(mb, e, sc->modseq);
		break;
	case EFFECT_RENAME:
		(void)idset_add(renames, x->uid);
		break;
	}
}

/* After COMMIT: change the entries in memory. */
static void
apply(struct scan *sc)
{
	struct idset renames;

	idset_init(&renames, IDSET_NOLIMIT);
	for (size_t i = 0; i < sc->neffects; i++)
		apply_one(sc, &sc->effects[i], &renames);
	if (!idset_empty(&renames))
		mailbox_rename_later(sc->mb, &renames);
	idset_clear(&renames);
	if (sc->neffects > 0)
		mailbox_changed(sc->mb);
}

int
scan_take_commit(struct scan *sc)
{
	/* If the commit fails, op_rollback() has freed the scan. */
	if (op_commit(sc->op) == -1)
		return -1;
	apply(sc);
	sc->neffects = 0;
	sc->modseq = sc->kept = 0;
	dotlock_close(&sc->promise.lock);
	return 0;
}
