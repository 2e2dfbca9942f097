/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Quoted-printable (RFC 2045, section 6.7) as a stream, and the Q encoding of
 * header words (RFC 2047, section 4.2).
 */
#ifndef COMMON_BASE_QP_H
#define COMMON_BASE_QP_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* Bytes held until more follows: white space, or "=" and white space. */
#define QP_HELD_MAX	80

/* A decoder that is fed in pieces of any size. */
struct qp_stream {
	char	held[QP_HELD_MAX];	/* input that depends on what follows */
	size_t	n;			/* bytes held */
};

/* Start a decoder. */
void	 qp_stream_init(struct qp_stream *st);

/*
 * Decode one piece and append the result.  Line ends stay as they are (CRLF or
 * LF), white space before them is deleted (rule 3), and an invalid escape is
 * output as it is.  Returns 0, or -1 if out would exceed its cap; nothing of
 * the piece is consumed then.
 */
int	 qp_stream_feed(struct qp_stream *st, struct slice in,
	    struct buf *out);

/*
 * Finish at the end of the input, which counts as the end of a line: white
 * space that is held is dropped, and half an escape is output.  Returns 0, or
 * -1 if out would exceed its cap.
 */
int	 qp_stream_finish(struct qp_stream *st, struct buf *out);

/*
 * Append the decoded text of a Q encoded word: "_" is a space, and an invalid
 * escape is output as it is.  Returns 0, or -1 if out would exceed its cap.
 */
int	 qp_decode_word(struct buf *out, struct slice s);

#endif
