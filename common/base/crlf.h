/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Messages lie in Maildirs with LF or with CRLF, and go out with CRLF.  An LF
 * that follows no CR gets one; everything else is kept, a bare CR too.  All of
 * it runs at the speed of memchr(3), on pieces of any size.
 */
#ifndef COMMON_CRLF_H
#define COMMON_CRLF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* Between two pieces; all zero at the start of a message. */
struct crlf {
	bool	cr;	/* the last byte put out was a CR */
};

/* How long a piece is after conversion; moves the state on. */
uint64_t crlf_count(struct crlf *st, struct slice raw);

/*
 * Convert a piece and append it: all of it, or -1 with state and buffer
 * unchanged when the cap would be passed.
 */
int	 crlf_add(struct crlf *st, struct slice raw, struct buf *out);

/*
 * Convert as much of raw as fits into size bytes at dst.  Moves raw on by
 * what was used and returns the bytes written; it stops early only when dst
 * is full, and may stop between the CR and the LF of one line.
 */
size_t	 crlf_copy(struct crlf *st, struct slice *raw, char *dst,
	    size_t size);

/*
 * Skip converted bytes without writing them: moves raw on until *skip
 * converted bytes have passed or the piece ends, and takes what passed off
 * *skip.  So an offset a client gives is found by reading on from any known
 * pair of offsets, and crlf_copy() goes on exactly there.
 */
void	 crlf_skip(struct crlf *st, struct slice *raw, uint64_t *skip);

#endif
