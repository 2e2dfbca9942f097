/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Writing dovecot-uidlist, seconds after UIDs were given out.  Nearly always
 * lines are appended; the whole list is written anew if it says something
 * wrong, lacks something, or if few promised UIDs are left
 * (uidlist_promise.h).
 *
 * The lines are printed without any lock.  Then, within a transaction and
 * under Dovecot's lock, they are appended, or the new list is renamed into its
 * place, and the row of the mailbox gets the mtime and size of the list.  So
 * no other process of ours sees the list without the row, and takes it for
 * that of another server.  What another program has written is never
 * overwritten: a scan reads it first.
 *
 * A new list is synced before it is renamed, and promises UIDs once the folder
 * is synced.  Appended lines are not synced: a message whose line is lost with
 * the index gets a new UID.
 *
 * The same job writes dovecot-keywords, which is under the same lock
 * (keyword_write.h).
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/index.h"
#include "storage/index/newfile.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/maildir/dotlock.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/uidlist.h"
#include "storage/op/keyword_write.h"
#include "storage/op/op.h"
#include "storage/op/op_state.h"
#include "storage/op/uidlist_promise.h"
#include "storage/op/uidlist_write.h"

/* Names of one query; the clock is checked after each query. */
#define BATCH		1024
/* With more lines to append, the list is written anew. */
#define APPEND_MAX	10000
/* A list that cannot be written is tried again after this at the latest. */
#define RETRY_MAX_MS	600000

enum step {
	STEP_LOOK,
	STEP_BEGIN,
	STEP_PRINT,
	STEP_SYNC,
	STEP_PLACE,
	STEP_SETTLE,
	STEP_PROMISE,
	STEP_KEYWORDS
};

struct list_job {
	struct op	 op;
	struct mailbox	*mb;
	enum step	 step;
	bool		 blocks;	/* makes its syncs itself */
	bool		 whole;
	struct mailbox_row base;	/* as the job found it */
	uint32_t	 at;		/* the last UID printed so far */
	uint32_t	 last;		/* the last UID to print */
	uint32_t	 next;		/* next UID that a new list promises */
	struct buf	 out;		/* lines to append or to write */
	struct newfile	 file;		/* a new list */
	struct dotlock	 lock;
	struct keyword_write keywords;
	bool		 done;
};

/* End the job without an error: there is nothing to do, or no longer. */
static enum run
finish(struct list_job *j)
{
	op_rollback(&j->op);
	j->done = true;
	return RUN_DONE;
}

/* The list has all that it should have. */
static enum run
skip(struct list_job *j)
{
	j->step = STEP_KEYWORDS - 1;
	return RUN_DONE;
}

static enum run
fail(struct list_job *j)
{
	return op_fail_path(&j->op, j->mb->folder, UIDLIST_NAME, NULL, errno);
}

/*
 * Returns 1 if the list on disk is not as the index says; *gone is set if there
 * is none.  Returns 0, or -1 with errno.
 */
static int
differs(struct mailbox *mb, bool *gone)
{
	struct stat sb;
	int changed = uidlist_changed(mb);

	*gone = false;
	if (changed == 1 && fstatat(mb->dir_fd, UIDLIST_NAME, &sb,
	    AT_SYMLINK_NOFOLLOW) == -1) {
		if (!maildir_gone(errno))
			return -1;
		*gone = true;
	}
	return changed;
}

/*
 * Another program wrote the list: a scan has to read it first.  A scan that is
 * not done yet reads it, or has; the job is tried again after that.
 */
static enum run
leave_to_scan(struct list_job *j)
{
	if (j->mb->watch.scan == NULL)
		mailbox_look_again(j->mb);
	return RUN_FAIL;
}

static enum run
look(struct list_job *j)
{
	struct mailbox *mb = j->mb;
	struct mailbox_row *row = &mb->row;
	struct store *st = j->op.store;
	bool gone;
	int changed;

	if (mb->dead)
		return finish(j);
	if (row->listuid == row->uidnext - 1)
		return skip(j);
	if (index_open(st, &j->op.err) == -1)
		return RUN_FAIL;
	if (st->writer != NULL)
		return op_wait_lock(&j->op);
	/* Another process of ours may have written the list. */
	(void)store_absorb(st);
	if (mb->dead || row->listuid == row->uidnext - 1)
		return skip(j);
	if ((changed = differs(mb, &gone)) == -1)
		return fail(j);
	if (changed && !gone)
		return leave_to_scan(j);
	j->base = *row;
	j->last = row->uidnext - 1;
	j->whole = gone || row->listuid == 0 || row->listmtime == 0 ||
	    uidlist_low(mb) || j->last - row->listuid > APPEND_MAX;
	return RUN_DONE;
}

/*
 * Begin a new list, whose first line keeps the fields of the old one that we do
 * not know.
 */
