/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Writing dovecot-uidlist, seconds after UIDs were given out: the next UID
 * it promises is so far ahead that a list which is behind gives out none
 * twice.  Nearly always lines are appended; the whole is written anew when
 * it says something wrong or its promise comes to an end.
 *
 * Dovecot's lock is the file dovecot-uidlist.lock.  A new list is written
 * into it and renamed, which gives the lock back.  What another program has
 * written since is never written over: a scan reads it first.
 *
 * dovecot-keywords stands beside it: letter by letter.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/timer.h"
#include "common/xmalloc.h"
#include "storage/maildir.h"
#include "storage/mailbox.h"
#include "storage/scan.h"
#include "storage/uidlist.h"
#include "storage/user.h"

#define LIST		"dovecot-uidlist"
#define LOCK		"dovecot-uidlist.lock"
/* How far the next UID of a new list is ahead, and when that is renewed. */
#define AHEAD		1000
#define AHEAD_LEAST	500
/* Dovecot's time after which a lock is nobody's. */
#define LOCK_STALE	120
/* Names of one query, between two looks at the clock. */
#define BATCH		1024
/* When it is tried again. */
#define RETRY_MS	5000

struct list_job {
	struct op	 op;
	struct mailbox	*mb;
	bool		 begun;
	bool		 whole;
	bool		 locked;
	bool		 written;
	int		 fd;
	off_t		 old_size;	/* of a list that is appended to */
	uint32_t	 at;		/* UIDs written so far */
	uint32_t	 last;		/* and to be written */
	uint32_t	 next;		/* promised */
	int64_t		 mtime;		/* of the list as we left it */
	int64_t		 size;
	struct buf	 out;
};

bool
uidlist_behind(const struct mailbox *mb)
{
	return !mb->dead && mb->row.listuid != mb->row.uidnext - 1;
}

static int
write_all(int fd, struct slice text)
{
	ssize_t	n;

	while (text.len > 0) {
		n = write(fd, text.p, text.len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		text = slice_from(text, (size_t)n);
	}
	return 0;
}

static int
take_lock(int dir_fd, const char *name)
{
	struct stat	sb;
	int		fd = -1;

	for (int attempt = 0; attempt < 2 && fd == -1; attempt++) {
		fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd == -1 && (errno != EEXIST || attempt > 0 ||
		    fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == -1 ||
		    time(NULL) - sb.st_mtime < LOCK_STALE ||
		    unlinkat(dir_fd, name, 0) == -1))
			break;
	}
	return fd;
}

static void
write_keywords(struct mailbox *mb)
{
	static const char	lock[] = "dovecot-keywords.lock";
	struct buf		b;
	int			fd, rc;

	if (mb->nkeywords == 0 ||
	    (fd = take_lock(mb->dir_fd, lock)) == -1)
		return;
	buf_init(&b, 65536);
	for (unsigned int i = 0; i < mb->nkeywords && i < MAILDIR_KEYWORDS;
	    i++)
		(void)buf_addf(&b, "%u %s\n", i, mb->keywords[i]);
	rc = write_all(fd, buf_slice(&b));
	if (close(fd) == -1 || rc == -1 || renameat(mb->dir_fd, lock,
	    mb->dir_fd, "dovecot-keywords") == -1)
		(void)unlinkat(mb->dir_fd, lock, 0);
	buf_clear(&b);
}

/* Lines of a batch of UIDs: a range of name's primary key. */
static enum sql_rc
print_batch(struct list_job *j, bool *end)
{
	struct sql	*db = j->op.store->db;
	enum sql_stmt	 id = SQL_NAMES;
	enum sql_rc	 rc;
	size_t		 n = 0;

	sql_start(db, id, SQL_ARGS(SQL_I(j->mb->id), SQL_I(j->at),
	    SQL_I(BATCH)));
	while ((rc = sql_step(db, id)) == SQL_ROW) {
		j->at = (uint32_t)sql_int(db, id, 0);
		if (j->at > j->last)
			break;
		n++;
		(void)buf_add_u64(&j->out, j->at);
		if (!sql_null(db, id, 3) && sql_blob(db, id, 3).len > 0) {
			(void)buf_add_str(&j->out, " P");
			(void)buf_add_slice(&j->out, sql_blob(db, id, 3));
		}
		(void)buf_add_str(&j->out, " :");
		(void)buf_add_slice(&j->out, sql_blob(db, id, 1));
		(void)buf_addc(&j->out, '\n');
	}
	sql_reset(db, id);
	*end = n < BATCH;
	return rc == SQL_ROW ? SQL_DONE : rc;
}

