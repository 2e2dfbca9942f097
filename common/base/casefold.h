/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The comparison of IMAP's search and sort: i;unicode-casemap (RFC 5051).
 * Each character is replaced by its titlecase form and that by its full
 * compatibility decomposition.  Per character and never reordered, so that
 * folding a text in pieces gives what folding it whole gives, and a
 * substring of the text folds to a substring of the fold.
 */
#ifndef COMMON_CASEFOLD_H
#define COMMON_CASEFOLD_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/base/utf8.h"

/* Longest decomposition of one character (U+FDFA has 18). */
#define CASEFOLD_MAX	20

/* Fold one character; returns how many there are in dst, at least one. */
size_t	 casefold_char(uint32_t cp, uint32_t dst[CASEFOLD_MAX]);

/*
 * Append the fold of UTF-8 text.  NUL and invalid bytes fold to U+FFFD.
 * Returns 0, or -1 with out unchanged when the cap would be passed.
 */
int	 casefold_add(struct buf *out, struct slice s);

/* A folder that is fed in pieces, which may cut a character. */
struct casefold_stream {
	char	held[UTF8_MAX];		/* a character cut by the piece */
	size_t	n;
};

/* Start, feed and end; each as casefold_add(). */
void	 casefold_stream_init(struct casefold_stream *st);
int	 casefold_stream_feed(struct casefold_stream *st, struct slice in,
	    struct buf *out);
int	 casefold_stream_finish(struct casefold_stream *st,
	    struct buf *out);

#endif
