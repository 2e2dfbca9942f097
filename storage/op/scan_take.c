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
 * our next one, the message is expunged here and added with that UID.  The
 * other server does the same if it finds our UID first.
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
#include "storage/op/scan_compare.h"
#include "storage/op/scan_struct.h"
#include "storage/op/scan_take.h"
#include "storage/op/scan_waiting.h"

/* Check the clock after this many messages. */
#define LOOK_EVERY	32
/* An mtime that no list has: there is a list, but the index knows it not. */
#define LIST_UNREAD	(-1)

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

void
scan_adopt_list(struct scan *sc)
{
	struct mailbox *mb = sc->mb;
	struct mailbox_row *row = &mb->row;
	bool first;

	mailbox_touch(mb);
	/* Nobody was ever told of a mailbox that was never scanned. */
	first = row->curchecked == 0 && row->messages == 0;
	sc->adopt_from = first ? 1 : row->uidnext;
	if (first) {
		adopt_validity(sc);
		/* See SQL_MAILBOX_BOOT. */
		if (sc->list.uidvalidity == 0 && row->uidnext < row->listnext)
			row->uidnext = row->listnext;
	}
	row->listuid = sc->list.last;
	row->listnext = sc->list.promised;
	if (sc->list.uidvalidity != row->uidvalidity) {
		filelist_clear(&sc->list.files);
		sc->list_wrong = true;
		row->listnext = 0;
	} else if (sc->list.next > row->uidnext)
		row->uidnext = sc->list.next;
	if (uidlist_is_cut(&sc->list))
		sc->list_wrong = true;
	/* A list read without its lock may lack files: read it again. */
	row->listmtime = sc->list_locked ? sc->list.mtime : LIST_UNREAD;
	row->listsize = sc->list_locked ? sc->list.size : 0;
	sc->promise.known = sc->list_locked;
}

