/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* STATUS (RFC 3501, 6.3.10; HIGHESTMODSEQ of RFC 7162, 3.1.7). */

#include "config.h"

#include "imapd/cmd.h"
#include "imapd/status_items.h"

enum parsed
cmd_status_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_status *c = args;

	(void)s;
	if (arg_sp(a) == -1 || arg_mailbox(a, &c->name) == -1 ||
	    arg_sp(a) == -1 || status_items_parse(a, &c->items) == -1)
		return PARSE_BAD;
	return PARSE_OK;
}

enum run
cmd_status_run(struct session *s, void *args)
{
	struct cmd_status *c = args;
	enum run r;

	if (c->op == NULL) {
		if (c->items & STATUS_HIGHESTMODSEQ)
			session_condstore(s);
		c->op = status_new(s->store, c->name);
	}
	if ((r = session_op(s, c->op)) == RUN_DONE)
		status_items_print(s, c->name, c->items, status_result(c->op));
	return r;
}

void
cmd_status_clear(void *args)
{
	struct cmd_status *c = args;

	op_free(c->op);
}
