/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Logs the dialogue of one user or one address: `trace user` and `trace
 * address` of penfold.conf(5).
 *
 * This file decides whose dialogue is logged, and how a line of it looks.  Each
 * protocol decides which lines may be shown.  Two rules hold for all: of what a
 * client sends before login, only the name of the command and its length are
 * shown, and no octet of a message is ever shown.
 */

#ifndef COMMON_PROC_TRACE_H
#define COMMON_PROC_TRACE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/slice.h"
#include "common/conf/conf.h"

/* The most octets of a line that are shown. */
#define TRACE_LINE_MAX	200

/* The letters that the examples in RFCs use. */
enum trace_side {
	TRACE_CLIENT = 'C',
	TRACE_SERVER = 'S'
};

/*
 * Whether a dialogue is to be logged.
 *
 * user   as in the log; NULL if nobody has logged in
 * peer   "192.0.2.1:4711", "[2001:db8::1]:4711"
 */
bool	 trace_wanted(const struct conf *conf, const char *user,
	    struct slice peer);

/*
 * Log one line of a dialogue, escaped and cut.
 *
 * who   the connection, named as in other log lines
 */
void	 trace_line(const char *who, enum trace_side side, struct slice text);

/*
 * Log that something was sent, but not its text.
 *
 * name   from a table of ours, or NULL if it is no command that we know
 */
void	 trace_hidden(const char *who, enum trace_side side, const char *name,
	    size_t octets);

#endif
