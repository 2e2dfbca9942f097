/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Base64 (RFC 4648, section 4): a strict decoder for SASL, and a streaming
 * decoder for MIME that skips foreign bytes (RFC 2045, section 6.8).
 */
#ifndef COMMON_BASE_BASE64_H
#define COMMON_BASE_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* Length of the encoding of len bytes, with padding and without line ends. */
#define BASE64_LEN(len)	(((len) + 2) / 3 * 4)

/*
 * Append the encoding of s on one line.  Returns 0, or -1 if out would exceed
 * its cap.
 */
int	 base64_encode(struct buf *out, struct slice s);

/*
 * Decode s and append the result.  Strict: padding is required and nothing may
 * follow it, white space is not allowed, and unused bits are zero, so that
 * each value has one encoding.  An empty s gives nothing.  Returns 0, or -1
 * with out unchanged.
 */
int	 base64_decode(struct buf *out, struct slice s);

/* A decoder that is fed in pieces of any size. */
struct base64_stream {
	uint32_t	acc;	/* bits not output yet */
	int		n;	/* characters in acc, 0 to 3 */
};

/* Start a decoder. */
void	 base64_stream_init(struct base64_stream *st);

/*
 * Decode one piece and append the result.  Bytes outside the alphabet are
 * skipped.  Padding ends a quantum, and decoding starts again after it,
 * because mail contains concatenated encodings.  Returns 0, or -1 if out would
 * exceed its cap; nothing of the piece is consumed then.
 */
int	 base64_stream_feed(struct base64_stream *st, struct slice in,
	    struct buf *out);

/*
 * Finish at the end of the input: append the whole bytes of a last quantum
 * that has no padding.  Returns 0, or -1 if out would exceed its cap.
 */
int	 base64_stream_finish(struct base64_stream *st, struct buf *out);

#endif
