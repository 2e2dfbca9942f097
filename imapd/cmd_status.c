/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* STATUS (RFC 3501, 6.3.10; HIGHESTMODSEQ of RFC 7162, 3.1.7). */

#include "config.h"

#include "imapd/command.h"
#include "imapd/session_op.h"
#include "imapd/status_items.h"

struct cmd_status {
	struct slice	 name;
	uint32_t	 items;		/* STATUS_* */
	struct op	*op;
};

static enum parsed
cmd_status_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_status *c = args;

	(void)s;
	if (arg_sp(a) == -1 || arg_mailbox(a, &c->name) == -1 ||
	    arg_sp(a) == -1 || status_items_parse(a, &c->items) == -1)
		return PARSE_BAD;
	return PARSE_OK;
}

static enum run
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

static void
cmd_status_clear(void *args)
{
	struct cmd_status *c = args;

	op_free(c->op);
}

static const struct command cmd_status_rows[] = {
	{ .name = "STATUS", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_status),
	    .parse = cmd_status_parse, .run = cmd_status_run,
	    .clear = cmd_status_clear },
};

const struct command_family cmd_status = COMMAND_FAMILY(cmd_status_rows);
