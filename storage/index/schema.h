/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The tables of an index: created in an empty database, and upgraded from any
 * older version.
 */

#ifndef STORAGE_INDEX_SCHEMA_H
#define STORAGE_INDEX_SCHEMA_H

#include <sqlite3.h>

#include "storage/index/sql.h"

/* The schema of this version of Penfold. */
extern const struct sql_schema	schema_ours;

/*
 * Bring the tables to the version of schema, in one transaction.  Returns an
 * SQLite result code: SQLITE_NOTADB if no upgrade leads to that version.
 * path is for the log.
 */
int	 schema_upgrade(sqlite3 *db, const char *path,
	    const struct sql_schema *schema);

#endif
