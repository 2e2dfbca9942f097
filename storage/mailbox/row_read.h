/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Reading a row of the table mailbox. */

#ifndef STORAGE_MAILBOX_ROW_READ_H
#define STORAGE_MAILBOX_ROW_READ_H

#include "storage/index/mailbox_columns.h"
#include "storage/index/sql.h"

/* Read a row of SQL_MAILBOX_GET or SQL_MAILBOX_ALL. */
void		 row_read(struct sql *db, enum sql_stmt id,
		    struct mailbox_row *row);

#endif
