/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The list of a user's mailboxes, as the index and the root folder have it.  It
 * is in st->names, for as long as the store is open.
 *
 * A change in one mailbox costs the same with ten mailboxes as with ten
 * thousand: another process's change is in the log of names, and another
 * program's in the events of the root.
 */

#ifndef STORAGE_OP_LIST_H
#define STORAGE_OP_LIST_H

#include "common/base/run.h"
#include "common/base/slice.h"
#include "storage/types.h"

struct named;

/* What a store needs to keep its list; list_close() takes NULL, too. */
struct list	*list_open(void);
void		 list_close(struct list *l);
/* The folder of this name may have changed; NULL: any folder. */
void		 list_doubt(struct store *st, const char *folder);

/*
 * Make st->names agree with the root folder and the index, in time slices.  May
 * open and commit transactions of op.  Costs a query if another process has
 * committed something, and without a watch of the root a stat.  Does nothing
 * within a transaction.
 */
enum run	 list_refresh(struct op *op);
/* As list_refresh(), and begin a transaction in which st->names is right. */
enum run	 list_begin(struct op *op);
/*
 * Find a name, in any form that clients may use.  Parents and names that are
 * only subscribed are found, too.  Returns NULL if the name is not in the
 * list.  The list must be fresh; see list_refresh().
 */
const struct named *list_find(const struct store *st, struct slice name);
/*
 * list_refresh() and list_find() for an operation that needs an existing
 * mailbox.  Returns RUN_DONE with a reference in *mb, or RUN_FAIL with
 * STORE_ERR_NONEXISTENT if there is no such mailbox.
 */
enum run	 list_ref(struct op *op, struct slice name,
		    struct mailbox **mb);

#endif
