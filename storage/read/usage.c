/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What a user's mail takes; see usage.h. */

#include "config.h"

#include "common/base/xmalloc.h"
#include "storage/index/index.h"
#include "storage/index/op_wait.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/op/op_state.h"
#include "storage/read/usage.h"

struct usage_op {
	struct op	 op;
	struct usage	 result;
};

static enum run
usage_run(struct op *op)
{
	struct usage u;
	struct store *st = op->store;
	enum sql_stmt id = SQL_USAGE;
	enum sql_rc rc;

	/* The changes of another operation may still be undone. */
	if (st->writer != NULL)
		return op_wait_lock(op);
	if (index_open(st, &op->err) == -1)
		return RUN_FAIL;
	sql_start(st->db, id, SQL_NOARGS);
	if ((rc = sql_step(st->db, id)) == SQL_ROW) {
		u.mailboxes = (uint64_t)sql_int(st->db, id, 0);
		u.messages = (uint64_t)sql_int(st->db, id, 1);
		u.size = (uint64_t)sql_int(st->db, id, 2);
		((struct usage_op *)op)->result = u;
	}
	sql_reset(st->db, id);
	return rc == SQL_ROW ? RUN_DONE : op_wait_sql(op, rc);
}

static void
usage_free(struct op *op)
{
	(void)op;
}

static const struct op_class usage_class = {
	.run = usage_run, .free = usage_free,
};

struct op *
usage_new(struct store *st)
{
	struct usage_op *u;

	u = xcalloc(1, sizeof(*u));
	op_init(&u->op, &usage_class, st);
	return &u->op;
}

const struct usage *
usage_result(const struct op *op)
{
	return &((const struct usage_op *)op)->result;
}
