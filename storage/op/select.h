/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* SELECT, and NOOP's look at the disk. */

#ifndef STORAGE_OP_SELECT_H
#define STORAGE_OP_SELECT_H

#include "common/base/slice.h"
#include "storage/types.h"

/*
 * Select a mailbox.
 *
 * how        VIEW_* of view.h
 *
 * select_result() gives the view once after RUN_DONE; the caller closes it
 * with view_close().
 */
struct op	*select_new(struct store *st, struct slice name,
		    unsigned int how);
/* The view that select_new() opened, once, after RUN_DONE. */
struct view	*select_result(struct op *op);

/* Look for deliveries and other programs' changes (NOOP, CHECK). */
struct op	*select_refresh_new(struct view *v);

#endif
