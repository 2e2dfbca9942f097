/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The index is authoritative for flags; file names follow within a second.
 *
 * The names of a batch are changed under the write lock.  name.info, which says
 * what a file name was when we last saw it, follows after cur/ was synced:
 *
 *	rename a, b, c in cur/; sync cur/; name.info of a, b, c; COMMIT
 *
 * A power cut before the sync may leave old or new names, a power cut after it
 * leaves new ones, and name.info in the index is the old one until all names
 * are new.  So a name that differs from name.info differs only by flags that
 * the entry has anyway, and the merge of the next scan changes nothing.  If
 * name.info could be newer than the name, the merge would take the old name for
 * another program's change, and undo the flags.
 */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/letter.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"
#include "storage/op/flagname.h"
#include "storage/op/op.h"
#include "storage/op/op_state.h"

/* Names that change in one transaction. */
#define BATCH	256
/* Check the clock after this many renames. */
#define LOOK_EVERY	16

/* A file whose name shows its flags now. */
struct renamed {
	uint32_t	 uid;
	bool		 moved;		/* or it had the name already */
	char		 from[MAILDIR_NAME_MAX];
	char		 to[MAILDIR_NAME_MAX];
};

enum step { STEP_BEGIN, STEP_RENAME, STEP_SYNC };

struct flagname_job {
	struct op	 op;
	struct mailbox	*mb;
	enum step	 step;
	bool		 blocks;	/* may wait for the disk */
	uint32_t	 done;		/* UIDs up to this one are committed */
	uint32_t	 last;		/* UIDs up to this one were tried */
	struct idset	 failed;	/* those whose rename has failed */
	bool		 missing;	/* a file has another name, or none */
	struct renamed	*batch;
	size_t		 n;
	struct syncfile	*sync;		/* of cur/; NULL before it is needed */
	uint64_t	 ticket;
};

/* Get the flags of a message, also if the mailbox is not loaded. */
static bool
flags_of(struct mailbox *mb, uint32_t uid, struct flags *flags)
{
	const struct entry *e = mailbox_entry(mb, uid);
	struct sql *db = mb->store->db;
	bool found;

	if (mb->loaded) {
		if (e == NULL || e->flags & ENTRY_ZOMBIE)
			return false;
		flags->system = e->flags & FLAG_ALL;
		flags->keywords = e->keywords;
		return true;
	}
	sql_start(db, SQL_ENTRY_GET, SQL_ARGS(SQL_I(mb->id), SQL_I(uid)));
	found = sql_step(db, SQL_ENTRY_GET) == SQL_ROW;
	flags->system = (uint32_t)sql_int(db, SQL_ENTRY_GET, 0) & FLAG_ALL;
	flags->keywords = (uint64_t)sql_int(db, SQL_ENTRY_GET, 1);
	sql_reset(db, SQL_ENTRY_GET);
	return found;
}

/* The name of a message in the index, and the one that shows its flags. */
static bool
names_of(struct mailbox *mb, const struct flags *flags, struct renamed *r)
{
	struct sql *db = mb->store->db;
	struct slice base, old;
	struct buf info;
	bool has_info;

	sql_start(db, SQL_NAME_GET, SQL_ARGS(SQL_I(mb->id), SQL_I(r->uid)));
	if (sql_step(db, SQL_NAME_GET) != SQL_ROW) {
		sql_reset(db, SQL_NAME_GET);
		return false;
	}
	base = sql_blob(db, SQL_NAME_GET, 0);
	has_info = !sql_null(db, SQL_NAME_GET, 1);
	old = sql_blob(db, SQL_NAME_GET, 1);
	buf_init(&info, MAILDIR_NAME_MAX);
	(void)letters_print(mb, old, flags->system, flags->keywords, &info);
	(void)snprintf(r->from, sizeof(r->from), "%.*s%s%.*s",
	    SLICE_ARG(base), has_info ? ":" : "", SLICE_ARG(old));
	maildir_name_print(base, buf_slice(&info), r->to);
	buf_clear(&info);
	sql_reset(db, SQL_NAME_GET);
	return true;
}

