/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The commands of the TRANSACTION state (RFC 1939, sections 5 to 7; RFC 2449;
 * RFC 6856).
 */
#include "config.h"

#include <string.h>

#include "common/base/num.h"
#include "common/base/table.h"
#include "pop3d/command.h"
#include "pop3d/dialogue.h"
#include "pop3d/line.h"
#include "pop3d/reply.h"

static const struct pop3_command commands[] = {
	{ .name = "STAT", .args = POP3_ARGS_NONE, .run = pop3_stat_run },
	{ .name = "LIST", .args = POP3_ARGS_MSG_OPT, .run = pop3_list_run },
	{ .name = "UIDL", .args = POP3_ARGS_MSG_OPT, .run = pop3_uidl_run },
	{ .name = "RETR", .args = POP3_ARGS_MSG, .run = pop3_retr_run },
	{ .name = "TOP", .args = POP3_ARGS_MSG_LINES, .run = pop3_top_run },
	{ .name = "DELE", .args = POP3_ARGS_MSG, .run = pop3_dele_run },
	{ .name = "RSET", .args = POP3_ARGS_NONE, .run = pop3_rset_run },
	{ .name = "NOOP", .args = POP3_ARGS_NONE, .run = pop3_noop_run },
	{ .name = "CAPA", .args = POP3_ARGS_NONE, .run = pop3_capa_run },
	{ .name = "LANG", .args = POP3_ARGS_WORD, .run = pop3_lang_run },
	{ .name = "QUIT", .args = POP3_ARGS_NONE, .run = pop3_quit_run },
};

static const struct pop3_command *
command_find(struct slice name)
{
	for (size_t i = 0; i < NROWS(commands); i++)
		if (slice_caseeq_str(name, commands[i].name))
			return &commands[i];
	return NULL;
}

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
pop3_command_begin(struct pop3_session *s, struct slice line)
{
	const struct pop3_command *command;
	struct slice name, args;
	const char *wrong = "Unknown command";

	pop3_line_split(line, &name, &args);
	command = command_find(name);
	dialogue_command(s, command != NULL, line);
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
