/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The dialogue of one user or one address, in the log: `trace user` and `trace
 * address` of penfold.conf(5).
 *
 * Here is whose dialogue is wanted and how a line of it looks.  Which lines may
 * be shown is for each protocol to decide, and two rules hold for all: what a
 * client sends before login is shown by the name of the command and its
 * length alone, and no octet of a message is shown.
 */

#ifndef COMMON_PROC_TRACE_H
#define COMMON_PROC_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/slice.h"
#include "common/conf/conf.h"

/* Octets of a line that are shown. */
#define TRACE_LINE_MAX	200

/* As in the examples of the RFCs. */
enum trace_side {
	TRACE_CLIENT = 'C',
	TRACE_SERVER = 'S'
};

/*
 * Tell whether a dialogue is wanted.
 *
 * user   as in the log; NULL if nobody has logged in
 * peer   "192.0.2.1:4711", "[2001:db8::1]:4711"
 */
bool	 trace_wanted(const struct conf *conf, const char *user,
	    struct slice peer);

/*
 * Log one line of a dialogue, escaped and cut.
 *
 * who   the connection, as in other log lines of it
 */
void	 trace_line(const char *who, enum trace_side side, struct slice text);

/*
 * Log that something was said, without what it was.
 *
 * name   from a table of ours, or NULL for what is none of our commands
 */
void	 trace_hidden(const char *who, enum trace_side side, const char *name,
	    size_t octets);

#endif
