/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Gaps in the mod-sequences of a mailbox; see gap.h. */

#include "config.h"

#include "storage/index/gap.h"

void
gap_record(struct sql *db, uint64_t modseqs, uint64_t now)
{
	sql_tx_do(db, SQL_GAP_BOOT, SQL_ARGS(SQL_I(modseqs), SQL_I(now)));
	sql_tx_do(db, SQL_GAP_MERGE, SQL_ARGS(SQL_I(GAP_MAX)));
	sql_tx_do(db, SQL_GAP_TRIM, SQL_ARGS(SQL_I(GAP_MAX)));
}

enum sql_rc
gap_read(struct sql *db, uint32_t mailbox, struct gaps *out)
{
	enum sql_stmt id = SQL_GAPS;
	enum sql_rc rc = SQL_DONE;

	out->n = 0;
	sql_start(db, id, SQL_ARGS(SQL_I(mailbox), SQL_I(GAP_MAX)));
	while (out->n < GAP_MAX && (rc = sql_step(db, id)) == SQL_ROW) {
		out->items[out->n].low = (uint64_t)sql_int(db, id, 0);
		out->items[out->n++].high = (uint64_t)sql_int(db, id, 1);
	}
	sql_reset(db, id);
	return rc == SQL_ROW ? SQL_DONE : rc;
}

bool
gap_contains(const struct gaps *gaps, uint64_t modseq)
{
	for (size_t i = 0; i < gaps->n; i++)
		if (modseq > gaps->items[i].low &&
		    modseq < gaps->items[i].high)
			return true;
	return false;
}
