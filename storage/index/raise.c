/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Raising the numbers of an index; see raise.h. */

#include "config.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "storage/index/gap.h"
#include "storage/index/raise.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/uidlist.h"

/* UIDNEXT rises by this, above all UIDs given out. */
#define UIDS		10000
/*
 * And modseqs by this, if they are ahead of the clock: a mailbox has no more
 * commits between two syncs, which are a second apart.
 */
#define MODSEQS		(1 << 20)

static void
raise_all(struct sql *db, bool lists)
{
	uint64_t now = (uint64_t)time(NULL) << 16;

	gap_record(db, MODSEQS, now);
	sql_tx_do(db, SQL_MAILBOX_BOOT, SQL_ARGS(SQL_I(MODSEQS), SQL_I(now),
	    SQL_I(UIDS), SQL_I(lists)));
	sql_tx_do(db, SQL_VANISHED_BOOT, SQL_ARGS(SQL_I(MODSEQS), SQL_I(now),
	    SQL_I(UIDS)));
}

void
raise_after_boot(struct sql *db)
{
	raise_all(db, false);
}

/*
 * The mtime by which the index shall know the list of the mailbox of this row:
 * -1 if the list is another one, and 0 if there is none that could be read.
 */
static int64_t
list_known(struct sql *db, int dir_fd)
{
	int64_t mtime = sql_int(db, SQL_MAILBOX_LISTS, 2);
	char path[PATH_MAX];
	struct stat sb;

	if (snprintf(path, sizeof(path), "../%.*s/" UIDLIST_NAME,
	    SLICE_ARG(sql_blob(db, SQL_MAILBOX_LISTS, 1))) >=
	    (int)sizeof(path) ||
	    fstatat(dir_fd, path, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return mtime == -1 ? 0 : mtime;
	return maildir_file_time(&sb) != mtime ||
	    (int64_t)sb.st_size != sql_int(db, SQL_MAILBOX_LISTS, 3) ?
	    -1 : mtime;
}

void
raise_older(struct sql *db, int dir_fd)
{
	int64_t id = 0, known;

	for (;;) {
		sql_start(db, SQL_MAILBOX_LISTS, SQL_ARGS(SQL_I(id)));
		if (sql_step(db, SQL_MAILBOX_LISTS) != SQL_ROW)
			break;
		id = sql_int(db, SQL_MAILBOX_LISTS, 0);
		known = list_known(db, dir_fd);
		sql_reset(db, SQL_MAILBOX_LISTS);
		sql_tx_do(db, SQL_MAILBOX_LIST_KNOWN, SQL_ARGS(SQL_I(id),
		    SQL_I(known)));
	}
	sql_reset(db, SQL_MAILBOX_LISTS);
	raise_all(db, true);
}
