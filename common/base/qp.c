/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Quoted-printable.  Input that depends on the bytes after it is held: white
 * space (deleted at the end of a line) and escapes.  The decoder advances byte
 * by byte, so that the sizes of the pieces do not matter.
 */
#include "config.h"

#include <string.h>

#include "common/base/qp.h"

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

void
qp_stream_init(struct qp_stream *st)
{
	st->n = 0;
}

/* Output the held bytes as they are. */
static char *
flush(struct qp_stream *st, char *dst)
{
	memcpy(dst, st->held, st->n);
	dst += st->n;
	st->n = 0;
	return dst;
}

static char *
hold(struct qp_stream *st, char c, char *dst)
{
	if (st->n == sizeof(st->held))
		dst = flush(st, dst);
	st->held[st->n++] = c;
	return dst;
}

/*
 * Take the byte c while others are held.  Returns false if c is still to be
 * taken.
 */
static bool
step_held(struct qp_stream *st, char c, char **dst)
{
	bool escape = st->held[0] == '=';
	char last = st->held[st->n - 1];

	if (c == '\n' && !(escape && st->n == 2 && hex(last) != -1)) {
		/* The end of a line: drop the white space, or a soft break. */
		if (!escape && last == '\r')
			*(*dst)++ = '\r';
		if (!escape)
			*(*dst)++ = '\n';
		st->n = 0;
		return true;
	}
	if (escape && st->n == 2 && hex(last) != -1 && hex(c) != -1) {
		*(*dst)++ = (char)(hex(last) << 4 | hex(c));
		st->n = 0;
		return true;
	}
	if ((escape && st->n == 1 && hex(c) != -1) ||
	    ((is_blank(c) || c == '\r') &&
	    (is_blank(last) || (escape && st->n == 1)))) {
		*dst = hold(st, c, *dst);
		return true;
	}
	*dst = flush(st, *dst);
	return false;
}

int
qp_stream_feed(struct qp_stream *st, struct slice in, struct buf *out)
{
	char *dst, *start;

	if (in.len == 0)
		return 0;
	if (buf_reserve(out, in.len + QP_HELD_MAX, &start) == -1)
		return -1;
	dst = start;
	for (size_t i = 0; i < in.len; i++) {
		char c = in.p[i];

		if (st->n > 0 && step_held(st, c, &dst))
			continue;
		if (c == '=' || is_blank(c))
			dst = hold(st, c, dst);
		else
			*dst++ = c;
	}
	buf_commit(out, (size_t)(dst - start));
	return 0;
}

int
qp_stream_finish(struct qp_stream *st, struct buf *out)
{
	size_t n = st->n;

	st->n = 0;
	/* Half an escape is text; all else is white space or a soft break. */
	if (n == 2 && st->held[0] == '=' && hex(st->held[1]) != -1)
		return buf_add(out, st->held, n);
	return 0;
}

int
qp_decode_word(struct buf *out, struct slice s)
{
	char *dst, *start;

	if (s.len == 0)
		return 0;
	if (buf_reserve(out, s.len, &start) == -1)
		return -1;
	dst = start;
	for (size_t i = 0; i < s.len; i++) {
		int hi = -1, lo = -1;

		if (s.p[i] == '=' && s.len - i > 2) {
			hi = hex(s.p[i + 1]);
			lo = hex(s.p[i + 2]);
		}
		if (hi != -1 && lo != -1) {
			*dst++ = (char)(hi << 4 | lo);
			i += 2;
		} else
			*dst++ = s.p[i] == '_' ? ' ' : s.p[i];
	}
	buf_commit(out, (size_t)(dst - start));
	return 0;
}
