/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The tables of an index, and how those of an older version become ours.
 *
 * Daemons of two versions may run side by side, during an update or by
 * mistake, and neither may harm the index of the other.  So an index has two
 * numbers.  meta has the version of its tables, and user_version, in the
 * header of the file, has the oldest version of the schema whose programs may
 * use them.  A step that only adds tables, or columns with a default to tables
 * whose INSERT names its columns, leaves the latter as it is.  All others raise
 * it, and then older programs refuse the index and leave it alone.
 *
 * Version 3, which was released, takes every other user_version for damage, and
 * throws the index away.  So user_version should stay 3 for as long as it can.
 */

#include "config.h"

#include <stdbool.h>
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
#define SCHEMA_VERSION	4
/* The oldest version whose programs may use the tables of ours. */
#define SCHEMA_COMPAT	3

extern const char schema_sql[];

#define COLUMN_MAKE(name, type, value)	", " #name " INTEGER NOT NULL DEFAULT 0"

/* A random id, by which a process knows the index that it had open. */
#define NEW_ID	"INSERT INTO meta VALUES ('id', lower(hex(randomblob(16))));"

/* How many changes of names are kept for other processes. */
#define NAMELOG_KEPT	"1000"
#define NAMELOG_ADD(row) "INSERT INTO namelog (name) VALUES (" row ".name);"

/*
 * namelog has the names whose mailbox or subscription has changed, so that
 * whoever has the list in memory reads these and no others.  Triggers write
 * it, so that no change is left out.  version is AUTOINCREMENT and has no
 * gaps: a reader that does not find the version after its own has missed
 * something and reads the whole list.
 *
 * vanished has the rows of mailboxes whose folders are gone although nobody
 * deleted them here.  Their messages stay in the other tables for as long as
 * expunged messages do.  If the folder comes back, under any name, its row does
 * as well.
 */
#define LIST_TABLES							\
	"CREATE TABLE namelog (version INTEGER PRIMARY KEY "		\
	"AUTOINCREMENT, name TEXT NOT NULL);"				\
	"CREATE TRIGGER namelog_trim AFTER INSERT ON namelog BEGIN "	\
	"DELETE FROM namelog WHERE version <= NEW.version - "		\
	NAMELOG_KEPT "; END;"						\
	"CREATE TRIGGER mailbox_added AFTER INSERT ON mailbox BEGIN "	\
	NAMELOG_ADD("NEW") " END;"					\
	"CREATE TRIGGER mailbox_deleted AFTER DELETE ON mailbox BEGIN "	\
	NAMELOG_ADD("OLD") " END;"					\
	"CREATE TRIGGER mailbox_changed AFTER UPDATE OF name, folder, "	\
	"inode, use, uidvalidity ON mailbox "				\
	"WHEN OLD.name <> NEW.name OR OLD.folder <> NEW.folder OR "	\
	"OLD.inode <> NEW.inode OR OLD.use <> NEW.use OR "		\
	"OLD.uidvalidity <> NEW.uidvalidity BEGIN "			\
	NAMELOG_ADD("OLD") " " NAMELOG_ADD("NEW") " END;"		\
	"CREATE TRIGGER subscription_added AFTER INSERT ON subscription "\
	"BEGIN " NAMELOG_ADD("NEW") " END;"				\
	"CREATE TRIGGER subscription_deleted AFTER DELETE ON subscription "\
	"BEGIN " NAMELOG_ADD("OLD") " END;"				\
	"CREATE TABLE vanished (id INTEGER PRIMARY KEY, "		\
	"time INTEGER NOT NULL, folder BLOB NOT NULL, "			\
	"inode INTEGER NOT NULL, use INTEGER NOT NULL"			\
	MAILBOX_COLUMNS(COLUMN_MAKE) ");"

/*
 * usage has one row: what all mailboxes have together, for quotas.  Triggers
 * keep it, so that it holds whoever changes a mailbox.
 */
#define USAGE(sign, row)						\
	"messages = messages " sign " " row ".messages, "		\
	"size = size " sign " " row ".size"
