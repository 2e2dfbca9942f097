/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The entries of a mailbox, read from the index. */

#ifndef STORAGE_MAILBOX_MAILBOX_LOAD_H
#define STORAGE_MAILBOX_MAILBOX_LOAD_H

#include "common/base/run.h"

struct mailbox;
struct op;

/* Load the entries in time slices.  Returns RUN_DONE once all are loaded. */
enum run	 mailbox_load(struct mailbox *mb, struct op *op);

#endif
