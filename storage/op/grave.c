/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Emptying graves; grave.h says what they are.  First the grave itself is
 * synced: if a power cut took it, the mailbox would be there again, without its
 * mail.  Then files are removed, then rows, some in each transaction.  The row
 * of the grave goes last, so that after a crash the next job goes on where this
 * one stopped.
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

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/table.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/content.h"
#include "storage/index/index.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/maildir/expunged.h"
#include "storage/maildir/maildir.h"
#include "storage/op/grave.h"
#include "storage/op/list_row.h"
#include "storage/op/op_state.h"

/* Rows in a transaction, and files unlinked before the clock is checked. */
#define PIECE		200
#define STRAY_NAME_MAX	96

struct grave_op {
	struct op	 op;
	uint32_t	 mailbox;	/* being emptied, or 0 */
	bool		 syncing;	/* its sync was asked for */
	bool		 files_gone;
	bool		 graves_done;
	DIR		*strays;	/* expunged/, being swept */
	char		 stray[STRAY_NAME_MAX];	/* folder to remove, or "" */
};

/* Sets errno unless the folder is gone. */
static bool
is_gone(int dir_fd, const char *folder)
{
	struct stat sb;

	if (fstatat(dir_fd, folder, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return maildir_gone(errno);
	errno = EIO;
	return false;
}

/*
 * No mailbox id is used twice, unless the index was lost: then a folder of
 * this name is a stray.  Rename it.
 */
int
grave_move(struct store *st, const char *folder, uint32_t mailbox)
{
	char name[GRAVE_NAME_MAX], other[STRAY_NAME_MAX];

	expunged_folder_name(mailbox, name);
	if (maildir_move(st->root_fd, folder, st->expunged_fd, name) == 0)
		return 0;
	if (maildir_gone(errno))
		return is_gone(st->root_fd, folder) ? 0 : -1;
	if (errno != EEXIST && errno != ENOTEMPTY)
		return -1;
	(void)snprintf(other, sizeof(other), "%s.%lld.%ld", name,
	    (long long)time(NULL), (long)getpid());
	if (maildir_move(st->expunged_fd, name, st->expunged_fd, other) == -1)
		return -1;
	return maildir_move(st->root_fd, folder, st->expunged_fd, name);
}

void
grave_move_back(struct store *st, const char *folder, uint32_t mailbox)
{
	char name[GRAVE_NAME_MAX];

	expunged_folder_name(mailbox, name);
	(void)maildir_move(st->expunged_fd, name, st->root_fd, folder);
}

void
grave_dig(struct store *st, uint32_t mailbox)
{
	static const enum sql_stmt steps[] = {
		SQL_GRAVE_ADD, SQL_KEYWORDS_DELETE,
		SQL_LETTERS_DELETE, SQL_GAPS_DELETE,
		SQL_MAILBOX_DELETE,
	};

	for (size_t i = 0; i < NROWS(steps); i++)
		sql_tx_do(st->db, steps[i], SQL_ARGS(SQL_I(mailbox)));
}

/*
 * Unlink up to PIECE files of a folder.  Returns how many were unlinked: 0 if
 * none is left, or none can be unlinked.
 */
static size_t
unlink_files(int dir_fd, const char *name)
{
	struct dirent *e;
	size_t n = 0;
	DIR *dir;

	if ((dir = maildir_open_names(dir_fd, name)) == NULL)
		return 0;
	while (n < PIECE && maildir_next(dir, &e) == 1)
		if (unlinkat(dirfd(dir), e->d_name, 0) == 0)
			n++;
	(void)closedir(dir);
	return n;
}

/*
 * Remove a piece of a folder of expunged/: files of a folder in it, that
 * folder once it is empty, or a file directly in it.  A Maildir has no deeper
 * folders.  Returns whether anything was removed.
 */
static bool
remove_piece(struct store *st, const char *name)
{
	struct dirent *e;
	DIR *dir;
	bool any = false;
	int fd;

	if ((dir = maildir_open_names(st->expunged_fd, name)) == NULL)
		return false;
	fd = dirfd(dir);
	while (!any && maildir_next(dir, &e) == 1)
		any = unlink_files(fd, e->d_name) > 0 ||
		    unlinkat(fd, e->d_name, AT_REMOVEDIR) == 0 ||
		    unlinkat(fd, e->d_name, 0) == 0;
	(void)closedir(dir);
	return any;
}

/*
 * Remove a folder of expunged/.  Returns RUN_MORE, or RUN_DONE when it is gone
 * or cannot be removed.  What remains is swept as a stray.
 */
static enum run
remove_folder(struct op *op, const char *name)
{
	struct store *st = op->store;

	while (remove_piece(st, name))
		if (op_must_yield(op))
			return RUN_MORE;
	if (unlinkat(st->expunged_fd, name, AT_REMOVEDIR) == -1 &&
	    !maildir_gone(errno))
		log_limited(LOG_LEVEL_WARN, "store error path="
		    "%s/penfold/expunged/%s errno=%d: %s", st->root, name,
		    errno, strerror(errno));
	return RUN_DONE;
}

/* Remove up to PIECE messages, and add their number to *gone. */
static enum sql_rc
drop_messages(struct sql *db, uint32_t mailbox, size_t *gone)
{
	int64_t content[PIECE], last = 0;
	enum sql_rc rc = SQL_ROW;
	size_t n = 0;

	sql_start(db, SQL_GRAVE_ENTRIES, SQL_ARGS(SQL_I(mailbox),
	    SQL_I(PIECE)));
	while (n < PIECE && (rc = sql_step(db, SQL_GRAVE_ENTRIES)) == SQL_ROW) {
		last = sql_int(db, SQL_GRAVE_ENTRIES, 0);
		content[n++] = sql_int(db, SQL_GRAVE_ENTRIES, 1);
	}
	sql_reset(db, SQL_GRAVE_ENTRIES);
	if (rc != SQL_ROW && rc != SQL_DONE)
		return rc;
	for (size_t i = 0; i < n; i++)
		content_drop(db, content[i]);
	*gone += n;
	if (n == 0)
		return SQL_DONE;
	sql_tx_do(db, SQL_GRAVE_ENTRIES_DROP, SQL_ARGS(SQL_I(mailbox),
	    SQL_I(last)));
	sql_tx_do(db, SQL_GRAVE_NAMES_DROP, SQL_ARGS(SQL_I(mailbox),
	    SQL_I(last)));
	return SQL_DONE;
}

/*
 * Remove up to PIECE tombstones and their files, and add their number to
 * *gone.
 */
static enum sql_rc
drop_tombstones(struct store *st, uint32_t mailbox, size_t *gone)
{
	struct sql *db = st->db;
	enum sql_stmt id = SQL_GRAVE_EXPUNGED;
	int64_t modseq[PIECE], uid[PIECE], content[PIECE];
	char name[EXPUNGE_NAME_MAX];
	enum sql_rc rc = SQL_ROW;
	size_t n = 0;

	sql_start(db, id, SQL_ARGS(SQL_I(mailbox), SQL_I(PIECE)));
	while (n < PIECE && (rc = sql_step(db, id)) == SQL_ROW) {
		modseq[n] = sql_int(db, id, 0);
		uid[n] = sql_int(db, id, 1);
		content[n++] = sql_int(db, id, 2);
	}
	sql_reset(db, id);
	if (rc != SQL_ROW && rc != SQL_DONE)
		return rc;
	for (size_t i = 0; i < n; i++) {
		expunged_file_name(mailbox, (uint32_t)uid[i], name);
		(void)unlinkat(st->expunged_fd, name, 0);
		content_drop(db, content[i]);
		sql_tx_do(db, SQL_GRAVE_EXPUNGED_DROP, SQL_ARGS(SQL_I(mailbox),
		    SQL_I(modseq[i]), SQL_I(uid[i])));
	}
	*gone += n;
	return SQL_DONE;
}

/*
 * A mailbox whose folder has been missing for so long is deleted.  Sets
 * g->mailbox to the grave, or to 0 if there is no such mailbox.  One
 * transaction.
 */
static enum run
bury_vanished(struct grave_op *g)
{
	struct store *st = g->op.store;
	int64_t before = (int64_t)time(NULL) -
	    (int64_t)st->storage->options.expunged_keep;
	enum run run;
	uint32_t id;

	if (list_row_vanished(&g->op, before, &id) == -1)
		return RUN_FAIL;
	if (id == 0)
		return RUN_DONE;
	if ((run = op_begin(&g->op)) != RUN_DONE)
		return run;
	/* Its folder may have come back meanwhile. */
	if (list_row_vanished(&g->op, before, &id) == -1)
		return RUN_FAIL;
	if (id != 0) {
		grave_dig(st, id);
		sql_tx_do(st->db, SQL_VANISHED_DELETE, SQL_ARGS(SQL_I(id)));
	}
	if (op_commit(&g->op) == -1)
		return RUN_FAIL;
	g->mailbox = id;
	return RUN_DONE;
}

/* Look for a grave: g->mailbox, or 0 if all are empty. */
static enum sql_rc
first_grave(struct grave_op *g)
{
	struct sql *db = g->op.store->db;
	enum sql_rc rc;

	sql_start(db, SQL_GRAVE_FIRST, SQL_NOARGS);
	if ((rc = sql_step(db, SQL_GRAVE_FIRST)) == SQL_ROW)
		g->mailbox = (uint32_t)sql_int(db, SQL_GRAVE_FIRST, 0);
	sql_reset(db, SQL_GRAVE_FIRST);
	return rc == SQL_ROW ? SQL_DONE : rc;
}

/*
 * Wait until the move of the folder, and the row of the grave, are on disk: a
 * DELETE may still wait for that, or its process may have been killed.  The
 * transaction is empty.
 */
static enum run
sync_grave(struct grave_op *g)
{
	struct store *st = g->op.store;
	enum run run;

	if (!g->syncing) {
		if ((run = op_begin(&g->op)) != RUN_DONE)
			return run;
		op_need_sync(&g->op, st->root_sync);
		op_need_sync(&g->op, st->expunged_sync);
		if (op_commit(&g->op) == -1)
			return RUN_FAIL;
		g->syncing = true;
	}
	return op_synced(&g->op);
}

/*
 * One transaction.  On disk before COMMIT: the grave as it was, with fewer
 * files.  After: a grave with fewer rows, or none.
 */
static enum run
drop_rows(struct grave_op *g)
{
	struct store *st = g->op.store;
	enum sql_rc rc;
	enum run run;
	size_t gone = 0;

	if ((run = op_begin(&g->op)) != RUN_DONE)
		return run;
	rc = drop_messages(st->db, g->mailbox, &gone);
	if (rc == SQL_DONE && gone == 0)
		rc = drop_tombstones(st, g->mailbox, &gone);
	if (rc != SQL_DONE)
		return op_fail_sql(&g->op, rc);
	if (gone == 0) {
		sql_tx_do(st->db, SQL_GRAVE_DELETE,
		    SQL_ARGS(SQL_I(g->mailbox)));
		g->mailbox = 0;
	}
	return op_commit(&g->op) == -1 ? RUN_FAIL : RUN_MORE;
}

static enum run
empty_graves(struct grave_op *g)
{
	char name[GRAVE_NAME_MAX];
	enum sql_rc rc;
	enum run run;

	if (index_open(g->op.store, &g->op.err) == -1)
		return RUN_FAIL;
	if (g->mailbox == 0) {
		g->files_gone = g->syncing = false;
		if ((rc = first_grave(g)) != SQL_DONE)
			return op_fail_sql(&g->op, rc);
		if (g->mailbox == 0 && (run = bury_vanished(g)) != RUN_DONE)
			return run;
		g->graves_done = g->mailbox == 0;
		return RUN_MORE;
	}
	if (!g->files_gone) {
		if ((run = sync_grave(g)) != RUN_DONE)
			return run;
		expunged_folder_name(g->mailbox, name);
		if ((run = remove_folder(&g->op, name)) != RUN_DONE)
			return run;
		g->files_gone = true;
	}
	return drop_rows(g);
}

/*
 * Unlink a stray file, or note a stray folder.  Every file came here by a
 * rename, which set its ctime, and its tombstone was kept for expunged_keep
 * seconds from then.
 */
static void
sweep_one(struct grave_op *g, const char *name)
{
	struct store *st = g->op.store;
	struct stat sb;

	if (name[0] == '.' || fstatat(st->expunged_fd, name, &sb,
	    AT_SYMLINK_NOFOLLOW) == -1 || sb.st_ctime +
	    (time_t)st->storage->options.expunged_keep +
	    (time_t)st->storage->delays.stray_s > time(NULL))
		return;
	if (!S_ISDIR(sb.st_mode))
		(void)unlinkat(st->expunged_fd, name, 0);
	else if (strlen(name) < sizeof(g->stray))
		(void)strlcpy(g->stray, name, sizeof(g->stray));
}

/* A stray is older than stray_s when it goes: look no more often. */
static bool
sweep_is_due(const struct store *st)
{
	return st->swept_ms == 0 || timer_ms() >= st->swept_ms +
	    (uint64_t)st->storage->delays.stray_s * 1000;
}

static enum run
sweep(struct grave_op *g)
{
	struct store *st = g->op.store;
	struct dirent *e;

	if (g->strays == NULL) {
		if (!sweep_is_due(st) || (g->strays = maildir_open_names(
		    st->penfold_fd, "expunged")) == NULL)
			return RUN_DONE;
		st->swept_ms = timer_ms();
	}
	for (;;) {
		if (g->stray[0] != '\0' &&
		    remove_folder(&g->op, g->stray) != RUN_DONE)
			return RUN_MORE;
		g->stray[0] = '\0';
		if (op_must_yield(&g->op))
			return RUN_MORE;
		if (maildir_next(g->strays, &e) != 1)
			return RUN_DONE;
		sweep_one(g, e->d_name);
	}
}

static enum run
grave_run(struct op *op)
{
	struct grave_op *g = (struct grave_op *)op;

	return g->graves_done ? sweep(g) : empty_graves(g);
}

static void
grave_free(struct op *op)
{
	struct grave_op *g = (struct grave_op *)op;

	op->store->grave_job = false;
	if (g->strays != NULL)
		(void)closedir(g->strays);
}

static const struct op_class grave_class = {
	.run = grave_run, .free = grave_free
};

void
grave_start_job(struct store *st)
{
	struct grave_op *g;

	if (st->grave_job)
		return;
	st->grave_job = true;
	g = xcalloc(1, sizeof(*g));
	op_init(&g->op, &grave_class, st);
	op_start_job(&g->op);
}
