/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Looking at the list for watchers of a store; see mailbox/watcher_state.h. */

#include "config.h"

#include "common/base/xmalloc.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/watcher_state.h"
#include "storage/op/list.h"
#include "storage/op/list_watch.h"
#include "storage/op/op_state.h"

static enum run
job_run(struct op *op)
{
	struct store *st = op->store;
	enum sql_rc rc;
	enum run run;

	/* Watchers must not hear of what is not committed yet. */
	if (st->writer != NULL && st->writer != op)
		return op_wait_lock(op);
	if ((run = list_refresh(op)) != RUN_DONE)
		return run;
	if ((rc = watcher_compare(st)) != SQL_DONE)
		return op_fail_sql(op, rc);
	return RUN_DONE;
}

static void
job_free(struct op *op)
{
	watcher_look_end(op->store);
	if (op->err.kind == STORE_ERR_INUSE)
		watcher_look(op->store);
}

static const struct op_class job_class = {
	.run = job_run, .free = job_free
};

void
list_watch_start_job(struct store *st)
{
	struct op *op = xcalloc(1, sizeof(*op));

	watcher_look_begin(st);
	op_init(op, &job_class, st);
	op_start_job(op);
}
