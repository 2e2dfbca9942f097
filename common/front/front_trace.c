/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Logs the dialogue before login; see front_trace.h. */

#include "config.h"

#include <stdio.h>

#include "common/front/front.h"
#include "common/front/front_conn.h"
#include "common/front/front_trace.h"
#include "common/proc/trace.h"

/* "peer 192.0.2.1:4711", as in other log lines about a connection. */
static const char *
who(const struct fconn *c, char out[HANDOFF_ADDR_MAX + 8])
{
	(void)snprintf(out, HANDOFF_ADDR_MAX + 8, "peer %s", c->peer);
	return out;
}

void
front_trace_decide(struct fconn *c)
{
	c->traced = trace_wanted(front.child->conf, NULL, slice_str(c->peer));
}

static void
show(const struct fconn *c, struct slice line)
{
	char name[HANDOFF_ADDR_MAX + 8];
	struct slice word, rest = line;

	(void)who(c, name);
	(void)slice_cut(&rest, ' ', &word);
	if (slice_eq_str(word, "+"))
		trace_hidden(name, TRACE_SERVER, "+", line.len);
	else if (front.proto->tagged && !slice_eq_str(word, "*"))
		trace_line(name, TRACE_SERVER, rest);
	else
		trace_line(name, TRACE_SERVER, line);
}

void
front_trace_output(struct fconn *c)
{
	struct slice out, line;

	if (!c->traced)
		return;
	out = slice_from(buf_slice(&c->out), c->shown);
	c->shown += out.len;
	while (out.len > 0) {
		(void)slice_cut(&out, '\n', &line);
		show(c, slice_trim(line));
	}
}

void
front_trace_sent(struct fconn *c, size_t len)
{
	if (c->traced)
		c->shown -= len;
}

void
fconn_trace(struct fconn *c, const char *name, size_t octets)
{
	char whose[HANDOFF_ADDR_MAX + 8];

	if (!c->traced)
		return;
	front_trace_output(c);
	trace_hidden(who(c, whose), TRACE_CLIENT, name, octets);
}
