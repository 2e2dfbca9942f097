/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Reading a row of the table mailbox; see row_read.h. */

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
