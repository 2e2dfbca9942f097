/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Reading the list of mailboxes from the index. */

#ifndef STORAGE_OP_LIST_LOAD_H
#define STORAGE_OP_LIST_LOAD_H

#include "common/base/run.h"

struct list;
struct op;

/*
 * Bring st->names up to date with the index, in time slices.  The first time
 * all rows are read, later those of the names that have changed.  What the
 * open transaction has written is read, too: call it before the first write.
 *
 * Returns RUN_DONE, or RUN_MORE, or RUN_FAIL with the error of op set.
 */
enum run	 list_load(struct op *op, struct list *l);

#endif
