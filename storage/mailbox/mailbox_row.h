/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The row of a mailbox: read, changed in a transaction, written, kept apart
 * between its slices, and put back when it fails.
 */

#ifndef STORAGE_MAILBOX_ROW_H
#define STORAGE_MAILBOX_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/index/mailbox_columns.h"
#include "storage/index/sql.h"
#include "storage/types.h"

/* A row of the table mailbox; mailbox_columns.h says what its fields are. */
struct mailbox_row {
#define FIELD(name, type, value)	type name;
	MAILBOX_COLUMNS(FIELD)
#undef FIELD
};

/* Read the row that SQL_MAILBOX_GET or _ALL gives. */
void		 mailbox_read_row(struct sql *db, enum sql_stmt id,
		    struct mailbox_row *row);
/* The row is about to change, within a transaction. */
void		 mailbox_touch(struct mailbox *mb);
/* Write the row; failure is told by sql_failed(). */
void		 mailbox_put_row(struct mailbox *mb);
/* There are UIDs or keywords that are not in dovecot-uidlist and its like. */
bool		 mailbox_list_behind(const struct mailbox *mb);

/* The transaction that changed it was committed. */
void		 mailbox_committed(struct mailbox *mb);
/* The transaction failed. */
void		 mailbox_revert(struct mailbox *mb);
/*
 * Between two slices of the transaction that changed it, if one did: row and
 * keywords are those of the last commit.
 */
void		 mailbox_suspend(struct mailbox *mb);
void		 mailbox_resume(struct mailbox *mb);

/*
 * \Recent is for one session (RFC 3501, 2.3.2): whoever raises recentuid in
 * a transaction has it.  A process does that for all messages of which it
 * commits anything while a session of it may take them (mailbox_claim(),
 * asked by every commit); the first of its sessions that is told gets them.
 */
void		 mailbox_claim(struct mailbox *mb);

/* UIDs that it can still give out. */
uint32_t	 mailbox_uids_left(const struct mailbox *mb);
/* The modseq of the transaction that changes it; raises the row's. */
uint64_t	 mailbox_next_modseq(struct mailbox *mb);
/* Count a message with these flags in (1) or out (-1) of the row. */
void		 mailbox_count(struct mailbox *mb, uint32_t flags, int sign);

#endif
