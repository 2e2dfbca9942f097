/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Quoted-printable (RFC 2045, section 6.7), decoded from a stream, and the Q
 * encoding of header words (RFC 2047, section 4.2).
 */
#ifndef COMMON_QP_H
#define COMMON_QP_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* Longest escape or soft break that can be cut: "=" and white space. */
#define QP_HELD_MAX	80

/* A decoder that is fed in pieces of any size. */
struct qp_stream {
	char	held[QP_HELD_MAX];	/* input that needs what follows it */
	size_t	n;			/* bytes of it */
};

/* Start a decoder. */
void	 qp_stream_init(struct qp_stream *st);

/*
 * Decode one piece and append the result.  Line ends are put out as they
 * come (CRLF or LF); white space before them is deleted (rule 3), and an
 * escape that is none is put out as it stands.  Returns 0, or -1 when out's
 * cap would be passed (nothing of the piece is then consumed).
 */
int	 qp_stream_feed(struct qp_stream *st, struct slice in,
	    struct buf *out);

/*
 * End of input, which is taken as the end of a line: blanks held are dropped
 * and half an escape is put out.
 */
int	 qp_stream_finish(struct qp_stream *st, struct buf *out);

/*
 * Append what the text of a Q encoded word decodes to: "_" is a space, and a
 * broken escape stands for itself.  Returns 0, or -1 over the cap.
 */
int	 qp_decode_word(struct buf *out, struct slice s);

#endif
