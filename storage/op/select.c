/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* SELECT, and NOOP's look at the disk. */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/xmalloc.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_load.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/mailbox/view.h"
#include "storage/mailbox/view_state.h"
#include "storage/op/claim.h"
#include "storage/op/list.h"
#include "storage/op/op.h"
#include "storage/op/op_state.h"
#include "storage/op/scan.h"
#include "storage/op/select.h"

struct select_op {
	struct op	 op;
	char		*name;
	unsigned int	 how;		/* VIEW_* */
	struct mailbox	*mb;
	struct view	*view;
};

static enum run
select_run(struct op *op)
{
	struct select_op *s = (struct select_op *)op;
	enum run run;

	if (s->mb == NULL) {
		run = list_ref(op, slice_str(s->name), &s->mb);
		if (run != RUN_DONE)
			return run;
		mailbox_watch(s->mb);
	}
	run = scan_forgive_full(op, s->mb, scan_run(op, s->mb));
	if (run != RUN_DONE || (run = mailbox_load(s->mb, op)) != RUN_DONE)
		return run;
	if ((s->how & VIEW_READONLY) == 0 && (run = scan_forgive_full(op,
	    s->mb, claim_recent(op, s->mb))) != RUN_DONE)
		return run;
	s->view = view_open(s->mb, s->how);
	return RUN_DONE;
}

static void
select_free(struct op *op)
{
	struct select_op *s = (struct select_op *)op;

	view_close(s->view);
	mailbox_unref(s->mb);
	free(s->name);
}

static const struct op_class select_class = {
	.run = select_run, .free = select_free
};

struct op *
select_new(struct store *st, struct slice name, unsigned int how)
{
	struct select_op *s;

	s = xcalloc(1, sizeof(*s));
	op_init(&s->op, &select_class, st);
	s->name = xstrdup_slice(name);
	s->how = how;
	return &s->op;
}

struct view *
select_result(struct op *op)
{
	struct select_op *s = (struct select_op *)op;
	struct view *v = s->view;

	s->view = NULL;
	return v;
}

struct refresh_op {
	struct op	 op;
	struct mailbox	*mb;
};

static enum run
refresh_run(struct op *op)
{
	struct refresh_op *r = (struct refresh_op *)op;
	enum sql_rc rc;
	enum run run;

	/* A mailbox that is gone has nothing new. */
	if (r->mb->dead)
		return RUN_DONE;
	if (op->store->writer == NULL) {
		if ((rc = store_absorb(op->store)) != SQL_DONE)
			return op_wait_sql(op, rc);
	}
	run = scan_forgive_full(op, r->mb, scan_run(op, r->mb));
	if (run == RUN_DONE && r->mb->takers > 0)
		run = scan_forgive_full(op, r->mb, claim_recent(op, r->mb));
	return run;
}

static void
refresh_free(struct op *op)
{
	mailbox_unref(((struct refresh_op *)op)->mb);
}

static const struct op_class refresh_class = {
	.run = refresh_run, .free = refresh_free
};

struct op *
select_refresh_new(struct view *v)
{
	struct refresh_op *r;

	r = xcalloc(1, sizeof(*r));
	r->mb = view_mailbox(v);
	op_init(&r->op, &refresh_class, r->mb->store);
	mailbox_ref(r->mb);
	return &r->op;
}
