/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Scans.  new/ is emptied into cur/ at once, so that it is nearly always
 * empty; all of cur/ is read only when another program changed it.
 *
 * A scan runs under the write lock of the index, since readdir(3) may miss
 * what is renamed meanwhile.  File names and the table name are both sorted
 * by base and merged.  Name without entry: a new message, or one that a
 * tombstone knows.  Entry without name: expunged by another program.  Both,
 * but the name's flags are not the merge base: apply what was changed.
 *
 * On disk before COMMIT: files moved from new/ to cur/, which the next scan
 * would find there as well.  After: the index has them.
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/xmalloc.h"
#include "storage/expunge.h"
#include "storage/maildir.h"
#include "storage/mailbox.h"
#include "storage/scan.h"
#include "storage/uidlist.h"
#include "storage/user.h"

/* A file that was found, or a row of the table name. */
struct file {
	char		*name;		/* all of it; of a row: the base */
	char		*info;		/* of a row, or NULL */
	size_t		 base_len;
	bool		 in_new;
	uint32_t	 uid;		/* of a row, or of the uidlist */
};

struct files {
	struct file	*items;
	size_t		 n;
	size_t		 size;
};

/* What to do to the entries after COMMIT. */
struct effect {
	enum { EFFECT_ADD, EFFECT_FLAGS, EFFECT_EXPUNGE } what;
	uint32_t	 uid;
	uint32_t	 flags;
	uint64_t	 keywords;
};

struct scan {
	struct op	*op;
	struct mailbox	*mb;
	struct files	 found;
	struct files	 rows;
	struct files	 buried;	/* bases that tombstones know */
	struct files	 fresh;		/* found, but in no row */
	struct uidlist	 list;
	struct effect	*effects;
	size_t		 neffects;
	size_t		 effects_size;
	uint64_t	 modseq;	/* 0: none was needed yet */
	bool		 moved;		/* we changed cur/ */
};

static struct slice
base_of(const struct file *f)
{
	return slice_make(f->name, f->base_len);
}

static struct file *
add_file(struct files *list)
{
	if (list->n == list->size) {
		list->size = list->size == 0 ? 64 : list->size * 2;
		list->items = xreallocarray(list->items, list->size,
		    sizeof(*list->items));
	}
	memset(&list->items[list->n], 0, sizeof(*list->items));
	return &list->items[list->n++];
}

static void
free_files(struct files *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->items[i].name);
		free(list->items[i].info);
	}
	free(list->items);
	memset(list, 0, sizeof(*list));
}

static int
by_base(const void *a, const void *b)
{
	return slice_cmp(base_of(a), base_of(b));
}

/* Known UIDs first and in order, then as delivered. */
static int
by_arrival(const void *a, const void *b)
{
	const struct file	*x = a, *y = b;
	int64_t			 tx, ty;

	if (x->uid != y->uid)
		return x->uid - 1 < y->uid - 1 ? -1 : 1;
	tx = maildir_name_time(base_of(x));
	ty = maildir_name_time(base_of(y));
	if (tx != ty)
		return tx < ty ? -1 : 1;
	return slice_cmp(base_of(x), base_of(y));
}

static void
sort(struct files *list, int (*cmp)(const void *, const void *))
{
	if (list->n > 1)
		qsort(list->items, list->n, sizeof(*list->items), cmp);
}

