/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Converts text of any charset to UTF-8, in pieces of any size.  No input is
 * an error: bytes that are not a character become U+FFFD.
 *
 * US-ASCII is read as UTF-8, because senders confuse the two, and ISO-8859-1
 * as windows-1252, as WHATWG's Encoding says too.  Other charsets are those of
 * iconv(3).  Text of an unknown charset is read as UTF-8, and bytes of it that
 * are not UTF-8 as windows-1252.
 */
#ifndef STORAGE_MIME_CHARSET_H
#define STORAGE_MIME_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

enum charset_kind {
	CHARSET_UTF8,		/* also US-ASCII */
	CHARSET_LATIN,		/* windows-1252, also ISO-8859-1 */
	CHARSET_GUESS,		/* unknown charset */
	CHARSET_ICONV
};

/* Input that iconv(3) leaves to be completed is shorter than this. */
#define CHARSET_HELD_MAX	32

struct charset {
	enum charset_kind	 kind;
	struct converter	*converter;	/* for CHARSET_ICONV */
	char			 held[CHARSET_HELD_MAX];
	size_t			 n;
};

/*
 * Charsets of one text that take a converter of iconv(3).  A list of people
 * from all over the world has less; all of them have to fit beside each other
 * into those that are kept open.
 */
#define CHARSET_SET_MAX		16

/* The charsets that a text has used so far; zeroed before the text. */
struct charset_set {
	struct slice		 names[CHARSET_SET_MAX];
	size_t			 n;
	bool			 full;		/* others were guessed */
};

/*
 * Start a conversion from the charset of that name; an empty name is US-ASCII.
 * Never fails.  charset_close() ends it, so that others can use what iconv(3)
 * allocated.
 */
void	 charset_open(struct charset *cs, struct slice name);
/*
 * As charset_open(), for a text that changes its charset: the set is that of
 * the text.  A charset that does not fit into the set is read like an unknown
 * one.  The name must live as long as the set.
 */
void	 charset_open_of(struct charset *cs, struct slice name,
	    struct charset_set *set);
/* End the conversion. */
void	 charset_close(struct charset *cs);

/* Whether this charset is known, so that its text is not just guessed. */
bool	 charset_known(struct slice name);

/*
 * Convert a piece and append the result to out.  An incomplete character at
 * the end of the piece is kept for the next.  Returns 0, or -1 if out would
 * exceed its cap.
 */
int	 charset_feed(struct charset *cs, struct slice in, struct buf *out);

/*
 * Finish at the end of the text: append what was kept.  Another text of the
 * same charset may follow.  Returns as charset_feed().
 */
int	 charset_finish(struct charset *cs, struct buf *out);

/* Convert a complete text.  Returns as charset_feed(). */
int	 charset_decode(struct buf *out, struct slice name, struct slice in);

#endif
