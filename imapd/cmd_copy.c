/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* COPY (RFC 3501, 6.4.7) and MOVE (RFC 6851), with COPYUID (RFC 4315). */

#include "config.h"

#include "common/base/idset.h"
#include "imapd/answer.h"
#include "imapd/command.h"
#include "imapd/message_set.h"
#include "imapd/session_op.h"

enum { COPY, MOVE };

struct cmd_copy {
	struct idset	 uids;
	struct slice	 to;
	struct op	*op;
};

static enum parsed
cmd_copy_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_copy *c = args;

	if (arg_sp(a) == -1 ||
	    message_set_parse(a, s->view, s->cmd.uid, &c->uids) == -1 ||
	    arg_sp(a) == -1 || arg_mailbox(a, &c->to) == -1)
		return PARSE_BAD;
	return PARSE_OK;
}

static enum run
cmd_copy_run(struct session *s, void *args)
{
	bool move = s->cmd.row->arg == MOVE;
	const struct copy_result *result;
	struct cmd_copy *c = args;
	struct slice uids;
	enum run r;

	if (c->op == NULL)
		c->op = copy_new(s->view, &c->uids, c->to, move);
	r = session_op(s, c->op);
	if (r == RUN_MORE || r == RUN_WAIT)
		return r;
	result = copy_result(c->op);
	/* RFC 6851, 3.3: a MOVE that fails may have moved some messages. */
	if (!idset_empty(&result->from) && (r == RUN_DONE ||
	    (move && !s->dead))) {
		uids = answer_uids(s, result->uidvalidity, &result->from,
		    &result->to);
		/* RFC 6851, 4.3: untagged, to come before the EXPUNGEs. */
		if (move)
			reply_ok(&s->reply, CODE_COPYUID, uids, "Moved UIDs.");
		else
			answer_ok(s, CODE_COPYUID, uids, "Copy completed.");
	}
	if (r == RUN_FAIL)
		return answer_store_into(s, op_error(c->op));
	if (result->expunged)
		return answer_expunged(s);
	return RUN_DONE;
}

static void
cmd_copy_clear(void *args)
{
	struct cmd_copy *c = args;

	op_free(c->op);
	idset_clear(&c->uids);
}

static const struct command cmd_copy_rows[] = {
	{ .name = "COPY", .in = STATE_SELECTED,
	    .uid = UID_ALSO, .arg = COPY, .args_size = sizeof(struct cmd_copy),
	    .parse = cmd_copy_parse, .run = cmd_copy_run,
	    .clear = cmd_copy_clear },
	{ .name = "MOVE", .in = STATE_SELECTED, .flags = CMD_WRITES,
	    .needs = CAP_MOVE,
	    .uid = UID_ALSO, .arg = MOVE, .args_size = sizeof(struct cmd_copy),
	    .parse = cmd_copy_parse, .run = cmd_copy_run,
	    .clear = cmd_copy_clear },
};

const struct command_family cmd_copy = COMMAND_FAMILY(cmd_copy_rows);
