/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a session does with a line: it finds the command, checks its arguments,
 * and makes it the session's command, which the worker runs.
 */

#ifndef POP3D_DISPATCH_H
#define POP3D_DISPATCH_H

#include "common/base/slice.h"
#include "pop3d/session.h"

/*
 * Find the command of a line, check its arguments, and make it the session's
 * command.  If the line is wrong, answer it; command stays NULL then.
 */
void	 pop3_dispatch_begin(struct pop3_session *s, struct slice line);

#endif
