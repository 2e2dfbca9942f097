/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The index is authoritative for flags; file names follow within a second.
 *
 * On disk before COMMIT: some files are renamed, but name.info still has their
 * old names.  After a crash, these names differ from name.info only by flags
 * that the entry has anyway, so that the merge of the next scan changes
 * nothing.  After COMMIT: names and name.info agree.
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
#include "storage/index/error.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/index/wait.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"
#include "storage/op/flagname.h"
#include "storage/op/op.h"
#include "storage/op/op_state.h"

/* Check the clock after this many renames; each slice is a transaction. */
#define LOOK_EVERY	16

static void
rename_one(struct mailbox *mb, uint32_t uid, bool *missing)
{
	struct sql *db = mb->store->db;
	struct entry *e;
	struct buf info;
	struct slice old;
	char from[MAILDIR_NAME_MAX], to[MAILDIR_NAME_MAX];
	bool has_info;

	e = mailbox_entry(mb, uid);
	if (e == NULL || e->flags & ENTRY_ZOMBIE)
		return;
	sql_start(db, SQL_NAME_GET, SQL_ARGS(SQL_I(mb->id), SQL_I(uid)));
	if (sql_step(db, SQL_NAME_GET) != SQL_ROW) {
		sql_reset(db, SQL_NAME_GET);
		return;
	}
	has_info = !sql_null(db, SQL_NAME_GET, 1);
	old = sql_blob(db, SQL_NAME_GET, 1);
	buf_init(&info, MAILDIR_NAME_MAX);
	(void)maildir_info_print(old, e->flags & FLAG_ALL,
	    (uint32_t)e->keywords & MAILDIR_KEYWORD_MASK, &info);
	(void)snprintf(from, sizeof(from), "%.*s%s%.*s",
	    SLICE_ARG(sql_blob(db, SQL_NAME_GET, 0)), has_info ? ":" : "",
	    SLICE_ARG(old));
	(void)snprintf(to, sizeof(to), "%.*s:%.*s",
	    SLICE_ARG(sql_blob(db, SQL_NAME_GET, 0)),
	    SLICE_ARG(buf_slice(&info)));
	sql_reset(db, SQL_NAME_GET);
	if (strcmp(from, to) == 0)
		goto out;
	if (maildir_move(mb->cur_fd, from, mb->cur_fd, to) == -1) {
		if (maildir_gone(errno))
			*missing = true;
		else
			log_limited(LOG_LEVEL_WARN, "store error path=%s/%s/"
			    "cur/%s errno=%d: %s", mb->store->root, mb->folder,
			    log_esc(slice_str(from)), errno, strerror(errno));
		goto out;
	}
	watch_expect(mb->watch.watched, WATCH_CUR, from);
	watch_expect(mb->watch.watched, WATCH_CUR, to);
	sql_tx_do(db, SQL_NAME_INFO, SQL_ARGS(SQL_I(mb->id), SQL_I(uid),
	    SQL_B(buf_slice(&info))));
out:
	buf_clear(&info);
}

/* After a crash nobody knows which names do not show their flags: try all. */
static void
find_all(struct mailbox *mb)
{
	if (!mb->names.unknown)
		return;
	mb->names.unknown = false;
	idset_reset(&mb->names.behind);
	for (size_t i = 0; i < mb->n; i++)
		(void)idset_add(&mb->names.behind, mb->entries[i].uid);
}

/* Rename until the slice is used up.  Returns the last UID that is done. */
static uint32_t
rename_some(struct op *op, struct mailbox *mb, bool *missing)
{
	struct idset_iter it;
	uint32_t uid = 0;

	idset_iter_init(&it, &mb->names.behind);
	for (int i = 0; (i % LOOK_EVERY != 0 || i == 0 || !op_must_yield(op)) &&
	    idset_next(&it, &uid); i++)
		rename_one(mb, uid, missing);
	return uid;
}

static enum run
run_names(struct op *op, struct mailbox *mb)
{
	enum run run;
	uint32_t last;
	bool clean, missing = false;

	if (mb->dead || !mb->loaded)
		return RUN_DONE;
	find_all(mb);
	if (idset_empty(&mb->names.behind))
		return RUN_DONE;
	if (mailbox_cur(mb) == -1)
		return op_fail_path(op, mb->folder, "cur", NULL, errno);
	run = op_begin(op);
	if (run != RUN_DONE)
		return run;
	clean = mailbox_change_begin(mb);
	last = rename_some(op, mb, &missing);
	mailbox_change_end(mb, clean);
	if (mb->row.renames && last == idset_max(&mb->names.behind)) {
		mailbox_touch(mb);
		mb->row.renames = false;
	}
	/* If this fails, the next job finds that these names are missing. */
	if (op_commit(op) == -1)
		return RUN_FAIL;
	(void)idset_remove_range(&mb->names.behind, 1, last);
	if (missing)
		mailbox_look_again(mb);
	return idset_empty(&mb->names.behind) ? RUN_DONE : RUN_MORE;
}

struct flagname_job {
	struct op	 op;
	struct mailbox	*mb;
};

static enum run
job_run(struct op *op)
{
	return run_names(op, ((struct flagname_job *)op)->mb);
}

static void
job_free(struct op *op)
{
	struct mailbox *mb = ((struct flagname_job *)op)->mb;

	mb->names.job = false;
	mb->names.due_ms = idset_empty(&mb->names.behind) ? 0 :
	    timer_ms() + op->store->storage->delays.rename_retry_ms;
	mailbox_unref(mb);
}

static const struct op_class job_class = { job_run, job_free, NULL };

static struct flagname_job *
job_new(struct mailbox *mb)
{
	struct flagname_job *job;

	job = xcalloc(1, sizeof(*job));
	op_init(&job->op, &job_class, mb->store);
	mailbox_ref(mb);
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
	while (op_run(&job->op) == RUN_MORE)
		;
	op_free(&job->op);
}
