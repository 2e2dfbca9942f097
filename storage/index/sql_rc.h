/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What a statement of the index returns. */

#ifndef STORAGE_INDEX_SQL_RC_H
#define STORAGE_INDEX_SQL_RC_H

#include "storage/types.h"

struct sqlite3;

enum sql_rc {
	SQL_ROW,
	SQL_DONE,
	SQL_BUSY,		/* another connection has the lock */
	SQL_FULL,		/* the disk is full */
	SQL_CORRUPT,		/* not a database, or damaged */
	SQL_NEWER,		/* made by a newer version of Penfold */
	SQL_ERROR
};

/* Turn a result code of SQLite into ours; db may be NULL. */
enum sql_rc	 sql_rc_of(struct sqlite3 *db, int rc);
/*
 * The errno of the last failed system call on the files of this connection, or
 * 0; db may be NULL.  SQLite reports some failed reads as damage.
 */
int		 sql_rc_errno(struct sqlite3 *db);
/*
 * Set err by rc, and by what db says of its last call.  Logs that, unless rc is
 * SQL_BUSY.  path names the database in the log.
 */
void		 sql_rc_error(struct sqlite3 *db, const char *path,
		    enum sql_rc rc, struct store_error *err);

#endif
