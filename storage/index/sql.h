/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The index as a database.  Only this module, schema.c, checkpoint.c and
 * walmark.c call SQLite.  Statements are rows of a table in sql_text.c; each is
 * prepared once for each connection and kept.
 *
 * A statement is started, stepped and reset.  It must not stay open when a
 * function returns to the loop, since an open statement pins the WAL.
 */

#ifndef STORAGE_INDEX_SQL_H
#define STORAGE_INDEX_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "storage/index/sql_rc.h"
#include "storage/index/sql_text.h"
#include "storage/index/walmark.h"
#include "storage/types.h"

/* One value to bind; made by the macros below. */
struct sql_arg {
	enum { SQL_ARG_INT, SQL_ARG_TEXT, SQL_ARG_BLOB, SQL_ARG_NULL } type;
	int64_t		 i;
	struct slice	 s;
};

#define SQL_I(v)	((struct sql_arg){ .type = SQL_ARG_INT,		\
			    .i = (int64_t)(v) })
#define SQL_T(v)	((struct sql_arg){ .type = SQL_ARG_TEXT, .s = (v) })
#define SQL_B(v)	((struct sql_arg){ .type = SQL_ARG_BLOB, .s = (v) })
#define SQL_N		((struct sql_arg){ .type = SQL_ARG_NULL })
/* The arguments of a statement, in order. */
#define SQL_ARGS(...)	(const struct sql_arg[]){ __VA_ARGS__ },	\
	sizeof((const struct sql_arg[]){ __VA_ARGS__ }) / sizeof(struct sql_arg)
#define SQL_NOARGS	NULL, 0

/*
 * A larger WAL is made shorter when it is begun anew, and then the checkpoint
 * waits for readers and keeps writers waiting.
 */
#define SQL_WAL_LIMIT	(16 * 1024 * 1024)

struct sql;

struct schema;

/*
 * Open the database at an absolute path, in a helper thread.  Creates its
 * tables, or upgrades them, if need be.  An upgrade is on disk as a whole or
 * not at all.
 *
 * create   create a database that is missing
 * wait_ms  how long to wait for locks, until sql_nowait()
 *
 * Returns NULL with err set.  STORE_ERR_CORRUPT means that the file is
 * damaged, or has a version that never existed.  An index that only a newer
 * version of Penfold can use is STORE_ERR_IO, and is left as it is.
 */
struct sql	*sql_open(const char *path, bool create, unsigned int wait_ms,
		    struct store_error *err);
/* As sql_open(), with a schema other than ours, for tests of upgrades. */
struct sql	*sql_open_schema(const char *path, bool create,
		    unsigned int wait_ms, const struct schema *schema,
		    struct store_error *err);
/* Finalize all statements and close the database; NULL is fine. */
void		 sql_close(struct sql *db);
/*
 * Whether the WAL-index was cut under this connection (vfs.h): all statements
 * fail with SQL_CORRUPT, and if that began in COMMIT, nobody knows whether the
 * transaction was committed.
 */
bool		 sql_lost(struct sql *db);
/* See walmark_check(). */
enum wal_state	 sql_wal_state(struct sql *db, bool used);
/*
 * Whether index.db-shm was removed or replaced, so that the locks of this
 * connection are not those of others (vfs.h).  Costs a stat.
 */
bool		 sql_moved(struct sql *db);
/* Whether a statement has found the database damaged. */
bool		 sql_damaged(const struct sql *db);
/*
 * Check all of the database, which takes a second for each 100 MB or so.
 * Returns SQL_DONE if it is sound, SQL_CORRUPT if it is damaged, or the reason
 * why that cannot be told.
 */
