/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Making the index agree with the folders of the root. */

#ifndef STORAGE_OP_LIST_SETTLE_H
#define STORAGE_OP_LIST_SETTLE_H

#include "common/base/run.h"

struct list;
struct op;

/*
 * Give rows to folders that other programs made, have the rows of missing
 * folders vanish, and let renamed folders keep their rows, until
 * list_look_first() finds nothing.  Each call is one transaction of a time
 * slice.  st->names must be up to date when this is called, and is not
 * afterwards.
 *
 * Returns RUN_DONE if there was nothing to do, RUN_MORE if there was, or
 * RUN_WAIT or RUN_FAIL.
 */
enum run	 list_settle(struct op *op, struct list *l);

#endif
