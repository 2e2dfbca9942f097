/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Checks a line and starts its command; see dispatch.h. */

#include "config.h"

#include "common/base/num.h"
#include "pop3d/command.h"
#include "pop3d/command_table.h"
#include "pop3d/dialogue.h"
#include "pop3d/dispatch.h"
#include "pop3d/line.h"
#include "pop3d/reply.h"

/* Set number and msg.  Returns 0, or -1 if there is no such message. */
static int
parse_msg(struct pop3_session *s, struct slice arg)
{
	if (num_parse_u32(arg, &s->number) == -1)
		return -1;
	return (s->msg = maildrop_get(&s->drop, s->number)) == NULL ? -1 : 0;
}

/*
 * Check the arguments and store them in the session.  Returns NULL, or the
 * text of the error.
 */
static const char *
parse_args(struct pop3_session *s, enum pop3_args want, struct slice args)
{
	struct slice first;
	bool more;

	s->number = 0;
	s->msg = NULL;
	s->word = args;
	args = slice_trim(args);
	if (want == POP3_ARGS_WORD ||
	    (args.len == 0 &&
	    (want == POP3_ARGS_NONE || want == POP3_ARGS_MSG_OPT)))
		return NULL;
	if (want == POP3_ARGS_NONE)
		return "This command takes no arguments";
	if (args.len == 0)
		return "A message number is required";
	more = slice_cut(&args, ' ', &first);
	if (parse_msg(s, first) == -1)
		return "No such message";
	if (want != POP3_ARGS_MSG_LINES)
		return more ? "Too many arguments" : NULL;
	if (num_parse_u32(slice_trim(args), &s->lines) == -1)
		return "A number of lines is required";
	return NULL;
}

void
pop3_dispatch_begin(struct pop3_session *s, struct slice line)
{
	const struct pop3_command *command;
	struct slice name, args;
	const char *wrong = "Unknown command";

	pop3_line_split(line, &name, &args);
	command = pop3_command_table_find(name);
	pop3_dialogue_command(s, command != NULL, line);
	if (command != NULL)
		wrong = parse_args(s, command->args, args);
	if (wrong != NULL) {
		pop3_err(wconn_out(s->conn), wrong);
		if (command == NULL)
			s->nbad++;
		return;
	}
	s->command = command;
	s->next = 1;
	s->off = 0;
	s->started = false;
}
