/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The row of a mailbox: reading and writing it, and changing it in a
 * transaction, which sets its changes aside between time slices and undoes
 * them if it fails.
 */

#ifndef STORAGE_MAILBOX_MAILBOX_ROW_H
#define STORAGE_MAILBOX_MAILBOX_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/types.h"

/*
 * To be called before the row is changed, within a transaction.  Until the
 * transaction ends, the mailbox is one of store->dirty, and pinned.
 */
void		 mailbox_touch(struct mailbox *mb);
/* Whether dovecot-uidlist or dovecot-keywords lacks UIDs or keywords. */
bool		 mailbox_list_behind(const struct mailbox *mb);
/* Whether dovecot-keywords does. */
bool		 mailbox_letters_behind(const struct mailbox *mb);

/*
 * What a transaction does with the rows that it has changed: write them before
 * COMMIT (if that fails, sql_failed() says so), and end their changes after
 * COMMIT or ROLLBACK.  The end may free mailboxes to which nobody has a
 * reference.
 */
void		 mailbox_rows_write(struct store *st);
void		 mailbox_rows_committed(struct store *st);
void		 mailbox_rows_revert(struct store *st);
/*
 * Before the rows are written: claim \Recent for this process.  It is for one
 * session only (RFC 3501, 2.3.2): whoever raises recentuid in a transaction
 * has it.  If sessions of this process take \Recent, this claims all messages
 * in the mailbox, and the first of these sessions that is told of the messages
 * gets it.
 */
void		 mailbox_rows_claim(struct store *st);
/*
 * Set aside what the open transaction has changed, if anything, and bring it
 * back.  Between its time slices, rows and keywords are thus those of the last
 * commit.
 */
void		 mailbox_rows_suspend(struct store *st);
void		 mailbox_rows_resume(struct store *st);

/* Return how many more UIDs can be given out. */
uint32_t	 mailbox_uids_left(const struct mailbox *mb);
/* Raise the modseq of the row for a transaction and return it. */
uint64_t	 mailbox_next_modseq(struct mailbox *mb);
/* Count a message with these flags in the row (sign 1), or no longer (-1). */
void		 mailbox_count(struct mailbox *mb, uint32_t flags, int sign);

#endif
