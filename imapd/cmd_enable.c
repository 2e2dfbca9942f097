/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * ENABLE (RFC 5161).  The extensions that it can turn on are a table here
 * rather than a column in capability.c, because the front links capability.c
 * but has no session.
 */

#include "config.h"

#include "common/base/table.h"
#include "imapd/capability.h"
#include "imapd/command.h"

struct enable_row {
	enum cap	 cap;
	uint64_t	 implies; /* CAP_BIT()s of what else it turns on */
	/* Called when the extension has been turned on; may be NULL. */
	void		(*on_enable)(struct session *s);
};

static const struct enable_row enable_rows[] = {
	{ .cap = CAP_CONDSTORE, .on_enable = session_condstore },
};

struct cmd_enable {
	bool		 wanted[NROWS(enable_rows)];
};

static enum parsed
cmd_enable_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_enable *c = args;
	struct slice name;

	(void)s;
	do {
		if (arg_sp(a) == -1 || arg_atom(a, &name) == -1)
			return PARSE_BAD;
		/* RFC 5161, 3.1: unknown names are ignored. */
		for (size_t i = 0; i < NROWS(enable_rows); i++)
			if (slice_caseeq_str(name,
			    capability_name(enable_rows[i].cap)))
				c->wanted[i] = true;
	} while (arg_peek(a) == ' ');
	return PARSE_OK;
}

static enum run
cmd_enable_run(struct session *s, void *args)
{
	struct cmd_enable *c = args;
	struct reply *r = &s->reply;

	reply_untagged(r, "ENABLED");
	for (size_t i = 0; i < NROWS(enable_rows); i++) {
		const struct enable_row *row = &enable_rows[i];

		/* RFC 5161, 3.2: list only what this command turns on. */
		if (!session_offers(s, row->cap) || session_has(s, row->cap))
			c->wanted[i] = false;
		if (!c->wanted[i])
			continue;
		s->enabled |= CAP_BIT(row->cap) | row->implies;
		reply_char(r, ' ');
		reply_str(r, capability_name(row->cap));
	}
	reply_end(r);
	for (size_t i = 0; i < NROWS(enable_rows); i++)
		if (c->wanted[i] && enable_rows[i].on_enable != NULL)
			enable_rows[i].on_enable(s);
	return RUN_DONE;
}

static const struct command cmd_enable_rows[] = {
	{ .name = "ENABLE", .in = STATE_ANY, .needs = CAP_ENABLE,
	    .args_size = sizeof(struct cmd_enable),
	    .parse = cmd_enable_parse, .run = cmd_enable_run },
};

const struct command_family cmd_enable = COMMAND_FAMILY(cmd_enable_rows);
