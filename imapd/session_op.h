/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Operations of the store, run for a session. */

#ifndef IMAPD_SESSION_OP_H
#define IMAPD_SESSION_OP_H

#include "common/base/run.h"
#include "storage/store.h"

struct session;

/*
 * Run an operation of the store, or go on with it.  The operation wakes the
 * session when it can go on.  On RUN_FAIL the command's answer is set to the
 * operation's error.
 */
enum run	 session_op(struct session *s, struct op *op);

#endif
