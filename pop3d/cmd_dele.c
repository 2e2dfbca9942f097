/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * DELE, RSET and QUIT (RFC 1939, sections 5 and 6): DELE marks messages, and
 * QUIT deletes them.
 */

#include "config.h"

#include <inttypes.h>
#include <time.h>

#include "pop3d/command.h"
#include "pop3d/reply.h"

static enum run
cmd_dele_run(struct pop3_session *s)
{
	maildrop_delete(&s->drop, s->msg);
	pop3_ok(wconn_out(s->conn), "Marked as deleted");
	return RUN_DONE;
}

static enum run
cmd_rset_run(struct pop3_session *s)
{
	maildrop_reset(&s->drop);
	pop3_okf(wconn_out(s->conn), "Maildrop has %" PRIu32 " messages",
	    s->drop.nlive);
	return RUN_DONE;
}

/* The UPDATE state (RFC 1939, section 6). */
static enum run
cmd_quit_run(struct pop3_session *s)
{
	const struct conf *conf = worker_conf();
	const struct maildrop_policy policy = {
		.seen = conf->pop3_seen,
		.expire = conf->pop3_expire != CONF_NEVER,
		.expire_s = conf->pop3_expire,
		.now = (int64_t)time(NULL),
		.trash = conf->pop3_delete == CONF_POP3_TRASH ?
		    conf->folder[CONF_FOLDER_TRASH] : NULL,
	};
	enum run r;

	r = maildrop_update(&s->drop, &policy);
	if (r == RUN_MORE || r == RUN_WAIT)
		return r;
	if (r == RUN_FAIL)
		pop3_store_err(wconn_out(s->conn), &s->drop.err);
	else
		pop3_ok(wconn_out(s->conn), "Goodbye");
	s->quit = true;
	return RUN_DONE;
}

static const struct pop3_command cmd_dele_rows[] = {
	{ .name = "DELE", .args = POP3_ARGS_MSG, .run = cmd_dele_run },
	{ .name = "RSET", .args = POP3_ARGS_NONE, .run = cmd_rset_run },
	{ .name = "QUIT", .args = POP3_ARGS_NONE, .run = cmd_quit_run },
};

const struct pop3_command_family pop3_cmd_dele =
    POP3_COMMAND_FAMILY(cmd_dele_rows);
