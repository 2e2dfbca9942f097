/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The announcement of a literal at the end of a line: "{" number64 ["+"] "}"
 * (RFC 9051, section 9, literal; RFC 7888).  This is its only reader: where
 * two readers disagree, the octets of a literal run as commands.
 */

#ifndef IMAPD_LITERAL_H
#define IMAPD_LITERAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"

/* A size that is no number64. */
#define LITERAL_IMPOSSIBLE	UINT64_MAX

struct literal {
	uint64_t	 size;		/* octets, or LITERAL_IMPOSSIBLE */
	bool		 nonsync;	/* {n+}: the client does not wait */
};

enum literal_state {
	LITERAL_NONE,		/* the line does not end like one so far */
	LITERAL_OPEN,		/* after "{" */
	LITERAL_DIGITS,
	LITERAL_PLUS,
	LITERAL_CLOSED,		/* after "}" */
	LITERAL_CR,
	LITERAL_LF		/* the line has ended, and announces one */
};

/* Reads a line that may come in any pieces, and is never held whole. */
struct literal_reader {
	enum literal_state state;
	struct literal	 literal;
};

/* Start with a new line. */
void	 literal_reset(struct literal_reader *r);

/* Read on in the line.  The last piece ends with its CRLF or LF. */
void	 literal_feed(struct literal_reader *r, struct slice piece);

/*
 * Whether the line that was fed announces a literal.  Asked after its LF; a
 * line without a line end counts as whole if "}" is its last octet.
 *
 * out  size and kind, if it does; a size over 63 bits is
 *      LITERAL_IMPOSSIBLE
 */
bool	 literal_announced(const struct literal_reader *r,
	    struct literal *out);

/*
 * Parse text that is an announcement from its first octet to its last, with
 * or without the line end.  Returns 0 or -1.
 */
int	 literal_parse(struct slice text, struct literal *out);

#endif
