/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * pop3d-front: POP3 before login, the AUTHORIZATION state of RFC 1939.  It
 * talks to strangers, and is linked with neither the store nor the commands
 * that follow the login.
 *
 * Before TLS no credentials are looked at: right and wrong ones get the same
 * answer (RFC 2595, section 9).  The framework starts with a new state after
 * STLS, and closes the connection if a client sends commands along with it.
 */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "common/base/base64.h"
#include "common/base/table.h"
#include "common/base/utf8.h"
#include "common/front/front.h"
#include "pop3d/capability.h"
#include "pop3d/lang.h"
#include "pop3d/line.h"
#include "pop3d/reply.h"

/* The state of a connection; the handshake of STLS clears it. */
struct state {
	bool	 skipping;	/* discarding a line that is too long */
	bool	 utf8;		/* the client has sent UTF8 */
	bool	 has_user;
	struct buf user;	/* argument of USER */
	char	 mech[32];	/* mechanism of the login, for the log */
};

/* The longest name that USER accepts: longer than any address. */
#define USER_MAX	512

struct command {
	const char	*name;
	bool		 credentials;	/* refused before TLS */
	bool		 password;	/* refused without PLAIN or LOGIN */
	bool		 bare;		/* takes no arguments */
	void		(*run)(struct fconn *, struct state *,
			    struct slice args);
};

static void
say_no_tls(struct fconn *c)
{
	pop3_err(fconn_out(c), fconn_can_starttls(c) ?
	    "Login is not allowed without TLS: use STLS first" :
	    "Login is not allowed without TLS");
}

static void
run_capa(struct fconn *c, struct state *st, struct slice args)
{
	struct pop3_capability_facts facts = {
		.conf = fconn_conf(c),
		.may_login = fconn_may_login(c),
		.can_stls = fconn_can_starttls(c),
	};

	(void)st;
	(void)args;
	pop3_capability_print(fconn_out(c), &facts);
}

/* RFC 2595, section 4. */
static void
run_stls(struct fconn *c, struct state *st, struct slice args)
{
	(void)st;
	(void)args;
	if (!fconn_can_starttls(c)) {
		pop3_err(fconn_out(c), fconn_has_tls(c) ?
		    "TLS is already active" : "TLS is not available here");
		return;
	}
	pop3_ok(fconn_out(c), "Begin TLS negotiation");
	fconn_starttls(c);
}

static void
forget_user(struct state *st)
{
	st->has_user = false;
	buf_reset(&st->user, 0);
}

static void
run_user(struct fconn *c, struct state *st, struct slice args)
{
	if (args.len == 0 || !utf8_valid(args)) {
		pop3_err(fconn_out(c), "USER needs a name");
		return;
	}
	forget_user(st);
	buf_init(&st->user, USER_MAX);
	if (buf_add_slice(&st->user, args) == -1) {
		pop3_err(fconn_out(c), "The user name is too long");
		return;
	}
	st->has_user = true;
	pop3_ok(fconn_out(c), "Send the password");
}

/* The argument is the rest of the line, since passwords may have spaces. */
static void
run_pass(struct fconn *c, struct state *st, struct slice args)
{
	if (!st->has_user) {
		pop3_err(fconn_out(c), "Send USER first");
		return;
	}
	if (!utf8_valid(args)) {
		pop3_err(fconn_out(c), "The password is not valid UTF-8");
		forget_user(st);
		return;
	}
	(void)memcpy(st->mech, "USER", sizeof("USER"));
	fconn_auth_password(c, "USER", buf_slice(&st->user), args);
	forget_user(st);
}

/* AUTH without an argument lists the mechanisms, for clients without CAPA. */
static void
auth_list(struct fconn *c)
{
	struct buf names;
	struct slice rest, name;

	buf_init(&names, 256);
	(void)pop3_capability_print_mechs(&names, fconn_conf(c));
	pop3_ok(fconn_out(c), "Mechanisms follow");
	rest = slice_trim(buf_slice(&names));
	while (rest.len > 0) {
		(void)slice_cut(&rest, ' ', &name);
		(void)buf_add_slice(fconn_out(c), name);
		(void)buf_add_str(fconn_out(c), "\r\n");
	}
	pop3_end(fconn_out(c));
	buf_clear(&names);
}

