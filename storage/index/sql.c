/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * SQLite, and all statements of the store.
 *
 * A connection is for one thread.  synchronous is NORMAL, so that COMMIT
 * writes the WAL and syncs nothing: operations that promise durability sync
 * the WAL themselves (sync.c).  COMMIT never makes a checkpoint.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "common/base/xmalloc.h"
#include "storage/index/mailbox_columns.h"
#include "storage/index/schema.h"
#include "storage/index/sql.h"

/* Page cache of one connection, in KiB. */
#define CACHE_KB	1024
/* A larger WAL is truncated when SQLite starts to write at its beginning. */
#define WAL_LIMIT	(16 * 1024 * 1024)

/* What a row of mailbox_columns.h becomes in each kind of statement. */
#define COLUMN(name, type, value)	", " #name
#define COLUMN_NEW(name, type, value)	", " value
#define COLUMN_SET(name, type, value)	", " #name " = ?"

#define ALL_COLUMNS "id, name, folder, inode, use" MAILBOX_COLUMNS(COLUMN)

static const char *const statements[SQL_STMT_MAX] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_BEGIN_READ] = "BEGIN",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_DATA_VERSION] = "PRAGMA data_version",
	[SQL_META_GET] = "SELECT value FROM meta WHERE key = ?",
	[SQL_META_SET] = "INSERT OR REPLACE INTO meta VALUES (?, ?)",
	/* The greatest id that a table with AUTOINCREMENT has given out. */
	[SQL_SEQUENCE_GET] = "SELECT seq FROM sqlite_sequence WHERE name = ?",
	[SQL_SEQUENCE_ADD] = "INSERT INTO sqlite_sequence (name, seq) "
	    "SELECT ?1, 0 WHERE NOT EXISTS "
	    "(SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
	[SQL_SEQUENCE_RAISE] =
	    "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1",

	[SQL_MAILBOX_ALL] = "SELECT " ALL_COLUMNS " FROM mailbox",
	[SQL_MAILBOX_GET] = "SELECT " ALL_COLUMNS " FROM mailbox WHERE id = ?",
	[SQL_MAILBOX_ADD] = "INSERT INTO mailbox (" ALL_COLUMNS ") VALUES "
	    "(?1, ?2, ?3, ?4, ?5" MAILBOX_COLUMNS(COLUMN_NEW) ")",
	/* A damaged control file may have a name or an id twice. */
	[SQL_MAILBOX_RESTORE] = "INSERT OR IGNORE INTO mailbox ("
	    ALL_COLUMNS ") VALUES "
	    "(?1, ?2, ?3, ?4, ?5" MAILBOX_COLUMNS(COLUMN_NEW) ")",
	/* The columns begin with a comma: "use = use" stands before it. */
	[SQL_MAILBOX_SET] = "UPDATE mailbox SET use = use"
	    MAILBOX_COLUMNS(COLUMN_SET) " WHERE id = ?",
	[SQL_MAILBOX_CLEAN] = "UPDATE mailbox SET newmtime = ?2, "
	    "curmtime = ?2, curchecked = ?3 WHERE id = ?1",
	[SQL_MAILBOX_RENAME] =
	    "UPDATE mailbox SET name = ?2, folder = ?3 WHERE id = ?1",
	[SQL_MAILBOX_INODE] = "UPDATE mailbox SET inode = ?2 WHERE id = ?1",
	[SQL_MAILBOX_NAMED] = "SELECT id FROM mailbox WHERE name = ?",
	[SQL_MAILBOX_PAGE] = "SELECT name, id, folder, inode, use, uidvalidity "
	    "FROM mailbox WHERE id > ? ORDER BY id LIMIT ?",
	[SQL_MAILBOX_DELETE] = "DELETE FROM mailbox WHERE id = ?",
	[SQL_MAILBOX_BOOT] =
	    "UPDATE mailbox SET uidnext = CASE curchecked WHEN 0 THEN uidnext "
	    "ELSE min(max(uidnext + ?1, listnext), 4294967295) END, "
	    "highestmodseq = max(highestmodseq + 1, ?2), "
	    "newmtime = 0, curmtime = 0",

	/* This table has few rows, and most often none. */
	[SQL_VANISHED_ADD] = "INSERT OR REPLACE INTO vanished (id, time, "
	    "folder, inode, use" MAILBOX_COLUMNS(COLUMN) ") "
	    "SELECT id, ?2, folder, inode, use" MAILBOX_COLUMNS(COLUMN)
	    " FROM mailbox WHERE id = ?1",
	[SQL_VANISHED_RENAMED] = "SELECT id FROM vanished WHERE inode = ?1 "
	    "AND (uidvalidity = ?2 OR (?2 = 0 AND curmtime = ?3)) "
	    "AND ?1 != 0 AND (?2 != 0 OR ?3 != 0) ORDER BY time DESC LIMIT 1",
	[SQL_VANISHED_NAMED] = "SELECT id FROM vanished WHERE folder = ?1 "
	    "AND (uidvalidity = ?2 OR ?2 = 0) ORDER BY time DESC LIMIT 1",
	[SQL_VANISHED_RETURN] = "INSERT INTO mailbox (" ALL_COLUMNS ") "
	    "SELECT id, ?2, ?3, ?4, use" MAILBOX_COLUMNS(COLUMN)
	    " FROM vanished WHERE id = ?1",
	[SQL_VANISHED_DELETE] = "DELETE FROM vanished WHERE id = ?",
	[SQL_VANISHED_OLD] = "SELECT id FROM vanished WHERE time < ? LIMIT 1",
	[SQL_VANISHED_BOOT] =
	    "UPDATE vanished SET uidnext = min(uidnext + ?1, 4294967295), "
	    "highestmodseq = max(highestmodseq + 1, ?2), "
	    "newmtime = 0, curmtime = 0",

	[SQL_NAMELOG_LAST] = "SELECT coalesce(max(version), 0) FROM namelog",
	/* Each name of a range of the log is looked up by two unique keys. */
	[SQL_NAMELOG_SINCE] = "SELECT l.name, m.id, m.folder, m.inode, m.use, "
	    "m.uidvalidity, l.version, s.name IS NOT NULL FROM namelog l "
	    "LEFT JOIN mailbox m ON m.name = l.name "
	    "LEFT JOIN subscription s ON s.name = l.name "
	    "WHERE l.version > ? ORDER BY l.version",

	[SQL_KEYWORDS] = "SELECT number, name FROM keyword "
	    "WHERE mailbox = ? ORDER BY number",
	[SQL_KEYWORD_ADD] = "INSERT OR IGNORE INTO keyword VALUES (?, ?, ?)",

	/* These walk a range of the primary key (mailbox, uid). */
	[SQL_ENTRIES] = "SELECT uid, flags, keywords, modseq FROM entry "
	    "WHERE mailbox = ? AND uid >= ? ORDER BY uid LIMIT ?",
	[SQL_ENTRIES_FROM] = "SELECT uid, flags, keywords, modseq FROM entry "
	    "WHERE mailbox = ? AND uid >= ? ORDER BY uid",
	[SQL_ENTRIES_COUNT] = "SELECT count(*), max(uid) FROM (SELECT uid "
	    "FROM entry WHERE mailbox = ? AND uid > ? ORDER BY uid LIMIT ?)",
	[SQL_ENTRIES_CHANGED] =
	    "SELECT uid, flags, keywords, modseq FROM entry "
	    "WHERE mailbox = ? AND modseq > ? ORDER BY uid",
	[SQL_ENTRY_GET] = "SELECT flags, keywords, modseq, content, savedate "
	    "FROM entry WHERE mailbox = ? AND uid = ?",
	/* Three lookups by primary key. */
	[SQL_ENTRY_WHOLE] = "SELECT e.flags, e.content, c.raw, c.wire, "
	    "n.base, n.info FROM entry e "
	    "LEFT JOIN content c ON c.id = e.content "
	    "LEFT JOIN name n ON n.mailbox = e.mailbox AND n.uid = e.uid "
	    "WHERE e.mailbox = ? AND e.uid = ?",
	[SQL_ENTRY_ADD] = "INSERT INTO entry (mailbox, uid, flags, keywords, "
	    "modseq, content, savedate) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[SQL_ENTRY_FLAGS] = "UPDATE entry SET flags = ?3, keywords = ?4, "
	    "modseq = ?5 WHERE mailbox = ?1 AND uid = ?2",
	[SQL_ENTRY_CONTENT] = "UPDATE entry SET content = ?3 "
	    "WHERE mailbox = ?1 AND uid = ?2 AND content = 0",
	[SQL_ENTRY_DELETE] =
	    "DELETE FROM entry WHERE mailbox = ? AND uid BETWEEN ? AND ?",

	/*
	 * These walk a range of entry's primary key, and look up each message
	 * by rowid in every table that is joined.  Most lookups find their row
	 * right after the row of the lookup before.
	 */
