/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The dispatcher: the life of a command from its first octet to its tagged
 * response.
 *
 * Commands run one after another.  A command is parsed only after its
 * predecessor was answered, so that sequence numbers mean what the client has
 * seen.
 */

#include "config.h"

#include "common/proc/stats.h"
#include "imapd/answer.h"
#include "imapd/command.h"
#include "imapd/command_table.h"
#include "imapd/dialogue.h"
#include "imapd/dispatch.h"
#include "imapd/update.h"

static void
begin(struct session *s)
{
	s->cmd.busy = true;
	s->cmd.uid = false;
	s->cmd.seqnums = false;
	s->cmd.row = NULL;
	s->cmd.phase = PHASE_RUN;
	s->cmd.tag = SLICE_EMPTY;
	s->cmd.args = NULL;
	s->cmd.answer = (struct answer){ .status = STATUS_OK };
}

/* Answer BAD, or NO if the error has a response code. */
static void
reject(struct session *s, const struct arg *a)
{
	if (a->code != CODE_NONE) {
		(void)answer_no(s, a->code, a->error);
		if (s->cmd.row != NULL &&
		    (s->cmd.row->flags & CMD_DESELECTS))
			session_unselect(s);
	} else
		(void)answer_bad(s, CODE_NONE, a->error);
	s->cmd.phase = PHASE_UPDATE;
}

/* Parse tag and name.  Returns the row, or NULL with the arg's error set. */
static const struct command *
parse_name(struct session *s, struct arg *a)
{
	const struct command *row;
	struct slice tag;

	if (arg_tag(a, &tag) == -1)
		return NULL;
	if (tag.len > HANDOFF_TAG_MAX) {
		(void)arg_fail(a, "Tag is too long");
		return NULL;
	}
	s->cmd.tag = tag;
	if (arg_sp(a) == -1 || (row = command_table_parse(a,
	    &s->cmd.uid)) == NULL)
		return NULL;
	if (!session_offers(s, row->needs)) {
		(void)arg_fail(a, "Unknown command");
		return NULL;
	}
	if ((row->in & (s->view == NULL ? STATE_AUTHENTICATED :
	    STATE_SELECTED)) == 0) {
		(void)arg_fail(a, "No mailbox is selected");
		return NULL;
	}
	s->cmd.seqnums = (row->flags & CMD_SEQNUMS) && !s->cmd.uid;
	return row;
}

/* Parse a command, complete or up to a literal, whose text is in the arena. */
static enum parsed
parse(struct session *s, struct arg *a, struct slice text)
{
	const struct command *row;
	enum parsed p = PARSE_OK;

	arg_init(a, text, &s->cmd.arena, &s->names);
	row = parse_name(s, a);
	dialogue_command(s, row != NULL, text);
	if ((s->cmd.row = row) == NULL)
		return PARSE_BAD;
	if (row->args_size > 0) {
		s->cmd.args = arena_calloc(a->arena, 1, row->args_size);
		if (s->cmd.args == NULL) {
			(void)arg_memory(a);
			return PARSE_BAD;
		}
	}
	if (row->parse != NULL)
		p = row->parse(s, a, s->cmd.args);
	if (p == PARSE_OK && arg_end(a) == -1)
		return PARSE_BAD;
	return p;
}

/* Free the command's memory, also if its arguments were only parsed in part. */
static void
drop(struct session *s)
{
	if (s->cmd.row != NULL && s->cmd.row->clear != NULL &&
	    s->cmd.args != NULL)
		s->cmd.row->clear(s->cmd.args);
	s->cmd.row = NULL;
	s->cmd.args = NULL;
	arena_reset(&s->cmd.arena);
}

/* Keep only the tag of a command, for the tagged response. */
static void
keep_tag(struct session *s)
{
	struct slice text;
	struct arg a;

	text = arena_dup(&s->cmd.arena, slice_sub(input_text(&s->input), 0,
	    HANDOFF_TAG_MAX));
	arg_init(&a, text, &s->cmd.arena, &s->names);
	if (arg_tag(&a, &s->cmd.tag) == -1)
		s->cmd.tag = SLICE_EMPTY;
}

static void
on_command(struct session *s)
{
	struct slice text;
	struct arg a;

	begin(s);
	text = arena_dup(&s->cmd.arena, input_text(&s->input));
	if (text.p == NULL)
		keep_tag(s);
	input_done(&s->input);
	if (text.p == NULL) {
		(void)answer_memory(s);
		s->cmd.phase = PHASE_UPDATE;
		return;
	}
	if (parse(s, &a, text) != PARSE_OK) {
		reject(s, &a);
		return;
	}
	if ((s->cmd.row->flags & CMD_WRITES) && view_readonly(s->view)) {
		(void)answer_no(s, CODE_READ_ONLY, "Mailbox is read-only.");
		s->cmd.phase = PHASE_UPDATE;
	}
}

/* Skip the rest of the command, and send the answer after that. */
static void
refuse(struct session *s)
{
	input_skip(&s->input);
	s->cmd.phase = PHASE_SKIP;
}

