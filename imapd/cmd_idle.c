/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * IDLE (RFC 2177): changes in the selected mailbox are reported at once.
 * An idle session costs nothing until something happens.  While nothing else
 * is sent, a keep-alive line is sent at times, so that address translators
 * keep the connection open.  A client that reads this line is alive, so it is
 * not logged out while it is in IDLE.
 */

#include "config.h"

#include "common/base/timer.h"
#include "imapd/answer.h"
#include "imapd/command.h"
#include "imapd/dialogue.h"
#include "imapd/update.h"

struct cmd_idle {
	bool		 idling;	/* "+" was sent */
	uint64_t	 told_at;	/* ms, time of the last output */
};

static uint64_t
keepalive_ms(void)
{
	return (uint64_t)worker_conf()->idle_keepalive * 1000;
}

static void
begin(struct session *s, struct cmd_idle *c)
{
	c->idling = true;
	c->told_at = timer_ms();
	s->wants_changes = true;
	reply_continue(&s->reply, SLICE_LIT("idling"));
}

static void
end(struct session *s)
{
	wconn_timer(s->conn, 0);
	s->wants_changes = false;
}

/* Send the keep-alive line if it is due, and set the timer for the next. */
static void
keep_alive(struct session *s, struct cmd_idle *c)
{
	uint64_t now = timer_ms(), every = keepalive_ms();

	if (every == 0)
		return;
	if (buf_len(s->reply.out) > 0)
		c->told_at = now;
	else if (now - c->told_at >= every) {
		reply_ok(&s->reply, CODE_NONE, SLICE_EMPTY,
		    "Still here");
		c->told_at = now;
	}
	wconn_timer(s->conn, (unsigned int)(c->told_at + every - now));
}

static enum run
cmd_idle_run(struct session *s, void *args)
{
	struct cmd_idle *c = args;
	struct slice line;
	bool done;

	if (!c->idling)
		begin(s, c);
	if (update_send(s, true) != RUN_DONE)
		return RUN_MORE;
	switch (input_line(&s->input, &line)) {
	case INPUT_MORE:
		keep_alive(s, c);
		if (!wconn_eof(s->conn))
			return RUN_WAIT;
		end(s);
		s->dead = true;
		return RUN_FAIL;
	case INPUT_COMMAND:
		end(s);
		done = slice_caseeq_str(line, "DONE");
		dialogue_command(s, done, line);
		input_done(&s->input);
		return done ? RUN_DONE : answer_bad(s, CODE_NONE,
		    "DONE expected.");
	default:
		end(s);
		input_skip(&s->input);
		return answer_bad(s, CODE_NONE, "DONE expected.");
	}
}

static const struct command cmd_idle_rows[] = {
	{ .name = "IDLE", .in = STATE_ANY, .needs = CAP_IDLE,
	    .args_size = sizeof(struct cmd_idle), .run = cmd_idle_run },
};

const struct command_family cmd_idle = COMMAND_FAMILY(cmd_idle_rows);
