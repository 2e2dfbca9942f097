/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Writing dovecot-uidlist, seconds after UIDs were given out.  The next UID in
 * its first line is a promise: it is so far ahead that another server, which
 * knows only the list, gives out no UID of ours.  Nearly always lines are
 * appended; the whole list is written anew if it says something wrong or the
 * promise runs out.
 *
 * Dovecot's lock is the file dovecot-uidlist.lock.  A new list is written into
 * that file and renamed, which also releases the lock.  What another program
 * has written is never overwritten: a scan reads it first, and renews the
 * promise before it gives out UIDs itself (uidlist_reserve()).  So the two
 * servers never give the same UID to two messages, only two UIDs to one.
 *
 * The keywords of the letters in file names go to dovecot-keywords beside it.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/num.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/error.h"
#include "storage/index/index.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/index/wait.h"
#include "storage/mailbox/absorb.h"
#include "storage/mailbox/keyword.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/maildir/maildir.h"
#include "storage/op/op.h"
#include "storage/op/op_state.h"
#include "storage/op/uidlist_write.h"

/* How many UIDs a new list is ahead, and with how many left it is renewed. */
#define AHEAD		1000
#define AHEAD_LEAST	500
/* Names of one query; the clock is checked after each query. */
#define BATCH		1024

struct list_job {
	struct op	 op;
	struct mailbox	*mb;
	bool		 begun;
	bool		 whole;
	bool		 locked;
	bool		 written;
	int		 fd;
	off_t		 old_size;	/* of the list, before we append */
	uint32_t	 at;		/* the last UID written so far */
	uint32_t	 last;		/* the last UID to write */
	uint32_t	 next;		/* next UID that the list promises */
	int64_t		 mtime;		/* of the list as we left it */
	int64_t		 size;
	struct buf	 out;
};

