/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Command lines of POP3 (RFC 1939, section 3; RFC 2449, section 4), read in
 * place from a connection's input buffer.  Front and worker share this.
 */
#ifndef POP3D_LINE_H
#define POP3D_LINE_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

enum pop3_line_result {
	POP3_LINE_NONE,		/* no complete line yet */
	POP3_LINE_TAKEN,	/* *line has the line, without CRLF */
	POP3_LINE_BAD		/* a line that was too long or had a NUL */
};

/*
 * Take the next line from in.  A bare LF ends a line, too.
 *
 * line_max  octets of a line with its end; the buffer must be able to hold
 *           as many
 * skipping  kept by the caller between calls, false at first; true while the
 *           rest of a line longer than line_max is being discarded
 * line      borrowed from in, and already consumed there: valid until
 *           something is added to in
 */
enum pop3_line_result pop3_line_take(struct buf *in, size_t line_max,
	    bool *skipping, struct slice *line);

/*
 * Split a line into its keyword and the text after the first space.  Without
 * a space, args->p is NULL: AUTH distinguishes that from an empty argument.
 */
void	 pop3_line_split(struct slice line, struct slice *keyword,
	    struct slice *args);

#endif
