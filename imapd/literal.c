/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Announcements of literals, read by a state machine, so that a line of any
 * length takes constant memory.  The size may have any number of leading
 * zeros: the grammar says 1*DIGIT.
 */

#include "config.h"

#include <string.h>

#include "common/base/num.h"
#include "imapd/literal.h"

void
literal_reset(struct literal_reader *r)
{
	memset(r, 0, sizeof(*r));
}

/* Add a digit to the size, which has 63 bits (RFC 9051, 9, number64). */
static void
add_digit(struct literal *l, char digit)
{
	uint64_t n = l->size;

	if (n == LITERAL_IMPOSSIBLE)
		return;
	if (num_mul_u64(n, 10, &n) == -1 ||
	    num_add_u64(n, (uint64_t)(digit - '0'), &n) == -1 ||
	    n > INT64_MAX)
		n = LITERAL_IMPOSSIBLE;
	l->size = n;
}

static enum literal_state
next_state(struct literal_reader *r, char c)
{
	switch (r->state) {
	case LITERAL_OPEN:
	case LITERAL_DIGITS:
		if (c >= '0' && c <= '9') {
			add_digit(&r->literal, c);
			return LITERAL_DIGITS;
		}
		if (r->state == LITERAL_OPEN)
			break;
		r->literal.nonsync = c == '+';
		if (c == '+')
			return LITERAL_PLUS;
		/* FALLTHROUGH */
	case LITERAL_PLUS:
		if (c == '}')
			return LITERAL_CLOSED;
		break;
	case LITERAL_CLOSED:
		if (c == '\r')
			return LITERAL_CR;
		/* FALLTHROUGH */
	case LITERAL_CR:
		if (c == '\n')
			return LITERAL_LF;
		break;
	case LITERAL_NONE:
	case LITERAL_LF:
		break;
	}
	return LITERAL_NONE;
}

void
literal_feed(struct literal_reader *r, struct slice piece)
{
	const char *open = NULL;

	/* Only the last "{" of a line can start an announcement. */
	if (piece.len > 0)
		open = memrchr(piece.p, '{', piece.len);
	if (open != NULL) {
		literal_reset(r);
		r->state = LITERAL_OPEN;
		piece = slice_from(piece, (size_t)(open + 1 - piece.p));
	}
	for (size_t i = 0; i < piece.len && r->state != LITERAL_NONE; i++)
		r->state = next_state(r, piece.p[i]);
}

bool
literal_announced(const struct literal_reader *r, struct literal *out)
{
	if (r->state != LITERAL_CLOSED && r->state != LITERAL_LF)
		return false;
	*out = r->literal;
	return true;
}

int
literal_parse(struct slice text, struct literal *out)
{
	struct literal_reader r;

	if (text.len == 0 || text.p[0] != '{' ||
	    slice_chr(slice_from(text, 1), '{') != SLICE_NONE)
		return -1;
	literal_reset(&r);
	literal_feed(&r, text);
	return literal_announced(&r, out) ? 0 : -1;
}
