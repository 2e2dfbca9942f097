/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Emptying graves; grave.h says what they are.  Files are removed first, then
 * rows, some in each transaction.  The row of the grave itself goes last, so
 * that after a crash the next job goes on where this one stopped.
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
#include "common/base/xmalloc.h"
#include "storage/index/content.h"
#include "storage/index/index.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/index/wait.h"
#include "storage/maildir/expunged.h"
#include "storage/maildir/maildir.h"
#include "storage/op/grave.h"
#include "storage/op/op_state.h"

/* Rows in a transaction, and files unlinked before the clock is checked. */
#define PIECE		200
#define STRAY_NAME_MAX	96

struct grave_op {
	struct op	 op;
	uint32_t	 mailbox;	/* being emptied, or 0 */
	bool		 files_gone;
	bool		 graves_done;
	DIR		*strays;	/* expunged/, being swept */
	char		 stray[STRAY_NAME_MAX];	/* folder to remove, or "" */
};

/*
 * No mailbox id is used twice, unless the index was lost: then a folder of
 * this name is a stray.  Rename it.
 */
int
grave_move(struct store *st, const char *folder, uint32_t mailbox)
{
	char name[GRAVE_NAME_MAX], other[STRAY_NAME_MAX];

	grave_name(mailbox, name);
	if (maildir_move(st->root_fd, folder, st->expunged_fd, name) == 0 ||
	    errno == ENOENT)
		return 0;
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

	grave_name(mailbox, name);
	(void)maildir_move(st->expunged_fd, name, st->root_fd, folder);
}

void
grave_dig(struct store *st, uint32_t mailbox)
{
	static const enum sql_stmt steps[] = {
		SQL_GRAVE_ADD, SQL_KEYWORDS_DELETE, SQL_MAILBOX_DELETE,
	};

	for (size_t i = 0; i < NROWS(steps); i++)
		sql_tx_do(st->db, steps[i], SQL_ARGS(SQL_I(mailbox)));
}

/*
 * Unlink up to PIECE files of a folder, and close fd.  Returns how many were
 * unlinked: 0 if none is left, or none can be unlinked.
 */
static size_t
unlink_files(int fd)
{
	struct dirent *e;
	size_t n = 0;
	DIR *dir;

	if (fd == -1)
		return 0;
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return 0;
	}
	while (n < PIECE && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0 &&
		    unlinkat(fd, e->d_name, 0) == 0)
			n++;
	(void)closedir(dir);
	return n;
}

/*
 * Remove a piece of a folder, and close fd: files of a folder in it, that
 * folder once it is empty, or a file directly in it.  A Maildir has no deeper
 * folders.  Returns whether anything was removed.
 */
static bool
remove_piece(int fd)
{
	struct dirent *e;
	DIR *dir;
	bool any = false;

	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return false;
	}
	while (!any && (e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0)
			continue;
		any = unlink_files(maildir_open_dir(fd, e->d_name)) > 0 ||
		    unlinkat(fd, e->d_name, AT_REMOVEDIR) == 0 ||
		    unlinkat(fd, e->d_name, 0) == 0;
	}
	(void)closedir(dir);
	return any;
}

/*
 * Remove a folder of expunged/.  Returns RUN_MORE, or RUN_DONE when it is gone
 * or cannot be removed.
 */
static enum run
remove_folder(struct op *op, const char *name)
{
	struct store *st = op->store;
	int fd;

	while ((fd = maildir_open_dir(st->expunged_fd, name)) != -1 &&
	    remove_piece(fd))
		if (op_must_yield(op))
			return RUN_MORE;
	if (unlinkat(st->expunged_fd, name, AT_REMOVEDIR) == -1 &&
	    errno != ENOENT)
		log_limited(LOG_LEVEL_WARN, "store error path="
		    "%s/penfold/expunged/%s errno=%d: %s", st->root, name,
		    errno, strerror(errno));
	return RUN_DONE;
}

