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

/* To be called before the row is changed, within a transaction. */
void		 mailbox_touch(struct mailbox *mb);
/* Write the row.  If that fails, sql_failed() says so. */
void		 mailbox_row_write(struct mailbox *mb);
/* Whether dovecot-uidlist or dovecot-keywords lacks UIDs or keywords. */
bool		 mailbox_list_behind(const struct mailbox *mb);

/* To be called after COMMIT of the transaction that changed the row. */
void		 mailbox_committed(struct mailbox *mb);
/* Undo the changes of a transaction that failed. */
void		 mailbox_revert(struct mailbox *mb);
/*
 * Set aside what the open transaction has changed, if anything, and bring it
 * back.  Between its time slices, row and keywords are thus those of the last
 * commit.
 */
void		 mailbox_suspend(struct mailbox *mb);
void		 mailbox_resume(struct mailbox *mb);

/*
 * Claim \Recent for this process.  It is for one session only (RFC 3501,
 * 2.3.2): whoever raises recentuid in a transaction has it.  Every commit
 * calls mailbox_claim().  If sessions of this process take \Recent, it claims
 * all messages in the mailbox, and the first of these sessions that is told of
 * the messages gets it.
 */
void		 mailbox_claim(struct mailbox *mb);

/* Return how many more UIDs can be given out. */
uint32_t	 mailbox_uids_left(const struct mailbox *mb);
/* Raise the modseq of the row for a transaction and return it. */
uint64_t	 mailbox_next_modseq(struct mailbox *mb);
/* Count a message with these flags in the row (sign 1), or no longer (-1). */
void		 mailbox_count(struct mailbox *mb, uint32_t flags, int sign);

#endif
