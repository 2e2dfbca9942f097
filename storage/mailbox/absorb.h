/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What others committed, taken into memory; and what is lost with an index. */

#ifndef STORAGE_ABSORB_H
#define STORAGE_ABSORB_H

#include "storage/index/sql.h"
#include "storage/types.h"

/*
 * Take in what other processes have committed since the last time.  Costs
 * one question when nothing was.  SQL_DONE or what failed.
 */
enum sql_rc	 store_absorb(struct store *st);
/*
 * A transaction outside of any operation, for what is done in one go: begin
 * it if no operation has one open, and take in what others have committed.
 * store_tx_end() commits it, or rolls it back if a statement has failed.
 * Return 0, or -1 when there is none, or no more.
 */
int		 store_tx_begin(struct store *st);
int		 store_tx_end(struct store *st);
/*
 * Write what is owed of the row in a transaction of its own, if that can be
 * had.
 */
void		 mailbox_save_row(struct mailbox *mb);
/* Nothing in memory is of the index any more: storage->index_lost. */
void		 store_index_lost(struct store *st);

#endif
