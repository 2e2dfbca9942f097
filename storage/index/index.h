/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The index of a user's store, for the modules of storage/. */

#ifndef STORAGE_INDEX_INDEX_H
#define STORAGE_INDEX_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/run.h"
#include "storage/index/index_types.h"
#include "storage/index/sql.h"
#include "storage/index/waiter.h"
#include "storage/types.h"

/* A file in penfold/ while a failed sync is not healed; see heal.h. */
#define STORE_UNSYNCED	"unsynced"

/*
 * Make sure that the index is open.  A helper thread opens it, which may take
 * long.  An index that is open has a descriptor to sync the WAL with: without
 * that, nothing may be committed.
 *
 * Returns RUN_DONE; or RUN_WAIT, and has waiter woken; or RUN_FAIL with err
 * set.
 */
enum run	 index_ready(struct store *st, struct index_wait *w,
		    struct waiter *waiter, struct store_error *err);
/* Close the open index if a statement has found it damaged. */
void		 index_look_damage(struct store *st);
/*
 * As index_look_damage(), and see that the open index still is the file at its
 * path, and has a WAL and a WAL-index that others can see.  If another index is
 * there, the store is given up.  Costs four stats.  For home_look(), which all
 * others call.
 */
void		 index_look(struct store *st);
/* Begin to open the index, unless it is open. */
void		 index_start(struct store *st);
/*
 * What a store does by itself, and when that is due: an index whose removed WAL
 * could not be rescued is opened again.  Such a store must not be freed.
 */
void		 index_tick(struct store *st, uint64_t now_ms);
uint64_t	 index_due(const struct store *st);
/* Take over an index that was opened meanwhile. */
void		 index_settle(struct store *st);
/*
 * As index_ready(), but do not wait: if the index is closed, fail, and have it
 * opened.  For what runs after index_ready().  Returns 0, or -1 with err set.
 */
int		 index_open(struct store *st, struct store_error *err);
/*
 * Begin a transaction for writing, as sql_tx_begin().  If the WAL is empty,
 * this has a helper thread begin it, and returns SQL_BUSY meanwhile, or the
 * error of that thread.  If the WAL or the WAL-index was removed, it returns
 * SQL_BUSY, and the next look at the home opens the index again.
 */
enum sql_rc	 index_tx_start(struct store *st);
/*
 * A transaction of this process was committed: wake other processes, and
 * schedule a sync of the WAL and, if the WAL has grown, a checkpoint.
 */
void		 index_committed(struct store *st);
/*
 * Have a helper thread make a checkpoint, unless it does that already.  With
 * anew, the WAL is begun anew, however short it is.
 */
void		 index_start_checkpoint(struct store *st, bool anew);
/* Whether a checkpoint is under way. */
bool		 index_checkpointing(struct store *st);
/*
 * Close the index.  Does not write what is still owed; see tick_flush().
 */
void		 index_close(struct store *st);
/*
 * As index_close(), and do not open it any more: what a removed WAL had that
 * could not be rescued is lost.
 */
void		 index_give_up(struct store *st);

#endif
