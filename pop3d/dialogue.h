/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The dialogue of a session in the log, for those whom trace.h wants: each
 * command, but those that we do not know, since a client may send a password
 * to us by mistake; and the first line of each answer, since the others may be
 * of a message.
 */

#ifndef POP3D_DIALOGUE_H
#define POP3D_DIALOGUE_H

#include <stdbool.h>

#include "common/base/slice.h"

struct pop3_session;

/*
 * Around everything that may write to the session's output.  A trace begins or
 * ends here, as the configuration wants it now, between two commands.
 */
void	 pop3_dialogue_begin(struct pop3_session *s);
void	 pop3_dialogue_end(struct pop3_session *s);

/*
 * A line was read; an answer follows.
 *
 * known   it begins with a command from our table
 */
void	 pop3_dialogue_command(struct pop3_session *s, bool known,
	    struct slice line);

#endif