/* Only regular files are messages: no link is followed, no FIFO opened. */
static bool
is_message(int dir_fd, const struct dirent *e)
{
	struct stat	sb;

	if (e->d_name[0] == '.' || strchr(e->d_name, '\n') != NULL ||
	    strlen(e->d_name) >= MAILDIR_NAME_MAX - 64)
		return false;
	if (e->d_type == DT_REG)
		return true;
	if (e->d_type == DT_UNKNOWN && fstatat(dir_fd, e->d_name, &sb,
	    AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(sb.st_mode))
		return true;
	log_limited(LOG_LEVEL_WARN, "store maildir entry=%s is no regular file",
	    log_esc(slice_str(e->d_name)));
	return false;
}

/* 0, or -1 with errno. */
static int
read_dir(struct mailbox *mb, const char *name, bool in_new,
    struct files *list)
{
	struct dirent	*e;
	DIR		*dir;
	int		 fd, rc;

	fd = maildir_open_dir(mb->dir_fd, name);
	if (fd == -1)
		return -1;
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return -1;
	}
	for (errno = 0; (e = readdir(dir)) != NULL; errno = 0) {
		struct file	*f;
		struct slice	 base, info;

		if (!is_message(fd, e))
			continue;
		f = add_file(list);
		f->name = xstrdup(e->d_name);
		maildir_split(slice_str(f->name), &base, &info);
		f->base_len = base.len;
		f->in_new = in_new;
	}
	rc = errno == 0 ? 0 : -1;
	(void)closedir(dir);
	return rc;
}

static char *
copy_column(struct sql *db, enum sql_stmt id, int col)
{
	struct slice	 s = sql_blob(db, id, col);
	char		*p = xmalloc(s.len + 1);

	if (s.len > 0)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return p;
}

static enum sql_rc
read_rows(struct scan *sc)
{
	struct sql	*db = sc->mb->store->db;
	struct file	*f;
	enum sql_rc	 rc;

	sql_start(db, SQL_NAMES, SQL_ARGS(SQL_I(sc->mb->id), SQL_I(0),
	    SQL_I(-1)));
	while ((rc = sql_step(db, SQL_NAMES)) == SQL_ROW) {
		f = add_file(&sc->rows);
		f->uid = (uint32_t)sql_int(db, SQL_NAMES, 0);
		f->name = copy_column(db, SQL_NAMES, 1);
		f->base_len = strlen(f->name);
		if (!sql_null(db, SQL_NAMES, 2))
			f->info = copy_column(db, SQL_NAMES, 2);
	}
	sql_reset(db, SQL_NAMES);
	return rc;
}

static enum sql_rc
read_buried(struct scan *sc)
{
	struct sql	*db = sc->mb->store->db;
	struct file	*f;
	enum sql_rc	 rc;

	sql_start(db, SQL_EXPUNGED_NAMES, SQL_ARGS(SQL_I(sc->mb->id)));
	while ((rc = sql_step(db, SQL_EXPUNGED_NAMES)) == SQL_ROW) {
		f = add_file(&sc->buried);
		f->uid = (uint32_t)sql_int(db, SQL_EXPUNGED_NAMES, 0);
		f->name = copy_column(db, SQL_EXPUNGED_NAMES, 1);
		f->base_len = strlen(f->name);
	}
	sql_reset(db, SQL_EXPUNGED_NAMES);
	sort(&sc->buried, by_base);
	return rc;
}

