/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * After a failed sync.  The WAL is a chain: what is committed after a page that
 * was lost is lost, too, though its own sync succeeds.  So nothing is committed
 * and no command is answered OK until a helper thread has written the whole WAL
 * once more and synced it, and then every other file of the store whose sync
 * has failed.  If that succeeds, all that was committed is on disk, and
 * commands that waited for their sync succeed.
 *
 * The file penfold/unsynced tells other processes, and those to come, which
 * may not hear of the failure from the kernel.
 */

#ifndef STORAGE_INDEX_HEAL_H
#define STORAGE_INDEX_HEAL_H

#include <stdint.h>

#include "common/base/run.h"

struct op;
struct storage;
struct store;

/*
 * Take the syncs that have failed since the last call: log them, tell other
 * processes, and start to heal.
 */
void		 heal_take_failures(struct storage *s);
/* Sync the WAL, and wait for it; only at the end of a process. */
void		 heal_sync_now(struct store *st);
/*
 * Wait until nothing is left to be healed.  Returns RUN_DONE, RUN_WAIT, or
 * RUN_FAIL with the error set once an attempt has failed, which may have been
 * made for another operation within the last second.
 */
enum run	 heal_wait(struct op *op);
/* Do what is due at now. */
void		 heal_tick(struct store *st, uint64_t now_ms);
/*
 * When heal_tick() is due, or UINT64_MAX.  The end of its job wakes the loop.
 */
uint64_t	 heal_due(const struct store *st);

#endif