/* Collect the announced literal into the command, or refuse it if too big. */
static void
collect(struct session *s)
{
	const struct literal *literal = input_literal(&s->input);

	if (!input_may_collect(&s->input, worker_conf()->literal_size)) {
		dialogue_command(s, true, input_text(&s->input));
		s->cmd.tag = arena_dup(&s->cmd.arena, s->cmd.tag);
		(void)answer_bad(s, CODE_TOOBIG, "Literal is too big.");
		refuse(s);
		return;
	}
	if (!literal->nonsync)
		reply_continue(&s->reply, SLICE_LIT("OK"));
	input_collect(&s->input);
	drop(s);
	s->cmd.busy = false;
}

/* Handle the literal of a CMD_STREAMS command, whose parser decides. */
static void
stream(struct session *s)
{
	struct slice text;
	struct arg a;

	text = arena_dup(&s->cmd.arena, input_text(&s->input));
	if (text.p == NULL) {
		keep_tag(s);
		(void)answer_memory(s);
		refuse(s);
		return;
	}
	switch (parse(s, &a, text)) {
	case PARSE_STREAM:
		break;
	case PARSE_MORE:
		collect(s);
		break;
	case PARSE_OK:
	case PARSE_BAD:
		(void)arg_fail(&a, "Unexpected literal");
		reject(s, &a);
		refuse(s);
		break;
	}
}

/*
 * A literal is announced: look up the command's name before the literal is
 * sent, to refuse, stream or collect the literal.
 */
static void
on_literal(struct session *s)
{
	struct arg a;

	begin(s);
	arg_init(&a, input_text(&s->input), &s->cmd.arena, &s->names);
	s->cmd.row = parse_name(s, &a);
	if (s->cmd.row == NULL) {
		dialogue_command(s, false, input_text(&s->input));
		s->cmd.tag = arena_dup(&s->cmd.arena, s->cmd.tag);
		(void)answer_bad(s, CODE_NONE, a.error);
		refuse(s);
	} else if (s->cmd.row->flags & CMD_STREAMS)
		stream(s);
	else
		collect(s);
}

static void
on_too_long(struct session *s)
{
	begin(s);
	keep_tag(s);
	dialogue_command(s, false, input_text(&s->input));
	(void)answer_bad(s, CODE_TOOBIG, "Command line is too long.");
	refuse(s);
}

enum run
dispatch_next(struct session *s)
{
	switch (input_next(&s->input)) {
	case INPUT_MORE:
		return wconn_eof(s->conn) ? RUN_FAIL : RUN_WAIT;
	case INPUT_COMMAND:
		on_command(s);
		break;
	case INPUT_LITERAL:
		on_literal(s);
		break;
	case INPUT_TOOLONG:
		on_too_long(s);
		break;
	case INPUT_SKIPPED:
		break;
	case INPUT_FATAL:
		(void)session_bad_literal(s);
		break;
	}
	return RUN_DONE;
}

static enum run
skip(struct session *s)
{
	switch (input_next(&s->input)) {
	case INPUT_MORE:
		return wconn_eof(s->conn) ? RUN_FAIL : RUN_WAIT;
	case INPUT_FATAL:
		return session_bad_literal(s);
	case INPUT_COMMAND:
	case INPUT_LITERAL:
	case INPUT_TOOLONG:
	case INPUT_SKIPPED:
		break;
	}
	return RUN_DONE;
}

/* Print the tagged response. */
static void
print_answer(struct session *s)
{
	struct answer *answer = &s->cmd.answer;
	const char *name = "Command";
	struct reply *r = &s->reply;

	reply_status_begin(r, s->cmd.tag, answer->status, answer->code,
	    answer->args);
	if (answer->text.len > 0)
		reply_slice(r, answer->text);
	else {
		if (s->cmd.row != NULL)
			name = s->cmd.row->name;
		if (s->cmd.uid)
			reply_str(r, "UID ");
		reply_str(r, name);
		reply_str(r, answer->status == STATUS_OK ? " completed." :
		    " failed.");
	}
	reply_end(r);
}

/* Too many BAD answers in a row: this client does not speak IMAP. */
static void
count_bad(struct session *s)
{
	s->ncommands++;
	stats_add(STAT_COMMANDS, 1);
	if (s->cmd.answer.status != STATUS_BAD) {
		s->bad = 0;
		return;
	}
	if (++s->bad >= worker_conf()->bad_commands)
		(void)session_fatal(s, CODE_NONE,
		    "Too many bad commands.");
}

static void
end(struct session *s)
{
	print_answer(s);
	count_bad(s);
	drop(s);
	s->cmd.busy = false;
}

enum run
dispatch_run(struct session *s)
{
	enum run r;

	switch (s->cmd.phase) {
	case PHASE_RUN:
		r = s->cmd.row->run(s, s->cmd.args);
		if (r == RUN_MORE || r == RUN_WAIT)
			return r;
		s->cmd.phase = input_skipping(&s->input) ? PHASE_SKIP :
		    PHASE_UPDATE;
		return RUN_DONE;
	case PHASE_SKIP:
		if ((r = skip(s)) != RUN_DONE)
			return r;
		s->cmd.phase = PHASE_UPDATE;
		return RUN_DONE;
	case PHASE_UPDATE:
		if (update_send(s, !s->cmd.seqnums) != RUN_DONE)
			return RUN_MORE;
		end(s);
		return RUN_DONE;
	}
	return RUN_FAIL;
}

void
dispatch_clear(struct session *s)
{
	if (s->cmd.busy)
		drop(s);
}