/* Start a SASL exchange.  initial.p is NULL if there is no initial response. */
static void
auth_start(struct fconn *c, struct state *st, struct slice initial)
{
	struct buf data;

	buf_init(&data, BUF_NOCAP);
	if (initial.p != NULL && base64_decode(&data, initial) == -1) {
		pop3_err(fconn_out(c), "Invalid base64");
		fconn_bad(c);
	} else
		fconn_auth_start(c, slice_str(st->mech),
		    initial.p == NULL ? SLICE_EMPTY : buf_slice(&data));
	buf_clear_secret(&data);
}

/* RFC 5034, section 4. */
static void
run_auth(struct fconn *c, struct state *st, struct slice args)
{
	struct slice mech, initial;
	size_t i;

	if (args.len == 0) {
		auth_list(c);
		return;
	}
	pop3_line_split(args, &mech, &initial);
	if (mech.len == 0 || mech.len >= sizeof(st->mech)) {
		pop3_err(fconn_out(c), "Unknown mechanism");
		return;
	}
	for (i = 0; i < mech.len; i++)
		st->mech[i] = mech.p[i] >= 'a' && mech.p[i] <= 'z' ?
		    mech.p[i] - 'a' + 'A' : mech.p[i];
	st->mech[i] = '\0';
	if (!fconn_has_mech(c, mech)) {
		pop3_err(fconn_out(c), "Unknown mechanism, or not allowed");
		return;
	}
	/* "=" is an initial response of no bytes. */
	if (slice_eq_str(initial, "="))
		initial = SLICE_LIT("");
	auth_start(c, st, initial);
}

static void
run_utf8(struct fconn *c, struct state *st, struct slice args)
{
	(void)args;
	st->utf8 = true;
	pop3_ok(fconn_out(c), "UTF-8 enabled");
}

static void
run_lang(struct fconn *c, struct state *st, struct slice args)
{
	(void)st;
	pop3_lang(fconn_out(c), args);
}

static void
run_quit(struct fconn *c, struct state *st, struct slice args)
{
	(void)st;
	(void)args;
	pop3_ok(fconn_out(c), "Goodbye");
	fconn_close(c);
}

static const struct command commands[] = {
	{ .name = "CAPA", .bare = true, .run = run_capa },
	{ .name = "STLS", .bare = true, .run = run_stls },
	{ .name = "USER", .credentials = true, .password = true,
	    .run = run_user },
	{ .name = "PASS", .credentials = true, .password = true,
	    .run = run_pass },
	{ .name = "AUTH", .credentials = true, .run = run_auth },
	{ .name = "UTF8", .bare = true, .run = run_utf8 },
	{ .name = "LANG", .run = run_lang },
	{ .name = "QUIT", .bare = true, .run = run_quit },
};

