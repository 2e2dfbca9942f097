/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Work on the WAL that waits for the disk, for helper threads: each function
 * opens a connection of its own.
 */

#ifndef STORAGE_INDEX_CHECKPOINT_H
#define STORAGE_INDEX_CHECKPOINT_H

#include <stdbool.h>

#include "storage/index/sql_rc.h"

/* A checkpoint is worth its syncs when the WAL has grown by so many pages. */
#define CHECKPOINT_FRAMES 1000

/*
 * Copy as much of the WAL into the database at path as is possible without
 * waiting for a lock, and sync both.  If that was all and not little, or if the
 * WAL is empty, write its first frame, so that no other connection has to sync
 * its header.  With anew, or if the WAL is longer than SQL_WAL_LIMIT, begin the
 * WAL anew: wait for locks, for two seconds at most.
 */
enum sql_rc	 checkpoint_run(const char *path, bool anew);
/*
 * Write all of the WAL once more, through wal_fd, and sync it.  After a failed
 * sync the kernel takes pages for written that are not; this makes it write
 * them.  First checks that the WAL still reads as it was written, since the
 * kernel may have dropped such pages.
 *
 * Waits for the write lock, for two seconds at most.  Returns 0, or -1 with
 * errno: EILSEQ if commits are missing from the WAL.
 */
int	 checkpoint_rewrite(const char *path, int wal_fd);

#endif
