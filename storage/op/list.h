/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The list of a user's mailboxes in memory, made from folders and index. */

#ifndef STORAGE_OP_LIST_H
#define STORAGE_OP_LIST_H

#include "common/base/slice.h"
#include "storage/types.h"

/*
 * Make st->items agree with the root folder and the index.  Costs two stats
 * and a query if nothing has changed.  May open and commit a transaction of
 * op.
 */
enum run	 list_refresh(struct op *op);
/*
 * Find a name, in any form that clients may use.  Parents and names that are
 * only subscribed are found, too.  Returns NULL if the name is not in the
 * list.  The list must be fresh; see list_refresh().
 */
const struct list_item *list_find(const struct store *st, struct slice name);
/*
 * list_refresh() and list_find() for an operation that needs an existing
 * mailbox.  Returns RUN_DONE with a reference in *mb, or RUN_FAIL with
 * STORE_ERR_NONEXISTENT if there is no such mailbox.
 */
enum run	 list_ref(struct op *op, struct slice name,
		    struct mailbox **mb);
/*
 * Within a transaction: add a row for an existing folder.  Returns its id; a
 * failure is reported by sql_failed().
 */
uint32_t	 list_add_row(struct store *st, struct slice name,
		    struct slice folder, uint32_t use);

#endif
