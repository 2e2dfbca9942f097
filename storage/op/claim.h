/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Claiming \Recent for messages that no session has claimed yet; mailbox_row.h
 * has the rules.
 */

#ifndef STORAGE_OP_CLAIM_H
#define STORAGE_OP_CLAIM_H

#include "common/base/run.h"

struct mailbox;
struct op;

/*
 * Claim \Recent of these messages for the process, in a transaction of its
 * own.  The first view that is told of the messages takes it; a view opened by
 * EXAMINE shows it without taking it.
 */
enum run	 claim_recent(struct op *op, struct mailbox *mb);
/* Start a job that claims, after another process has added messages. */
void		 claim_start_job(struct mailbox *mb);

#endif
