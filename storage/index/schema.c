/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The tables of an index, and how those of an older version become ours.
 */

#include "config.h"

#include <stdio.h>

#include <sqlite3.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "storage/index/mailbox_columns.h"
#include "storage/index/schema.h"

/* "Penf", so that file(1) can recognize an index. */
#define APPLICATION_ID	0x50656e66
/*
 * The version of schema.sql and mailbox_columns.h: raise it when they change.
 */
#define SCHEMA_VERSION	3

extern const char schema_sql[];

#define COLUMN_MAKE(name, type, value)	", " #name " INTEGER NOT NULL"

/*
 * One row for each mailbox.  The numbers that STATUS asks for are kept up to
 * date by every transaction that changes messages.  name is UTF-8 with '/'
 * between levels.  folder is the Maildir++ folder, "" for INBOX; its inode
 * identifies the folder when another program has renamed it.  use is
 * MAILBOX_USE_*.
 */
static const char	mailbox_sql[] =
	"CREATE TABLE mailbox (id INTEGER PRIMARY KEY AUTOINCREMENT, "
	"name TEXT NOT NULL UNIQUE, folder BLOB NOT NULL UNIQUE, "
	"inode INTEGER NOT NULL, use INTEGER NOT NULL"
	MAILBOX_COLUMNS(COLUMN_MAKE) ")";

/*
 * An empty database gets all tables at once.  Whoever raises SCHEMA_VERSION
 * adds a row that upgrades from the version before.  Versions 1 and 2 were
 * never released, so that nobody needs an upgrade from them.
 */
static const struct sql_upgrade	upgrades[] = {
	{ .from = 0, .to = SCHEMA_VERSION, .texts = { schema_sql,
	    mailbox_sql } },
};
const struct sql_schema	schema_ours = {
	.version = SCHEMA_VERSION,
	.upgrades = upgrades,
	.n = NROWS(upgrades),
};

static int
exec(sqlite3 *db, const char *text)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL);
}

static int
pragma_int(sqlite3 *db, const char *text, int *value)
{
	sqlite3_stmt *stmt;
	int rc;

	rc = sqlite3_prepare_v2(db, text, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*value = sqlite3_column_int(stmt, 0);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(stmt);
	return rc;
}

static int
upgrade_once(sqlite3 *db, const char *path,
    const struct sql_schema *schema, int *version)
{
	const struct sql_upgrade *up = NULL;
	int rc = SQLITE_OK;

	for (size_t i = 0; i < schema->n && up == NULL; i++)
		if (schema->upgrades[i].from == *version)
			up = &schema->upgrades[i];
	if (up == NULL)
		return SQLITE_NOTADB;
	for (size_t i = 0; i < 2 && up->texts[i] != NULL &&
	    rc == SQLITE_OK; i++)
		rc = exec(db, up->texts[i]);
	if (rc != SQLITE_OK)
		log_warn("store index path=%s upgrade from version %d to %d "
		    "error=\"%s\"", path, up->from, up->to,
		    sqlite3_errmsg(db));
	*version = up->to;
	return rc;
}

/*
 * Upgrade the tables from any older version to ours, in one transaction.  If
 * two processes try at once, the second finds nothing left to do.
 */
static int
upgrade(sqlite3 *db, const char *path, const struct sql_schema *schema)
{
	char text[96];
	int rc, version = 0, was;

	if ((rc = exec(db, "BEGIN IMMEDIATE")) != SQLITE_OK)
		return rc;
	rc = pragma_int(db, "PRAGMA user_version", &version);
	was = version;
	while (rc == SQLITE_OK && version < schema->version)
		rc = upgrade_once(db, path, schema, &version);
	if (rc == SQLITE_OK && version > schema->version)
		rc = SQLITE_NOTADB;
	if (rc == SQLITE_OK && version != was) {
		snprintf(text, sizeof(text), "PRAGMA application_id = %d;"
		    "PRAGMA user_version = %d;", APPLICATION_ID, version);
		rc = exec(db, text);
	}
	if (rc != SQLITE_OK) {
		(void)exec(db, "ROLLBACK");
		return rc;
	}
	if ((rc = exec(db, "COMMIT")) == SQLITE_OK && was != 0 &&
	    version != was)
		log_info("store index path=%s upgraded from version %d to %d",
		    path, was, version);
	return rc;
}

int
schema_upgrade(sqlite3 *db, const char *path, const struct sql_schema *schema)
{
	int rc, version = 0;

	rc = pragma_int(db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK && version < schema->version)
		rc = upgrade(db, path, schema);
	else if (rc == SQLITE_OK && version > schema->version)
		rc = SQLITE_NOTADB;
	return rc;
}
