/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Which WAL belongs to which database.
 *
 * SQLite applies whatever WAL lies beside a database.  If an administrator
 * restores index.db alone from a backup, or index.db-wal alone, pages of the
 * one would be written over pages of the other.
 *
 * So meta has a mark: a random number, followed by the marks that the database
 * without its WAL may have at that time.  A new mark is the first transaction
 * of each WAL, and another one precedes each checkpoint.  Both are written by
 * helper threads.  Whoever opens the index reads the mark from the database
 * alone and through the WAL.  If the former is not in the list of the latter,
 * or if the index has another id, the WAL is foreign.
 *
 * The list is right whoever else writes the index, since it grows until the
 * database alone has the newest mark, on disk.  Older programs write no
 * marks, and their WALs are not found foreign unless meta is in them.
 */

#ifndef STORAGE_INDEX_WALMARK_H
#define STORAGE_INDEX_WALMARK_H

#include <stdbool.h>

#include <sqlite3.h>

/* What lies beside a database. */
enum wal_state {
	WAL_OWN,		/* its own WAL, or none, as far as is known */
	WAL_UNUSED,		/* nobody else has the database open */
	/*
	 * Others have the database open, but the files of their WAL or
	 * WAL-index have no name any more: whoever opens it now would make
	 * new ones, and share neither commits nor locks with them.
	 */
	WAL_IN_USE,
	WAL_FOREIGN,		/* the WAL of another database */
	WAL_FOREIGN_SHM		/* the WAL-index of another database */
};

/*
 * Before the database at path is opened: returns WAL_OWN, WAL_UNUSED or
 * WAL_IN_USE.  Costs an open, two locks and two stats.
 */
enum wal_state	 walmark_look(const char *path);
/*
 * After that: whether WAL or WAL-index belong to another index than the
 * database at path, or to another state of it.  used says whether others had
 * it open before.  Returns WAL_OWN, WAL_FOREIGN or WAL_FOREIGN_SHM.  An error
 * proves nothing: WAL_OWN.  Costs a few statements and the reading of a page.
 */
enum wal_state	 walmark_check(sqlite3 *db, const char *path, bool used);
/*
 * Commit a new mark, in a transaction of its own.  path is that of the
 * database.  If owed is set, do so only if the WAL has frames that are not in
 * the database yet.  Returns a result of SQLite.
 */
int		 walmark_write(sqlite3 *db, const char *path, bool owed);

#endif
