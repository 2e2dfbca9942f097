/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Numbers of variable length: seven bits a byte, least significant first.  The
 * structures in the index use them.
 */
#ifndef STORAGE_MIME_VARINT_H
#define STORAGE_MIME_VARINT_H

#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* Append a number.  Returns 0, or -1 if out would exceed its cap. */
static inline int
varint_put(struct buf *out, uint64_t n)
{
	while (n >= 0x80) {
		if (buf_add_char(out, (char)(n | 0x80)) == -1)
			return -1;
		n >>= 7;
	}
	return buf_add_char(out, (char)n);
}

/*
 * Take a number from the front of s.  Returns 0, or -1 if it is incomplete or
 * has more than 64 bits.
 */
static inline int
varint_parse(struct slice *s, uint64_t *n)
{
	unsigned int shift;
	unsigned char c;
	size_t i;

	*n = 0;
	for (i = 0, shift = 0; i < s->len && shift < 64; i++, shift += 7) {
		c = (unsigned char)s->p[i];
		if (shift == 63 && c > 1)
			return -1;
		*n |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			*s = slice_from(*s, i + 1);
			return 0;
		}
	}
	return -1;
}

/* Signed numbers as unsigned ones; those near 0 stay short. */
static inline uint64_t
varint_zigzag(int64_t n)
{
	return ((uint64_t)n << 1) ^ (uint64_t)(n >> 63);
}

static inline int64_t
varint_unzigzag(uint64_t n)
{
	return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

#endif