static void
effect(struct scan *sc, int what, uint32_t uid, uint32_t flags,
    uint64_t keywords)
{
	if (sc->neffects == sc->effects_size) {
		sc->effects_size = sc->neffects == 0 ? 64 : sc->neffects * 2;
		sc->effects = xreallocarray(sc->effects, sc->effects_size,
		    sizeof(*sc->effects));
	}
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

/* The name says something else than the last time: apply the difference. */
static void
merge_flags(struct scan *sc, const struct file *row, struct slice info)
{
	struct sql	*db = sc->mb->store->db;
	struct slice	 old = slice_str(row->info);
	uint32_t	 s0, s1, k0, k1, flags, system;
	uint64_t	 keywords, kept;

	if ((row->info == NULL) == (info.p == NULL) && slice_eq(old, info))
		return;
	sql_put(db, SQL_NAME_INFO, SQL_ARGS(SQL_I(sc->mb->id),
	    SQL_I(row->uid), info.p == NULL ? SQL_N : SQL_B(info)));
	maildir_info_parse(old, &s0, &k0);
	maildir_info_parse(info, &s1, &k1);
	if (s0 == s1 && k0 == k1)
		return;
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
	keywords = (kept & ~(uint64_t)(k0 & ~k1)) | (k1 & ~k0);
	if (sc->mb->nkeywords < MAILDIR_KEYWORDS)
		keywords &= (1ULL << sc->mb->nkeywords) - 1;
	if (system == flags && keywords == kept)
		return;
	sql_put(db, SQL_ENTRY_FLAGS, SQL_ARGS(SQL_I(sc->mb->id),
	    SQL_I(row->uid), SQL_I(system), SQL_I(keywords),
	    SQL_I(modseq(sc))));
	sc->mb->row.flagmodseq = sc->modseq;
	mailbox_count(sc->mb, flags, -1);
	mailbox_count(sc->mb, system, 1);
	effect(sc, EFFECT_FLAGS, row->uid, system, keywords);
}

/* The file is gone: another program removed or moved it. */
static void
lost(struct scan *sc, const struct file *row)
{
	if (expunge_rows(sc->mb, row->uid, modseq(sc), NULL) == 0)
		effect(sc, EFFECT_EXPUNGE, row->uid, 0, 0);
}

static void
merge(struct scan *sc)
{
	size_t	i = 0, k = 0;

	sort(&sc->found, by_base);
	sort(&sc->rows, by_base);
	while (i < sc->found.n || k < sc->rows.n) {
		struct file	*f = NULL, *row = NULL;
		int		 cmp;

		if (i < sc->found.n)
			f = &sc->found.items[i];
		if (k < sc->rows.n)
			row = &sc->rows.items[k];
		cmp = f == NULL ? 1 : row == NULL ? -1 : by_base(f, row);
		if (i > 0 && f != NULL && by_base(f, f - 1) == 0) {
			log_limited(LOG_LEVEL_WARN, "store mailbox=%s two files "
			    "are one message: %s",
			    log_esc(slice_str(sc->mb->name)),
			    log_esc(slice_str(f->name)));
			i++;
		} else if (cmp < 0) {
			struct file	*n = add_file(&sc->fresh);

			*n = *f;
			n->name = xstrdup(f->name);
			i++;
		} else if (row != NULL && cmp > 0) {
			lost(sc, row);
			k++;
		} else if (row != NULL) {
			struct slice	base, info;

			maildir_split(slice_str(f->name), &base, &info);
			if (!f->in_new)
				merge_flags(sc, row, info);
			i++;
			k++;
		}
	}
}

/* A crash left an expunged file here: bury it again. */
static bool
rebury(struct scan *sc, const struct file *f)
{
	struct file	*b;
	char		 to[64];

	if (sc->buried.n == 0)
		return false;
	b = bsearch(f, sc->buried.items, sc->buried.n,
	    sizeof(*sc->buried.items), by_base);
	if (b == NULL || f->in_new)
		return false;
	expunge_file_name(sc->mb->id, b->uid, to);
	if (maildir_move(sc->mb->cur_fd, f->name,
	    sc->mb->store->expunged_fd, to) == -1)
		(void)unlinkat(sc->mb->cur_fd, f->name, 0);
	watch_expect(sc->mb->watched, WATCH_CUR, f->name);
	sc->moved = true;
	return true;
}

/* From new/ into cur/; f gets the name it has there. */
static int
take(struct scan *sc, int new_fd, struct file *f)
{
	char		 to[MAILDIR_NAME_MAX];
	struct slice	 base, info;

	maildir_split(slice_str(f->name), &base, &info);
	if (!slice_starts(info, SLICE_LIT("2,")))
		info = SLICE_LIT("2,");
	(void)snprintf(to, sizeof(to), "%.*s:%.*s", SLICE_ARG(base),
	    SLICE_ARG(info));
	if (maildir_move(new_fd, f->name, sc->mb->cur_fd, to) == -1) {
		struct buf	b;

		if (errno != EEXIST)
			return -1;
		buf_init(&b, sizeof(to) - 8);
		maildir_new_base(&b);
		(void)snprintf(to, sizeof(to), "%.*s:%.*s",
		    SLICE_ARG(buf_slice(&b)), SLICE_ARG(info));
		buf_clear(&b);
		if (maildir_move(new_fd, f->name, sc->mb->cur_fd, to) == -1)
			return -1;
	}
	watch_expect(sc->mb->watched, WATCH_NEW, f->name);
	watch_expect(sc->mb->watched, WATCH_CUR, to);
	free(f->name);
	f->name = xstrdup(to);
	f->base_len = strcspn(to, ":");
	sc->moved = true;
	return 0;
}

static void
add_message(struct scan *sc, const struct file *f)
{
	struct mailbox	*mb = sc->mb;
	struct slice	 base, info, uidl;
	uint32_t	 uid, system, letters;

	maildir_split(slice_str(f->name), &base, &info);
	maildir_info_parse(info, &system, &letters);
	if (mb->nkeywords < MAILDIR_KEYWORDS)
		letters &= (1U << mb->nkeywords) - 1;
	uidl = slice_make(NULL, 0);
	uid = mb->row.uidnext;
	if (f->uid != 0) {
		uid = f->uid;
		uidl = uidlist_uidl(&sc->list, base);
	}
	if (uid == UINT32_MAX)
		return;
	sql_put(mb->store->db, SQL_ENTRY_ADD, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(uid), SQL_I(system), SQL_I(letters), SQL_I(modseq(sc)),
	    SQL_I(0), SQL_I(time(NULL))));
	sql_put(mb->store->db, SQL_NAME_ADD, SQL_ARGS(SQL_I(mb->id),
	    SQL_I(uid), SQL_B(base), info.p == NULL ? SQL_N : SQL_B(info),
	    uidl.p == NULL ? SQL_N : SQL_B(uidl)));
	mailbox_count(mb, system, 1);
	mb->row.unsized++;
	if (uid >= mb->row.uidnext)
		mb->row.uidnext = uid + 1;
	effect(sc, EFFECT_ADD, uid, system, letters);
}

