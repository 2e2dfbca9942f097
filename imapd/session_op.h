/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Operations of the store, run for a session. */

#ifndef IMAPD_SESSION_OP_H
#define IMAPD_SESSION_OP_H

#include "common/base/run.h"
#include "storage/store.h"

struct session;

/*
 * Run an operation of the store for the session.  Sets what wakes it; on
 * RUN_FAIL the answer is the operation's error.
 */
enum run	 session_op(struct session *s, struct op *op);

#endif
