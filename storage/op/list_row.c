/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Rows of mailboxes; see list_row.h. */

#include "config.h"

#include <time.h>

#include "storage/index/floor.h"
#include "storage/index/op_fail.h"
#include "storage/index/op_head.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/op/list_look.h"
#include "storage/op/list_row.h"

/* Get the number that a query returns, or 0 if it returns none. */
static int
ask(struct op *op, enum sql_stmt id, const struct sql_arg *args, size_t n,
    int64_t *value)
{
	struct sql *db = op->store->db;
	enum sql_rc rc;

	*value = 0;
	sql_start(db, id, args, n);
	if ((rc = sql_step(db, id)) == SQL_ROW) {
		*value = sql_int(db, id, 0);
		rc = SQL_DONE;
	}
	sql_reset(db, id);
	if (rc == SQL_DONE)
		return 0;
	op_fail_sql(op, rc);
	return -1;
}

static int
ask_id(struct op *op, enum sql_stmt id, const struct sql_arg *args, size_t n,
    uint32_t *value)
{
	int64_t v;
	int rc = ask(op, id, args, n, &v);

	*value = (uint32_t)v;
	return rc;
}

uint32_t
list_row_add(struct op *op, struct slice name, const struct look *k,
    uint32_t use)
{
	struct sql *db = op->store->db;
	uint32_t validity = k->uidvalidity;
	uint64_t modseq = floor_first_modseq(db);

	if (validity == 0)
		validity = floor_next_uidvalidity(db);
	if (validity == 0 || modseq == 0) {
		op_fail(op, STORE_ERR_IO, 0,
		    "The mail index could not be read or written");
		return 0;
	}
	sql_tx_do(db, SQL_MAILBOX_ADD, SQL_ARGS(SQL_N, SQL_T(name),
	    SQL_B(slice_str(k->folder)), SQL_I(k->inode), SQL_I(use),
	    SQL_I(validity), SQL_I(1), SQL_I(modseq)));
	return (uint32_t)sql_last_id(db);
}

void
list_row_vanish(struct store *st, uint32_t id)
{
	sql_tx_do(st->db, SQL_VANISHED_ADD, SQL_ARGS(SQL_I(id),
	    SQL_I(time(NULL))));
	sql_tx_do(st->db, SQL_MAILBOX_DELETE, SQL_ARGS(SQL_I(id)));
}

int
list_row_return(struct op *op, struct slice name, const struct look *k,
    uint32_t *id)
{
	struct sql *db = op->store->db;
	struct slice folder = slice_str(k->folder);

	if (ask_id(op, SQL_VANISHED_RENAMED, SQL_ARGS(SQL_I(k->inode),
	    SQL_I(k->uidvalidity), SQL_I(k->curmtime)), id) == -1)
		return -1;
	if (*id == 0 && ask_id(op, SQL_VANISHED_NAMED, SQL_ARGS(SQL_B(folder),
	    SQL_I(k->uidvalidity)), id) == -1)
		return -1;
	if (*id == 0)
		return 0;
	sql_tx_do(db, SQL_VANISHED_RETURN, SQL_ARGS(SQL_I(*id), SQL_T(name),
	    SQL_B(folder), SQL_I(k->inode)));
	sql_tx_do(db, SQL_VANISHED_DELETE, SQL_ARGS(SQL_I(*id)));
	return 0;
}

int
list_row_named(struct op *op, struct slice name, uint32_t *id)
{
	return ask_id(op, SQL_MAILBOX_NAMED, SQL_ARGS(SQL_T(name)), id);
}

int
list_row_vanished(struct op *op, int64_t before, uint32_t *id)
{
	return ask_id(op, SQL_VANISHED_OLD, SQL_ARGS(SQL_I(before)), id);
}
