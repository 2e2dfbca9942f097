/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Commands about the session itself: CAPABILITY, NOOP, CHECK, LOGOUT, ID
 * (RFC 2971), ENABLE (RFC 5161), NAMESPACE (RFC 2342).
 */

#include "config.h"

#include "common/base/log.h"
#include "imapd/cmd.h"
#include "imapd/id.h"

enum run
cmd_capability_run(struct session *s, void *args)
{
	(void)args;
	reply_str(&s->reply, "* CAPABILITY ");
	session_capabilities(s);
	reply_str(&s->reply, "\r\n");
	return RUN_DONE;
}

/* NOOP and CHECK: look for deliveries; what is found is told afterwards. */
enum run
cmd_noop_run(struct session *s, void *args)
{
	struct cmd_noop *c = args;
	enum run r;

	if (s->view == NULL)
		return RUN_DONE;
	if (c->op == NULL)
		c->op = view_refresh_new(s->view);
	r = session_op(s, c->op);
	/* Free it before the view can be closed. */
	if (r == RUN_DONE || r == RUN_FAIL)
		cmd_noop_clear(c);
	return r;
}

void
cmd_noop_clear(void *args)
{
	struct cmd_noop *c = args;

	op_free(c->op);
	c->op = NULL;
}

enum run
cmd_logout_run(struct session *s, void *args)
{
	(void)args;
	/* What would be told now is of no use to anybody. */
	session_unselect(s);
	reply_bye(&s->reply, CODE_NONE, "Logging out");
	s->logout = true;
	return RUN_DONE;
}

enum run
cmd_namespace_run(struct session *s, void *args)
{
	(void)args;
	reply_str(&s->reply, "* NAMESPACE ((\"\" \"");
	reply_char(&s->reply, s->separator);
	reply_str(&s->reply, "\")) NIL NIL\r\n");
	return RUN_DONE;
}

enum parsed
cmd_id_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_id *c = args;

	(void)s;
	buf_init(&c->client_id, HANDOFF_ID_MAX);
	if (arg_sp(a) == -1 || id_parse(a, &c->client_id) == -1)
		return PARSE_BAD;
	return PARSE_OK;
}

enum run
cmd_id_run(struct session *s, void *args)
{
	struct cmd_id *c = args;

	if (worker_conf()->id_log && buf_len(&c->client_id) > 0)
		log_info("%u id %s", wconn_id(s->conn),
		    log_esc(buf_slice(&c->client_id)));
	id_print(&s->reply, worker_conf());
	return RUN_DONE;
}

void
cmd_id_clear(void *args)
{
	struct cmd_id *c = args;

	buf_clear(&c->client_id);
}

enum parsed
cmd_enable_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_enable *c = args;
	struct slice name;
	enum cap cap;

	(void)s;
	if ((c->caps = arena_calloc(a->arena, CAP_MAX,
	    sizeof(*c->caps))) == NULL)
		return PARSE_BAD;
	if (arg_peek(a) != ' ') {
		(void)arg_sp(a);
		return PARSE_BAD;
	}
	while (arg_if_char(a, ' ')) {
		if (arg_atom(a, &name) == -1)
			return PARSE_BAD;
		cap = capability_enable(name);
		for (size_t i = 0; i < c->ncaps; i++)
			if (c->caps[i] == cap)
				cap = CAP_NONE;
		if (cap != CAP_NONE)
			c->caps[c->ncaps++] = cap;
	}
	return PARSE_OK;
}

enum run
cmd_enable_run(struct session *s, void *args)
{
	struct cmd_enable *c = args;
	bool condstore = false;

	reply_str(&s->reply, "* ENABLED");
	for (size_t i = 0; i < c->ncaps; i++) {
		/* RFC 5161, 3.2: only what was turned on by this command. */
		if (session_has(s, c->caps[i]))
			continue;
		s->enabled |= CAP_BIT(c->caps[i]);
		condstore = condstore || c->caps[i] == CAP_CONDSTORE;
		reply_char(&s->reply, ' ');
		reply_str(&s->reply, capability_name(c->caps[i]));
	}
	reply_str(&s->reply, "\r\n");
	if (condstore)
		session_condstore(s);
	return RUN_DONE;
}