#define CONTENT(from)							\
	" FROM " from " e LEFT JOIN content c ON c.id = e.content "
#define STRUCTURE							\
	"LEFT JOIN structure s ON s.content = e.content "
#define HEADER								\
	"LEFT JOIN header h ON h.content = e.content "
#define READ(columns, joins)						\
	"SELECT e.uid, e.content, e.savedate, c.raw, c.wire, c.date, "	\
	columns ", c.traits, c.mtime" CONTENT("entry") joins		\
	"WHERE e.mailbox = ? AND e.uid BETWEEN ? AND ? "		\
	"ORDER BY e.uid LIMIT ?"
#define READ_EXPUNGED							\
	"SELECT e.uid, e.content, e.time, c.raw, c.wire, c.date, "	\
	"s.blob, h.block, c.gist, c.traits, c.mtime"			\
	CONTENT("expunged") STRUCTURE HEADER
	[SQL_READ] = READ("NULL, NULL, NULL", ""),
	[SQL_READ_STRUCT] = READ("s.blob, NULL, NULL", STRUCTURE),
	[SQL_READ_HEADERS] = READ("NULL, h.block, NULL", HEADER),
	[SQL_READ_GIST] = READ("NULL, NULL, c.gist", ""),
	[SQL_READ_ALL] = READ("s.blob, h.block, c.gist", STRUCTURE HEADER),
	[SQL_READ_EXPUNGED] = READ_EXPUNGED
	    "WHERE e.mailbox = ? AND e.modseq = ? AND e.uid = ?",

	/*
	 * Walks all tombstones after a modseq.  The caller passes the modseq
	 * of the last commit, so that these are the tombstones of the open
	 * transaction.
	 */
	[SQL_READ_EXPUNGED_UID] = READ_EXPUNGED
	    "WHERE e.mailbox = ? AND e.modseq > ? AND e.uid = ?",

	[SQL_NAME_GET] = "SELECT base, info, uidl FROM name "
	    "WHERE mailbox = ? AND uid = ?",
	[SQL_NAMES] = "SELECT uid, base, info, uidl FROM name "
	    "WHERE mailbox = ? AND uid > ? ORDER BY uid LIMIT ?",
	[SQL_NAME_ADD] = "INSERT OR REPLACE INTO name (mailbox, uid, base, "
	    "info, uidl) VALUES (?, ?, ?, ?, ?)",
	[SQL_NAME_INFO] = "UPDATE name SET info = ?3 "
	    "WHERE mailbox = ?1 AND uid = ?2",
	[SQL_NAME_DELETE] =
	    "DELETE FROM name WHERE mailbox = ? AND uid BETWEEN ? AND ?",

	[SQL_CONTENT_ADD] = "INSERT INTO content (raw, wire, date, gist, "
	    "traits, mtime, digest) VALUES (?, ?, ?, ?, ?, ?, ?)",
	[SQL_CONTENT_FILE] = "SELECT c.id, c.raw, c.mtime, c.digest "
	    "FROM entry e JOIN content c ON c.id = e.content "
	    "WHERE e.mailbox = ? AND e.uid = ?",
	[SQL_CONTENT_TOUCH] = "UPDATE content SET mtime = ?2 WHERE id = ?1",
	[SQL_CONTENT_DELETE] = "DELETE FROM content WHERE id = ?",
	[SQL_STRUCTURE_ADD] = "INSERT INTO structure VALUES (?, ?)",
	[SQL_STRUCTURE_DELETE] = "DELETE FROM structure WHERE content = ?",
	[SQL_HEADER_ADD] = "INSERT INTO header VALUES (?, ?)",
	[SQL_HEADER_DELETE] = "DELETE FROM header WHERE content = ?",
	[SQL_SHARE_ADD] = "INSERT INTO share VALUES (?, 2) "
	    "ON CONFLICT (content) DO UPDATE SET entries = entries + 1",
	[SQL_SHARE_GET] = "SELECT entries FROM share WHERE content = ?",
	[SQL_SHARE_DROP] =
	    "UPDATE share SET entries = entries - 1 WHERE content = ?",
	[SQL_SHARE_DELETE] = "DELETE FROM share WHERE content = ?",

	/* These use ranges of the primary key (mailbox, modseq, uid). */
	[SQL_EXPUNGED_ADD] = "INSERT OR REPLACE INTO expunged (mailbox, "
	    "modseq, uid, content, time, base, boot) "
	    "VALUES (?, ?, ?, ?, ?, ?, ?)",
	[SQL_EXPUNGED_SINCE] = "SELECT modseq, uid FROM expunged "
	    "WHERE mailbox = ? AND modseq > ?",
	[SQL_EXPUNGED_NAMES] = "SELECT uid, base FROM expunged "
	    "WHERE mailbox = ? AND base IS NOT NULL",
	/* Reads the whole table, but runs only when expunged/ is purged. */
	[SQL_EXPUNGED_OLD] = "SELECT mailbox, modseq, uid, content "
	    "FROM expunged WHERE time < ? AND "
	    "(content != 0 OR base IS NOT NULL) LIMIT ?",
	[SQL_EXPUNGED_CLEAR] = "UPDATE expunged SET content = 0, base = NULL "
	    "WHERE mailbox = ? AND modseq = ? AND uid = ?",
	[SQL_EXPUNGED_COUNT] =
	    "SELECT count(*) FROM expunged WHERE mailbox = ?",
	[SQL_EXPUNGED_NTH] = "SELECT modseq FROM expunged "
	    "WHERE mailbox = ? ORDER BY modseq LIMIT 1 OFFSET ?",
	[SQL_EXPUNGED_TRIM] = "DELETE FROM expunged WHERE mailbox = ? "
	    "AND modseq <= ? AND content = 0 AND base IS NULL",

	[SQL_KEYWORDS_DELETE] = "DELETE FROM keyword WHERE mailbox = ?",
	[SQL_GAPS_DELETE] = "DELETE FROM gap WHERE mailbox = ?",
	[SQL_GRAVE_ADD] = "INSERT OR IGNORE INTO grave VALUES (?)",
	[SQL_GRAVE_FIRST] = "SELECT mailbox FROM grave LIMIT 1",
	[SQL_GRAVE_DELETE] = "DELETE FROM grave WHERE mailbox = ?",
	[SQL_GRAVE_ENTRIES] = "SELECT uid, content FROM entry "
	    "WHERE mailbox = ? ORDER BY uid LIMIT ?",
	[SQL_GRAVE_ENTRIES_DROP] =
	    "DELETE FROM entry WHERE mailbox = ? AND uid <= ?",
	[SQL_GRAVE_NAMES_DROP] =
	    "DELETE FROM name WHERE mailbox = ? AND uid <= ?",
	[SQL_GRAVE_EXPUNGED] = "SELECT modseq, uid, content FROM expunged "
	    "WHERE mailbox = ? LIMIT ?",
	[SQL_GRAVE_EXPUNGED_DROP] = "DELETE FROM expunged "
	    "WHERE mailbox = ? AND modseq = ? AND uid = ?",

	[SQL_SUBSCRIPTIONS] = "SELECT name FROM subscription ORDER BY name",
	[SQL_SUBSCRIPTION_PAGE] = "SELECT name FROM subscription "
	    "WHERE name > ? ORDER BY name LIMIT ?",
	[SQL_SUBSCRIBE] = "INSERT OR IGNORE INTO subscription VALUES (?)",
	[SQL_UNSUBSCRIBE] = "DELETE FROM subscription WHERE name = ?",
};

