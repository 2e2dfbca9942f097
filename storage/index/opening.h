/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Opening an index, for helper threads: it may have to wait for a lock, read a
 * long WAL, upgrade tables, sync what it wrote, or look for damage.
 *
 * Whoever makes a new index holds the lock of penfold/index.lock, and has seen
 * under the lock that the old one is missing, or proved that it is damaged: it
 * was opened once more and does not pass SQLite's quick_check.  An error of the
 * disk proves nothing.
 *
 * While another connection has the database open, nobody makes a new WAL or
 * WAL-index: if their files were removed, whoever opens the index waits until
 * all others have noticed and closed it.
 */

#ifndef STORAGE_INDEX_OPENING_H
#define STORAGE_INDEX_OPENING_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/index/index_types.h"
#include "storage/index/sql.h"
#include "storage/index/walmark.h"
#include "storage/types.h"

struct opening {
	/* What is asked for. */
	char		*user;		/* for the log */
	char		*path;		/* of the index */
	int		 dir_fd;	/* penfold/; owned */
	char		 boot_id[64];
	unsigned int	 wait_ms;	/* for locks */
	/*
	 * A damaged index that has changed within this time may be a copy that
	 * is being made, as of a backup: look again when it has settled.
	 */
	unsigned int	 settle_ms;
	/* To be opened again; dev 0: any.  Cleared if it was damaged. */
	struct index_identity had;
	struct index_identity suspect;	/* was found damaged; dev 0: none */
	/*
	 * A handle whose WAL or WAL-index was removed: see below.  If it is
	 * still set afterwards, try again.
	 */
	struct sql	*old;
	struct index_identity old_wal;	/* its WAL; without an id */

	/* Of the last attempt to open it. */
	enum wal_state	 foreign;

	/* The result. */
	struct sql	*db;		/* NULL: it failed */
	struct index_identity self;
	int64_t		 boots;		/* meta.boots */
	bool		 raised;	/* numbers were raised after a boot */
	int		 wal_fd;	/* -1 if db is NULL */
	int		 sync_errnum;	/* if what was written was not synced */
	struct store_error err;
};

/*
 * Open the index at arg->path.  If there is none, make it, unless had names one
 * that must be there; STORE_ERR_LOST means that it is not.  If old is set,
 * first wait until files are no longer being removed.  If its WAL has lost its
 * name, copy what is in it into the database.  Then close old.  While that
 * fails, the index is not opened, and old stays.
 */
void	 opening_run(void *arg);
/* Free it, and close what is still in it. */
void	 opening_free(void *arg);

/*
 * Find out which file is at the path of the index, in penfold/.  Returns 0, or
 * -1 with errno.
 */
int	 opening_identify(int dir_fd, struct index_identity *out);
/* Whether two are the same file. */
bool	 opening_same_file(const struct index_identity *a,
	    const struct index_identity *b);

#endif
