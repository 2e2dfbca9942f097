/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The dispatcher of commands.
 *
 * A command is first parsed completely, and then run until it is done.  Then
 * the untagged updates are sent, as far as the command's row allows, and then
 * the tagged response.  Only then does the next command begin, so that
 * pipelined commands run in order, each on the state that its predecessor
 * left.
 */

#ifndef IMAPD_DISPATCH_H
#define IMAPD_DISPATCH_H

#include "common/base/run.h"

struct session;

/*
 * Begin the next command in the input.  Returns RUN_DONE if something was
 * done, and there may be more; RUN_WAIT if no command is complete; RUN_FAIL
 * at the end of the input.
 */
enum run	 dispatch_next(struct session *s);

/*
 * Go on with the command under way.  Returns RUN_DONE when a phase of it has
 * ended; cmd.busy is false once the command was answered.
 */
enum run	 dispatch_run(struct session *s);

/* Free the command under way, if any, when the session ends. */
void		 dispatch_clear(struct session *s);

#endif