static enum run
begin(struct list_job *j)
{
	struct mailbox *mb = j->mb;
	struct buf old;
	struct slice text, line = SLICE_EMPTY;
	int rc = 0;

	j->at = j->whole ? 0 : j->base.listuid;
	buf_reset(&j->out, 65536);
	if (!j->whole)
		return RUN_DONE;
	j->next = uidlist_ahead(mb, j->base.uidnext);
	buf_init(&old, UIDLIST_HEADER_MAX);
	if (maildir_read_head(mb->dir_fd, UIDLIST_NAME, UIDLIST_HEADER_MAX,
	    &old) == -1 && !maildir_gone(errno))
		rc = -1;
	text = buf_slice(&old);
	if (!slice_cut(&text, '\n', &line))
		line = SLICE_EMPTY;
	uidlist_print_header(&j->out, line, j->base.uidvalidity, j->next);
	if (rc == 0)
		rc = newfile_open(&j->file, mb->dir_fd);
	buf_clear(&old);
	return rc == -1 ? fail(j) : RUN_DONE;
}

/* Print the lines of a batch of UIDs, from a range of name's primary key. */
static enum sql_rc
print_batch(struct list_job *j, bool *end)
{
	struct sql *db = j->op.store->db;
	enum sql_stmt id = SQL_NAMES;
	enum sql_rc rc;
	size_t n = 0;

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
		(void)buf_add_char(&j->out, '\n');
	}
	sql_reset(db, id);
	*end = n < BATCH;
	return rc == SQL_ROW ? SQL_DONE : rc;
}

static enum run
print_lines(struct list_job *j)
{
	enum sql_rc rc;
	bool end = false;

	while (!end) {
		/* What its transaction did may be undone. */
		if (j->op.store->writer != NULL)
			return op_wait_lock(&j->op);
		if (index_open(j->op.store, &j->op.err) == -1)
			return RUN_FAIL;
		if ((rc = print_batch(j, &end)) != SQL_DONE)
			return op_fail_sql(&j->op, rc);
		if (j->whole) {
			if (newfile_write(&j->file, buf_slice(&j->out)) == -1)
				return fail(j);
			buf_reset(&j->out, 65536);
		}
		if (!end && op_must_yield(&j->op))
			return RUN_MORE;
	}
	return RUN_DONE;
}

static enum run
wait_sync(struct list_job *j, int rc)
{
	return rc == -1 ? fail(j) : rc == 0 ? op_wait_sync(&j->op) : RUN_DONE;
}

static struct sync *
helper(const struct list_job *j)
{
	return j->blocks ? NULL : j->op.store->storage->sync;
}

static enum run
sync_lines(struct list_job *j)
{
	return !j->whole ? RUN_DONE :
	    wait_sync(j, newfile_synced(&j->file, helper(j)));
}

/*
 * Append the lines.  Returns 0, 1 if the last line of the list has no end, so
 * that nothing can be appended, or -1 with errno.
 */
static int
append(struct list_job *j, struct stat *sb)
{
	off_t size;
	char last = '\0';
	int fd, rc = -1;

	fd = openat(j->mb->dir_fd, UIDLIST_NAME,
	    O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, sb) == 0) {
		size = sb->st_size;
		if (size == 0 || pread(fd, &last, 1, size - 1) != 1 ||
		    last != '\n')
			rc = 1;
		else if (maildir_write(fd, buf_slice(&j->out)) == 0)
			rc = fstat(fd, sb);
		else if (ftruncate(fd, size) == -1)
			log_limited(LOG_LEVEL_WARN, "store error path=%s/%s/"
			    UIDLIST_NAME " errno=%d: %s", j->op.store->root,
			    j->mb->folder, errno, strerror(errno));
	}
	(void)close(fd);
	return rc;
}

/* Whether the row is still as the job found it. */
static bool
still(const struct list_job *j)
{
	const struct mailbox_row *row = &j->mb->row;

	return row->listmtime == j->base.listmtime &&
	    row->listsize == j->base.listsize &&
	    row->listuid == j->base.listuid &&
	    row->uidvalidity == j->base.uidvalidity;
}

static void
note(struct list_job *j, const struct stat *sb)
{
	struct mailbox_row *row = &j->mb->row;

	mailbox_touch(j->mb);
	/*
	 * Until the folder is synced, the promise is that of the old list.
	 * Without an old list, a power loss leaves the new list or none.
	 */
	if (j->whole && row->listmtime == 0)
		row->listnext = j->next;
	row->listuid = j->last;
	row->listmtime = maildir_file_time(sb);
	row->listsize = (int64_t)sb->st_size;
	j->base = *row;
}

/*
 * Put the list in its place, and note its mtime and size in the row: within a
 * transaction and under the lock, so that nobody sees one without the other.
 */
