/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Claiming \Recent; see claim.h. */

#include "config.h"

#include "common/base/xmalloc.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/op/claim.h"
#include "storage/op/op_state.h"

enum run
claim_recent(struct op *op, struct mailbox *mb)
{
	enum run run;

	if (mb->row.recentuid + 1 >= mb->row.uidnext)
		return RUN_DONE;
	if ((run = op_begin(op)) != RUN_DONE)
		return run;
	mailbox_touch(mb);
	mb->row.recentuid = mb->row.uidnext - 1;
	return op_commit(op) == -1 ? RUN_FAIL : RUN_DONE;
}

struct claim_job {
	struct op	 op;
	struct mailbox	*mb;
};

static enum run
job_run(struct op *op)
{
	struct mailbox *mb = ((struct claim_job *)op)->mb;
	enum run run;

	if (mb->dead)
		return RUN_DONE;
	if ((run = claim_recent(op, mb)) == RUN_DONE)
		mailbox_changed(mb);
	return run;
}

static void
job_free(struct op *op)
{
	struct mailbox *mb = ((struct claim_job *)op)->mb;

	mb->claim_job = false;
	mailbox_unref(mb);
}

static const struct op_class job_class = {
	.run = job_run, .free = job_free
};

void
claim_start_job(struct mailbox *mb)
{
	struct claim_job *job;

	mb->claim_due = false;
	if (mb->claim_job)
		return;
	job = xcalloc(1, sizeof(*job));
	op_init(&job->op, &job_class, mb->store);
	job->mb = mb;
	mailbox_ref(mb);
	mb->claim_job = true;
	op_start_job(&job->op);
}