enum run
scan_adopt_keywords(struct scan *sc)
{
	struct mailbox *mb = sc->mb;
	int changed = keyword_file_changed(mb);

	if (changed == 1 && keyword_adopt(mb, &sc->fresh_letters) == -1)
		changed = -1;
	if (changed == -1)
		return op_fail_path(sc->op, mb->folder, KEYWORDFILE_NAME, NULL,
		    errno);
	/* Names may have had these letters before. */
	if (sc->fresh_letters != 0)
		sc->all = true;
	if (sc->all && !sc->list_locked && dotlock_taken(mb->dir_fd,
	    UIDLIST_LOCK, mb->store->storage->delays.list_stale_s)) {
		mb->list.stamp.known = false;
		sc->left = true;
	}
	return RUN_DONE;
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

/*
 * The flags in a file name have changed: apply the difference.  A letter that
 * stood for nothing before was not in the name, as far as flags go.
 */
static void
merge_flags(struct scan *sc, const struct file *row, struct slice info)
{
	struct sql *db = sc->mb->store->db;
	struct slice old = slice_str(row->info);
	uint32_t s0, s1, k0, k1, flags, system;
	uint64_t keywords, kept, added;
	bool same = (row->info == NULL) == (info.p == NULL) &&
	    slice_eq(old, info);

	if (same && sc->fresh_letters == 0)
		return;
	if (!same)
		sql_tx_do(db, SQL_NAME_INFO, SQL_ARGS(SQL_I(sc->mb->id),
		    SQL_I(row->uid), info.p == NULL ? SQL_N : SQL_B(info)));
	maildir_info_parse(old, &s0, &k0);
	maildir_info_parse(info, &s1, &k1);
	k0 &= ~sc->fresh_letters;
	if (s0 == s1 && k0 == k1)
		return;
	added = take_letters(sc, k1 & ~k0);
	sql_start(db, SQL_ENTRY_GET, SQL_ARGS(SQL_I(sc->mb->id),
	    SQL_I(row->uid)));
	if (sql_step(db, SQL_ENTRY_GET) != SQL_ROW) {
		sql_reset(db, SQL_ENTRY_GET);
		return;
	}
	flags = (uint32_t)sql_int(db, SQL_ENTRY_GET, 0);
	kept = (uint64_t)sql_int(db, SQL_ENTRY_GET, 1);
	sql_reset(db, SQL_ENTRY_GET);
	system = (flags & ~(s0 & ~s1)) | (s1 & ~s0);
	/* Two letters may stand for one keyword. */
	keywords = (kept & ~(letters_keywords(sc->mb, k0 & ~k1) &
	    ~letters_keywords(sc->mb, k1))) | added;
	if (system == flags && keywords == kept)
		return;
	sql_tx_do(db, SQL_ENTRY_FLAGS, SQL_ARGS(SQL_I(sc->mb->id),
	    SQL_I(row->uid), SQL_I(system), SQL_I(keywords),
	    SQL_I(modseq(sc))));
	sc->mb->row.flagmodseq = sc->modseq;
	mailbox_count(sc->mb, flags, -1);
	mailbox_count(sc->mb, system, 1);
	effect(sc, EFFECT_FLAGS, row->uid, system, keywords);
}

/* Another program removed or moved the file: expunge the message. */
static void
lost(struct scan *sc, const struct file *row)
{
	if (tomb_lost(sc->mb, row->uid, modseq(sc)) == 0)
		effect(sc, EFFECT_EXPUNGE, row->uid, 0, 0);
}

/*
 * Find the UID that another server gave a message.  uid is the one that the
 * message has here, or 0.  Returns 0 if there is nothing to adopt.
 */
static uint32_t
adopted_uid(struct scan *sc, const struct file *f, uint32_t uid)
{
	const struct file *item;

	if (!sc->has_list)
		return 0;
	item = filelist_find(&sc->list.files, file_base(f));
	if (item != NULL && item->uid == uid)
		return 0;
	if (item != NULL && item->uid >= sc->adopt_from)
		return item->uid;
	/* Appending cannot correct the list: write it anew. */
	if (item != NULL || (uid != 0 && uid <= sc->list.last))
		sc->list_wrong = true;
	return 0;
}

static void
add_fresh(struct scan *sc, const struct file *f, uint32_t uid)
{
	struct file *n = filelist_add(&sc->fresh);

	*n = *f;
	n->uid = uid;
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

/*
 * A reader has found that a file is not what the index says: if it has other
 * contents, it is another message, though its name is the same.
 */
static enum run
look_at_suspect(struct scan *sc, const struct file *f,
    const struct file *row, bool *changed)
{
	struct idset *suspects = &sc->mb->watch.suspects;
	enum run run;

	*changed = false;
	if (f->in_new || !idset_contains(suspects, row->uid))
		return RUN_DONE;
	run = scan_compare(sc, f->name, row->uid, changed);
	if (run != RUN_DONE)
		return run;
	(void)idset_remove(suspects, row->uid);
	if (!*changed)
		return RUN_DONE;
	lost(sc, row);
	add_fresh(sc, f, 0);
	/* The list must not give the new message the old UID. */
	sc->list_wrong = true;
	return RUN_DONE;
}

/* Take in a file whose base name the index knows. */
static enum run
known(struct scan *sc, const struct file *f, const struct file *row)
{
	struct slice base, info;
	enum run run;
	uint32_t uid;
	bool changed;

	if ((uid = adopted_uid(sc, f, row->uid)) != 0) {
		lost(sc, row);
		add_fresh(sc, f, uid);
		return RUN_DONE;
	}
	run = look_at_suspect(sc, f, row, &changed);
	if (run != RUN_DONE || changed)
		return run;
	if (f->in_new && sc->waiting != NULL) {
		/* Only a scan of both folders knows that it is no new one. */
		sc->left = true;
		return RUN_DONE;
	}
	if (f->in_new)
		return take_back(sc, f, row) == -1 ? RUN_FAIL : RUN_DONE;
	maildir_split(slice_str(f->name), &base, &info);
	merge_flags(sc, row, info);
	return RUN_DONE;
}

enum run
scan_merge(struct scan *sc)
{
	for (size_t n = 1; sc->at < sc->found.n || sc->row_at < sc->rows.n;
	    n++) {
		const struct file *f = NULL, *row = NULL;
		enum run run;
		int cmp;

		if (sc->at < sc->found.n)
			f = &sc->found.items[sc->at];
		if (sc->row_at < sc->rows.n)
			row = &sc->rows.items[sc->row_at];
		cmp = f == NULL ? 1 : row == NULL ? -1 :
		    filelist_by_base(f, row);
		if (sc->at > 0 && f != NULL &&
		    filelist_by_base(f, f - 1) == 0) {
			log_limited(LOG_LEVEL_WARN, "store mailbox=%s two "
			    "files have the same base name: %s",
			    log_esc(slice_str(sc->mb->name)),
			    log_esc(slice_str(f->name)));
			sc->at++;
		} else if (cmp < 0) {
			add_fresh(sc, f, adopted_uid(sc, f, 0));
			sc->at++;
		} else if (row != NULL && cmp > 0) {
			/*
			 * The file may only have been renamed: the next scan
			 * will show.
			 */
			if (!sc->cur_changed)
				lost(sc, row);
			sc->row_at++;
		} else if (row != NULL) {
			if ((run = known(sc, f, row)) != RUN_DONE)
				return run;
			sc->at++;
			sc->row_at++;
		}
		if (n % LOOK_EVERY == 0 && op_must_yield(sc->op))
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

static void
add_message(struct scan *sc, const struct file *f, const char *name)
{
	struct mailbox *mb = sc->mb;
	const struct file *item = NULL;
	struct slice base, info, uidl;
	uint32_t uid, system, letters;
	uint64_t keywords;
	uint64_t size;

	maildir_split(slice_str(name), &base, &info);
	maildir_info_parse(info, &system, &letters);
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
	keywords = take_letters(sc, letters);
	size = size_of(sc, base, name);
	sql_tx_do(mb->store->db, SQL_ENTRY_ADD, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(uid), SQL_I(system), SQL_I(keywords), SQL_I(modseq(sc)),
	    SQL_I(0), SQL_I(time(NULL))));
	sql_tx_do(mb->store->db, SQL_NAME_ADD, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(uid), SQL_B(base), info.p == NULL ? SQL_N : SQL_B(info),
	    uidl.p == NULL ? SQL_N : SQL_B(uidl), SQL_I(size),
	    SQL_I(next_object(sc))));
	mailbox_count(mb, system, 1);
	mb->row.size += size;
	mb->row.unsized++;
	if (uid >= mb->row.uidnext)
		mb->row.uidnext = uid + 1;
	effect(sc, EFFECT_ADD, uid, system, keywords);
}

/* A file with a UID from another server must be taken in before others. */
bool
scan_leaves(const struct scan *sc, const struct file *f)
{
	return sc->waiting != NULL && f->in_new && f->uid == 0;
}

static int
add_one(struct scan *sc, const struct file *f)
{
	char to[MAILDIR_NAME_MAX];

	if (scan_leaves(sc, f)) {
		scan_waiting_add(sc->waiting, slice_str(f->name));
		return 0;
	}
	if (f->uid == 0 && uidlist_room(sc->mb) == 0 &&
	    mailbox_uids_left(sc->mb) > 0) {
		sc->left = true;
		return 0;
	}
	if (!f->in_new) {
		if (!rebury(sc, f))
			add_message(sc, f, f->name);
		return 0;
	}
	if (take(sc, f, to) == 0)
		add_message(sc, f, to);
	else if (!maildir_gone(errno)) {
		op_fail_path(sc->op, sc->mb->folder, "new", f->name, errno);
		return -1;
	}
	return 0;
}

enum run
scan_add(struct scan *sc)
{
	if (sc->fresh.n > 0 && open_new(sc) == -1)
		return RUN_FAIL;
	while (sc->at < sc->fresh.n) {
		if (add_one(sc, &sc->fresh.items[sc->at++]) == -1)
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

void
scan_apply(struct scan *sc)
{
	struct mailbox *mb = sc->mb;
	struct entry *e;

	for (size_t i = 0; i < sc->neffects; i++) {
		struct effect *x = &sc->effects[i];

		if (x->what == EFFECT_ADD) {
			mailbox_added(mb, x->uid, x->flags, x->keywords,
			    sc->modseq);
			continue;
		}
		if (!mb->loaded || (e = mailbox_entry(mb, x->uid)) == NULL)
			continue;
		if (x->what == EFFECT_FLAGS)
			mailbox_flagged(mb, e, x->flags, x->keywords,
			    sc->modseq, 0);
		else
			mailbox_expunged(mb, e, sc->modseq);
	}
	if (sc->neffects > 0)
		mailbox_changed(mb);
}
