/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What a session says and hears, in the log; see dialogue.h. */

#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/proc/trace.h"
#include "pop3d/dialogue.h"
#include "pop3d/session.h"

/* The number of the session, as in other log lines. */
static const char *
who(const struct pop3_session *s, char out[16])
{
	(void)snprintf(out, 16, "%" PRIu32, wconn_id(s->conn));
	return out;
}

void
pop3_dialogue_begin(struct pop3_session *s)
{
	if (s->command == NULL)
		s->traced = wconn_is_traced(s->conn);
	if (s->traced)
		s->trace_from = buf_len(wconn_out(s->conn));
}

void
pop3_dialogue_end(struct pop3_session *s)
{
	struct slice out, line;
	char name[16];

	if (!s->traced)
		return;
	out = buf_slice(wconn_out(s->conn));
	if (s->status_due && s->trace_from < out.len) {
		out = slice_from(out, s->trace_from);
		(void)slice_cut(&out, '\n', &line);
		trace_line(who(s, name), TRACE_SERVER, slice_trim(line));
		s->status_due = false;
	}
	s->trace_from = buf_len(wconn_out(s->conn));
}

void
pop3_dialogue_command(struct pop3_session *s, bool known, struct slice line)
{
	char name[16];

	if (!s->traced)
		return;
	pop3_dialogue_end(s);
	if (known)
		trace_line(who(s, name), TRACE_CLIENT, line);
	else
		trace_hidden(who(s, name), TRACE_CLIENT, NULL, line.len);
	s->status_due = true;
}
