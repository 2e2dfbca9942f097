/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The promise of dovecot-uidlist; see uidlist_promise.h. */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/table.h"
#include "common/base/timer.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/uidlist.h"
#include "storage/op/op_state.h"
#include "storage/op/uidlist_promise.h"

/*
 * How many UIDs a new list is ahead, and with how many left it is renewed.  A
 * renewal copies the list, so large mailboxes get more: then each UID pays for
 * a few lines.
 */
#define AHEAD		1000
#define AHEAD_LEAST	500
#define AHEAD_SHARE	16
/*
 * So many UIDs may be given out before there is a list: after a power loss,
 * more than that are skipped (opening.c), so that no list is needed for that.
 */
#define WITHOUT_LIST	5000

void
uidlist_promise_init(struct uidlist_promise *p)
{
	memset(p, 0, sizeof(*p));
	dotlock_init(&p->lock);
	newfile_init(&p->file);
	p->fd = -1;
}

void
uidlist_promise_clear(struct uidlist_promise *p)
{
	newfile_close(&p->file);
	if (p->fd != -1)
		(void)close(p->fd);
	dotlock_close(&p->lock);
	uidlist_promise_init(p);
}

int
uidlist_changed(struct mailbox *mb)
{
	struct stat sb;

	if (mailbox_dir(mb) == -1)
		return -1;
	if (fstatat(mb->dir_fd, UIDLIST_NAME, &sb,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return !maildir_gone(errno) ? -1 : mb->row.listmtime != 0;
	return maildir_file_time(&sb) != mb->row.listmtime ||
	    (int64_t)sb.st_size != mb->row.listsize;
}

uint32_t
uidlist_ahead(const struct mailbox *mb, uint32_t next)
{
	uint32_t ahead = AHEAD + mb->row.messages / AHEAD_SHARE;

	return next > UINT32_MAX - ahead ? UINT32_MAX : next + ahead;
}

/* All UIDs that may be given out are below this. */
static uint32_t
promised(const struct mailbox *mb)
{
	return mb->row.listmtime == 0 ? WITHOUT_LIST : mb->row.listnext;
}

uint32_t
uidlist_room(const struct mailbox *mb)
{
	uint32_t next = promised(mb);

	return next <= mb->row.uidnext ? 0 : next - mb->row.uidnext;
}

bool
uidlist_low(const struct mailbox *mb)
{
	return mb->row.listnext != UINT32_MAX &&
	    (mb->row.listnext < mb->row.uidnext ||
	    mb->row.listnext - mb->row.uidnext < AHEAD_LEAST);
}

/*
 * Wait for the lock of the list.  If it is not released in time, go on without
 * it, and do not wait for the same lock again: its mtime identifies it.
 */
static enum run
wait_lock(struct uidlist_promise *p, struct mailbox *mb, struct op *op)
{
	const struct delays *d = &mb->store->storage->delays;
	uint64_t now = timer_ms();
	int64_t mtime = maildir_mtime(mb->dir_fd, UIDLIST_LOCK);

	if (mtime == mb->list.lock)
		return RUN_DONE;
	if (p->since_ms == 0)
		p->since_ms = now;
	if (now - p->since_ms < d->list_lock_ms)
		return op_wait_ms(op, d->list_look_ms);
	mb->list.lock = mtime;
	return RUN_DONE;
}

static uint32_t
stale_s(const struct mailbox *mb)
{
	return mb->store->storage->delays.list_stale_s;
}

enum run
uidlist_wait(struct uidlist_promise *p, struct mailbox *mb, struct op *op)
{
	if (mailbox_dir(mb) == -1 ||
	    !dotlock_taken(mb->dir_fd, UIDLIST_LOCK, stale_s(mb)))
		return RUN_DONE;
	return wait_lock(p, mb, op);
}

enum run
uidlist_lock(struct uidlist_promise *p, struct mailbox *mb, struct op *op)
{
	if (p->lock.fd != -1 || mailbox_dir(mb) == -1 ||
	    dotlock_open(&p->lock, mb->dir_fd, UIDLIST_LOCK,
	    stale_s(mb)) == 0 || errno != EEXIST)
		return RUN_DONE;
	return wait_lock(p, mb, op);
}

enum run
uidlist_wait_long(struct uidlist_promise *p, struct op *op)
{
	const struct storage *s = op->store->storage;
	uint64_t now = timer_ms();

	if (p->since_ms == 0)
		p->since_ms = now;
	if (now - p->since_ms >= (uint64_t)s->options.lock_timeout * 1000)
		return op_fail(op, STORE_ERR_INUSE, 0, "The mailbox is in use "
		    "by another program; try again later");
	return op_wait_ms(op, s->delays.list_look_ms);
}

static enum promise
fail(struct mailbox *mb, struct op *op)
{
	(void)op_fail_path(op, mb->folder, UIDLIST_NAME, NULL, errno);
	return PROMISE_FAIL;
}

/* What the next UID would be after n more. */
static uint32_t
after(const struct mailbox *mb, uint32_t n)
{
	return mb->row.uidnext > UINT32_MAX - n ? UINT32_MAX :
	    mb->row.uidnext + n;
}

/* Take the lock, and make sure that the index knows the list. */
static enum promise
take_lock(struct uidlist_promise *p, struct mailbox *mb, struct op *op)
{
	int changed;

	if (mailbox_dir(mb) == -1)
		return fail(mb, op);
	if (p->lock.fd == -1) {
		if (dotlock_open(&p->lock, mb->dir_fd, UIDLIST_LOCK,
		    stale_s(mb)) == -1)
			return errno == EEXIST ? PROMISE_LOCKED : fail(mb, op);
		p->known = false;
	}
	if (p->known)
		return PROMISE_KEPT;
	changed = uidlist_changed(mb);
	return changed == -1 ? fail(mb, op) :
	    changed ? PROMISE_CHANGED : PROMISE_KEPT;
}

/*
 * Begin a list with a new first line.  A list of another UIDVALIDITY, or whose
 * first line makes no sense, is not copied.
 */
static enum promise
begin(struct uidlist_promise *p, struct mailbox *mb, struct op *op)
{
	struct buf out;
	struct slice text, line = SLICE_EMPTY;
	struct stat sb;
	char b[UIDLIST_HEADER_MAX];
	ssize_t n = 0;
	uint32_t validity, next;
	int rc;

	p->fd = maildir_open(mb->dir_fd, UIDLIST_NAME, &sb);
	if ((p->fd == -1 && !maildir_gone(errno)) ||
	    (p->fd != -1 && (n = pread(p->fd, b, sizeof(b), 0)) == -1) ||
	    newfile_open(&p->file, mb->dir_fd) == -1)
		return fail(mb, op);
	text = slice_make(b, (size_t)n);
	if (slice_cut(&text, '\n', &line) &&
	    uidlist_parse_header(line, &validity, &next) == 0 &&
	    validity == mb->row.uidvalidity) {
		p->copied = (off_t)line.len + 1;
	} else {
		line = SLICE_EMPTY;
		p->lacks = true;
	}
	buf_init(&out, UIDLIST_HEADER_MAX + 64);
	uidlist_print_header(&out, line, mb->row.uidvalidity, p->next);
	p->len = p->whole = (off_t)buf_len(&out);
	rc = newfile_write(&p->file, buf_slice(&out));
	buf_clear(&out);
	return rc == -1 ? fail(mb, op) : PROMISE_KEPT;
}

/*
 * Copy the other lines, but not a last line without an end, after which nothing
 * could be appended.
 */
static enum promise
copy_lines(struct uidlist_promise *p, struct mailbox *mb, struct op *op)
{
	static char b[32768];
	ssize_t n = 0;
	size_t at;

	while (!p->lacks &&
	    (n = pread(p->fd, b, sizeof(b), p->copied)) > 0) {
		if (newfile_write(&p->file, slice_make(b, (size_t)n)) == -1)
			return fail(mb, op);
		for (at = (size_t)n; at > 0 && b[at - 1] != '\n'; at--)
			;
		if (at > 0)
			p->whole = p->len + (off_t)at;
		p->len += n;
		p->copied += n;
		if (op_must_yield(op))
			return PROMISE_MORE;
	}
	if (n == -1)
		return fail(mb, op);
	if (p->whole == p->len)
		return PROMISE_KEPT;
	p->lacks = true;
	return ftruncate(p->file.fd, p->whole) == -1 ? fail(mb, op) :
	    PROMISE_KEPT;
}

static enum promise
wait_sync(struct mailbox *mb, struct op *op, int rc)
{
	if (rc == -1)
		return fail(mb, op);
	if (rc == 1)
		return PROMISE_KEPT;
	(void)op_wait_sync(op);
	return PROMISE_WAIT;
}

static enum promise
sync_list(struct uidlist_promise *p, struct mailbox *mb, struct op *op)
{
	return wait_sync(mb, op,
	    newfile_synced(&p->file, op->store->storage->sync));
}

/* Put the list in its place. */
static enum promise
place(struct uidlist_promise *p, struct mailbox *mb, struct op *op)
{
	struct stat sb;

	/* Somebody may have taken our lock for abandoned. */
	if (!dotlock_held(&p->lock))
		return PROMISE_LOCKED;
	if (newfile_place(&p->file, mb->dir_fd, UIDLIST_NAME, &sb) == -1)
		return fail(mb, op);
	mailbox_touch(mb);
	mb->row.listmtime = maildir_file_time(&sb);
	mb->row.listsize = (int64_t)sb.st_size;
	if (p->lacks)
		mb->row.listuid = 0;
	return PROMISE_KEPT;
}

static enum promise
settle(struct uidlist_promise *p, struct mailbox *mb, struct op *op)
{
	enum promise rc = wait_sync(mb, op,
	    newfile_settled(&p->file, op->store->storage->sync));

	if (rc != PROMISE_KEPT)
		return rc;
	mailbox_touch(mb);
	mb->row.listnext = p->next;
	return PROMISE_KEPT;
}

static enum promise	(*const steps[])(struct uidlist_promise *,
    struct mailbox *, struct op *) = {
	take_lock, begin, copy_lines, sync_list, place, settle,
};

/* Start over, but remember when the wait for the lock began. */
static void
give_up(struct uidlist_promise *p)
{
	uint64_t since_ms = p->since_ms;

	uidlist_promise_clear(p);
	p->since_ms = since_ms;
}

enum promise
uidlist_promise(struct uidlist_promise *p, struct mailbox *mb, struct op *op,
    uint32_t n)
{
	enum promise rc = PROMISE_KEPT;
	bool enough = promised(mb) >= after(mb, n);

	if (p->step == 0)
		p->next = uidlist_ahead(mb, after(mb, n));
	while (!enough && rc == PROMISE_KEPT && p->step < NROWS(steps)) {
		rc = steps[p->step](p, mb, op);
		if (rc == PROMISE_KEPT)
			p->step++;
	}
	if (p->step == NROWS(steps))
		rc = PROMISE_RENEWED;
	if (rc == PROMISE_LOCKED)
		give_up(p);
	else if (rc != PROMISE_MORE && rc != PROMISE_WAIT)
		uidlist_promise_clear(p);
	return rc;
}
