/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Base64 (RFC 4648, section 4): strict for SASL, and a streaming decoder for
 * MIME that skips what does not belong (RFC 2045, section 6.8).
 */
#ifndef COMMON_BASE64_H
#define COMMON_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* Length of the encoding of len bytes, with padding, without line ends. */
#define BASE64_LEN(len)	(((len) + 2) / 3 * 4)

/* Append the encoding of s on one line; -1 over the cap. */
int	 base64_encode(struct buf *out, struct slice s);

/*
 * Append what s decodes to.  Strict: padding is required, nothing may follow
 * it, no white space, and unused bits are zero, so that each value has one
 * encoding.  Empty decodes to empty.  Returns 0, or -1 with out unchanged.
 */
int	 base64_decode(struct buf *out, struct slice s);

/* A decoder that is fed in pieces of any size. */
struct base64_stream {
	uint32_t	acc;	/* bits not yet put out */
	int		n;	/* characters in acc, 0 to 3 */
};

/* Start a decoder. */
void	 base64_stream_init(struct base64_stream *st);

/*
 * Decode one piece and append the result.  Bytes outside the alphabet are
 * skipped; padding ends a quantum, and what follows it starts anew, as
 * concatenated encodings are seen in mail.  Returns 0, or -1 when out's cap
 * would be passed (nothing of the piece is then consumed).
 */
int	 base64_stream_feed(struct base64_stream *st, struct slice in,
	    struct buf *out);

/* End of input: the whole bytes of an unpadded last quantum are put out. */
int	 base64_stream_finish(struct base64_stream *st, struct buf *out);

#endif
