/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Commands about the session itself: CAPABILITY, LOGOUT, NOOP, CHECK
 * (RFC 3501, 6.1 and 6.4.1), NAMESPACE (RFC 2342).
 */

#include "config.h"

#include "imapd/command.h"
#include "imapd/session_op.h"

struct cmd_noop {
	struct op	*op;	/* finds changes by other programs */
};

static enum run
cmd_capability_run(struct session *s, void *args)
{
	struct reply *r = &s->reply;

	(void)args;
	reply_untagged(r, "CAPABILITY");
	reply_char(r, ' ');
	session_capabilities(s);
	reply_end(r);
	return RUN_DONE;
}

static void
cmd_noop_clear(void *args)
{
	struct cmd_noop *c = args;

	op_free(c->op);
	c->op = NULL;
}

/*
 * NOOP and CHECK look for deliveries and other changes to the Maildir.  The
 * dispatcher reports them before the tagged response.
 */
static enum run
cmd_noop_run(struct session *s, void *args)
{
	struct cmd_noop *c = args;
	enum run r;

	if (s->view == NULL)
		return RUN_DONE;
	if (c->op == NULL)
		c->op = select_refresh_new(s->view);
	r = session_op(s, c->op);
	/* The operation must be freed before its view is closed. */
	if (r == RUN_DONE || r == RUN_FAIL)
		cmd_noop_clear(c);
	return r;
}

static enum run
cmd_logout_run(struct session *s, void *args)
{
	(void)args;
	/* Deselect, so that no updates are sent: nobody would use them. */
	session_unselect(s);
	reply_bye(&s->reply, CODE_NONE, "Logging out");
	s->logout = true;
	return RUN_DONE;
}

static enum run
cmd_namespace_run(struct session *s, void *args)
{
	struct reply *r = &s->reply;

	(void)args;
	reply_untagged(r, "NAMESPACE");
	reply_str(r, " ((\"\" \"");
	reply_char(r, s->names.separator);
	reply_str(r, "\")) NIL NIL");
	reply_end(r);
	return RUN_DONE;
}

static const struct command cmd_session_rows[] = {
	{ .name = "CAPABILITY", .in = STATE_ANY, .run = cmd_capability_run },
	{ .name = "LOGOUT", .in = STATE_ANY, .run = cmd_logout_run },
	{ .name = "NAMESPACE", .in = STATE_ANY, .needs = CAP_NAMESPACE,
	    .run = cmd_namespace_run },
	{ .name = "NOOP", .in = STATE_ANY,
	    .args_size = sizeof(struct cmd_noop),
	    .run = cmd_noop_run, .clear = cmd_noop_clear },
	{ .name = "CHECK", .in = STATE_SELECTED,
	    .args_size = sizeof(struct cmd_noop),
	    .run = cmd_noop_run, .clear = cmd_noop_clear },
};

const struct command_family cmd_session = COMMAND_FAMILY(cmd_session_rows);