static enum run
place(struct list_job *j)
{
	struct mailbox *mb = j->mb;
	struct stat sb;
	enum run run;
	bool gone;
	int rc;

	if ((run = op_begin(&j->op)) != RUN_DONE)
		return run;
	if (mb->dead || !still(j) ||
	    (j->whole && j->next < mb->row.uidnext))
		return finish(j);
	if (dotlock_open(&j->lock, mb->dir_fd, UIDLIST_LOCK,
	    mb->store->storage->delays.list_stale_s) == -1)
		return errno == EEXIST ? RUN_FAIL : fail(j);
	if ((rc = differs(mb, &gone)) == -1)
		return fail(j);
	if (rc == 1 && !(gone && j->whole))
		return leave_to_scan(j);
	rc = j->whole ? newfile_place(&j->file, mb->dir_fd, UIDLIST_NAME, &sb) :
	    append(j, &sb);
	if (rc == -1)
		return fail(j);
	if (rc == 1) {
		op_rollback(&j->op);
		dotlock_close(&j->lock);
		j->whole = true;
		j->step = STEP_BEGIN;
		return RUN_MORE;
	}
	note(j, &sb);
	if (op_commit(&j->op) == -1)
		return RUN_FAIL;
	dotlock_close(&j->lock);
	return RUN_DONE;
}

static enum run
settle(struct list_job *j)
{
	return !j->whole ? RUN_DONE :
	    wait_sync(j, newfile_settled(&j->file, helper(j)));
}

static enum run
promise(struct list_job *j)
{
	enum run run;

	if (!j->whole || j->base.listnext == j->next)
		return RUN_DONE;
	if ((run = op_begin(&j->op)) != RUN_DONE)
		return run;
	if (j->mb->dead || !still(j))
		return finish(j);
	mailbox_touch(j->mb);
	j->mb->row.listnext = j->next;
	return op_commit(&j->op) == -1 ? RUN_FAIL : RUN_DONE;
}

static enum run
write_keywords(struct list_job *j)
{
	return j->mb->dead || (j->keywords.step == 0 &&
	    !mailbox_letters_behind(j->mb)) ? RUN_DONE :
	    keyword_write_run(&j->keywords, j->mb, &j->op, j->blocks);
}

static enum run	(*const steps[])(struct list_job *) = {
	[STEP_LOOK] = look,
	[STEP_BEGIN] = begin,
	[STEP_PRINT] = print_lines,
	[STEP_SYNC] = sync_lines,
	[STEP_PLACE] = place,
	[STEP_SETTLE] = settle,
	[STEP_PROMISE] = promise,
	[STEP_KEYWORDS] = write_keywords,
};

static enum run
job_run(struct op *op)
{
	struct list_job *j = (struct list_job *)op;
	enum run run;

	while (!j->done && j->step < NROWS(steps)) {
		if ((run = steps[j->step](j)) != RUN_DONE)
			return run;
		j->step++;
	}
	j->done = true;
	return RUN_DONE;
}

/* When to try again, later and later while the list cannot be written. */
static uint64_t
retry_at(struct list_job *j)
{
	struct mailbox *mb = j->mb;
	uint32_t ms = mb->store->storage->delays.list_retry_ms;

	if (j->done)
		mb->list.retry_ms = 0;
	else if (mb->list.retry_ms == 0)
		mb->list.retry_ms = ms;
	else if (mb->list.retry_ms < RETRY_MAX_MS)
		mb->list.retry_ms *= 2;
	if (!mailbox_list_behind(mb))
		return 0;
	return timer_ms() + (j->done ? ms : mb->list.retry_ms);
}

static void
job_free(struct op *op)
{
	struct list_job *j = (struct list_job *)op;
	struct mailbox *mb = j->mb;

	keyword_write_clear(&j->keywords);
	newfile_close(&j->file);
	dotlock_close(&j->lock);
	mb->list.job = NULL;
	mb->list.due_ms = retry_at(j);
	buf_clear(&j->out);
	mailbox_unref(mb);
}

static const struct op_class job_class = {
	.run = job_run, .free = job_free
};

static struct op *
job_new(struct mailbox *mb)
{
	struct list_job *j;

	j = xcalloc(1, sizeof(*j));
	op_init(&j->op, &job_class, mb->store);
	mailbox_ref(mb);
	j->mb = mb;
	newfile_init(&j->file);
	keyword_write_init(&j->keywords);
	dotlock_init(&j->lock);
	buf_init(&j->out, BUF_NOCAP);
	mb->list.job = &j->op;
	return &j->op;
}

void
uidlist_start_job(struct mailbox *mb)
{
	mb->list.due_ms = 0;
	if (mb->list.job == NULL && mailbox_list_behind(mb))
		op_start_job(job_new(mb));
}

void
uidlist_flush(struct mailbox *mb)
{
	struct op *op = mb->list.job;
	enum run run = RUN_DONE;

	/* UIDs may have been given out since a job under way has begun. */
	for (int i = 0; i < 2 && run == RUN_DONE &&
	    (op != NULL || mailbox_list_behind(mb)); i++) {
		if (op == NULL)
			op = job_new(mb);
		((struct list_job *)op)->blocks = true;
		while ((run = op_run(op)) == RUN_MORE)
			;
		op_free(op);
		op = NULL;
	}
}
