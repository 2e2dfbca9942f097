/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The rows of parsed messages; see content.h.  Statements that fail are
 * reported by sql_failed(), as always within a transaction.
 */

#include "config.h"

#include "common/base/table.h"
#include "storage/index/content.h"
#include "storage/index/sql.h"

int64_t
content_add(struct sql *db, const struct content *c)
{
	int64_t id;

	sql_tx_do(db, SQL_CONTENT_ADD, SQL_ARGS(SQL_I(c->raw), SQL_I(c->wire),
	    SQL_I(c->date), SQL_B(c->gist), SQL_I(c->traits),
	    SQL_I(c->mtime), SQL_I(c->digest)));
	id = sql_last_id(db);
	sql_tx_do(db, SQL_STRUCTURE_ADD, SQL_ARGS(SQL_I(id), SQL_B(c->blob)));
	sql_tx_do(db, SQL_HEADER_ADD, SQL_ARGS(SQL_I(id), SQL_B(c->headers)));
	return id;
}

int64_t
content_reserve(struct sql *db, uint32_t n)
{
	const struct sql_arg key = SQL_T(SLICE_LIT("content"));
	int64_t last = -1;

	sql_tx_do(db, SQL_SEQUENCE_ADD, SQL_ARGS(key));
	sql_start(db, SQL_SEQUENCE_GET, SQL_ARGS(key));
	if (sql_step(db, SQL_SEQUENCE_GET) == SQL_ROW)
		last = sql_int(db, SQL_SEQUENCE_GET, 0);
	sql_reset(db, SQL_SEQUENCE_GET);
	if (last == -1)
		return 0;
	sql_tx_do(db, SQL_SEQUENCE_RAISE, SQL_ARGS(key, SQL_I(last + n)));
	return last + 1;
}

void
content_drop(struct sql *db, int64_t id)
{
	static const enum sql_stmt rows[] = {
		SQL_STRUCTURE_DELETE, SQL_HEADER_DELETE, SQL_CONTENT_DELETE,
	};
	int64_t left = -1;

	if (id == 0)
		return;
	sql_start(db, SQL_SHARE_GET, SQL_ARGS(SQL_I(id)));
	if (sql_step(db, SQL_SHARE_GET) == SQL_ROW)
		left = sql_int(db, SQL_SHARE_GET, 0);
	sql_reset(db, SQL_SHARE_GET);
	if (left > 1) {
		sql_tx_do(db, SQL_SHARE_DROP, SQL_ARGS(SQL_I(id)));
		return;
	}
	if (left != -1)
		sql_tx_do(db, SQL_SHARE_DELETE, SQL_ARGS(SQL_I(id)));
	for (size_t i = 0; i < NROWS(rows); i++)
		sql_tx_do(db, rows[i], SQL_ARGS(SQL_I(id)));
}
