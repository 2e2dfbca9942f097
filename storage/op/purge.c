/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Removes what expunged messages have left when they are old enough: their
 * files, and the oldest tombstones.
 */

#include "config.h"

#include <time.h>
#include <unistd.h>

#include "storage/index/content.h"
#include "storage/index/index.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_lookup.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/maildir/expunged.h"
#include "storage/op/purge.h"

/* Files that one call unlinks. */
#define PURGE_MAX	200
/* A mailbox keeps at most so many tombstones; row.floor says which are gone. */
#define TOMBSTONES_MAX	100000

struct old {
	uint32_t	 mailbox;
	uint32_t	 uid;
	uint64_t	 modseq;
	int64_t		 content;
};

/*
 * Bound the tombstones of a mailbox, within a transaction.  The floor tells
 * whoever asks for older changes that not all of them are known.
 */
static void
trim_tombstones(struct store *st, uint32_t id)
{
	struct store_error err = { .kind = STORE_OK };
	struct sql *db = st->db;
	struct mailbox *mb;
	int64_t n = 0, floor = 0;

	sql_start(db, SQL_EXPUNGED_COUNT, SQL_ARGS(SQL_I(id)));
	if (sql_step(db, SQL_EXPUNGED_COUNT) == SQL_ROW)
		n = sql_int(db, SQL_EXPUNGED_COUNT, 0);
	sql_reset(db, SQL_EXPUNGED_COUNT);
	if (n <= TOMBSTONES_MAX)
		return;
	sql_start(db, SQL_EXPUNGED_NTH, SQL_ARGS(SQL_I(id),
	    SQL_I(n - TOMBSTONES_MAX / 2)));
	if (sql_step(db, SQL_EXPUNGED_NTH) == SQL_ROW)
		floor = sql_int(db, SQL_EXPUNGED_NTH, 0);
	sql_reset(db, SQL_EXPUNGED_NTH);
	if ((mb = mailbox_lookup(st, id, &err)) == NULL)
		return;
	sql_tx_do(db, SQL_EXPUNGED_TRIM, SQL_ARGS(SQL_I(id), SQL_I(floor)));
	mailbox_touch(mb);
	mb->row.floor = (uint64_t)floor;
	mailbox_unref(mb);
}

/* Returns how many were read.  A tombstone without file or content stays. */
static size_t
read_old(struct sql *db, time_t before, struct old old[PURGE_MAX])
{
	enum sql_stmt id = SQL_EXPUNGED_OLD;
	size_t n = 0;

	sql_start(db, id, SQL_ARGS(SQL_I(before), SQL_I(PURGE_MAX)));
	while (n < PURGE_MAX && sql_step(db, id) == SQL_ROW) {
		old[n].mailbox = (uint32_t)sql_int(db, id, 0);
		old[n].modseq = (uint64_t)sql_int(db, id, 1);
		old[n].uid = (uint32_t)sql_int(db, id, 2);
		old[n++].content = sql_int(db, id, 3);
	}
	sql_reset(db, id);
	return n;
}

/*
 * Files first, rows second: after a crash, the next purge clears a row without
 * a file, but nothing would lead it to a file without a row.
 */
bool
purge_expunged(struct store *st, uint32_t keep)
{
	time_t before = time(NULL) - (time_t)keep;
	struct old old[PURGE_MAX];
	struct sql *db = st->db;
	size_t n;
	char name[EXPUNGE_NAME_MAX];

	if (read_old(db, before, old) == 0 || store_tx_begin(st) == -1)
		return false;
	/* Another process may just have purged these: read them again. */
	n = read_old(db, before, old);
	for (size_t i = 0; i < n; i++) {
		expunged_file_name(old[i].mailbox, old[i].uid, name);
		(void)unlinkat(st->expunged_fd, name, 0);
		content_drop(db, old[i].content);
		sql_tx_do(db, SQL_EXPUNGED_CLEAR, SQL_ARGS(
		    SQL_I(old[i].mailbox), SQL_I(old[i].modseq),
		    SQL_I(old[i].uid)));
		if (i + 1 == n || old[i].mailbox != old[i + 1].mailbox)
			trim_tombstones(st, old[i].mailbox);
	}
	if (store_tx_end(st) == -1)
		return false;
	index_committed(st);
	return n == PURGE_MAX;
}
