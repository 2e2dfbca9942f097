/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * APPEND (RFC 3501, 6.3.11; APPENDUID of RFC 4315).
 *
 * The message goes from the input to the store as it arrives and is never held
 * in memory as a whole.  The mailbox is opened before the client is told to
 * send the message.  A refused message is skipped to its end, so that it is
 * never read as commands.
 */

#include "config.h"

#include "common/base/table.h"
#include "common/proc/stats.h"
#include "imapd/answer.h"
#include "imapd/command.h"
#include "imapd/flag.h"
#include "imapd/session_op.h"

struct cmd_append {
	struct slice	 name;
	struct flag_args flags;
	bool		 has_date;
	int64_t		 date;		/* internal date, if has_date */
	struct op	*op;
	size_t		 step;		/* index into steps[] */
};

static enum parsed
cmd_append_parse(struct session *s, struct arg *a, void *args)
{
	struct cmd_append *c = args;

	(void)s;
	if (arg_sp(a) == -1)
		return PARSE_BAD;
	if (arg_mailbox(a, &c->name) == -1)
		return a->cut ? PARSE_MORE : PARSE_BAD;
	if (arg_sp(a) == -1)
		return PARSE_BAD;
	if (arg_peek(a) == '(' && (flag_args_parse(a, &c->flags) == -1 ||
	    arg_sp(a) == -1))
		return PARSE_BAD;
	c->has_date = arg_peek(a) == '"';
	if (c->has_date && (arg_date_time(a, &c->date) == -1 ||
	    arg_sp(a) == -1))
		return PARSE_BAD;
	if (arg_peek(a) != '{') {
		(void)arg_fail(a, "Message literal expected");
		return PARSE_BAD;
	}
	/* The text ends here if this is the announced literal. */
	if (arg_string(a, &(struct slice){ NULL, 0 }) == -1 && a->cut)
		return PARSE_STREAM;
	(void)arg_fail(a, "Unexpected argument");
	return PARSE_BAD;
}

/*
 * Set the answer to the operation's error.  The dispatcher sends it when the
 * rest of the command has been skipped.
 */
static enum run
refuse(struct session *s, struct cmd_append *c)
{
	input_skip(&s->input);
	return answer_store_into(s, op_error(c->op));
}

static enum run
open_mailbox(struct session *s, struct cmd_append *c)
{
	const struct literal *literal = input_literal(&s->input);
	enum run r;

	if (c->op == NULL) {
		if (literal->size == 0) {
			/* RFC 3502, 6.3.11: no data means "do not append". */
			input_skip(&s->input);
			return answer_no(s, CODE_NONE,
			    "A message cannot be empty.");
		}
		c->op = save_new(s->store, c->name);
	}
	r = session_op(s, c->op);
	if (r == RUN_MORE || r == RUN_WAIT)
		return r;
	if (r == RUN_FAIL || save_begin(c->op, &c->flags.names,
	    c->has_date ? &c->date : NULL, literal->size) == -1)
		return refuse(s, c);
	if (!literal->nonsync)
		reply_continue(&s->reply, SLICE_LIT("OK"));
	input_stream(&s->input);
	return RUN_DONE;
}

static enum run
take_data(struct session *s, struct cmd_append *c)
{
	struct slice data;

	while (input_left(&s->input) > 0) {
		data = input_data(&s->input);
		if (data.len == 0)
			return wconn_eof(s->conn) ? RUN_FAIL : RUN_WAIT;
		if (save_write(c->op, data.p, data.len) == -1)
			return refuse(s, c);
		input_used(&s->input, data.len);
		if (wconn_must_yield(s->conn))
			return RUN_MORE;
	}
	if (save_end(c->op) == -1)
		return refuse(s, c);
	return RUN_DONE;
}

/* Read what follows the message: only the end of the line is allowed. */
static enum run
take_rest(struct session *s, struct cmd_append *c)
{
	struct slice rest;

	switch (input_next(&s->input)) {
	case INPUT_MORE:
		return wconn_eof(s->conn) ? RUN_FAIL : RUN_WAIT;
	case INPUT_COMMAND:
		rest = slice_trim(input_text(&s->input));
		input_done(&s->input);
		if (rest.len > 0)
			return answer_bad(s, CODE_NONE,
			    "Only one message per APPEND.");
		save_commit(c->op);
		return RUN_DONE;
	case INPUT_FATAL:
		return session_bad_literal(s);
	case INPUT_LITERAL:
	case INPUT_TOOLONG:
	case INPUT_SKIPPED:
		input_skip(&s->input);
		return answer_bad(s, CODE_NONE,
		    "Only one message per APPEND.");
	}
	return RUN_FAIL;
}

/* Store the message and answer with APPENDUID. */
static enum run
commit(struct session *s, struct cmd_append *c)
{
	const struct save_result *result;
	enum run r;

	if ((r = session_op(s, c->op)) != RUN_DONE)
		return r;
	result = save_result(c->op);
	stats_add(STAT_MESSAGES_APPENDED, idset_count(&result->uids));
	answer_ok(s, CODE_APPENDUID, answer_uids(s, result->uidvalidity, NULL,
	    &result->uids), "Append completed.");
	return RUN_DONE;
}

/* The steps in order; each returns RUN_DONE when the next one may begin. */
static enum run (*const steps[])(struct session *s, struct cmd_append *c) = {
	open_mailbox,
	take_data,
	take_rest,
	commit,
};

static enum run
cmd_append_run(struct session *s, void *args)
{
	struct cmd_append *c = args;
	enum run run;

	for (; c->step < NROWS(steps); c->step++)
		if ((run = steps[c->step](s, c)) != RUN_DONE)
			return run;
	return RUN_DONE;
}

static void
cmd_append_clear(void *args)
{
	struct cmd_append *c = args;

	op_free(c->op);
}

static const struct command cmd_append_rows[] = {
	{ .name = "APPEND", .in = STATE_ANY, .flags = CMD_STREAMS,
	    .args_size = sizeof(struct cmd_append),
	    .parse = cmd_append_parse, .run = cmd_append_run,
	    .clear = cmd_append_clear },
};

const struct command_family cmd_append = COMMAND_FAMILY(cmd_append_rows);