static const struct command *
command_find(struct slice name)
{
	for (size_t i = 0; i < NROWS(commands); i++)
		if (slice_caseeq_str(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static void
run_command(struct fconn *c, struct state *st, struct slice line)
{
	const struct command *command;
	struct slice keyword, args;

	pop3_line_split(line, &keyword, &args);
	command = command_find(keyword);
	fconn_trace(c, command == NULL ? NULL : command->name, line.len);
	if (command == NULL) {
		pop3_err(fconn_out(c), "Unknown command, or not allowed now");
		fconn_bad(c);
	} else if (command->credentials && !fconn_may_login(c))
		say_no_tls(c);
	else if (command->password && !fconn_may_password(c))
		pop3_err(fconn_out(c), "USER is disabled: use AUTH");
	else if (command->bare && slice_trim(args).len > 0)
		pop3_err(fconn_out(c), "This command takes no arguments");
	else
		command->run(c, st, args);
}

/* Handle the line that answers a challenge. */
static void
take_response(struct fconn *c, struct slice line)
{
	switch (fconn_auth_response(c, line)) {
	case FRONT_RESPONSE_SENT:
		break;
	case FRONT_RESPONSE_CANCELLED:
		pop3_err(fconn_out(c), "Authentication cancelled");
		break;
	case FRONT_RESPONSE_INVALID:
		pop3_err(fconn_out(c), "Invalid base64");
		fconn_bad(c);
		break;
	}
}

static void
pop3_front_input(struct fconn *c)
{
	struct state *st = fconn_state(c);
	struct slice line;

	switch (pop3_line_take(fconn_in(c), fconn_conf(c)->login_line_size,
	    &st->skipping, &line)) {
	case POP3_LINE_NONE:
		return;
	case POP3_LINE_TAKEN:
		break;
	case POP3_LINE_BAD:
		if (fconn_challenged(c))
			fconn_auth_abort(c);
		pop3_err(fconn_out(c), "Line too long, or with a NUL in it");
		fconn_bad(c);
		return;
	}
	if (fconn_challenged(c))
		take_response(c, line);
	else
		run_command(c, st, line);
}

static void
pop3_front_greet(struct fconn *c)
{
	pop3_ok(fconn_out(c), fconn_conf(c)->greeting);
}

static void
pop3_front_challenge(struct fconn *c, struct slice data)
{
	pop3_challenge(fconn_out(c), data);
}

static const char *const denied_texts[] = {
	[AUTH_DENIED_CREDENTIALS] =
	    POP3_CODE_AUTH "Wrong user name or password",
	[AUTH_DENIED_SYNTAX] = "Invalid response for this mechanism",
	[AUTH_DENIED_MECHANISM] = "Unknown mechanism, or not allowed",
	[AUTH_DENIED_AUTHZID] =
	    POP3_CODE_AUTH "Login as another user is not allowed",
	[AUTH_DENIED_LOGIN_DELAY] = POP3_CODE_LOGIN_DELAY
	    "Too soon after the last login",
	[AUTH_DENIED_LIMIT] = POP3_CODE_IN_USE
	    "Too many connections from this user or address",
	[AUTH_DENIED_UNAVAILABLE] = POP3_CODE_SYS_TEMP
	    "Login is not possible at the moment",
};

static void
pop3_front_denied(struct fconn *c, enum auth_denied why)
{
	pop3_err(fconn_out(c), denied_texts[why]);
}

static void
pop3_front_accepted(struct fconn *c, struct handoff *h)
{
	struct state *st = fconn_state(c);

	h->mech = slice_str(st->mech);
	if (st->utf8)
		h->options |= HANDOFF_SPARE;
}

/* An autologout sends nothing (RFC 1939, section 3). */
static const char *const bye_texts[] = {
	[FRONT_BYE_TIMEOUT] = NULL,
	[FRONT_BYE_SHUTDOWN] = POP3_CODE_SYS_TEMP "The server is shutting down",
	[FRONT_BYE_TOOMANY] = POP3_CODE_SYS_TEMP "Too many connections",
	[FRONT_BYE_FAILURES] = "Too many failed logins",
	[FRONT_BYE_ERRORS] = "Too many bad commands",
	[FRONT_BYE_INPUT] = "Unexpected input",
	[FRONT_BYE_FOREIGN] = "This is not POP3",
};

static void
pop3_front_goodbye(struct fconn *c, enum front_bye why)
{
	if (bye_texts[why] != NULL)
		pop3_err(fconn_out(c), bye_texts[why]);
}

static void
pop3_front_clear(struct fconn *c)
{
	struct state *st = fconn_state(c);

	buf_clear(&st->user);
}

static const struct front_proto pop3_proto = {
	.service = CONF_POP3,
	.state_size = sizeof(struct state),
	.greet = pop3_front_greet,
	.input = pop3_front_input,
	.challenge = pop3_front_challenge,
	.denied = pop3_front_denied,
	.accepted = pop3_front_accepted,
	.goodbye = pop3_front_goodbye,
	.clear = pop3_front_clear,
};

int
main(int argc, char *argv[])
{
	return front_main(&pop3_proto, argc, argv);
}
