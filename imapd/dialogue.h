/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The dialogue of a session in the log, for those whom trace.h wants.
 *
 * Commands are shown as they are, but those that we do not know, since a
 * client may send a password to us by mistake, and without the octets of
 * literals.  Responses are shown without the octets of literals and, in FETCH,
 * without the text of quoted strings, which may be of a message.
 *
 * A session that is not traced has no struct dialogue, and pays for a look at
 * two pointers per turn.
 */

#ifndef IMAPD_DIALOGUE_H
#define IMAPD_DIALOGUE_H

#include <stdbool.h>

#include "common/base/slice.h"

struct session;

/*
 * Around everything that may write to the session's output.  A trace begins or
 * ends here, as the configuration wants it now, between two commands.
 */
void	 dialogue_begin(struct session *s);
void	 dialogue_end(struct session *s);

/*
 * A command was read, or the part of it before a literal.
 *
 * known   its name is in the table of commands
 * text    without its CRLF; octets of literals in it are left out
 */
void	 dialogue_command(struct session *s, bool known, struct slice text);

/* Free what a trace needs. */
void	 dialogue_clear(struct session *s);

#endif