struct sql {
	sqlite3		*db;
	sqlite3_stmt	*stmts[SQL_STMT_MAX];
	char		*path;
	enum sql_rc	 failed;	/* first failure of a transaction */
	enum sql_rc	 read_failed;	/* and of a span of reading */
	bool		 damaged;
	unsigned int	 readers;	/* sql_read_begin() without its end */
	bool		 read_tx;	/* the first of them has begun it */
	int		 wal_pages;
};

static enum sql_rc
rc_of(sqlite3 *db, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
		return SQL_DONE;
	case SQLITE_ROW:
		return SQL_ROW;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return SQL_BUSY;
	case SQLITE_FULL:
		return SQL_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return SQL_CORRUPT;
	case SCHEMA_NEWER:
		return SQL_NEWER;
	case SQLITE_IOERR:
		if (db != NULL && (sqlite3_system_errno(db) == ENOSPC ||
		    sqlite3_system_errno(db) == EDQUOT))
			return SQL_FULL;
		return SQL_ERROR;
	default:
		return SQL_ERROR;
	}
}

void
sql_error(struct sql *db, enum sql_rc rc, struct store_error *err)
{
	err->errnum = db == NULL ? 0 : sqlite3_system_errno(db->db);
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
		    "errno=%d", db == NULL ? "?" : db->path,
		    db == NULL ? "?" : sqlite3_errmsg(db->db), err->errnum);
}

