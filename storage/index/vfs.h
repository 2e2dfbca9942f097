/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A layer over SQLite's own access to files.
 *
 * The WAL-index (index.db-shm) is memory that processes share by mapping the
 * file.  Whoever makes the file shorter, as `cp` does that writes a copy over
 * it, takes the memory away under us, and the next access is a SIGBUS.  Here
 * that is an error of one index, not the end of the process: a signal handler
 * puts empty memory in the place of what is missing, and from then on every
 * access to that index fails until all connections of the process are closed.
 *
 * The loop's thread never waits for the disk.  In WAL mode with synchronous =
 * NORMAL there is one sync in a COMMIT: that of the header of the WAL, when it
 * is written again from its beginning.  A connection for which vfs_nowait() was
 * called leaves this to others, and appends to the WAL instead.  It must not
 * write while vfs_wal_empty(), since somebody has to write the header then.
 *
 * If index.db-shm is removed or replaced, SQLite goes on with the file that it
 * has, while those who open the index later use another one, and neither sees
 * the locks of the other.  Such a connection gets SQLITE_BUSY for every lock to
 * write, to make a checkpoint or to recover the WAL.
 */

#ifndef STORAGE_INDEX_VFS_H
#define STORAGE_INDEX_VFS_H

#include <stdbool.h>

#include <sqlite3.h>

/* For sqlite3_open_v2(), after vfs_setup(). */
#define VFS_NAME	"penfold"

/*
 * Register the layer, and catch SIGBUS.  Any thread may call this, as often as
 * it likes.  Returns 0, or -1 with errno.
 */
int		 vfs_setup(void);
/*
 * How often this process has lost the memory of an index.  If the number has
 * changed, vfs_is_lost() tells whether a connection is affected.  Costs
 * nothing.
 */
unsigned int	 vfs_losses(void);
/*
 * Whether SQLite may sleep in this thread, which only helper threads let it.
 * At first it may not.
 */
void		 vfs_may_sleep(bool may);
/* Whether this connection leaves it to others to begin the WAL anew. */
void		 vfs_nowait(sqlite3 *db, bool on);
/*
 * Within a transaction for writing: whether its first frame would be the first
 * in the WAL.
 */
bool		 vfs_wal_empty(sqlite3 *db);
/*
 * Within a transaction: whether the WAL has frames that are not in the database
 * yet.
 */
bool		 vfs_wal_owed(sqlite3 *db);
/* Whether another file, or none, is at the path of the WAL-index. */
bool		 vfs_is_moved(sqlite3 *db);
/*
 * Let this connection write although index.db-shm is missing, but not if there
 * is another one.  vfs_is_moved() then looks for the latter alone.
 */
void		 vfs_rescue(sqlite3 *db);
/*
 * Whether the shared memory of a connection was lost, so that nothing it has
 * read since then is true.
 */
bool		 vfs_is_lost(sqlite3 *db);

#endif