/* Move a file within cur/, and expect the news of it. */
static int
move(struct mailbox *mb, const char *from, const char *to)
{
	if (maildir_move(mb->cur_fd, from, mb->cur_fd, to) == -1)
		return -1;
	watch_expect(mb->watch.watched, WATCH_CUR, from);
	watch_expect(mb->watch.watched, WATCH_CUR, to);
	return 0;
}

/*
 * Let the name of a message show its flags, and add it to the batch.  If that
 * fails, the name stays behind and is tried again later.
 */
static void
rename_one(struct flagname_job *job, uint32_t uid)
{
	struct mailbox *mb = job->mb;
	struct renamed *r = &job->batch[job->n];
	struct flags flags;

	r->uid = uid;
	r->moved = false;
	if (!flags_of(mb, uid, &flags)) {
		job->n++;
		return;
	}
	letters_wait(mb, uid, flags.keywords);
	if (!names_of(mb, &flags, r) || strcmp(r->from, r->to) == 0) {
		job->n++;
		return;
	}
	if (move(mb, r->from, r->to) == 0) {
		r->moved = true;
		job->n++;
		return;
	}
	(void)idset_add(&job->failed, uid);
	if (maildir_gone(errno))
		job->missing = true;
	else if (errno != EEXIST) /* A scan tells of two files of one name. */
		log_limited(LOG_LEVEL_WARN, "store error path=%s%s%s/"
		    "cur/%s errno=%d: %s", mb->store->root,
		    mb->folder[0] == '\0' ? "" : "/", mb->folder,
		    log_esc(slice_str(r->from)), errno, strerror(errno));
}

/* After a crash nobody knows which names do not show their flags: try all. */
static void
find_all(struct mailbox *mb)
{
	if (!mb->names.unknown || !mb->loaded)
		return;
	mb->names.unknown = false;
	for (size_t i = 0; i < mb->n; i++)
		(void)idset_add(&mb->names.behind, mb->entries[i].uid);
}

static enum run
step_begin(struct flagname_job *job)
{
	struct mailbox *mb = job->mb;
	enum run run;

	if (mb->dead)
		return RUN_DONE;
	find_all(mb);
	/* Names that failed are tried again by the next job. */
	if (idset_max(&mb->names.behind) <= job->done)
		return RUN_DONE;
	if (mailbox_cur(mb) == -1)
		return op_fail_path(&job->op, mb->folder, "cur", NULL, errno);
	if ((run = op_begin(&job->op)) != RUN_DONE)
		return run;
	/* Another process may have deleted it, or the index was lost. */
	if (mb->dead) {
		op_rollback(&job->op);
		return RUN_DONE;
	}
	syncfile_unref(job->sync);
	job->sync = syncfile_ref(mb->cur_sync);
	if (job->batch == NULL)
		job->batch = xcalloc(BATCH, sizeof(*job->batch));
	job->step = STEP_RENAME;
	return RUN_MORE;
}

static enum run
step_rename(struct flagname_job *job)
{
	struct mailbox *mb = job->mb;
	struct idset_iter it;
	uint32_t uid;
	bool clean = mailbox_change_begin(mb), more = true;

	idset_iter_init_after(&it, &mb->names.behind, job->last);
	for (int i = 1; job->n < BATCH && (more = idset_next(&it, &uid)); i++) {
		job->last = uid;
		rename_one(job, uid);
		if (i % LOOK_EVERY == 0 && op_must_yield(&job->op))
			break;
	}
	mailbox_change_end(mb, clean);
	if (more && job->n < BATCH)
		return RUN_MORE;
	job->ticket = syncfile_want(job->sync);
	job->step = STEP_SYNC;
	return RUN_MORE;
}

