/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * IDLE (RFC 2177): what changes in the selected mailbox is told at once.
 * Costs nothing until something happens; a line now and then keeps the
 * connection open in address translators.
 */

#include "config.h"

#include "imapd/cmd.h"
#include "imapd/update.h"

/* RFC 2177 lets clients renew IDLE only every 29 minutes. */
#define IDLE_TIMEOUT_MIN	(30 * 60)

static void
idle_begin(struct session *s)
{
	uint32_t timeout = worker_conf()->idle_timeout;

	wconn_set_timeout(s->conn, timeout < IDLE_TIMEOUT_MIN ?
	    IDLE_TIMEOUT_MIN : timeout);
	wconn_timer(s->conn, worker_conf()->idle_keepalive * 1000);
	s->wants_changes = true;
	reply_continue(&s->reply, "idling");
}

static void
idle_end(struct session *s)
{
	wconn_timer(s->conn, 0);
	wconn_set_timeout(s->conn, worker_conf()->idle_timeout);
	s->wants_changes = false;
}

enum run
cmd_idle_run(struct session *s, void *args)
{
	struct cmd_idle *c = args;
	struct slice line;

	if (!c->idling)
		idle_begin(s);
	c->idling = true;
	if (update_send(s, true) != RUN_DONE)
		return RUN_MORE;
	switch (input_line(&s->input, &line)) {
	case INPUT_MORE:
		if (!wconn_eof(s->conn))
			return RUN_WAIT;
		idle_end(s);
		s->dead = true;
		return RUN_FAIL;
	case INPUT_COMMAND:
		idle_end(s);
		c->done = slice_caseeq_str(line, "DONE");
		input_line_done(&s->input);
		return c->done ? RUN_DONE : answer_bad(s, "DONE expected.");
	default:
		idle_end(s);
		input_skip(&s->input);
		return answer_bad(s, "DONE expected.");
	}
}
