/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Removes old files from tmp/; see sweep.h. */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "common/base/xmalloc.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/maildir/maildir.h"
#include "storage/op/op_state.h"
#include "storage/sweep.h"

/* All folders are looked at after so many seconds: it costs a few ms. */
#define EVERY_S		(8 * 3600)
/* When that was done last, in the table meta. */
#define KEY		SLICE_LIT("swept")

struct sweep_op {
	struct op	 op;
	DIR		*root;		/* names of folders, or NULL */
	DIR		*tmp;		/* of the folder, or NULL */
	bool		 looked;	/* at all folders */
};

/* 1: it is time, 0: not yet, -1: the error is set. */
static int
is_due(struct sweep_op *s)
{
	struct sql *db = s->op.store->db;
	int64_t now = (int64_t)time(NULL), last = 0;
	enum sql_rc rc;

	sql_start(db, SQL_META_GET, SQL_ARGS(SQL_T(KEY)));
	if ((rc = sql_step(db, SQL_META_GET)) == SQL_ROW)
		last = sql_int(db, SQL_META_GET, 0);
	sql_reset(db, SQL_META_GET);
	if (rc != SQL_ROW && rc != SQL_DONE) {
		op_fail_sql(&s->op, rc);
		return -1;
	}
	return last > now || last + EVERY_S <= now;
}

static enum run
note(struct sweep_op *s)
{
	enum run run;

	if ((run = op_begin(&s->op)) != RUN_DONE)
		return run;
	sql_tx_do(s->op.store->db, SQL_META_SET, SQL_ARGS(SQL_T(KEY),
	    SQL_I(time(NULL))));
	return op_commit(&s->op) == -1 ? RUN_FAIL : RUN_DONE;
}

/* Open tmp/ of a folder.  What is no mailbox has none. */
static void
open_tmp(struct sweep_op *s, const char *folder)
{
	int fd = maildir_open_dir(s->op.store->root_fd, folder);

	if (fd == -1)
		return;
	s->tmp = maildir_open_names(fd, "tmp");
	(void)close(fd);
}

/*
 * Remove a file that nobody has written, read or linked since a time.  Whoever
 * is slow to write a message writes to it at times.
 */
static void
remove_old(int dir_fd, const char *name, time_t before)
{
	struct stat sb;

	if (fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(sb.st_mode) && sb.st_atime <= before &&
	    sb.st_mtime <= before && sb.st_ctime <= before)
		(void)unlinkat(dir_fd, name, 0);
}

static enum run
sweep_tmp(struct sweep_op *s)
{
	time_t before = time(NULL) -
	    (time_t)s->op.store->storage->delays.tmp_s;
	struct dirent *e;

	while (s->tmp != NULL && maildir_next(s->tmp, &e) == 1) {
		remove_old(dirfd(s->tmp), e->d_name, before);
		if (op_must_yield(&s->op))
			return RUN_MORE;
	}
	if (s->tmp != NULL)
		(void)closedir(s->tmp);
	s->tmp = NULL;
	return RUN_DONE;
}

static enum run
sweep_run(struct op *op)
{
	struct sweep_op *s = (struct sweep_op *)op;
	struct dirent *e;
	enum run run;
	int rc;

	if (s->looked)
		return note(s);
	if (s->root == NULL) {
		if ((rc = is_due(s)) != 1)
			return rc == 0 ? RUN_DONE : RUN_FAIL;
		s->root = maildir_open_names(op->store->root_fd, ".");
		if (s->root == NULL)
			return op_fail_path(op, NULL, NULL, NULL, errno);
		open_tmp(s, ".");
	}
	for (;;) {
		if ((run = sweep_tmp(s)) != RUN_DONE)
			return run;
		if ((rc = maildir_next(s->root, &e)) != 1)
			break;
		if (e->d_name[0] == '.')
			open_tmp(s, e->d_name);
		if (op_must_yield(op))
			return RUN_MORE;
	}
	if (rc == -1)
		return op_fail_path(op, NULL, NULL, NULL, errno);
	s->looked = true;
	return RUN_MORE;
}

static void
sweep_free(struct op *op)
{
	struct sweep_op *s = (struct sweep_op *)op;

	if (s->tmp != NULL)
		(void)closedir(s->tmp);
	if (s->root != NULL)
		(void)closedir(s->root);
	op->store->sweep_job = false;
}

static const struct op_class sweep_class = {
	.run = sweep_run, .free = sweep_free
};

void
sweep_start_job(struct store *st)
{
	struct sweep_op *s;

	if (st->sweep_job)
		return;
	st->sweep_job = true;
	s = xcalloc(1, sizeof(*s));
	op_init(&s->op, &sweep_class, st);
	op_start_job(&s->op);
}
