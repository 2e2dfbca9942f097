/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * imapd-front: IMAP before login (RFC 3501, section 3.1).
 *
 * Strangers talk to this process.  No storage is linked, and all commands are
 * in one small table (front_command.c).  Where logins are not allowed, LOGIN
 * and AUTHENTICATE are refused as soon as their name has arrived, before any
 * argument is looked at (RFC 2595, section 9; RFC 5530, PRIVACYREQUIRED).
 * Nothing learnt before STARTTLS survives it: the framework clears the state.
 */

#include "config.h"

#include <string.h>

#include "common/base/base64.h"
#include "imapd/capability.h"
#include "imapd/front_command.h"
#include "imapd/front_state.h"

/*
 * Octets of a refused non-synchronizing literal that are read and discarded; a
 * larger one ends the connection at once (RFC 7888, section 4, allows both).
 */
#define SKIP_MAX	(128 * 1024)

static void
imap_front_greet(struct fconn *c)
{
	struct reply r;

	reply_init(&r, fconn_out(c));
	reply_ok_begin(&r, SLICE_EMPTY, CODE_CAPABILITY);
	imap_front_capabilities(c, &r);
	reply_ok_end(&r, fconn_conf(c)->greeting);
}

/*
 * Parse tag and name of a command.  Returns 0, or -1 with the arg's error set;
 * imap_front_tag() may be empty then.
 */
static int
parse_head(struct fconn *c, struct arg *a, struct slice *name)
{
	struct imap_front *f = imap_front_state(c);
	struct slice tag;

	f->tag_len = 0;
	if (arg_tag(a, &tag) == -1)
		return -1;
	if (tag.len > sizeof(f->tag))
		return arg_fail(a, "Tag is too long");
	memcpy(f->tag, tag.p, tag.len);
	f->tag_len = tag.len;
	if (arg_sp(a) == -1)
		return -1;
	return arg_word(a, name);
}

/* Why a login command is refused before its arguments are read. */
struct refusal {
	enum respcode	 code;
	const char	*text;
};

static const struct refusal no_tls = { CODE_PRIVACYREQUIRED,
    "Login is not allowed without TLS: use STARTTLS first." };
static const struct refusal no_passwords = { CODE_CANNOT,
    "LOGIN is disabled: use AUTHENTICATE." };

static const char unknown[] = "Unknown command, or not allowed before login.";

static const struct refusal *
refusal_of(struct fconn *c, const struct imap_front_command *cmd)
{
	if (cmd == NULL || !cmd->credentials)
		return NULL;
	if (!fconn_may_login(c))
		return &no_tls;
	return cmd->password && !fconn_may_password(c) ? &no_passwords : NULL;
}

static void
run_command(struct fconn *c, struct slice text)
{
	const struct imap_front_command *cmd;
	const struct refusal *refusal;
	struct imap_front *f = imap_front_state(c);
	struct slice name = { NULL, 0 };
	struct arg a;

	arg_init(&a, text, &f->arena, NULL);
	if (parse_head(c, &a, &name) == -1) {
		fconn_trace(c, NULL, text.len);
		imap_front_answer(c, STATUS_BAD, CODE_NONE, a.error);
		return;
	}
	cmd = imap_front_command_find(name);
	fconn_trace(c, cmd == NULL ? NULL : cmd->name, text.len);
	if (cmd == NULL)
		imap_front_answer(c, STATUS_BAD, CODE_NONE, unknown);
	else if ((refusal = refusal_of(c, cmd)) != NULL)
		imap_front_answer(c, STATUS_NO, refusal->code, refusal->text);
	else if (cmd->run(c, &a) == -1)
		imap_front_answer(c, STATUS_BAD, CODE_NONE, a.error);
}

/* Overwrite the text of a command, which may contain a password. */
static void
wipe(struct slice text)
{
	if (text.len > 0)
		explicit_bzero((void *)(uintptr_t)text.p, text.len);
}

/* Skip the rest of the command, and send the answer after that. */
static void
refuse(struct fconn *c, enum status status, enum respcode code, const char *why)
{
	struct imap_front *f = imap_front_state(c);

	fconn_trace(c, NULL, input_text(&f->input).len);
	f->refused = status;
	f->code = code;
	f->why = why;
	input_skip(&f->input);
}

