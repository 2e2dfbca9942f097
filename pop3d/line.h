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
	POP3_LINE_NONE,		/* no whole line yet */
	POP3_LINE_TAKEN,	/* *line is one, without CRLF */
	POP3_LINE_BAD		/* one ended that was too long or had a NUL */
};

/*
 * Take the next line from in.  A bare LF ends a line too.
 *
 * skipping  kept by the caller between calls, false at first: the rest of a
 *           line over the buffer's cap is thrown away as it comes
 * line      borrowed from in, valid until something is added to it; the
 *           bytes count as consumed
 */
enum pop3_line_result pop3_line_take(struct buf *in, bool *skipping,
	    struct slice *line);

/*
 * Split a line into its keyword and what follows the first space.  args has
 * p == NULL if no space follows, which AUTH and PASS tell from empty.
 */
void	 pop3_line_split(struct slice line, struct slice *keyword,
	    struct slice *args);

#endif
