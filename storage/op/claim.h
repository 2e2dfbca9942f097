/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * \Recent of messages that no session has claimed yet; mailbox_row.h has the
 * rules.
 */

#ifndef STORAGE_CLAIM_H
#define STORAGE_CLAIM_H

#include "common/base/run.h"

struct mailbox;
struct op;

/*
 * Claim it for the process, in a transaction of its own.  The first view that
 * is told of the messages gets it; a view of EXAMINE sees it and leaves it.
 */
enum run	 claim_recent(struct op *op, struct mailbox *mb);
/* The same from the loop, when another process has added messages. */
void		 claim_start_job(struct mailbox *mb);

#endif
