/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The list of mailboxes, for LIST. */

#ifndef STORAGE_OP_LIST_OP_H
#define STORAGE_OP_LIST_OP_H

#include <stddef.h>

#include "storage/types.h"

/*
 * All mailboxes of the user, among them subscribed names and implied parents.
 * Parents come before their children, and INBOX comes first.  Costs two stats
 * and a query if nothing has changed.
 */
struct op	*list_new(struct store *st);
/* The mailboxes, after RUN_DONE; lent until op_free(). */
const struct mailbox_info *list_result(const struct op *op, size_t *n);

#endif