enum sql_rc	 sql_check(struct sql *db);
/*
 * Copy what is in the WAL into the database and sync it, where the name of the
 * WAL is gone: nothing that was committed is lost then.  All connections share
 * one WAL-index, which must not refer to frames of the removed WAL when the
 * first connection opens the new one.  So the removed WAL is emptied, which
 * also tells other processes that it was rescued.
 *
 * Returns SQL_DONE if that was done, here or elsewhere.  SQL_BUSY means that
 * others rescue, read or write at the moment; until they have ended, no new
 * connection may be opened.  SQL_CORRUPT means that there is nothing to rescue:
 * the WAL does not belong to the database that is at the path now, or others
 * have begun to use that database with new files.
 */
enum sql_rc	 sql_rescue(struct sql *db);
/*
 * For the loop's thread: from now on return SQL_BUSY at once when there is a
 * lock, and never sync.
 */
void		 sql_nowait(struct sql *db);

/*
 * Start a statement: reset it and bind the arguments.  What their slices point
 * to must stay until sql_reset().
 */
void		 sql_start(struct sql *db, enum sql_stmt id,
		    const struct sql_arg *args, size_t n);
/*
 * Go to the next row.  Returns SQL_ROW, SQL_DONE after the last row, or the
 * reason for a failure.
 */
enum sql_rc	 sql_step(struct sql *db, enum sql_stmt id);
/* End a statement; the columns of its row are no longer valid. */
void		 sql_reset(struct sql *db, enum sql_stmt id);
/* Start a statement, step once and reset it: for statements without rows. */
enum sql_rc	 sql_do(struct sql *db, enum sql_stmt id,
		    const struct sql_arg *args, size_t n);
/*
 * As sql_do(), within a transaction, for callers that need no result: after a
 * statement has failed, nothing is done until sql_failed() is called.
 */
void		 sql_tx_do(struct sql *db, enum sql_stmt id,
		    const struct sql_arg *args, size_t n);
/*
 * A transaction for writing.  sql_tx_end() commits it.  If any statement or the
 * COMMIT has failed, it rolls back and returns the reason: a caller that takes
 * a row that could not be read for one that is not there does no harm.
 */
enum sql_rc	 sql_tx_begin(struct sql *db);
enum sql_rc	 sql_tx_end(struct sql *db);
/*
 * Whether sql_tx_begin() has returned SQL_BUSY because the WAL is empty: its
 * first frame has to be written by a helper thread (checkpoint.h).
 */
bool		 sql_wal_empty(const struct sql *db);
/*
 * A transaction for reading: until it ends, all statements read the same
 * commit.  It may be nested, and within a transaction for writing it is a part
 * of that.  store_read_begin() is for whoever uses the memory as well.
 *
 * sql_read_end() returns SQL_DONE if all that was read in the span is true, or
 * the reason of the first statement that failed.  So a row may be taken for
 * absent until then, but not afterwards.
 */
enum sql_rc	 sql_read_begin(struct sql *db);
enum sql_rc	 sql_read_end(struct sql *db)
		    __attribute__((__warn_unused_result__));
/* Whether a transaction is open, for reading or for writing. */
bool		 sql_in_tx(const struct sql *db);
/*
 * Return the result of the first statement of this connection that failed since
 * sql_failed() was called last, or SQL_DONE if none failed.  sql_failed()
 * forgets it.
 */
enum sql_rc	 sql_failure(const struct sql *db);
enum sql_rc	 sql_failed(struct sql *db);

/* Columns of the current row, from 0; slices are valid until the next step. */
int64_t		 sql_int(struct sql *db, enum sql_stmt id, int col);
struct slice	 sql_blob(struct sql *db, enum sql_stmt id, int col);
bool		 sql_null(struct sql *db, enum sql_stmt id, int col);

/* The id of the row that was inserted last. */
int64_t		 sql_last_id(struct sql *db);
/* Pages in the WAL after the last commit of this connection. */
int		 sql_wal_pages(struct sql *db);

/* Set err by rc.  Logs what SQLite said, unless rc is SQL_BUSY. */
void		 sql_error(struct sql *db, enum sql_rc rc,
		    struct store_error *err);

#endif
