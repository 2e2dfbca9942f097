/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Byte-stuffing of multi-line answers (RFC 1939, section 3) and the line
 * count of TOP (section 7).
 *
 * Works in place on what was just read into an output buffer, so that a
 * message without a line that begins with a dot is looked at and not copied.
 */
#ifndef POP3D_DOTSTUFF_H
#define POP3D_DOTSTUFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

struct dotstuff {
	char		 last;		/* last octet of the message so far */
	bool		 in_body;	/* the empty line was seen */
	bool		 line_empty;	/* nothing but CR on this line so far */
	uint32_t	 nlines;	/* of the body that were whole */
};

void	 dotstuff_init(struct dotstuff *st);

/*
 * Look at the octets of out from mark on, in the order that they come, and
 * cut out where the header and max lines of the body are over.  UINT32_MAX
 * never cuts.  Returns false when the end was reached.
 */
bool	 dotstuff_limit(struct dotstuff *st, struct buf *out, size_t mark,
	    uint32_t max);

/*
 * Double the dot of each line from mark on that begins with one.  Returns 0
 * or -1 when the buffer can't grow.
 */
int	 dotstuff_apply(struct dotstuff *st, struct buf *out, size_t mark);

/* End the last line if it is not, and the answer. */
void	 dotstuff_end(const struct dotstuff *st, struct buf *out);

#endif