/* The names of the batch are on disk: say so in the index. */
static enum run
commit(struct flagname_job *job)
{
	struct mailbox *mb = job->mb;
	struct slice base, info;

	for (size_t i = 0; i < job->n; i++) {
		if (!job->batch[i].moved)
			continue;
		maildir_split(slice_str(job->batch[i].to), &base, &info);
		sql_tx_do(mb->store->db, SQL_NAME_INFO, SQL_ARGS(SQL_I(mb->id),
		    SQL_I(job->batch[i].uid),
		    info.p == NULL ? SQL_N : SQL_B(info)));
	}
	if (mb->row.renames && mb->loaded && idset_empty(&job->failed) &&
	    idset_empty(&mb->names.waiting) &&
	    job->last == idset_max(&mb->names.behind)) {
		mailbox_touch(mb);
		mb->row.renames = false;
	}
	if (op_commit(&job->op) == -1)
		return RUN_FAIL;
	(void)idset_remove_range(&mb->names.behind, job->done + 1, job->last);
	job->done = job->last;
	job->n = 0;
	job->step = STEP_BEGIN;
	return RUN_MORE;
}

static enum run
step_sync(struct flagname_job *job)
{
	struct mailbox *mb = job->mb;
	int rc = job->blocks ? syncfile_wait(job->sync, job->ticket) :
	    syncfile_done(job->sync, job->ticket);

	if (rc == 0)
		return op_wait_sync(&job->op);
	if (rc == -1)
		return op_fail_path(&job->op, mb->folder, "cur", NULL, errno);
	return commit(job);
}

static enum run
job_run(struct op *op)
{
	static enum run (*const steps[])(struct flagname_job *) = {
		[STEP_BEGIN] = step_begin,
		[STEP_RENAME] = step_rename,
		[STEP_SYNC] = step_sync,
	};
	struct flagname_job *job = (struct flagname_job *)op;
	enum run run;

	do
		run = steps[job->step](job);
	while (run == RUN_MORE && !op_must_yield(op));
	return run;
}

/*
 * name.info stays as it was, so the names must, too: a flag that is removed
 * later must not come back from the name.
 */
static void
job_undo(struct op *op)
{
	struct flagname_job *job = (struct flagname_job *)op;

	while (job->n > 0) {
		struct renamed *r = &job->batch[--job->n];

		if (r->moved)
			(void)move(job->mb, r->to, r->from);
	}
	mailbox_look_again(job->mb);
}

static void
job_free(struct op *op)
{
	struct flagname_job *job = (struct flagname_job *)op;
	struct mailbox *mb = job->mb;
	const struct delays *d = &op->store->storage->delays;
	bool fresh;

	if (job->missing)
		mailbox_look_again(mb);
	/* What was added to those behind, the job has not tried. */
	fresh = op->err.kind == STORE_OK && !idset_empty(&mb->names.behind);
	(void)idset_union(&mb->names.behind, &job->failed);
	idset_clear(&job->failed);
	mb->names.job = false;
	mb->names.due_ms = idset_empty(&mb->names.behind) ? 0 :
	    timer_ms() + (fresh ? d->rename_ms : d->rename_retry_ms);
	syncfile_unref(job->sync);
	free(job->batch);
	mailbox_unref(mb);
}

static const struct op_class job_class = {
	.run = job_run, .free = job_free, .undo = job_undo
};

static struct flagname_job *
job_new(struct mailbox *mb)
{
	struct flagname_job *job;

	job = xcalloc(1, sizeof(*job));
	op_init(&job->op, &job_class, mb->store);
	mailbox_ref(mb);
	idset_init(&job->failed, IDSET_NOLIMIT);
	job->mb = mb;
	mb->names.job = true;
	return job;
}

void
flagname_start_job(struct mailbox *mb)
{
	mb->names.due_ms = 0;
	if (!mb->names.job && !mb->dead)
		op_start_job(&job_new(mb)->op);
}

void
flagname_flush(struct mailbox *mb)
{
	struct flagname_job *job;

	if (mb->names.job || mb->dead)
		return;
	job = job_new(mb);
	job->blocks = true;
	while (op_run(&job->op) == RUN_MORE)
		;
	op_free(&job->op);
}
