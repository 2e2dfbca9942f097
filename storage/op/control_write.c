/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Writing the control file.  A new file is written beside the old one, synced,
 * renamed over it, and then the folder is synced.  So a killed process or a
 * power failure leaves the old file or the new one.
 *
 * One process at a time writes the file, from a state of the index that it
 * reads under the lock: a process that printed an older state would otherwise
 * rename its file last.  The file is out of date until a write has succeeded; a
 * failed write is tried again, later and later.
 */

#include "config.h"

#include <sys/file.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/table.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/control.h"
#include "storage/index/due.h"
#include "storage/index/newfile.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/store_state.h"
#include "storage/op/control_write.h"
#include "storage/op/op.h"
#include "storage/op/op_state.h"

/* Another process has the lock for as long as two syncs take. */
#define LOCK_LOOK_MS	20
#define LOCK_WAIT_MS	2000
#define RETRY_MAX_MS	600000

struct control_job {
	struct op	 op;
	size_t		 step;		/* index in steps[] */
	bool		 blocks;	/* makes its syncs itself */
	int		 lock_fd;
	unsigned int	 changes;	/* as control_changes was */
	uint64_t	 modseq;	/* the floor that was printed */
	struct newfile	 file;
	bool		 done;
};

static enum run
fail(struct control_job *j)
{
	return op_fail_path(&j->op, "penfold", CONTROL_NAME, NULL, errno);
}

static enum run
lock(struct control_job *j)
{
	if (j->lock_fd == -1)
		j->lock_fd = openat(j->op.store->penfold_fd, "control.lock",
		    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (j->lock_fd == -1)
		return fail(j);
	if (flock(j->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return RUN_DONE;
	return errno == EWOULDBLOCK ? op_wait_ms(&j->op, LOCK_LOOK_MS) :
	    fail(j);
}

/* Print one state of the index: a transaction keeps others from writing. */
static enum run
print(struct control_job *j)
{
	struct store *st = j->op.store;
	struct buf out;
	enum sql_rc rc;
	enum run run;
	int written = -1;

	if ((run = op_begin(&j->op)) != RUN_DONE)
		return run;
	buf_init(&out, CONTROL_MAX);
	j->changes = st->control_changes;
	rc = control_print(st, &out, &j->modseq);
	op_rollback(&j->op);
	if (rc != SQL_DONE)
		run = op_fail_sql(&j->op, rc);
	else if (newfile_open_beside(&j->file, st->penfold_fd,
	    CONTROL_NAME ".new") == 0)
		written = newfile_write(&j->file, buf_slice(&out));
	if (run == RUN_DONE && written == -1)
		run = fail(j);
	buf_clear(&out);
	return run;
}

static enum run
wait_sync(struct control_job *j, int rc)
{
	return rc == -1 ? fail(j) : rc == 0 ? op_wait_sync(&j->op) : RUN_DONE;
}

static struct sync *
helper(const struct control_job *j)
{
	return j->blocks ? NULL : j->op.store->storage->sync;
}

static enum run
sync_file(struct control_job *j)
{
	return wait_sync(j, newfile_synced(&j->file, helper(j)));
}

static enum run
place(struct control_job *j)
{
	struct stat sb;

	return newfile_place(&j->file, j->op.store->penfold_fd, CONTROL_NAME,
	    &sb) == -1 ? fail(j) : RUN_DONE;
}

static enum run
settle(struct control_job *j)
{
	struct store *st = j->op.store;
	enum run run = wait_sync(j, newfile_settled(&j->file, helper(j)));

	if (run != RUN_DONE)
		return run;
	if (st->control_changes == j->changes)
		st->control_dirty = false;
	st->control_modseq = j->modseq;
	j->done = true;
	return RUN_DONE;
}

static enum run	(*const steps[])(struct control_job *) = {
	lock, print, sync_file, place, settle,
};

static enum run
job_run(struct op *op)
{
	struct control_job *j = (struct control_job *)op;
	enum run run;

	while (j->step < NROWS(steps)) {
		if ((run = steps[j->step](j)) != RUN_DONE)
			return run;
		j->step++;
	}
	return RUN_DONE;
}

static void
job_free(struct op *op)
{
	struct control_job *j = (struct control_job *)op;
	struct store *st = op->store;

	newfile_close(&j->file);
	if (j->lock_fd != -1)
		(void)close(j->lock_fd);
	if (j->done)
		st->control_retry_ms = 0;
	else if (st->control_retry_ms == 0)
		st->control_retry_ms =
		    st->storage->delays.control_retry_ms;
	else if (st->control_retry_ms < RETRY_MAX_MS)
		st->control_retry_ms *= 2;
	st->control_due_ms = timer_ms() + (j->done ?
	    st->storage->delays.control_ms : st->control_retry_ms);
	st->control_job = NULL;
}

static const struct op_class job_class = {
	.run = job_run, .free = job_free
};

static struct op *
job_new(struct store *st)
{
	struct control_job *j;

	j = xcalloc(1, sizeof(*j));
	op_init(&j->op, &job_class, st);
	j->lock_fd = -1;
	newfile_init(&j->file);
	st->control_job = &j->op;
	return &j->op;
}

uint64_t
control_write_due(const struct store *st)
{
	return st->control_dirty && st->control_job == NULL ?
	    st->control_due_ms : UINT64_MAX;
}

void
control_write_start(struct store *st)
{
	if (st->control_job == NULL)
		op_start_job(job_new(st));
}

void
control_write_flush(struct store *st)
{
	struct op *op = st->control_job;
	uint64_t end = timer_ms() + LOCK_WAIT_MS;
	enum run run;

	if (!st->control_dirty || st->writer != NULL)
		return;
	if (op == NULL)
		op = job_new(st);
	((struct control_job *)op)->blocks = true;
	while ((run = op_run(op)) == RUN_MORE ||
	    (run == RUN_WAIT && timer_ms() < end))
		if (run == RUN_WAIT)
			(void)poll(NULL, 0, LOCK_LOOK_MS);
	op_free(op);
}
