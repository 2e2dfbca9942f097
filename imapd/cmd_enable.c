/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* ENABLE (RFC 5161). */

#include "config.h"

#include "imapd/capability.h"
#include "imapd/command.h"

struct cmd_enable {
	enum cap	*caps;
	size_t		 ncaps;
};

static enum parsed
cmd_enable_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_enable *c = args;
	struct slice name;
	enum cap cap;

	(void)s;
	if ((c->caps = arena_calloc(a->arena, CAP_MAX,
	    sizeof(*c->caps))) == NULL) {
		(void)arg_memory(a);
		return PARSE_BAD;
	}
	do {
		if (arg_sp(a) == -1 || arg_atom(a, &name) == -1)
			return PARSE_BAD;
		cap = capability_enable(name);
		for (size_t i = 0; i < c->ncaps; i++)
			if (c->caps[i] == cap)
				cap = CAP_NONE;
		if (cap != CAP_NONE)
			c->caps[c->ncaps++] = cap;
	} while (arg_peek(a) == ' ');
	return PARSE_OK;
}

static enum run
cmd_enable_run(struct session *s, void *args)
{
	struct cmd_enable *c = args;
	bool condstore = false;

	reply_untagged(&s->reply, "ENABLED");
	for (size_t i = 0; i < c->ncaps; i++) {
		/* RFC 5161, 3.2: only what was turned on by this command. */
		if (session_has(s, c->caps[i]))
			continue;
		s->enabled |= CAP_BIT(c->caps[i]);
		condstore = condstore || c->caps[i] == CAP_CONDSTORE;
		reply_char(&s->reply, ' ');
		reply_str(&s->reply, capability_name(c->caps[i]));
	}
	reply_end(&s->reply);
	if (condstore)
		session_condstore(s);
	return RUN_DONE;
}

static const struct command cmd_enable_rows[] = {
	{ .name = "ENABLE", .in = STATE_ANY, .needs = CAP_ENABLE,
	    .args_size = sizeof(struct cmd_enable),
	    .parse = cmd_enable_parse, .run = cmd_enable_run },
};

const struct command_family cmd_enable = COMMAND_FAMILY(cmd_enable_rows);
