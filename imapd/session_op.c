/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Operations of the store, run for a session; see session_op.h. */

#include "config.h"

#include "imapd/answer.h"
#include "imapd/session.h"
#include "imapd/session_op.h"

enum run
session_op(struct session *s, struct op *op)
{
	enum run r;

	op_on_wake(op, session_wake, s);
	if ((r = op_run(op)) == RUN_FAIL)
		(void)answer_store(s, op_error(op));
	return r;
}
