/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * RETR and TOP (RFC 1939, sections 5 and 7).  Sending stops when the output is
 * full, and goes on from the session's off when it is called again: a slow
 * client costs the memory of one buffer.
 */

#include "config.h"

#include <inttypes.h>

#include "common/proc/stats.h"
#include "pop3d/command.h"
#include "pop3d/dotstuff.h"
#include "pop3d/reply.h"

/*
 * Step to the session's message and send the status line.  After RUN_DONE the
 * message can be sent.
 */
static enum run
message_start(struct pop3_session *s)
{
	const struct message *m;
	enum run r;

	if (s->started)
		return RUN_DONE;
	if ((r = maildrop_step(&s->drop, s->msg, &m)) != RUN_DONE)
		return r;
	pop3_okf(wconn_out(s->conn), "%" PRIu64 " octets", s->msg->size);
	dotstuff_init(&s->stuff);
	s->started = true;
	return RUN_DONE;
}

/*
 * Send the message from off on, with at most this many lines of the body.  If
 * something fails after the status line, the session ends without the final
 * dot: it is the only way to tell the client that the message is not complete.
 */
static enum run
message_send(struct pop3_session *s, uint32_t lines)
{
	struct buf *out = wconn_out(s->conn);
	enum run r;
	int64_t n;
	size_t mark;
	bool more = true;

	if (s->msg->needs_utf8) {
		/* RFC 6856, section 5. */
		pop3_err(out, POP3_CODE_UTF8
		    "This message has a header that needs UTF8");
		return RUN_DONE;
	}
	if ((r = message_start(s)) == RUN_FAIL) {
		pop3_store_err(out, &s->drop.err);
		return RUN_DONE;
	}
	if (r != RUN_DONE)
		return r;
	while (more) {
		if (wconn_must_yield(s->conn))
			return RUN_MORE;
		mark = buf_len(out);
		n = maildrop_read(&s->drop, s->msg, s->off, out);
		if (n == -1)
			return RUN_FAIL;
		s->off += (uint64_t)n;
		more = n > 0 && dotstuff_limit(&s->stuff, out, mark, lines);
		if (dotstuff_apply(&s->stuff, out, mark) == -1)
			return RUN_FAIL;
	}
	dotstuff_end(&s->stuff, out);
	return RUN_DONE;
}

static enum run
cmd_retr_run(struct pop3_session *s)
{
	enum run r;

	r = message_send(s, UINT32_MAX);
	if (r != RUN_DONE || !s->started)
		return r;
	stats_add(STAT_MESSAGES_FETCHED, 1);
	if (!s->msg->retrieved) {
		s->msg->retrieved = true;
		s->nretr++;
	}
	return r;
}

static enum run
cmd_top_run(struct pop3_session *s)
{
	enum run r;

	r = message_send(s, s->lines);
	if (r == RUN_DONE && s->started)
		stats_add(STAT_MESSAGES_FETCHED, 1);
	if (r == RUN_DONE)
		s->ntop++;
	return r;
}

static const struct pop3_command cmd_retr_rows[] = {
	{ .name = "RETR", .args = POP3_ARGS_MSG, .run = cmd_retr_run },
	{ .name = "TOP", .args = POP3_ARGS_MSG_LINES, .run = cmd_top_run },
};

const struct pop3_command_family pop3_cmd_retr =
    POP3_COMMAND_FAMILY(cmd_retr_rows);
