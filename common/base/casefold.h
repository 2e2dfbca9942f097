/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Case folding for IMAP's search and sort: i;unicode-casemap (RFC 5051).  Each
 * character is replaced by its titlecase form, and that by its full
 * compatibility decomposition.  Characters are folded one by one and are never
 * reordered, so that folding a text in pieces gives the same as folding it
 * whole, and a substring of the text folds to a substring of the folded text.
 */
#ifndef COMMON_BASE_CASEFOLD_H
#define COMMON_BASE_CASEFOLD_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/base/utf8.h"

/* The longest decomposition of one character (U+FDFA has 18). */
#define CASEFOLD_MAX	20

/*
 * Fold one character.  Returns the number of characters in dst, at least one.
 */
size_t	 casefold_char(uint32_t cp, uint32_t dst[CASEFOLD_MAX]);

/*
 * Append the fold of UTF-8 text.  NUL and invalid bytes fold to U+FFFD.
 * Returns 0, or -1 with out unchanged if it would exceed its cap.
 */
int	 casefold_add(struct buf *out, struct slice s);

/* The state of folding in pieces, which may cut a character. */
struct casefold_stream {
	char	held[UTF8_MAX];		/* the start of a cut character */
	size_t	n;
};

/*
 * Start; fold a piece; finish at the end of the text.  The last two return as
 * casefold_add().
 */
void	 casefold_stream_init(struct casefold_stream *st);
int	 casefold_stream_feed(struct casefold_stream *st, struct slice in,
	    struct buf *out);
int	 casefold_stream_finish(struct casefold_stream *st,
	    struct buf *out);

#endif