#define USAGE_TABLE							\
	"CREATE TABLE usage (mailboxes INTEGER NOT NULL, "		\
	"messages INTEGER NOT NULL, size INTEGER NOT NULL);"		\
	"INSERT INTO usage SELECT count(*), coalesce(sum(messages), 0), " \
	"coalesce(sum(size), 0) FROM mailbox;"				\
	"CREATE TRIGGER usage_added AFTER INSERT ON mailbox BEGIN "	\
	"UPDATE usage SET mailboxes = mailboxes + 1, "			\
	USAGE("+", "NEW") "; END;"					\
	"CREATE TRIGGER usage_deleted AFTER DELETE ON mailbox BEGIN "	\
	"UPDATE usage SET mailboxes = mailboxes - 1, "			\
	USAGE("-", "OLD") "; END;"					\
	"CREATE TRIGGER usage_changed AFTER UPDATE OF messages, size "	\
	"ON mailbox WHEN OLD.messages <> NEW.messages "			\
	"OR OLD.size <> NEW.size BEGIN UPDATE usage SET "		\
	"messages = messages - OLD.messages + NEW.messages, "		\
	"size = size - OLD.size + NEW.size; END;"

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
	MAILBOX_COLUMNS(COLUMN_MAKE) ");" LIST_TABLES USAGE_TABLE NEW_ID;

/*
 * Versions 1 and 2 lack what version 3 found by parsing.  Forget everything
 * that was parsed, so that messages are parsed again when first asked for; but
 * give no id of a content again.
 */
static const char	forget_parsed_sql[] =
	"UPDATE entry SET content = 0;"
	"UPDATE expunged SET content = 0;"
	"UPDATE mailbox SET bytes = 0, unsized = messages;"
	"DELETE FROM share;"
	"ALTER TABLE content RENAME TO content_old;"
	"CREATE TABLE content (id INTEGER PRIMARY KEY AUTOINCREMENT, "
	"raw INTEGER NOT NULL, wire INTEGER NOT NULL, date INTEGER NOT NULL, "
	"traits INTEGER NOT NULL, gist BLOB NOT NULL);"
	"INSERT INTO sqlite_sequence SELECT 'content', seq "
	"FROM sqlite_sequence WHERE name = 'content_old';"
	"DROP TABLE content_old;"
	"CREATE TABLE IF NOT EXISTS grave (mailbox INTEGER PRIMARY KEY);";

/*
 * From version 3 to 4.  A column or table that is added here is in schema.sql
 * or mailbox_columns.h, too.  In version 3 the letter of a keyword was its
 * number.
 */
static const char	version_4_sql[] =
	"ALTER TABLE expunged ADD COLUMN boot INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX expunged_kept ON expunged (time) "
	"WHERE content <> 0 OR base IS NOT NULL;"
	"ALTER TABLE content ADD COLUMN mtime INTEGER;"
	"ALTER TABLE content ADD COLUMN digest INTEGER;"
	"CREATE TABLE gap (mailbox INTEGER NOT NULL, high INTEGER NOT NULL, "
	"low INTEGER NOT NULL, PRIMARY KEY (mailbox, high)) WITHOUT ROWID;"
	"CREATE TABLE letter (mailbox INTEGER NOT NULL, "
	"letter INTEGER NOT NULL, name TEXT NOT NULL, "
	"PRIMARY KEY (mailbox, letter)) WITHOUT ROWID;"
	"INSERT INTO letter SELECT mailbox, number, name FROM keyword "
	"WHERE number < 26;"
	"ALTER TABLE name ADD COLUMN size INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE name ADD COLUMN object INTEGER NOT NULL DEFAULT 0;"
	"UPDATE name SET size = c.raw, object = c.id FROM entry e "
	"JOIN content c ON c.id = e.content "
	"WHERE e.mailbox = name.mailbox AND e.uid = name.uid;"
	"ALTER TABLE mailbox ADD COLUMN size INTEGER NOT NULL DEFAULT 0;"
	"UPDATE mailbox SET size = (SELECT coalesce(sum(n.size), 0) "
	"FROM name n WHERE n.mailbox = id);"
	LIST_TABLES USAGE_TABLE NEW_ID;

/*
 * An empty database gets all tables at once.  Whoever raises SCHEMA_VERSION
 * adds a row that upgrades from the version before.
 */
static const struct schema_step	upgrades[] = {
	{ .from = 0, .to = SCHEMA_VERSION, .compat = SCHEMA_COMPAT,
	    .texts = { schema_sql, mailbox_sql } },
	{ .from = 1, .to = 3, .compat = 3, .texts = { forget_parsed_sql,
	    "CREATE TABLE structure (content INTEGER PRIMARY KEY, "
	    "blob BLOB NOT NULL);"
	    "CREATE TABLE header (content INTEGER PRIMARY KEY, "
	    "block BLOB NOT NULL);" } },
	{ .from = 2, .to = 3, .compat = 3, .texts = { forget_parsed_sql,
	    "DELETE FROM structure; DELETE FROM header;" } },
	{ .from = 3, .to = 4, .compat = 3, .texts = { version_4_sql } },
};
const struct schema	schema_ours = {
	.version = SCHEMA_VERSION,
	.steps = upgrades,
	.n = NROWS(upgrades),
};