static int
add_fresh(struct scan *sc)
{
	int	new_fd = -1;

	for (size_t i = 0; i < sc->fresh.n; i++) {
		struct file	*f = &sc->fresh.items[i];

		/* Adopted UIDs must lie above what was given out. */
		f->uid = uidlist_find(&sc->list, base_of(f));
		if (f->uid != 0 && f->uid < sc->list.from)
			f->uid = 0;
	}
	sort(&sc->fresh, by_arrival);
	if (sc->list.next > sc->mb->row.uidnext)
		sc->mb->row.uidnext = sc->list.next;
	for (size_t i = 0; i < sc->fresh.n; i++) {
		struct file	*f = &sc->fresh.items[i];

		if (f->in_new) {
			if (new_fd == -1)
				new_fd = maildir_open_dir(sc->mb->dir_fd,
				    "new");
			if (take(sc, new_fd, f) == -1) {
				if (errno == ENOENT)
					continue;
				op_fail_errno(sc->op, errno, "move from new");
				(void)close(new_fd);
				return -1;
			}
		} else if (rebury(sc, f))
			continue;
		add_message(sc, f);
	}
	if (new_fd != -1)
		(void)close(new_fd);
	return 0;
}

static void
apply(struct scan *sc)
{
	struct mailbox	*mb = sc->mb;
	struct entry	*e;

	for (size_t i = 0; i < sc->neffects; i++) {
		struct effect	*x = &sc->effects[i];

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

/* Under the lock, with both folders as they are now. */
static enum run
run_locked(struct scan *sc, bool all, int64_t checked, int64_t newm,
    int64_t curm)
{
	struct mailbox	*mb = sc->mb;
	enum sql_rc	 rc;

	if (read_dir(mb, "new", true, &sc->found) == -1)
		return op_fail_errno(sc->op, errno, "read new");
	if (all && read_dir(mb, "cur", false, &sc->found) == -1)
		return op_fail_errno(sc->op, errno, "read cur");
	if (all) {
		if ((rc = read_rows(sc)) != SQL_DONE ||
		    (rc = read_buried(sc)) != SQL_DONE)
			return op_fail_sql(sc->op, rc);
		uidlist_adopt(mb, &sc->list);
		merge(sc);
	} else {
		free(sc->fresh.items);
		sc->fresh = sc->found;
		memset(&sc->found, 0, sizeof(sc->found));
	}
	if (add_fresh(sc) == -1)
		return RUN_FAIL;
	if (sc->moved && mb->watched != NULL) {
		checked = maildir_now();
		newm = maildir_mtime(mb->dir_fd, "new");
		curm = maildir_mtime(mb->dir_fd, "cur");
		watch_drain(mb->store->storage->watch);
	}
	mailbox_touch(mb);
	mb->row.newmtime = newm;
	if (all || mb->cur_clean) {
		mb->row.curmtime = curm;
		mb->row.curchecked = checked;
	}
	if (op_commit(sc->op) == -1)
		return RUN_FAIL;
	apply(sc);
	return RUN_DONE;
}

/* What of the two must be read. */
static void
look(struct mailbox *mb, int64_t now, int64_t newm, int64_t curm, bool *new,
    bool *all)
{
	*new = !mb->new_clean && (newm != mb->row.newmtime ||
	    maildir_racy(newm, now));
	*all = !mb->cur_clean && (curm != mb->row.curmtime ||
	    maildir_racy(curm, mb->row.curchecked));
	if (mb->watched == NULL)
		return;
	if (!*new)
		mb->new_clean = true;
	if (!*all)
		mb->cur_clean = true;
}

static bool
new_is_empty(struct mailbox *mb)
{
	struct files	list = { NULL, 0, 0 };
	bool		empty;

	empty = read_dir(mb, "new", true, &list) == 0 && list.n == 0;
	free_files(&list);
	return empty;
}

enum run
scan_run(struct op *op, struct mailbox *mb)
{
	struct scan	sc = { .op = op, .mb = mb };
	int64_t		now, newm, curm;
	enum run	run;
	bool		new, all;

	if (mb->dead)
		return op_fail(op, STORE_ERR_NONEXISTENT, 0,
		    "The mailbox was deleted");
	if (mailbox_cur(mb) == -1)
		return op_fail_errno(op, errno, mb->folder);
	watch_drain(op->store->storage->watch);
	if (mb->watched != NULL && mb->new_clean && mb->cur_clean)
		return RUN_DONE;
	now = maildir_now();
	newm = maildir_mtime(mb->dir_fd, "new");
	curm = maildir_mtime(mb->dir_fd, "cur");
	look(mb, now, newm, curm, &new, &all);
	if (!new && !all)
		return RUN_DONE;
	if (mb->watched != NULL) {
		mb->new_clean = true;
		if (all)
			mb->cur_clean = true;
	}
	if (!all && new_is_empty(mb)) {
		mb->row.newmtime = newm;
		return RUN_DONE;
	}
	run = op_begin(op);
	if (run == RUN_DONE)
		run = run_locked(&sc, all, now, newm, curm);
	if (run != RUN_DONE) {
		mb->new_clean = false;
		if (all)
			mb->cur_clean = false;
	}
	free_files(&sc.found);
	free_files(&sc.rows);
	free_files(&sc.buried);
	free_files(&sc.fresh);
	uidlist_clear(&sc.list);
	free(sc.effects);
	return run;
}

void
scan_distrust(struct mailbox *mb)
{
	mb->cur_clean = false;
	mb->row.curmtime = 0;
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
	struct mailbox	*mb = ((struct scan_job *)op)->mb;

	mb->scan_job = false;
	mailbox_unref(mb);
}

static const struct op_class job_class = { job_run, job_free, NULL };

void
scan_start_job(struct mailbox *mb)
{
	struct scan_job	*job;

	if (mb->scan_job || mb->dead)
		return;
	job = xcalloc(1, sizeof(*job));
	op_init(&job->op, &job_class, mb->store);
	mailbox_ref(mb);
	job->mb = mb;
	mb->scan_job = true;
	op_start_job(&job->op);
}
