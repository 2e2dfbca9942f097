/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Byte-stuffing of multi-line answers (RFC 1939, section 3) and the line
 * count of TOP (section 7).
 *
 * Works in place on data that was just read into the output buffer: text
 * without a line that begins with a dot is scanned but not copied.
 */
#ifndef POP3D_DOTSTUFF_H
#define POP3D_DOTSTUFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

struct dotstuff {
	char		 last;		/* last octet of the message so far */
	bool		 in_body;	/* after the empty line */
	bool		 line_empty;	/* at most a CR on this line so far */
	uint32_t	 nlines;	/* complete lines of the body so far */
};

/* Start with a message. */
void	 dotstuff_init(struct dotstuff *st);

/*
 * Cut out after the header and max lines of the body, for TOP.  To be called
 * once for each piece of the message, which is in out from mark on; max
 * UINT32_MAX cuts nothing.  Returns false when the last line was reached.
 */
bool	 dotstuff_limit(struct dotstuff *st, struct buf *out, size_t mark,
	    uint32_t max);

/*
 * Double the dot at the beginning of each line, in out from mark on.  Returns
 * 0, or -1 if the buffer cannot grow.
 */
int	 dotstuff_apply(struct dotstuff *st, struct buf *out, size_t mark);

/* End the last line, if the message does not, and append the final dot. */
void	 dotstuff_end(const struct dotstuff *st, struct buf *out);

#endif