static int
exec(sqlite3 *db, const char *text)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL);
}

/* Ask for a number; *value stays as it is if there is no row. */
static int
ask_int(sqlite3 *db, const char *text, int *value)
{
	sqlite3_stmt *stmt;
	int rc;

	rc = sqlite3_prepare_v2(db, text, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*value = sqlite3_column_int(stmt, 0);
	if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		rc = SQLITE_OK;
	sqlite3_finalize(stmt);
	return rc;
}

struct versions {
	int	 tables;	/* 0: an empty database */
	int	 compat;
};

static int
read_versions(sqlite3 *db, struct versions *v)
{
	int rc;

	v->compat = 0;
	rc = ask_int(db, "PRAGMA user_version", &v->compat);
	v->tables = v->compat;
	if (rc == SQLITE_OK && v->compat != 0)
		rc = ask_int(db, "SELECT value FROM meta "
		    "WHERE key = 'schema'", &v->tables);
	return rc;
}

static int
write_versions(sqlite3 *db, const struct versions *v)
{
	char text[160];

	snprintf(text, sizeof(text), "PRAGMA application_id = %d;"
	    "PRAGMA user_version = %d;"
	    "INSERT OR REPLACE INTO meta VALUES ('schema', %d);",
	    APPLICATION_ID, v->compat, v->tables);
	return exec(db, text);
}

static int
upgrade_once(sqlite3 *db, const char *path,
    const struct schema *schema, struct versions *v)
{
	const struct schema_step *up = NULL;
	int rc = SQLITE_OK;

	for (size_t i = 0; i < schema->n && up == NULL; i++)
		if (schema->steps[i].from == v->tables)
			up = &schema->steps[i];
	if (up == NULL)
		return SQLITE_NOTADB;
	for (size_t i = 0; i < NROWS(up->texts) && up->texts[i] != NULL &&
	    rc == SQLITE_OK; i++)
		rc = exec(db, up->texts[i]);
	if (rc != SQLITE_OK)
		log_warn("store index path=%s upgrade from version %d to %d "
		    "error=\"%s\"", path, up->from, up->to,
		    sqlite3_errmsg(db));
	v->tables = up->to;
	v->compat = up->compat;
	return rc;
}

/* Returns whether only programs of a newer version may use the tables. */
static bool
newer(const struct versions *v, const char *path,
    const struct schema *schema)
{
	if (v->compat <= schema->version)
		return false;
	log_limited(LOG_LEVEL_WARN, "store index path=%s has version %d and "
	    "this program knows version %d: refused and left alone; update "
	    "this program", path, v->tables, schema->version);
	return true;
}

int
schema_check(sqlite3 *db, const char *path, const struct schema *schema)
{
	struct versions v;
	int rc;

	rc = read_versions(db, &v);
	return rc == SQLITE_OK && newer(&v, path, schema) ? SCHEMA_NEWER : rc;
}

int
schema_upgrade(sqlite3 *db, const char *path, const struct schema *schema)
{
	struct versions v, was;
	int rc;

	rc = read_versions(db, &v);
	if (rc != SQLITE_OK || v.tables >= schema->version)
		return rc;
	if ((rc = exec(db, "BEGIN IMMEDIATE")) != SQLITE_OK)
		return rc;
	/* Another process may have upgraded meanwhile. */
	rc = read_versions(db, &v);
	was = v;
	if (rc == SQLITE_OK && newer(&v, path, schema))
		rc = SCHEMA_NEWER;
	while (rc == SQLITE_OK && v.tables < schema->version)
		rc = upgrade_once(db, path, schema, &v);
	if (rc == SQLITE_OK && v.tables != was.tables)
		rc = write_versions(db, &v);
	if (rc == SQLITE_OK)
		rc = exec(db, "COMMIT");
	if (rc != SQLITE_OK)
		(void)exec(db, "ROLLBACK");
	else if (was.tables != 0 && v.tables != was.tables)
		log_info("store index path=%s upgraded from version %d to %d",
		    path, was.tables, v.tables);
	return rc;
}
