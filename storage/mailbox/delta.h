/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What other processes have changed in a mailbox that is in memory: read first,
 * within one read transaction, and then applied, which cannot fail.  So what is
 * in memory is always what some commit left.
 */

#ifndef STORAGE_MAILBOX_DELTA_H
#define STORAGE_MAILBOX_DELTA_H

#include "common/base/compat.h"
#include "storage/index/sql.h"

struct delta;
struct mailbox;

TAILQ_HEAD(deltas, delta);

/*
 * Read what has changed in a mailbox since its row was read last, and add it to
 * deltas, unless it is nothing.  The mailbox stays pinned until the delta is
 * freed.  Returns SQL_DONE, or what failed; SQL_CORRUPT also if the mailbox was
 * newer in memory than it is in the index.
 */
enum sql_rc	 delta_read(struct mailbox *mb, struct deltas *deltas);
/* Bring the memory up to date. */
void		 deltas_apply(struct deltas *deltas);
/* Free all that deltas has. */
void		 deltas_clear(struct deltas *deltas);

#endif