int
uidlist_changed(struct mailbox *mb)
{
	struct stat sb;
	int64_t mtime;

	if (mailbox_dir(mb) == -1)
		return -1;
	if (fstatat(mb->dir_fd, UIDLIST_NAME, &sb,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return !maildir_gone(errno) ? -1 : mb->row.listmtime != 0;
	mtime = (int64_t)sb.st_mtim.tv_sec * 1000000000 + sb.st_mtim.tv_nsec;
	return mtime != mb->row.listmtime ||
	    (int64_t)sb.st_size != mb->row.listsize;
}

/* A line of dovecot-keywords: the number of a letter, and its keyword. */
void
uidlist_adopt_keywords(struct mailbox *mb)
{
	struct buf b;
	struct slice text, line, word;
	uint32_t number;

	buf_init(&b, 256 * 1024);
	if (mb->nkeywords == 0 &&
	    maildir_read_file(mb->dir_fd, "dovecot-keywords", 65536,
	    &b) == 0) {
		text = buf_slice(&b);
		while (text.len > 0) {
			(void)slice_cut(&text, '\n', &line);
			(void)slice_cut(&line, ' ', &word);
			/* Stop at a gap, which would shift the letters. */
			if (num_parse_u32(word, &number) == -1 ||
			    number != mb->nkeywords || line.len == 0 ||
			    mailbox_keyword(mb, line) != (int)number)
				break;
		}
	}
	buf_clear(&b);
}

static int
write_all(int fd, struct slice text)
{
	ssize_t n;

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

/* Whether the program that made the lock has died and left it. */
static bool
lock_is_stale(const struct store *st, const struct stat *sb)
{
	return time(NULL) - sb->st_mtime >=
	    (time_t)st->storage->delays.list_stale_s;
}

static int
take_lock(const struct store *st, int dir_fd, const char *name)
{
	struct stat sb;
	int fd = -1;

	for (int attempt = 0; attempt < 2 && fd == -1; attempt++) {
		fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL |
		    O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd == -1 && (errno != EEXIST || attempt > 0 ||
		    fstatat(dir_fd, name, &sb, AT_SYMLINK_NOFOLLOW) == -1 ||
		    !lock_is_stale(st, &sb) ||
		    unlinkat(dir_fd, name, 0) == -1))
			break;
	}
	return fd;
}

/*
 * Wait for the lock of the list.  If it is not released in time, go on without
 * it, and do not wait for the same lock again: its mtime identifies it.
 */
static enum run
wait_lock(struct uidlist *list, struct mailbox *mb, struct op *op)
{
	const struct delays *d = &mb->store->storage->delays;
	uint64_t now = timer_ms();
	int64_t mtime = maildir_mtime(mb->dir_fd, UIDLIST_LOCK);

	if (mtime == mb->list.lock)
		return RUN_DONE;
	if (list->lock_since_ms == 0)
		list->lock_since_ms = now;
	if (now - list->lock_since_ms < d->list_lock_ms)
		return op_wait_ms(op, d->list_look_ms);
	mb->list.lock = mtime;
	return RUN_DONE;
}

enum run
uidlist_wait(struct uidlist *list, struct mailbox *mb, struct op *op)
{
	struct stat sb;

	if (mb->list.job || mailbox_dir(mb) == -1 || fstatat(mb->dir_fd,
	    UIDLIST_LOCK, &sb, AT_SYMLINK_NOFOLLOW) == -1 ||
	    lock_is_stale(mb->store, &sb))
		return RUN_DONE;
	return wait_lock(list, mb, op);
}

enum run
uidlist_lock(struct uidlist *list, struct mailbox *mb, struct op *op)
{
	if (list->lock_fd != -1 || mailbox_dir(mb) == -1)
		return RUN_DONE;
	list->dir_fd = mb->dir_fd;
	list->lock_fd = take_lock(mb->store, mb->dir_fd, UIDLIST_LOCK);
	if (list->lock_fd != -1 || errno != EEXIST)
		return RUN_DONE;
	return wait_lock(list, mb, op);
}

static uint32_t
ahead_of(uint32_t next)
{
	return next > UINT32_MAX - AHEAD ? UINT32_MAX : next + AHEAD;
}

/* Copy the first line of a list, with another next UID. */
static int
copy_header(struct uidlist *list, uint32_t next)
{
	struct buf out;
	struct slice text, line, word;
	char b[1024];
	ssize_t n;
	int rc = -1;

	buf_init(&out, 2 * sizeof(b));
	n = pread(list->fd, b, sizeof(b), 0);
	text = slice_make(b, n < 0 ? 0 : (size_t)n);
	if (!slice_cut(&text, '\n', &line))
		goto out;
	list->copied = (off_t)line.len + 1;
	(void)slice_cut(&line, ' ', &word);
	(void)buf_add_slice(&out, word);
	while (line.len > 0) {
		(void)slice_cut(&line, ' ', &word);
		if (slice_starts(word, SLICE_LIT("N")))
			continue;
		(void)buf_add_char(&out, ' ');
		(void)buf_add_slice(&out, word);
	}
	(void)buf_add_fmt(&out, " N%u\n", next);
	rc = write_all(list->lock_fd, buf_slice(&out));
out:
	buf_clear(&out);
	return rc;
}

/* Copy the other lines.  Returns 1 at the end, 0 when time is up, or -1. */
static int
copy_lines(struct uidlist *list, const struct op *op)
{
	static char b[32768];
	ssize_t n;

	while ((n = pread(list->fd, b, sizeof(b), list->copied)) > 0) {
		if (write_all(list->lock_fd, slice_make(b, (size_t)n)) == -1)
			return -1;
		list->copied += n;
		if (op_must_yield(op))
			return 0;
	}
	return n == 0 ? 1 : -1;
}

static int
replace(struct uidlist *list, uint32_t next)
{
	struct stat sb;

	if (fstat(list->lock_fd, &sb) == -1 ||
	    renameat(list->dir_fd, UIDLIST_LOCK, list->dir_fd,
	    UIDLIST_NAME) == -1)
		return -1;
	(void)close(list->lock_fd);
	list->lock_fd = -1;
	list->promised = next;
	list->mtime = (int64_t)sb.st_mtim.tv_sec * 1000000000 +
	    sb.st_mtim.tv_nsec;
	list->size = (int64_t)sb.st_size;
	return 0;
}

enum run
uidlist_reserve(struct uidlist *list, uint32_t next, struct op *op)
{
	uint32_t ahead = ahead_of(next);
	int rc = 1;

	if (list->lock_fd == -1)
		return RUN_DONE;
	if (list->uidvalidity != 0 && (list->promised < next ||
	    list->promised - next < AHEAD_LEAST)) {
		if (list->copied == 0)
			rc = copy_header(list, ahead) == -1 ? -1 : 1;
		if (rc != -1 && (rc = copy_lines(list, op)) == 0)
			return RUN_MORE;
		if (rc == 1 && replace(list, ahead) == 0)
			return RUN_DONE;
		log_limited(LOG_LEVEL_WARN, "store error path=%s/" UIDLIST_NAME
		    " errno=%d: %s", op->store->root, errno, strerror(errno));
	}
	(void)close(list->lock_fd);
	list->lock_fd = -1;
	(void)unlinkat(list->dir_fd, UIDLIST_LOCK, 0);
	return RUN_DONE;
}

static void
replace_keywords(struct mailbox *mb, struct slice text)
{
	static const char lock[] = "dovecot-keywords.lock";
	int fd, rc;

	if ((fd = take_lock(mb->store, mb->dir_fd, lock)) == -1)
		return;
	rc = write_all(fd, text);
	if (close(fd) == -1 || rc == -1 || renameat(mb->dir_fd, lock,
	    mb->dir_fd, "dovecot-keywords") == -1)
		(void)unlinkat(mb->dir_fd, lock, 0);
}

static void
write_keywords(struct mailbox *mb)
{
	struct buf b, old;
	unsigned int n = mb->nkeywords;

	if (n > MAILDIR_KEYWORDS)
		n = MAILDIR_KEYWORDS;
	if (n <= mb->list.keywords || mailbox_dir(mb) == -1)
		return;
	buf_init(&b, 65536);
	buf_init(&old, 256 * 1024);
	for (unsigned int i = 0; i < n; i++)
		(void)buf_add_fmt(&b, "%u %s\n", i, mb->keywords[i]);
	if (maildir_read_file(mb->dir_fd, "dovecot-keywords", 65536,
	    &old) == -1 || !slice_eq(buf_slice(&old), buf_slice(&b)))
		replace_keywords(mb, buf_slice(&b));
	mb->list.keywords = n;
	buf_clear(&b);
	buf_clear(&old);
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

/* Take the lock and open what is written to.  RUN_FAIL: try again later. */
static enum run
begin(struct list_job *j)
{
	struct mailbox *mb = j->mb;
	struct mailbox_row *row = &mb->row;
	struct stat sb;
	int changed;

	j->begun = true;
	if (mailbox_dir(mb) == -1 ||
	    (j->fd = take_lock(mb->store, mb->dir_fd, UIDLIST_LOCK)) == -1)
		return RUN_FAIL;
	j->locked = true;
	if ((changed = uidlist_changed(mb)) == -1)
		return RUN_FAIL;
	if (changed && fstatat(mb->dir_fd, UIDLIST_NAME, &sb,
	    AT_SYMLINK_NOFOLLOW) == 0) {
		mailbox_look_again(mb);
		return RUN_FAIL;
	}
	j->last = row->uidnext - 1;
	j->next = row->listnext;
	j->whole = row->listuid == 0 || row->listmtime == 0 ||
	    changed || j->next < row->uidnext ||
	    j->next - row->uidnext < AHEAD_LEAST;
	if (j->whole) {
		j->next = ahead_of(row->uidnext);
		(void)buf_add_fmt(&j->out, "3 V%u N%u\n", row->uidvalidity,
		    j->next);
		return RUN_DONE;
	}
	j->at = row->listuid;
	(void)close(j->fd);
	j->fd = openat(mb->dir_fd, UIDLIST_NAME,
	    O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (j->fd == -1 || fstat(j->fd, &sb) == -1)
		return RUN_FAIL;
	j->old_size = sb.st_size;
	return RUN_DONE;
}

static enum run
write_lines(struct list_job *j)
{
	enum sql_rc rc;
	bool end = false;

	while (!end) {
		if ((rc = print_batch(j, &end)) != SQL_DONE)
			return op_fail_sql(&j->op, rc);
		if (write_all(j->fd, buf_slice(&j->out)) == -1)
			return op_fail_path(&j->op, j->mb->folder, UIDLIST_NAME,
			    NULL, errno);
		buf_reset(&j->out, 65536);
		if (!end && op_must_yield(&j->op))
			return RUN_MORE;
	}
	return RUN_DONE;
}

/* Put the list in its place and release the lock. */
static enum run
end_list(struct list_job *j)
{
	struct stat sb;
	int dir_fd = j->mb->dir_fd, rc;

	rc = fstat(j->fd, &sb);
	j->mtime = (int64_t)sb.st_mtim.tv_sec * 1000000000 +
	    sb.st_mtim.tv_nsec;
	j->size = (int64_t)sb.st_size;
	if (close(j->fd) == -1)
		rc = -1;
	j->fd = -1;
	if (rc == -1)
		return op_fail_path(&j->op, j->mb->folder, UIDLIST_NAME, NULL,
		    errno);
	if (j->whole &&
	    renameat(dir_fd, UIDLIST_LOCK, dir_fd, UIDLIST_NAME) == -1)
		return op_fail_path(&j->op, j->mb->folder, UIDLIST_NAME, NULL,
		    errno);
	if (!j->whole)
		(void)unlinkat(dir_fd, UIDLIST_LOCK, 0);
	j->locked = false;
	j->written = true;
	return RUN_DONE;
}

static enum run
job_run(struct op *op)
{
	struct list_job *j = (struct list_job *)op;
	struct mailbox_row *row = &j->mb->row;
	enum run run;

	if (j->mb->dead)
		return RUN_DONE;
	write_keywords(j->mb);
	if (!j->begun && row->listuid == row->uidnext - 1)
		return RUN_DONE;
	if (store_db(op->store, &op->err) == -1)
		return RUN_FAIL;
	/* Another process of ours may have written the list. */
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
	struct list_job *j = (struct list_job *)op;
	struct mailbox *mb = j->mb;

	/* Take back the lines that were appended so far. */
	if (j->locked && !j->whole && j->fd != -1 &&
	    ftruncate(j->fd, j->old_size) == -1)
		log_warn("store error path=%s/%s/" UIDLIST_NAME " errno=%d: "
		    "%s", op->store->root, mb->folder, errno,
		    strerror(errno));
	if (j->fd != -1)
		(void)close(j->fd);
	if (j->locked)
		(void)unlinkat(mb->dir_fd, UIDLIST_LOCK, 0);
	mb->list.job = false;
	mb->list.due_ms = !mailbox_list_behind(mb) ? 0 :
	    timer_ms() + op->store->storage->delays.list_retry_ms;
	buf_clear(&j->out);
	mailbox_unref(mb);
}

static const struct op_class job_class = { job_run, job_free, NULL };

static struct op *
job_new(struct mailbox *mb)
{
	struct list_job *j;

	j = xcalloc(1, sizeof(*j));
	op_init(&j->op, &job_class, mb->store);
	mailbox_ref(mb);
	j->mb = mb;
	j->fd = -1;
	buf_init(&j->out, BUF_NOCAP);
	mb->list.job = true;
	return &j->op;
}

void
uidlist_start_job(struct mailbox *mb)
{
	mb->list.due_ms = 0;
	if (!mb->list.job && mailbox_list_behind(mb))
		op_start_job(job_new(mb));
}

void
uidlist_flush(struct mailbox *mb)
{
	struct op *op;

	if (mb->list.job || !mailbox_list_behind(mb))
		return;
	op = job_new(mb);
	while (op_run(op) == RUN_MORE)
		;
	op_free(op);
}
