/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Takes what other processes committed into memory, and drops from memory what
 * is lost with an index.
 */

#ifndef STORAGE_MAILBOX_STORE_ABSORB_H
#define STORAGE_MAILBOX_STORE_ABSORB_H

#include "storage/index/sql.h"
#include "storage/types.h"

/*
 * A span in which all statements read one commit, the one that memory shows as
 * well.  Whatever is put together from the results of two statements, or from
 * those of a statement and the memory, is read in a span.
 *
 * store_read_begin() takes in what other processes have committed, which costs
 * one query if there is nothing.  It returns SQL_DONE, or what failed; then
 * nothing has changed and there is no span.  Spans may be nested, and within a
 * transaction for writing they are a part of it.  Such a transaction cannot
 * begin in a span, and no span may be open when the loop goes on.  The index
 * must be open (index_open()).
 *
 * store_read_end() returns SQL_DONE if every statement of the span has
 * succeeded, or the reason of the first that failed: then nothing that was read
 * may be used.
 */
enum sql_rc	 store_read_begin(struct store *st);
enum sql_rc	 store_read_end(struct store *st)
		    __attribute__((__warn_unused_result__));
/* Take in what other processes have committed: a span without statements. */
enum sql_rc	 store_absorb(struct store *st);
/*
 * A transaction outside of any operation, for work that is done in one go.
 * store_tx_begin() begins it, unless an operation has a transaction open, and
 * takes in what others have committed.  store_tx_end() writes the rows of
 * mailboxes that were changed and commits, or rolls all back if a statement has
 * failed.  Both return 0, or -1 if there is no transaction or it was rolled
 * back.
 */
int		 store_tx_begin(struct store *st);
int		 store_tx_end(struct store *st);
/*
 * If the row has changes that are not written yet, write it in a transaction
 * of its own, if one can be had.
 */
void		 store_save_row(struct mailbox *mb);
/* Drop all that memory has from the index.  This is storage->index_lost. */
void		 store_index_lost(struct store *st);

#endif
