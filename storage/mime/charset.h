/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Text of any charset to UTF-8, in pieces of any size, never failing on what
 * it reads: bytes that are no character become U+FFFD.
 *
 * US-ASCII and UTF-8 are read as UTF-8, as senders confuse them; ISO-8859-1
 * and windows-1252 as the latter (WHATWG's Encoding says the same).  Other
 * charsets are iconv(3)'s.  Text of a charset that nobody knows is read as
 * UTF-8, its other bytes as windows-1252.
 */
#ifndef STORAGE_CHARSET_H
#define STORAGE_CHARSET_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

enum charset_kind {
	CHARSET_UTF8,		/* and US-ASCII */
	CHARSET_LATIN,		/* windows-1252 */
	CHARSET_GUESS,		/* unknown */
	CHARSET_ICONV
};

/* Longest input that iconv may want to see more of. */
#define CHARSET_HELD_MAX	32

struct charset {
	enum charset_kind	 kind;
	iconv_t			 cd;		/* of CHARSET_ICONV */
	char			 held[CHARSET_HELD_MAX];
	size_t			 n;
};

/*
 * Start a conversion from the charset of that name; empty is US-ASCII.
 * Never fails; charset_close() frees what iconv holds.
 */
void	 charset_open(struct charset *cs, struct slice name);
/* End the conversion. */
void	 charset_close(struct charset *cs);

/* Whether text in the charset can be read for what it is. */
bool	 charset_known(struct slice name);

/*
 * Convert a piece and append it; the end of it may be kept for the next.
 * Returns 0, or -1 when out's cap would be passed.
 */
int	 charset_feed(struct charset *cs, struct slice in, struct buf *out);

/* End of text: what was kept is put out, and the next text may begin. */
int	 charset_finish(struct charset *cs, struct buf *out);

/* All at once. */
int	 charset_decode(struct buf *out, struct slice name, struct slice in);

#endif
