/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * SELECT and EXAMINE (RFC 3501, 6.3.1 and 6.3.2; the parameter of RFC 7162,
 * 3.1.8), UNSELECT (RFC 3691).
 */

#include "config.h"

#include "imapd/answer.h"
#include "imapd/command.h"
#include "imapd/session_op.h"
#include "imapd/update.h"

enum { SELECT, EXAMINE };

struct cmd_select {
	struct slice	 name;
	bool		 condstore;
	struct op	*op;
};

static int
parse_param(struct arg *a, struct cmd_select *c)
{
	if (!arg_if_word(a, "CONDSTORE"))
		return arg_fail(a, "Unknown parameter of SELECT");
	c->condstore = true;
	return 0;
}

static enum parsed
cmd_select_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_select *c = args;
	size_t n = 0;
	int rc;

	(void)s;
	if (arg_sp(a) == -1 || arg_mailbox(a, &c->name) == -1)
		return PARSE_BAD;
	if (!arg_if_more(a))
		return PARSE_OK;
	while ((rc = arg_list_next(a, &n)) == 1)
		if (parse_param(a, c) == -1)
			return PARSE_BAD;
	return rc == -1 ? PARSE_BAD : PARSE_OK;
}

/* Print the untagged responses of RFC 3501, 6.3.1, and HIGHESTMODSEQ. */
static void
print_selected(struct session *s)
{
	struct reply *r = &s->reply;
	uint32_t unseen;

	update_flag_names(s);
	reply_untagged_number(r, view_exists(s->view), "EXISTS");
	reply_end(r);
	if (s->tells_recent) {
		reply_untagged_number(r, view_recent_count(s->view),
		    "RECENT");
		reply_end(r);
	}
	if ((unseen = view_first_unseen(s->view)) != 0)
		reply_ok_number(r, CODE_UNSEEN, unseen, "First unseen.");
	reply_ok_number(r, CODE_UIDVALIDITY, view_uidvalidity(s->view),
	    "UIDs valid");
	reply_ok_number(r, CODE_UIDNEXT, view_uidnext(s->view),
	    "Predicted next UID");
	/* Always sent: Thunderbird uses it without enabling CONDSTORE. */
	reply_ok_number(r, CODE_HIGHESTMODSEQ,
	    view_highestmodseq(s->view), "Highest");
	s->condstore_told = true;
}

static enum run
cmd_select_run(struct session *s, void *args)
{
	struct cmd_select *c = args;
	bool readonly = s->cmd.row->arg == EXAMINE;
	unsigned int how;
	enum run r;

	if (c->op == NULL) {
		/* A SELECT that fails deselects, too (RFC 3501, 6.3.1). */
		session_unselect(s);
		if (c->condstore)
			session_condstore(s);
		how = readonly ? VIEW_READONLY : 0;
		if (s->tells_recent && !readonly)
			how |= VIEW_TAKES_RECENT;
		c->op = select_new(s->store, c->name, how);
	}
	if ((r = session_op(s, c->op)) != RUN_DONE)
		return r;
	session_select(s, select_result(c->op));
	print_selected(s);
	answer_ok(s, view_readonly(s->view) ? CODE_READ_ONLY :
	    CODE_READ_WRITE, SLICE_EMPTY, readonly ?
	    "Examine completed." : "Select completed.");
	return RUN_DONE;
}

static void
cmd_select_clear(void *args)
{
	struct cmd_select *c = args;

	op_free(c->op);
}

static enum run
cmd_unselect_run(struct session *s, void *args)
{
	(void)args;
	session_unselect(s);
	return RUN_DONE;
}

static const struct command cmd_select_rows[] = {
	{ .name = "SELECT", .in = STATE_ANY, .flags = CMD_DESELECTS,
	    .arg = SELECT, .args_size = sizeof(struct cmd_select),
	    .parse = cmd_select_parse, .run = cmd_select_run,
	    .clear = cmd_select_clear },
	{ .name = "EXAMINE", .in = STATE_ANY, .flags = CMD_DESELECTS,
	    .arg = EXAMINE, .args_size = sizeof(struct cmd_select),
	    .parse = cmd_select_parse, .run = cmd_select_run,
	    .clear = cmd_select_clear },
	{ .name = "UNSELECT", .in = STATE_SELECTED, .needs = CAP_UNSELECT,
	    .run = cmd_unselect_run },
};

const struct command_family cmd_select = COMMAND_FAMILY(cmd_select_rows);
