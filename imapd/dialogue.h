/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The dialogue of a session in the log, for users and addresses that are
 * traced (trace.h).
 *
 * Commands are shown without the octets of literals.  Unknown commands are
 * hidden, because a client may send a password by mistake.  Responses are
 * shown without the octets of literals; FETCH responses also without the text
 * of quoted strings, which may come from a message.
 *
 * A session that is not traced has no struct dialogue.  It costs the check of
 * a few pointers per turn.
 */

#ifndef IMAPD_DIALOGUE_H
#define IMAPD_DIALOGUE_H

#include <stdbool.h>

#include "common/base/slice.h"

struct session;

/*
 * Call these around everything that may write to the session's output.
 * dialogue_begin() also starts or stops the trace if the configuration has
 * changed, but only between two commands.
 */
void	 dialogue_begin(struct session *s);
void	 dialogue_end(struct session *s);

/*
 * Log a command, or the part of a command before a literal.
 *
 * known   the name is in the table of commands
 * text    the command without its last CRLF, literals included
 */
void	 dialogue_command(struct session *s, bool known, struct slice text);

/* End the trace, if any, and free its memory. */
void	 dialogue_clear(struct session *s);

#endif
