/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Results of SQLite; see sql_rc.h. */

#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include <sqlite3.h>

#include "common/base/log.h"
#include "storage/index/schema.h"
#include "storage/index/sql_rc.h"

int
sql_rc_errno(sqlite3 *db)
{
	sqlite3_file *wal = NULL;
	int errnum = 0;

	if (db == NULL)
		return 0;
	sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &errnum);
	if (errnum == 0 && sqlite3_file_control(db, "main",
	    SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK &&
	    wal != NULL && wal->pMethods != NULL)
		wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO,
		    &errnum);
	return errnum;
}

static bool
is_full(int errnum)
{
	return errnum == ENOSPC || errnum == EDQUOT;
}

enum sql_rc
sql_rc_of(sqlite3 *db, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
		return SQL_DONE;
	case SQLITE_ROW:
		return SQL_ROW;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	/* No lock for reading could be had: see v_sleep() in vfs.c. */
	case SQLITE_PROTOCOL:
		return SQL_BUSY;
	case SQLITE_FULL:
		return SQL_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return SQL_CORRUPT;
	case SCHEMA_NEWER:
		return SQL_NEWER;
	case SQLITE_IOERR:
		/* SQLite itself knows ENOSPC only, and that not always. */
		return db != NULL && (is_full(sqlite3_system_errno(db)) ||
		    is_full(sql_rc_errno(db))) ? SQL_FULL : SQL_ERROR;
	default:
		return SQL_ERROR;
	}
}

void
sql_rc_error(sqlite3 *db, const char *path, enum sql_rc rc,
    struct store_error *err)
{
	err->errnum = db == NULL ? 0 : sqlite3_system_errno(db);
	if (rc == SQL_FULL && !is_full(err->errnum))
		err->errnum = sql_rc_errno(db);
	switch (rc) {
	case SQL_BUSY:
		err->kind = STORE_ERR_INUSE;
		snprintf(err->text, sizeof(err->text),
		    "The mail store is in use by another program");
		break;
	case SQL_FULL:
		err->kind = STORE_ERR_OVERQUOTA;
		snprintf(err->text, sizeof(err->text),
		    "There is no space left on the disk");
		break;
	case SQL_CORRUPT:
		err->kind = STORE_ERR_CORRUPT;
		snprintf(err->text, sizeof(err->text),
		    "The mail index is damaged");
		break;
	case SQL_NEWER:
		err->kind = STORE_ERR_IO;
		snprintf(err->text, sizeof(err->text),
		    "The mail index belongs to a newer version of the server");
		break;
	case SQL_ROW:
	case SQL_DONE:
	case SQL_ERROR:
		err->kind = STORE_ERR_IO;
		snprintf(err->text, sizeof(err->text),
		    "The mail index could not be read or written");
		if (err->errnum != EMFILE && err->errnum != ENFILE &&
		    err->errnum != ENOMEM)
			break;
		err->kind = STORE_ERR_LIMIT;
		snprintf(err->text, sizeof(err->text),
		    "The server is short of resources; try again later");
		break;
	}
	/* schema.c has logged which version is newer. */
	if (rc != SQL_BUSY && rc != SQL_NEWER)
		log_limited(LOG_LEVEL_WARN, "store index path=%s error=\"%s\" "
		    "errno=%d", path, db == NULL ? "?" :
		    sqlite3_errcode(db) == SQLITE_OK ? err->text :
		    sqlite3_errmsg(db), err->errnum);
}
