/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * SQLite.  sql_text.c has all statements of the store.
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
#include "storage/index/schema.h"
#include "storage/index/sql.h"
#include "storage/index/sql_text.h"
#include "storage/index/vfs.h"
#include "storage/index/walmark.h"

/* Page cache of one connection, in KiB. */
#define CACHE_KB	1024

struct sql {
	sqlite3		*db;
	sqlite3_stmt	*stmts[SQL_STMT_MAX];
	char		*path;
	enum sql_rc	 failed;	/* first failure of a transaction */
	enum sql_rc	 read_failed;	/* and of a span of reading */
	bool		 damaged;
	bool		 lost;		/* see vfs.h */
	unsigned int	 losses;	/* vfs_losses() when that was found */
	bool		 nowait;	/* for the loop's thread */
	bool		 wal_empty;	/* sql_tx_begin() has found it so */
	unsigned int	 readers;	/* sql_read_begin() without its end */
	bool		 read_tx;	/* the first of them has begun it */
	int		 wal_pages;
};

void
sql_error(struct sql *db, enum sql_rc rc, struct store_error *err)
{
	if (db == NULL) {
		sql_rc_error(NULL, "?", rc, err);
		return;
	}
	sql_rc_error(db->db, db->path, rc, err);
	if (db->lost)
		snprintf(err->text, sizeof(err->text),
		    "The mail index was changed by another program");
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
	    SQL_WAL_LIMIT, CACHE_KB);
	rc = sqlite3_exec(sql->db, text, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		sqlite3_file_control(sql->db, "main",
		    SQLITE_FCNTL_PERSIST_WAL, &on);
	return rc;
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
	sql->losses = vfs_losses();
	rc = vfs_setup() == -1 ? SQLITE_ERROR : sqlite3_open_v2(path,
	    &sql->db, SQLITE_OPEN_READWRITE |
	    (create ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_NOFOLLOW, VFS_NAME);
	if (rc == SQLITE_OK) {
		configure(sql, wait_ms);
		rc = schema_check(sql->db, sql->path, schema);
	}
	if (rc == SQLITE_OK)
		rc = set_pragmas(sql);
	if (rc == SQLITE_OK)
		rc = schema_upgrade(sql->db, sql->path, schema);
	if (rc != SQLITE_OK) {
		failed = sql_rc_of(sql->db, rc);
		if (failed == SQL_CORRUPT && sql_rc_errno(sql->db) != 0)
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
		result = rc == SQLITE_DONE ? SQL_ERROR : sql_rc_of(db->db, rc);
	sqlite3_finalize(stmt);
	if (result == SQL_CORRUPT && sql_rc_errno(db->db) != 0)
		result = SQL_ERROR;
	return result;
}

/* Whether another connection has rescued the WAL of this one. */
static bool
is_rescued(struct sql *db)
{
	sqlite3_file *wal = NULL;
	sqlite3_int64 size = -1;

	return sqlite3_file_control(db->db, "main",
	    SQLITE_FCNTL_JOURNAL_POINTER, &wal) == SQLITE_OK && wal != NULL &&
	    wal->pMethods != NULL &&
	    wal->pMethods->xFileSize(wal, &size) == SQLITE_OK && size == 0;
}

enum sql_rc
sql_rescue(struct sql *db)
{
	enum sql_rc rc;

	/* SQLite makes no checkpoint while this connection reads. */
	for (size_t i = 0; i < SQL_STMT_MAX; i++) {
		sqlite3_finalize(db->stmts[i]);
		db->stmts[i] = NULL;
	}
	if (sql_in_tx(db))
		(void)sqlite3_exec(db->db, "ROLLBACK", NULL, NULL, NULL);
	if (is_rescued(db))
		return SQL_DONE;
	vfs_rescue(db->db);
	if (vfs_is_moved(db->db) || sql_wal_state(db, true) != WAL_OWN)
		return SQL_CORRUPT;
	vfs_nowait(db->db, false);
	rc = sql_rc_of(db->db, sqlite3_wal_checkpoint_v2(db->db, "main",
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
	/* The frames may be those of the new WAL, which cannot be read here. */
	return rc != SQL_DONE && is_rescued(db) ? SQL_DONE : rc;
}

/* SQLite must not block the loop: op_wait_lock() waits for locks instead. */
void
sql_nowait(struct sql *db)
{
	sqlite3_busy_timeout(db->db, 0);
	vfs_nowait(db->db, true);
	db->nowait = true;
}

void
sql_start(struct sql *db, enum sql_stmt id, const struct sql_arg *args,
    size_t n)
{
	sqlite3_stmt *stmt = db->stmts[id];

	if (stmt == NULL) {
		/* sql_step() reports a statement that cannot be prepared. */
		if (sqlite3_prepare_v3(db->db, sql_text[id], -1,
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

bool
sql_lost(struct sql *db)
{
	if (db->losses != vfs_losses()) {
		db->losses = vfs_losses();
		db->lost = db->lost || vfs_is_lost(db->db);
	}
	return db->lost;
}

enum wal_state
sql_wal_state(struct sql *db, bool used)
{
	return walmark_check(db->db, db->path, used);
}

bool
sql_moved(struct sql *db)
{
	return vfs_is_moved(db->db);
}

enum sql_rc
sql_step(struct sql *db, enum sql_stmt id)
{
	enum sql_rc rc;

	/* sqlite3_errcode() still says why a statement was not prepared. */
	rc = sql_rc_of(db->db, db->stmts[id] == NULL ?
	    sqlite3_errcode(db->db) : sqlite3_step(db->stmts[id]));
	if (db->stmts[id] == NULL && (rc == SQL_DONE || rc == SQL_ROW))
		rc = SQL_ERROR;
	if (sql_lost(db))
		rc = SQL_CORRUPT;
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

	db->wal_empty = false;
	if (rc != SQL_DONE)
		return rc;
	db->wal_empty = db->nowait && vfs_wal_empty(db->db);
	if (db->wal_empty) {
		(void)sql_do(db, SQL_ROLLBACK, SQL_NOARGS);
		return SQL_BUSY;
	}
	(void)sql_failed(db);
	return SQL_DONE;
}

bool
sql_wal_empty(const struct sql *db)
{
	return db->wal_empty;
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
