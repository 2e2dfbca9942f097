/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The announcement of a literal at the end of a line: "{" number64 ["+"] "}"
 * (RFC 9051, section 9, literal; RFC 7888).  There is only this one reader of
 * it: if two readers disagreed, the octets of a literal would be run as
 * commands.
 */

#ifndef IMAPD_LITERAL_H
#define IMAPD_LITERAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"

/* Stands for a size that does not fit into number64 (63 bits). */
#define LITERAL_IMPOSSIBLE	UINT64_MAX

struct literal {
	uint64_t	 size;		/* octets, or LITERAL_IMPOSSIBLE */
	bool		 nonsync;	/* {n+}: the client does not wait */
};

enum literal_state {
	LITERAL_NONE,		/* no announcement at the end so far */
	LITERAL_OPEN,		/* after "{" */
	LITERAL_DIGITS,
	LITERAL_PLUS,
	LITERAL_CLOSED,		/* after "}" */
	LITERAL_CR,
	LITERAL_LF		/* the line has ended with an announcement */
};

/* The state of reading a line, which may arrive in any number of pieces. */
struct literal_reader {
	enum literal_state state;
	struct literal	 literal;
};

/* Start a new line. */
void	 literal_reset(struct literal_reader *r);

/* Read the next piece of the line.  The last piece ends with CRLF or LF. */
void	 literal_feed(struct literal_reader *r, struct slice piece);

/*
 * Return whether the line that was read announces a literal.  Call this after
 * the LF; without a line end, a line that ends in "}" counts as complete.
 *
 * out  set if so; a size over 63 bits is LITERAL_IMPOSSIBLE
 */
bool	 literal_announced(const struct literal_reader *r,
	    struct literal *out);

/*
 * Parse a text that consists of an announcement, with or without line end.
 * Returns 0, or -1 if the text is anything else.
 */
int	 literal_parse(struct slice text, struct literal *out);

#endif