/* Remove up to PIECE messages.  Returns how many. */
static size_t
drop_messages(struct sql *db, uint32_t mailbox)
{
	int64_t content[PIECE], last = 0;
	size_t n = 0;

	sql_start(db, SQL_GRAVE_ENTRIES, SQL_ARGS(SQL_I(mailbox),
	    SQL_I(PIECE)));
	while (n < PIECE && sql_step(db, SQL_GRAVE_ENTRIES) == SQL_ROW) {
		last = sql_int(db, SQL_GRAVE_ENTRIES, 0);
		content[n++] = sql_int(db, SQL_GRAVE_ENTRIES, 1);
	}
	sql_reset(db, SQL_GRAVE_ENTRIES);
	for (size_t i = 0; i < n; i++)
		content_drop(db, content[i]);
	if (n == 0)
		return 0;
	sql_tx_do(db, SQL_GRAVE_ENTRIES_DROP, SQL_ARGS(SQL_I(mailbox),
	    SQL_I(last)));
	sql_tx_do(db, SQL_GRAVE_NAMES_DROP, SQL_ARGS(SQL_I(mailbox),
	    SQL_I(last)));
	return n;
}

/* Remove up to PIECE tombstones and their files.  Returns how many. */
static size_t
drop_tombstones(struct store *st, uint32_t mailbox)
{
	struct sql *db = st->db;
	enum sql_stmt id = SQL_GRAVE_EXPUNGED;
	int64_t modseq[PIECE], uid[PIECE], content[PIECE];
	char name[EXPUNGE_NAME_MAX];
	size_t n = 0;

	sql_start(db, id, SQL_ARGS(SQL_I(mailbox), SQL_I(PIECE)));
	while (n < PIECE && sql_step(db, id) == SQL_ROW) {
		modseq[n] = sql_int(db, id, 0);
		uid[n] = sql_int(db, id, 1);
		content[n++] = sql_int(db, id, 2);
	}
	sql_reset(db, id);
	for (size_t i = 0; i < n; i++) {
		expunged_file_name(mailbox, (uint32_t)uid[i], name);
		(void)unlinkat(st->expunged_fd, name, 0);
		content_drop(db, content[i]);
		sql_tx_do(db, SQL_GRAVE_EXPUNGED_DROP, SQL_ARGS(SQL_I(mailbox),
		    SQL_I(modseq[i]), SQL_I(uid[i])));
	}
	return n;
}

static uint32_t
first_grave(struct sql *db)
{
	uint32_t mailbox = 0;

	sql_start(db, SQL_GRAVE_FIRST, SQL_NOARGS);
	if (sql_step(db, SQL_GRAVE_FIRST) == SQL_ROW)
		mailbox = (uint32_t)sql_int(db, SQL_GRAVE_FIRST, 0);
	sql_reset(db, SQL_GRAVE_FIRST);
	return mailbox;
}

/*
 * One transaction.  On disk before COMMIT: the grave as it was, with fewer
 * files.  After: a grave with fewer rows, or none.
 */
static enum run
drop_rows(struct grave_op *g)
{
	struct store *st = g->op.store;
	enum run run;

	if ((run = op_begin(&g->op)) != RUN_DONE)
		return run;
	if (drop_messages(st->db, g->mailbox) == 0 &&
	    drop_tombstones(st, g->mailbox) == 0) {
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
	enum run run;

	if (store_db(g->op.store, &g->op.err) == -1)
		return RUN_FAIL;
	if (g->mailbox == 0) {
		g->files_gone = false;
		g->mailbox = first_grave(g->op.store->db);
		g->graves_done = g->mailbox == 0;
		return RUN_MORE;
	}
	if (!g->files_gone) {
		grave_name(g->mailbox, name);
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

static enum run
sweep(struct grave_op *g)
{
	struct store *st = g->op.store;
	struct dirent *e;
	int fd;

	if (g->strays == NULL) {
		if (st->swept || (fd = maildir_open_dir(st->penfold_fd,
		    "expunged")) == -1)
			return RUN_DONE;
		st->swept = true;
		if ((g->strays = fdopendir(fd)) == NULL) {
			(void)close(fd);
			return RUN_DONE;
		}
	}
	for (;;) {
		if (g->stray[0] != '\0' &&
		    remove_folder(&g->op, g->stray) != RUN_DONE)
			return RUN_MORE;
		g->stray[0] = '\0';
		if (op_must_yield(&g->op))
			return RUN_MORE;
		if ((e = readdir(g->strays)) == NULL)
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

static const struct op_class grave_class = { grave_run, grave_free, NULL };

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
