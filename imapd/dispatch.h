/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The dispatcher of commands.
 *
 * A command is parsed whole, then run until it is done, then the session is
 * brought up to date as far as the command's row allows, then the tagged
 * line is sent.  The next command begins after that, so that pipelined
 * commands run in their order, each on the state that the one before left.
 */

#ifndef IMAPD_DISPATCH_H
#define IMAPD_DISPATCH_H

#include "common/base/run.h"

struct session;

/*
 * Take the next command from the input and begin it.  Returns RUN_DONE when
 * something was done and there may be more, RUN_WAIT when there is nothing,
 * RUN_FAIL when the session must end.
 */
enum run	 dispatch_next(struct session *s);

/* Go on with the command under way; RUN_DONE: it was answered. */
enum run	 dispatch_run(struct session *s);

/* Free a command under way, when the session ends. */
void		 dispatch_clear(struct session *s);

#endif