static void
take_literal(struct fconn *c)
{
	struct imap_front *f = imap_front_state(c);
	const struct literal *literal = input_literal(&f->input);
	const struct imap_front_command *cmd;
	const struct refusal *refusal;
	struct slice name = { NULL, 0 };
	struct reply r;
	struct arg a;

	arg_init(&a, input_text(&f->input), &f->arena, NULL);
	if (parse_head(c, &a, &name) == -1)
		refuse(c, STATUS_BAD, CODE_NONE, a.error);
	else if ((cmd = imap_front_command_find(name)) == NULL)
		refuse(c, STATUS_BAD, CODE_NONE, unknown);
	else if ((refusal = refusal_of(c, cmd)) != NULL)
		refuse(c, STATUS_NO, refusal->code, refusal->text);
	else if (!input_may_collect(&f->input,
	    fconn_conf(c)->login_literal_size))
		refuse(c, STATUS_BAD, CODE_TOOBIG,
		    "Literal is too big.");
	else {
		input_collect(&f->input);
		if (!literal->nonsync) {
			reply_init(&r, fconn_out(c));
			reply_continue(&r, SLICE_LIT("OK"));
		}
	}
}

static void imap_front_goodbye(struct fconn *, enum front_bye);

static void
drop(struct fconn *c)
{
	imap_front_goodbye(c, FRONT_BYE_INPUT);
	buf_consume(fconn_in(c), buf_len(fconn_in(c)));
	fconn_close_early(c);
}

/* Answer and close: the refused literal is larger than SKIP_MAX. */
static void
give_up(struct fconn *c)
{
	struct imap_front *f = imap_front_state(c);
	struct reply r;

	imap_front_answer(c, f->refused, f->code, f->why);
	reply_init(&r, fconn_out(c));
	reply_bye(&r, CODE_NONE, "Literal is too big.");
	buf_consume(fconn_in(c), buf_len(fconn_in(c)));
	fconn_close_early(c);
}

/* Handle the line that answers a challenge. */
static void
take_response(struct fconn *c)
{
	struct imap_front *f = imap_front_state(c);
	struct slice line;

	switch (input_line(&f->input, &line)) {
	case INPUT_MORE:
		return;
	case INPUT_COMMAND:
		break;
	default:
		fconn_auth_abort(c);
		drop(c);
		return;
	}
	switch (fconn_auth_response(c, line)) {
	case FRONT_RESPONSE_SENT:
		break;
	case FRONT_RESPONSE_CANCELLED:
		imap_front_answer(c, STATUS_BAD, CODE_NONE,
		    "Authentication cancelled.");
		break;
	case FRONT_RESPONSE_INVALID:
		imap_front_answer(c, STATUS_BAD, CODE_NONE, "Invalid base64.");
		break;
	}
	wipe(line);
	input_done(&f->input);
}

/* Handle the next event of the input.  Returns false to stop for now. */
static bool
step(struct fconn *c)
{
	struct imap_front *f = imap_front_state(c);
	struct slice name;
	struct arg a;

	switch (input_next(&f->input)) {
	case INPUT_MORE:
		if (input_to_skip(&f->input) > SKIP_MAX)
			give_up(c);
		return false;
	case INPUT_COMMAND:
		run_command(c, input_text(&f->input));
		wipe(input_text(&f->input));
		input_done(&f->input);
		arena_reset(&f->arena);
		/*
		 * The command may have started a login or ended the
		 * connection; if neither, the framework calls again.
		 */
		return false;
	case INPUT_LITERAL:
		take_literal(c);
		arena_reset(&f->arena);
		return true;
	case INPUT_TOOLONG:
		arg_init(&a, input_text(&f->input), &f->arena, NULL);
		(void)parse_head(c, &a, &name);
		refuse(c, STATUS_BAD, CODE_TOOBIG,
		    "Command line is too long.");
		return true;
	case INPUT_SKIPPED:
		imap_front_answer(c, f->refused, f->code, f->why);
		return false;
	case INPUT_FATAL:
		drop(c);
		return false;
	}
	return false;
}

static void
imap_front_input(struct fconn *c)
{
	if (fconn_challenged(c))
		take_response(c);
	else
		while (step(c))
			;
}

