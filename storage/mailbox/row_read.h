/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Reading rows of the tables mailbox and entry. */

#ifndef STORAGE_MAILBOX_ROW_READ_H
#define STORAGE_MAILBOX_ROW_READ_H

#include <stdbool.h>

#include "storage/index/mailbox_columns.h"
#include "storage/index/sql.h"
#include "storage/mailbox/mailbox_struct.h"

/* Read a row of SQL_MAILBOX_GET or SQL_MAILBOX_ALL. */
void		 row_read(struct sql *db, enum sql_stmt id,
		    struct mailbox_row *row);
/* Whether two rows have the same values. */
bool		 row_same(const struct mailbox_row *a,
		    const struct mailbox_row *b);
/* Read an entry from a statement with the columns of SQL_ENTRIES. */
void		 row_read_entry(struct sql *db, enum sql_stmt id,
		    struct entry *e);

#endif
