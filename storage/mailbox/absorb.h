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
/* The same for one mailbox: row, keywords, and entries if it is loaded. */
enum sql_rc	 mailbox_absorb(struct mailbox *mb);
/*
 * Write what is owed of the row in a transaction of its own, if that can be
 * had.
 */
void		 mailbox_save_row(struct mailbox *mb);
/* Nothing in memory is of the index any more: storage->index_lost. */
void		 store_index_lost(struct store *st);

#endif