static int
on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct sql *sql = arg;

	(void)db;
	(void)name;
	sql->wal_pages = pages;
	return SQLITE_OK;
}

static void
configure(struct sql *sql, unsigned int wait_ms)
{
	sqlite3_extended_result_codes(sql->db, 1);
	sqlite3_busy_timeout(sql->db, (int)wait_ms);
	sqlite3_db_config(sql->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(sql->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(sql->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

static int
set_pragmas(struct sql *sql)
{
	char text[256];
	int on = 1, rc;

	snprintf(text, sizeof(text), "PRAGMA temp_store = MEMORY;"
	    "PRAGMA secure_delete = OFF; PRAGMA journal_mode = WAL;"
	    "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0;"
	    "PRAGMA journal_size_limit = %d; PRAGMA cache_size = -%d",
	    WAL_LIMIT, CACHE_KB);
	rc = sqlite3_exec(sql->db, text, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		sqlite3_file_control(sql->db, "main",
		    SQLITE_FCNTL_PERSIST_WAL, &on);
	return rc;
}

/*
 * The errno of the last failed system call on the files of this connection, or
 * 0.  SQLite reports some failed reads as damage.
 */
static int
io_errno(struct sql *sql)
{
	sqlite3_file *wal = NULL;
	int errnum = 0;

	if (sql->db == NULL)
		return 0;
	sqlite3_file_control(sql->db, "main", SQLITE_FCNTL_LAST_ERRNO,
	    &errnum);
	if (errnum == 0 && sqlite3_file_control(sql->db, "main",
	    SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK &&
	    wal != NULL && wal->pMethods != NULL)
		wal->pMethods->xFileControl(wal, SQLITE_FCNTL_LAST_ERRNO,
		    &errnum);
	return errnum;
}

struct sql *
sql_open_schema(const char *path, bool create, unsigned int wait_ms,
    const struct schema *schema, struct store_error *err)
{
	struct sql *sql;
	enum sql_rc failed;
	int rc;

	sql = xcalloc(1, sizeof(*sql));
	sql->path = xstrdup(path);
	sql->failed = sql->read_failed = SQL_DONE;
	rc = sqlite3_open_v2(path, &sql->db, SQLITE_OPEN_READWRITE |
	    (create ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_NOFOLLOW, NULL);
	if (rc == SQLITE_OK) {
		configure(sql, wait_ms);
		rc = schema_check(sql->db, sql->path, schema);
	}
	if (rc == SQLITE_OK)
		rc = set_pragmas(sql);
	if (rc == SQLITE_OK)
		rc = schema_upgrade(sql->db, sql->path, schema);
	if (rc != SQLITE_OK) {
		failed = rc_of(sql->db, rc);
		if (failed == SQL_CORRUPT && io_errno(sql) != 0)
			failed = SQL_ERROR;
		sql_error(sql, failed, err);
		sql_close(sql);
		return NULL;
	}
	sqlite3_wal_hook(sql->db, on_commit, sql);
	return sql;
}

struct sql *
sql_open(const char *path, bool create, unsigned int wait_ms,
    struct store_error *err)
{
	return sql_open_schema(path, create, wait_ms, &schema_ours, err);
}

void
sql_close(struct sql *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < SQL_STMT_MAX; i++)
		sqlite3_finalize(db->stmts[i]);
	if (db->db != NULL && sqlite3_close(db->db) != SQLITE_OK)
		log_warn("store index path=%s close error=\"%s\"", db->path,
		    sqlite3_errmsg(db->db));
	free(db->path);
	free(db);
}

enum sql_rc
sql_check(struct sql *db)
{
	const unsigned char *text;
	sqlite3_stmt *stmt = NULL;
	enum sql_rc result;
	int rc;

	rc = sqlite3_prepare_v2(db->db, "PRAGMA quick_check(1)", -1, &stmt,
	    NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		text = sqlite3_column_text(stmt, 0);
		result = text == NULL ? SQL_ERROR :
		    strcmp((const char *)text, "ok") == 0 ? SQL_DONE :
		    SQL_CORRUPT;
	} else
		result = rc == SQLITE_DONE ? SQL_ERROR : rc_of(db->db, rc);
	sqlite3_finalize(stmt);
	if (result == SQL_CORRUPT && io_errno(db) != 0)
		result = SQL_ERROR;
	return result;
}

void
sql_rescue(struct sql *db)
{
	(void)sqlite3_wal_checkpoint_v2(db->db, "main",
	    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* SQLite must not block the loop: op_wait_lock() waits for locks instead. */
void
sql_nowait(struct sql *db)
{
	sqlite3_busy_timeout(db->db, 0);
}

void
sql_start(struct sql *db, enum sql_stmt id, const struct sql_arg *args,
    size_t n)
{
	sqlite3_stmt *stmt = db->stmts[id];

	if (stmt == NULL) {
		/* sql_step() reports a statement that cannot be prepared. */
		if (sqlite3_prepare_v3(db->db, statements[id], -1,
		    SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
			return;
		db->stmts[id] = stmt;
	}
	sqlite3_reset(stmt);
	for (size_t i = 0; i < n; i++) {
		const struct sql_arg *a = &args[i];
		int col = (int)i + 1;

		switch (a->type) {
		case SQL_ARG_INT:
			sqlite3_bind_int64(stmt, col, a->i);
			break;
		case SQL_ARG_TEXT:
			sqlite3_bind_text64(stmt, col, a->s.len == 0 ? "" :
			    a->s.p, a->s.len, SQLITE_STATIC, SQLITE_UTF8);
			break;
		case SQL_ARG_BLOB:
			sqlite3_bind_blob64(stmt, col, a->s.len == 0 ? "" :
			    a->s.p, a->s.len, SQLITE_STATIC);
			break;
		case SQL_ARG_NULL:
			sqlite3_bind_null(stmt, col);
			break;
		}
	}
}

enum sql_rc
sql_step(struct sql *db, enum sql_stmt id)
{
	enum sql_rc rc;

	/* sqlite3_errcode() still says why a statement was not prepared. */
	rc = db->stmts[id] == NULL ? rc_of(db->db, sqlite3_errcode(db->db)) :
	    rc_of(db->db, sqlite3_step(db->stmts[id]));
	if (db->stmts[id] == NULL && (rc == SQL_DONE || rc == SQL_ROW))
		rc = SQL_ERROR;
	if (rc == SQL_CORRUPT)
		db->damaged = true;
	if (rc != SQL_ROW && rc != SQL_DONE) {
		if (db->failed == SQL_DONE)
			db->failed = rc;
		if (db->read_failed == SQL_DONE)
			db->read_failed = rc;
	}
	return rc;
}

bool
sql_damaged(const struct sql *db)
{
	return db->damaged;
}

void
sql_reset(struct sql *db, enum sql_stmt id)
{
	if (db->stmts[id] != NULL)
		sqlite3_reset(db->stmts[id]);
}

enum sql_rc
sql_do(struct sql *db, enum sql_stmt id, const struct sql_arg *args, size_t n)
{
	enum sql_rc rc;

	sql_start(db, id, args, n);
	rc = sql_step(db, id);
	sql_reset(db, id);
	return rc;
}

void
sql_tx_do(struct sql *db, enum sql_stmt id, const struct sql_arg *args,
    size_t n)
{
	if (db->failed == SQL_DONE)
		(void)sql_do(db, id, args, n);
}

enum sql_rc
sql_failure(const struct sql *db)
{
	return db->failed;
}

enum sql_rc
sql_failed(struct sql *db)
{
	enum sql_rc rc = db->failed;

	db->failed = SQL_DONE;
	return rc;
}

enum sql_rc
sql_tx_begin(struct sql *db)
{
	enum sql_rc rc = sql_do(db, SQL_BEGIN, SQL_NOARGS);

	if (rc == SQL_DONE)
		(void)sql_failed(db);
	return rc;
}

enum sql_rc
sql_tx_end(struct sql *db)
{
	enum sql_rc rc = sql_failed(db);

	if (rc == SQL_DONE)
		rc = sql_do(db, SQL_COMMIT, SQL_NOARGS);
	if (rc != SQL_DONE)
		(void)sql_do(db, SQL_ROLLBACK, SQL_NOARGS);
	return rc;
}

enum sql_rc
sql_read_begin(struct sql *db)
{
	enum sql_rc rc;

	if (!sql_in_tx(db)) {
		rc = sql_do(db, SQL_BEGIN_READ, SQL_NOARGS);
		if (rc != SQL_DONE)
			return rc;
		db->read_tx = true;
	}
	if (db->readers++ == 0)
		db->read_failed = SQL_DONE;
	return SQL_DONE;
}

/*
 * A handle that was opened within the span has nothing to end, and not all that
 * was read came from it.
 */
enum sql_rc
sql_read_end(struct sql *db)
{
	enum sql_rc rc = db->read_failed;

	if (db->readers == 0)
		return SQL_ERROR;
	if (--db->readers > 0 || !db->read_tx)
		return rc;
	db->read_tx = false;
	/* After an error, SQLite may have ended the transaction itself. */
	if (sql_in_tx(db) &&
	    sql_do(db, SQL_COMMIT, SQL_NOARGS) != SQL_DONE)
		(void)sql_do(db, SQL_ROLLBACK, SQL_NOARGS);
	return rc;
}

bool
sql_in_tx(const struct sql *db)
{
	return sqlite3_get_autocommit(db->db) == 0;
}

int64_t
sql_int(struct sql *db, enum sql_stmt id, int col)
{
	return sqlite3_column_int64(db->stmts[id], col);
}

struct slice
sql_blob(struct sql *db, enum sql_stmt id, int col)
{
	const void *p = sqlite3_column_blob(db->stmts[id], col);
	int len = sqlite3_column_bytes(db->stmts[id], col);

	return slice_make(p, p == NULL || len < 0 ? 0 : (size_t)len);
}

bool
sql_null(struct sql *db, enum sql_stmt id, int col)
{
	return sqlite3_column_type(db->stmts[id], col) == SQLITE_NULL;
}

int64_t
sql_last_id(struct sql *db)
{
	return sqlite3_last_insert_rowid(db->db);
}

int
sql_wal_pages(struct sql *db)
{
	return db->wal_pages;
}
