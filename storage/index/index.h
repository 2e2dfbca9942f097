/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A user's store, for the modules of storage/: references and the index.
 */

#ifndef STORAGE_INDEX_INDEX_H
#define STORAGE_INDEX_INDEX_H

#include <stdbool.h>

#include "storage/index/sql.h"
#include "storage/types.h"

/* A file in penfold/ while a failed sync is not healed; see heal.h. */
#define STORE_UNSYNCED	"unsynced"

/*
 * Take and drop a reference.  A store without references closes after a while.
 */
void		 store_ref(struct store *st);
void		 store_unref(struct store *st);
/*
 * Open the index if it is closed, and set a damaged one aside.  An index that
 * is open has a descriptor to sync the WAL with: without that, nothing may be
 * committed.  Returns 0, or -1 with err set.
 */
int		 store_db(struct store *st, struct store_error *err);
/*
 * As store_db(), but also make sure that the open index is still the file at
 * its path: another process may have set a damaged index aside.  Costs one
 * stat(2).
 */
int		 store_db_same(struct store *st, struct store_error *err);
/*
 * A transaction of this process was committed: wake other processes, and
 * schedule a sync of the WAL and, if the WAL has grown, a checkpoint.
 */
void		 store_committed(struct store *st);
/*
 * Subscriptions, names or special uses changed: schedule a write of the
 * control file.
 */
void		 store_control_changed(struct store *st);
/*
 * Whether the numbers that the last boot has raised are on disk.  Nothing is
 * committed before that: the numbers would be raised from the same place again
 * if the power failed.
 */
bool		 store_boot_synced(struct store *st);
/* Have a helper thread make a checkpoint, unless it does that already. */
void		 store_start_checkpoint(struct store *st);
/* Whether a checkpoint is under way. */
bool		 store_checkpointing(struct store *st);
/*
 * Close the index.  Does not write what is still owed; see tick_flush().
 */
void		 store_close_db(struct store *st);

#endif