static void
imap_front_challenge(struct fconn *c, struct slice data)
{
	struct buf text;
	struct reply r;

	buf_init(&text, BUF_NOCAP);
	reply_init(&r, fconn_out(c));
	if (base64_encode(&text, data) == 0)
		reply_continue(&r, buf_slice(&text));
	buf_clear_secret(&text);
}

struct denied_row {
	enum status	 status;
	enum respcode	 code;
	const char	*text;
};

static const struct denied_row denied_rows[AUTH_DENIED_MAX] = {
	[AUTH_DENIED_CREDENTIALS] = { .status = STATUS_NO,
	    .code = CODE_AUTHENTICATIONFAILED,
	    .text = "Wrong user name or password." },
	[AUTH_DENIED_SYNTAX] = { .status = STATUS_BAD, .code = CODE_NONE,
	    .text = "Invalid response for this mechanism." },
	[AUTH_DENIED_MECHANISM] = { .status = STATUS_NO, .code = CODE_NONE,
	    .text = "Unknown mechanism, or not allowed." },
	[AUTH_DENIED_AUTHZID] = { .status = STATUS_NO,
	    .code = CODE_AUTHORIZATIONFAILED,
	    .text = "Login as another user is not allowed." },
	[AUTH_DENIED_LOGIN_DELAY] = { .status = STATUS_NO, .code = CODE_LIMIT,
	    .text = "Too soon after the last login." },
	[AUTH_DENIED_LIMIT] = { .status = STATUS_NO, .code = CODE_LIMIT,
	    .text = "Too many connections from this user or address." },
	[AUTH_DENIED_UNAVAILABLE] = { .status = STATUS_NO,
	    .code = CODE_UNAVAILABLE,
	    .text = "Login is not possible at the moment." },
};

static void
imap_front_denied(struct fconn *c, enum auth_denied why)
{
	const struct denied_row *row = &denied_rows[why];

	imap_front_answer(c, row->status, row->code, row->text);
}

static void
imap_front_accepted(struct fconn *c, struct handoff *h)
{
	struct imap_front *f = imap_front_state(c);

	h->tag = imap_front_tag(f);
	h->client_id = buf_slice(&f->client_id);
	h->mech = slice_make(f->mech, f->mech_len);
}

static void
imap_front_goodbye(struct fconn *c, enum front_bye why)
{
	static const struct {
		enum respcode	 code;
		const char	*text;
	} rows[] = {
		[FRONT_BYE_TIMEOUT] = { .code = CODE_NONE,
		    .text = "Login took too long." },
		[FRONT_BYE_SHUTDOWN] = { .code = CODE_UNAVAILABLE,
		    .text = "The server is shutting down." },
		[FRONT_BYE_TOOMANY] = { .code = CODE_LIMIT,
		    .text = "Too many connections." },
		[FRONT_BYE_FAILURES] = { .code = CODE_NONE,
		    .text = "Too many failed logins." },
		[FRONT_BYE_ERRORS] = { .code = CODE_NONE,
		    .text = "Too many bad commands." },
		[FRONT_BYE_INPUT] = { .code = CODE_NONE,
		    .text = "This is not IMAP." },
		[FRONT_BYE_FOREIGN] = { .code = CODE_NONE,
		    .text = "This is not IMAP." },
	};
	struct reply r;

	reply_init(&r, fconn_out(c));
	reply_bye(&r, rows[why].code, rows[why].text);
}

static void
imap_front_clear(struct fconn *c)
{
	struct imap_front *f = fconn_state(c);

	if (!f->started)
		return;
	arena_clear(&f->arena);
	buf_clear(&f->client_id);
}

static const struct front_proto imap_proto = {
	.service = CONF_IMAP,
	.state_size = sizeof(struct imap_front),
	.tagged = true,
	.greet = imap_front_greet,
	.input = imap_front_input,
	.challenge = imap_front_challenge,
	.denied = imap_front_denied,
	.accepted = imap_front_accepted,
	.goodbye = imap_front_goodbye,
	.clear = imap_front_clear,
};

int
main(int argc, char *argv[])
{
	return front_main(&imap_proto, argc, argv);
}