/* Take the lock and open what is written to.  RUN_FAIL: not now. */
static enum run
begin(struct list_job *j)
{
	struct mailbox		*mb = j->mb;
	struct mailbox_row	*row = &mb->row;
	struct stat		 sb;

	j->begun = true;
	if (mailbox_dir(mb) == -1 ||
	    (j->fd = take_lock(mb->dir_fd, LOCK)) == -1)
		return RUN_FAIL;
	j->locked = true;
	if (uidlist_changed(mb) && fstatat(mb->dir_fd, LIST, &sb,
	    AT_SYMLINK_NOFOLLOW) == 0) {
		scan_distrust(mb);
		scan_start_job(mb);
		return RUN_FAIL;
	}
	j->last = row->uidnext - 1;
	j->next = row->listnext;
	j->whole = row->listuid == 0 || row->listmtime == 0 ||
	    uidlist_changed(mb) || j->next < row->uidnext ||
	    j->next - row->uidnext < AHEAD_LEAST;
	if (j->whole) {
		j->next = j->last > UINT32_MAX - AHEAD - 1 ? UINT32_MAX :
		    j->last + 1 + AHEAD;
		(void)buf_addf(&j->out, "3 V%u N%u\n", row->uidvalidity,
		    j->next);
		return RUN_DONE;
	}
	j->at = row->listuid;
	(void)close(j->fd);
	j->fd = openat(mb->dir_fd, LIST,
	    O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (j->fd == -1 || fstat(j->fd, &sb) == -1)
		return RUN_FAIL;
	j->old_size = sb.st_size;
	return RUN_DONE;
}

static enum run
write_lines(struct list_job *j)
{
	enum sql_rc	rc;
	bool		end = false;

	while (!end) {
		if ((rc = print_batch(j, &end)) != SQL_DONE)
			return op_fail_sql(&j->op, rc);
		if (write_all(j->fd, buf_slice(&j->out)) == -1)
			return op_fail_errno(&j->op, errno, LIST);
		buf_reset(&j->out, 65536);
		if (!end && op_must_yield(&j->op))
			return RUN_MORE;
	}
	return RUN_DONE;
}

/* Put the list in its place and give the lock back. */
static enum run
end_list(struct list_job *j)
{
	struct stat	sb;
	int		dir_fd = j->mb->dir_fd, rc;

	rc = fstat(j->fd, &sb);
	j->mtime = (int64_t)sb.st_mtim.tv_sec * 1000000000 +
	    sb.st_mtim.tv_nsec;
	j->size = (int64_t)sb.st_size;
	if (close(j->fd) == -1)
		rc = -1;
	j->fd = -1;
	if (rc == -1)
		return op_fail_errno(&j->op, errno, LIST);
	if (j->whole && renameat(dir_fd, LOCK, dir_fd, LIST) == -1)
		return op_fail_errno(&j->op, errno, LIST);
	if (!j->whole)
		(void)unlinkat(dir_fd, LOCK, 0);
	j->locked = false;
	j->written = true;
	if (j->whole)
		write_keywords(j->mb);
	return RUN_DONE;
}

static enum run
job_run(struct op *op)
{
	struct list_job		*j = (struct list_job *)op;
	struct mailbox_row	*row = &j->mb->row;
	enum run		 run;

	if (j->mb->dead || (!j->begun && !uidlist_behind(j->mb)))
		return RUN_DONE;
	if (store_db(op->store, &op->err) == -1)
		return RUN_FAIL;
	/* Another process of ours may have written it. */
	if (!j->begun && op->store->writer == NULL)
		(void)store_absorb(op->store);
	if (!j->begun && (run = begin(j)) != RUN_DONE)
		return run;
	if (!j->written && ((run = write_lines(j)) != RUN_DONE ||
	    (run = end_list(j)) != RUN_DONE))
		return run;
	if ((run = op_begin(op)) != RUN_DONE)
		return run;
	mailbox_touch(j->mb);
	row->listuid = j->last;
	row->listnext = j->next;
	row->listmtime = j->mtime;
	row->listsize = j->size;
	return op_commit(op) == -1 ? RUN_FAIL : RUN_DONE;
}

static void
job_free(struct op *op)
{
	struct list_job	*j = (struct list_job *)op;
	struct mailbox	*mb = j->mb;

	/* What was begun to append is taken back. */
	if (j->locked && !j->whole && j->fd != -1 &&
	    ftruncate(j->fd, j->old_size) == -1)
		log_warn("store %s/%s/" LIST ": %s", op->store->root,
		    mb->folder, strerror(errno));
	if (j->fd != -1)
		(void)close(j->fd);
	if (j->locked)
		(void)unlinkat(mb->dir_fd, LOCK, 0);
	mb->list_job = false;
	mb->list_due_ms = uidlist_behind(mb) ? timer_ms() + RETRY_MS : 0;
	buf_clear(&j->out);
	mailbox_unref(mb);
}

static const struct op_class job_class = { job_run, job_free, NULL };

static struct op *
job_new(struct mailbox *mb)
{
	struct list_job	*j;

	j = xcalloc(1, sizeof(*j));
	op_init(&j->op, &job_class, mb->store);
	mailbox_ref(mb);
	j->mb = mb;
	j->fd = -1;
	buf_init(&j->out, BUF_NOCAP);
	mb->list_job = true;
	return &j->op;
}

void
uidlist_start_job(struct mailbox *mb)
{
	mb->list_due_ms = 0;
	if (!mb->list_job && uidlist_behind(mb))
		op_start_job(job_new(mb));
}

void
uidlist_flush(struct mailbox *mb)
{
	struct op	*op;

	if (mb->list_job || !uidlist_behind(mb))
		return;
	op = job_new(mb);
	while (op_run(op) == RUN_MORE)
		;
	op_free(op);
}
