/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The entries of a mailbox, read from the index. */

#ifndef STORAGE_MAILBOX_MAILBOX_LOAD_H
#define STORAGE_MAILBOX_MAILBOX_LOAD_H

#include "common/base/run.h"

struct mailbox;
struct op;

/*
 * Begin a span (store_read_begin()) in which op reads the entries of a mailbox.
 * Waits for the end of another operation's transaction in that mailbox, since
 * it may still be undone.  Returns RUN_DONE, RUN_WAIT, or RUN_FAIL with the
 * error of op set.
 */
enum run	 mailbox_read_begin(const struct mailbox *mb, struct op *op);
/* Load the entries in time slices.  Returns RUN_DONE once all are loaded. */
enum run	 mailbox_load(struct mailbox *mb, struct op *op);

#endif
