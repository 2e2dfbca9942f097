/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The table of commands before login (RFC 3501, 6.1 and 6.2; RFC 2971, 2595,
 * 4959).  The commands after login are in command_table.c.
 */

#include "config.h"

#include <string.h>

#include "common/base/base64.h"
#include "common/base/table.h"
#include "imapd/front_command.h"
#include "imapd/front_state.h"
#include "imapd/id.h"

static int
run_capability(struct fconn *c, struct arg *a)
{
	struct reply r;

	if (arg_end(a) == -1)
		return -1;
	reply_init(&r, fconn_out(c));
	reply_untagged(&r, "CAPABILITY");
	reply_char(&r, ' ');
	imap_front_capabilities(c, &r);
	reply_end(&r);
	imap_front_answer(c, STATUS_OK, CODE_NONE, "Capability completed.");
	return 0;
}

static int
run_noop(struct fconn *c, struct arg *a)
{
	if (arg_end(a) == -1)
		return -1;
	imap_front_answer(c, STATUS_OK, CODE_NONE, "NOOP completed.");
	return 0;
}

static int
run_logout(struct fconn *c, struct arg *a)
{
	struct reply r;

	if (arg_end(a) == -1)
		return -1;
	reply_init(&r, fconn_out(c));
	reply_bye(&r, CODE_NONE, "Logging out");
	imap_front_answer(c, STATUS_OK, CODE_NONE, "Logout completed.");
	fconn_close(c);
	return 0;
}

static int
run_id(struct fconn *c, struct arg *a)
{
	struct imap_front *f = imap_front_state(c);
	struct reply r;

	buf_reset(&f->client_id, HANDOFF_ID_MAX);
	if (arg_sp(a) == -1 || id_parse(a, &f->client_id) == -1 ||
	    arg_end(a) == -1)
		return -1;
	reply_init(&r, fconn_out(c));
	id_print(&r, fconn_conf(c));
	imap_front_answer(c, STATUS_OK, CODE_NONE, "ID completed.");
	return 0;
}

static int
run_starttls(struct fconn *c, struct arg *a)
{
	if (arg_end(a) == -1)
		return -1;
	if (fconn_has_tls(c))
		return arg_fail(a, "TLS is already active");
	if (!fconn_can_starttls(c))
		return arg_fail(a, "TLS is not available here");
	imap_front_answer(c, STATUS_OK, CODE_NONE,
	    "Begin TLS negotiation now.");
	fconn_starttls(c);
	return 0;
}

static int
run_login(struct fconn *c, struct arg *a)
{
	struct imap_front *f = imap_front_state(c);
	struct slice user, password;

	if (arg_sp(a) == -1 || arg_astring(a, &user) == -1 ||
	    arg_sp(a) == -1 || arg_astring(a, &password) == -1 ||
	    arg_end(a) == -1)
		return -1;
	memcpy(f->mech, "LOGIN", 5);
	f->mech_len = 5;
	fconn_auth_password(c, "LOGIN", user, password);
	/* The caller wipes the line; the arena may have an unescaped copy. */
	explicit_bzero((void *)(uintptr_t)password.p, password.len);
	return 0;
}

static int
run_authenticate(struct fconn *c, struct arg *a)
{
	struct imap_front *f = imap_front_state(c);
	struct slice mech, text = { NULL, 0 };
	struct buf initial;

	if (arg_sp(a) == -1 || arg_word(a, &mech) == -1)
		return -1;
	/* SASL-IR (RFC 4959): base64, or "=" for an empty response. */
	if (arg_if_char(a, ' '))
		text = arg_rest(a);
	if (!fconn_has_mech(c, mech)) {
		imap_front_answer(c, STATUS_NO, CODE_NONE,
		    "Unknown mechanism, or not allowed.");
		return 0;
	}
	memcpy(f->mech, mech.p, mech.len);
	f->mech_len = mech.len;
	buf_init(&initial, BUF_NOCAP);
	if (text.len > 0 && !slice_eq_str(text, "=") &&
	    base64_decode(&initial, text) == -1) {
		buf_clear_secret(&initial);
		return arg_fail(a, "Invalid base64 in initial response");
	}
	fconn_auth_start(c, mech, text.len == 0 ? SLICE_EMPTY :
	    buf_slice(&initial));
	buf_clear_secret(&initial);
	return 0;
}

static const struct imap_front_command commands[] = {
	{ .name = "AUTHENTICATE", .credentials = true,
	    .run = run_authenticate },
	{ .name = "CAPABILITY", .run = run_capability },
	{ .name = "ID", .run = run_id },
	{ .name = "LOGIN", .credentials = true, .password = true,
	    .run = run_login },
	{ .name = "LOGOUT", .run = run_logout },
	{ .name = "NOOP", .run = run_noop },
	{ .name = "STARTTLS", .run = run_starttls },
};

const struct imap_front_command *
imap_front_command_find(struct slice name)
{
	for (size_t i = 0; i < NROWS(commands); i++)
		if (slice_caseeq_str(name, commands[i].name))
			return &commands[i];
	return NULL;
}
