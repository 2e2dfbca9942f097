/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The list of a user's mailboxes, in memory, by folder and index. */

#ifndef STORAGE_LIST_H
#define STORAGE_LIST_H

#include "common/base/slice.h"
#include "storage/types.h"

/*
 * Have st->items agree with the root folder and the index.  One stat when
 * nothing changed.  May open and commit a transaction of op's.
 */
enum run	 list_refresh(struct op *op);
/*
 * Find a mailbox by the client's name; NULL when there is none.  The list
 * must be fresh.
 */
const struct list_item *list_find(const struct store *st, struct slice name);
/*
 * list_refresh() and list_find() for an operation that wants an existing
 * mailbox: RUN_DONE with a reference in *mb, RUN_FAIL with NONEXISTENT.
 */
enum run	 list_open(struct op *op, struct slice name,
		    struct mailbox **mb);
/*
 * Within a transaction: a row for an existing folder.  The id, 0 when it
 * failed.
 */
uint32_t	 list_add_row(struct store *st, struct slice name,
		    struct slice folder, uint32_t use);

#endif
