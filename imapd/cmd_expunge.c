/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * EXPUNGE and CLOSE (RFC 3501, 6.4.3 and 6.4.2), UID EXPUNGE (RFC 4315).
 * update.c sends the EXPUNGE responses, like all other untagged updates.
 */

#include "config.h"

#include "common/base/idset.h"
#include "common/base/num.h"
#include "common/proc/stats.h"
#include "imapd/answer.h"
#include "imapd/command.h"
#include "imapd/message_set.h"
#include "imapd/session_op.h"

struct cmd_expunge {
	struct idset	 uids;
	struct op	*op;
};

static enum parsed
cmd_uid_expunge_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_expunge *c = args;

	if (arg_sp(a) == -1 ||
	    message_set_parse(a, s->view, s->cmd.uid, &c->uids) == -1)
		return PARSE_BAD;
	return PARSE_OK;
}

static enum run
cmd_expunge_run(struct session *s, void *args)
{
	struct cmd_expunge *c = args;
	const struct idset *gone;
	uint64_t modseq;
	char *text;
	enum run r;

	if (c->op == NULL)
		c->op = expunge_new(s->view, s->cmd.uid ? &c->uids : NULL);
	if ((r = session_op(s, c->op)) != RUN_DONE)
		return r;
	/*
	 * RFC 7162, 3.2.7, asks for HIGHESTMODSEQ with QRESYNC only, but it is
	 * just as useful to a CONDSTORE client.
	 */
	gone = expunge_result(c->op, &modseq);
	stats_add(STAT_MESSAGES_EXPUNGED, idset_count(gone));
	if (session_has(s, CAP_CONDSTORE) && !idset_empty(gone) &&
	    (text = arena_alloc(&s->cmd.arena, NUM_PRINT_MAX)) != NULL)
		answer_ok(s, CODE_HIGHESTMODSEQ, slice_make(text,
		    num_print(text, modseq)), "Expunge completed.");
	return RUN_DONE;
}

/*
 * CLOSE expunges without EXPUNGE responses, and does not expunge at all after
 * EXAMINE.
 */
static enum run
cmd_close_run(struct session *s, void *args)
{
	struct cmd_expunge *c = args;
	bool gone;
	enum run r;

	if (!view_readonly(s->view)) {
		if (c->op == NULL)
			c->op = expunge_new(s->view, NULL);
		r = session_op(s, c->op);
		if (r == RUN_MORE || r == RUN_WAIT)
			return r;
		if (r == RUN_DONE)
			stats_add(STAT_MESSAGES_EXPUNGED,
			    idset_count(expunge_result(c->op, NULL)));
		gone = r == RUN_FAIL &&
		    op_error(c->op)->kind == STORE_ERR_NONEXISTENT;
		op_free(c->op);
		c->op = NULL;
		if (r == RUN_FAIL && !gone)
			return r;
	}
	session_unselect(s);
	/* Replace the error: a mailbox deleted meanwhile can be closed. */
	answer_ok(s, CODE_NONE, SLICE_EMPTY, NULL);
	return RUN_DONE;
}

static void
cmd_expunge_clear(void *args)
{
	struct cmd_expunge *c = args;

	op_free(c->op);
	idset_clear(&c->uids);
}

static const struct command cmd_expunge_rows[] = {
	{ .name = "EXPUNGE", .in = STATE_SELECTED, .flags = CMD_WRITES,
	    .args_size = sizeof(struct cmd_expunge),
	    .run = cmd_expunge_run, .clear = cmd_expunge_clear },
	{ .name = "EXPUNGE", .in = STATE_SELECTED, .flags = CMD_WRITES,
	    .needs = CAP_UIDPLUS, .uid = UID_ONLY,
	    .args_size = sizeof(struct cmd_expunge),
	    .parse = cmd_uid_expunge_parse, .run = cmd_expunge_run,
	    .clear = cmd_expunge_clear },
	{ .name = "CLOSE", .in = STATE_SELECTED,
	    .args_size = sizeof(struct cmd_expunge),
	    .run = cmd_close_run, .clear = cmd_expunge_clear },
};

const struct command_family cmd_expunge = COMMAND_FAMILY(cmd_expunge_rows);
