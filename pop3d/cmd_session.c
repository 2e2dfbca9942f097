/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * CAPA (RFC 2449, section 5), LANG (RFC 6856, section 3) and NOOP (RFC 1939,
 * section 5).
 */

#include "config.h"

#include "pop3d/capability.h"
#include "pop3d/command.h"
#include "pop3d/lang.h"
#include "pop3d/reply.h"

static enum run
cmd_capa_run(struct pop3_session *s)
{
	struct pop3_capability_facts facts = {
		.conf = worker_conf(),
		.may_login = true,
		.can_stls = s->stls,
	};

	pop3_capability_print(wconn_out(s->conn), &facts);
	return RUN_DONE;
}

static enum run
cmd_lang_run(struct pop3_session *s)
{
	pop3_lang(wconn_out(s->conn), slice_trim(s->word));
	return RUN_DONE;
}

static enum run
cmd_noop_run(struct pop3_session *s)
{
	pop3_ok(wconn_out(s->conn), "Nothing done");
	return RUN_DONE;
}

static const struct pop3_command cmd_session_rows[] = {
	{ .name = "CAPA", .args = POP3_ARGS_NONE, .run = cmd_capa_run },
	{ .name = "LANG", .args = POP3_ARGS_WORD, .run = cmd_lang_run },
	{ .name = "NOOP", .args = POP3_ARGS_NONE, .run = cmd_noop_run },
};

const struct pop3_command_family pop3_cmd_session =
    POP3_COMMAND_FAMILY(cmd_session_rows);
