/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE (RFC 3501, 6.3.3 to
 * 6.3.7; CREATE's USE of RFC 6154, section 3).
 */

#include "config.h"

#include "imapd/answer.h"
#include "imapd/command.h"
#include "imapd/session_op.h"
#include "imapd/special_use.h"

enum { SUBSCRIBE, UNSUBSCRIBE };

struct cmd_mailbox {
	struct slice	 name;
	struct slice	 to;		/* RENAME */
	uint32_t	 use;		/* CREATE */
	bool		 selected;	/* DELETE: of the selected mailbox */
	struct op	*op;
};

/*
 * Drop a separator at the end of the name, which only announces that children
 * will follow (RFC 3501, 6.3.3).
 */
static struct slice
without_separator(struct slice name)
{
	if (name.len > 1 && name.p[name.len - 1] == '/')
		name.len--;
	return name;
}

/* Parse "(USE (\Sent))".  Other parameters are BAD (RFC 4466, 2.2). */
static int
parse_params(struct arg *a, struct cmd_mailbox *c)
{
	size_t n = 0;
	int rc = 0;

	if (arg_char(a, '(') == -1)
		return -1;
	if (!arg_if_word(a, "USE"))
		return arg_fail(a, "Unknown parameter of CREATE");
	if (arg_sp(a) == -1)
		return -1;
	if (!arg_if_empty_list(a))
		while ((rc = arg_list_next(a, &n)) == 1)
			if (special_use_parse(a, &c->use) == -1)
				return -1;
	return rc == -1 ? -1 : arg_char(a, ')');
}

static enum parsed
cmd_create_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_mailbox *c = args;

	(void)s;
	if (arg_sp(a) == -1 || arg_mailbox(a, &c->name) == -1)
		return PARSE_BAD;
	c->name = without_separator(c->name);
	if (arg_if_more(a) && parse_params(a, c) == -1)
		return PARSE_BAD;
	return PARSE_OK;
}

static enum parsed
cmd_mailbox_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_mailbox *c = args;

	(void)s;
	if (arg_sp(a) == -1 || arg_mailbox(a, &c->name) == -1)
		return PARSE_BAD;
	c->name = without_separator(c->name);
	return PARSE_OK;
}

static enum parsed
cmd_rename_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_mailbox *c = args;

	(void)s;
	if (arg_sp(a) == -1 || arg_mailbox(a, &c->name) == -1 ||
	    arg_sp(a) == -1 || arg_mailbox(a, &c->to) == -1)
		return PARSE_BAD;
	c->name = without_separator(c->name);
	c->to = without_separator(c->to);
	return PARSE_OK;
}

static enum run
cmd_create_run(struct session *s, void *args)
{
	struct cmd_mailbox *c = args;

	/* RFC 6154, 3: with an unknown use no mailbox may be created. */
	if (c->use & SPECIAL_USE_UNKNOWN)
		return answer_no(s, CODE_USEATTR,
		    "Special use is not supported.");
	if (c->op == NULL)
		c->op = folder_create_new(s->store, c->name, c->use);
	return session_op(s, c->op);
}

static enum run
cmd_delete_run(struct session *s, void *args)
{
	struct cmd_mailbox *c = args;
	enum run r;

	if (c->op == NULL) {
		c->selected = s->view != NULL &&
		    view_has_name(s->view, c->name);
		c->op = folder_delete_new(s->store, c->name);
	}
	if ((r = session_op(s, c->op)) != RUN_DONE || !c->selected)
		return r;
	/*
	 * RFC 9051, 3: an unsolicited CLOSED ends the selected state.  An
	 * EXPUNGE for each message would keep a client that has just deleted
	 * the mailbox busy for nothing.
	 */
	session_unselect(s);
	reply_ok(&s->reply, CODE_CLOSED, SLICE_EMPTY,
	    "The deleted mailbox is no longer selected.");
	return RUN_DONE;
}

static enum run
cmd_rename_run(struct session *s, void *args)
{
	struct cmd_mailbox *c = args;

	if (c->op == NULL)
		c->op = folder_rename_new(s->store, c->name, c->to);
	return session_op(s, c->op);
}

static enum run
cmd_subscribe_run(struct session *s, void *args)
{
	struct cmd_mailbox *c = args;

	if (c->op == NULL)
		c->op = folder_subscribe_new(s->store, c->name,
		    s->cmd.row->arg == SUBSCRIBE);
	return session_op(s, c->op);
}

static void
cmd_mailbox_clear(void *args)
{
	struct cmd_mailbox *c = args;

	op_free(c->op);
}

static const struct command cmd_mailbox_rows[] = {
	{ .name = "CREATE", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_mailbox),
	    .parse = cmd_create_parse, .run = cmd_create_run,
	    .clear = cmd_mailbox_clear },
	{ .name = "DELETE", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_mailbox),
	    .parse = cmd_mailbox_parse, .run = cmd_delete_run,
	    .clear = cmd_mailbox_clear },
	{ .name = "RENAME", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_mailbox),
	    .parse = cmd_rename_parse, .run = cmd_rename_run,
	    .clear = cmd_mailbox_clear },
	{ .name = "SUBSCRIBE", .in = STATE_ANY, .arg = SUBSCRIBE,
	    .args_size = sizeof(struct cmd_mailbox),
	    .parse = cmd_mailbox_parse, .run = cmd_subscribe_run,
	    .clear = cmd_mailbox_clear },
	{ .name = "UNSUBSCRIBE", .in = STATE_ANY, .arg = UNSUBSCRIBE,
	    .args_size = sizeof(struct cmd_mailbox),
	    .parse = cmd_mailbox_parse, .run = cmd_subscribe_run,
	    .clear = cmd_mailbox_clear },
};

const struct command_family cmd_mailbox = COMMAND_FAMILY(cmd_mailbox_rows);
