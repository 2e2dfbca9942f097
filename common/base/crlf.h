/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Messages are stored in Maildirs with LF or with CRLF, and are sent with
 * CRLF.  An LF without a CR before it gets one.  Everything else is kept, even
 * a bare CR.  All of this runs at the speed of memchr(3), on pieces of any
 * size.
 */
#ifndef COMMON_BASE_CRLF_H
#define COMMON_BASE_CRLF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* The state between two pieces; all zero at the start of a message. */
struct crlf {
	bool	cr;	/* the last byte output was a CR */
};

/* Return the length of a piece after conversion, and advance the state. */
uint64_t crlf_count(struct crlf *st, struct slice raw);

/*
 * Convert a piece and append all of it.  Returns 0, or -1 with state and
 * buffer unchanged if the buffer would exceed its cap.
 */
int	 crlf_add(struct crlf *st, struct slice raw, struct buf *out);

/*
 * Convert as much of raw as fits into size bytes at dst, and advance raw past
 * it.  Returns the number of bytes written.  Stops early only if dst is full,
 * and may stop between the CR and the LF of one line.
 */
size_t	 crlf_copy(struct crlf *st, struct slice *raw, char *dst,
	    size_t size);

/*
 * Skip converted bytes without writing them: advance raw until *skip of them
 * have passed or the piece ends, and subtract those that passed from *skip.
 * In this way an offset that a client gives is found by reading on from any
 * known pair of offsets, and crlf_copy() continues exactly there.
 */
void	 crlf_skip(struct crlf *st, struct slice *raw, uint64_t *skip);

#endif
