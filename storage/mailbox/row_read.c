/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Reading rows of the tables mailbox and entry; see row_read.h. */

#include "config.h"

#include "storage/index/sql.h"
#include "storage/mailbox/row_read.h"

void
row_read(struct sql *db, enum sql_stmt id, struct mailbox_row *row)
{
#define READ(name, type, value)						\
	row->name = (type)sql_int(db, id, COLUMN_##name);
	MAILBOX_COLUMNS(READ)
#undef READ
}

bool
row_same(const struct mailbox_row *a, const struct mailbox_row *b)
{
#define DIFFERS(name, type, value)					\
	if (a->name != b->name)						\
		return false;
	MAILBOX_COLUMNS(DIFFERS)
#undef DIFFERS
	return true;
}

void
row_read_entry(struct sql *db, enum sql_stmt id, struct entry *e)
{
	e->uid = (uint32_t)sql_int(db, id, 0);
	e->flags = (uint32_t)sql_int(db, id, 1) & FLAG_ALL;
	e->keywords = (uint64_t)sql_int(db, id, 2);
	e->modseq = (uint64_t)sql_int(db, id, 3);
}
