/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Tokens of header fields; see token.h.  Out buffers have room for the longest
 * field, so that no token ends because of their caps.
 */

#include "config.h"

#include <string.h>

#include "storage/mime/token.h"

#define ATEXT	0x01	/* atext of RFC 5322, and 8-bit bytes */
#define MIME	0x02	/* token of RFC 2045, and 8-bit bytes */
#define LWSP	0x04	/* space, tab, CR, LF */

static const unsigned char class[256] = {
	['\t'] = LWSP, ['\n'] = LWSP, ['\r'] = LWSP, [' '] = LWSP,
	['!'] = ATEXT | MIME, ['#'] = ATEXT | MIME, ['$'] = ATEXT | MIME,
	['%'] = ATEXT | MIME, ['&'] = ATEXT | MIME, ['\''] = ATEXT | MIME,
	['*'] = ATEXT | MIME, ['+'] = ATEXT | MIME, ['-'] = ATEXT | MIME,
	['.'] = MIME, ['/'] = ATEXT,
	['0' ... '9'] = ATEXT | MIME,
	['='] = ATEXT, ['?'] = ATEXT,
	['A' ... 'Z'] = ATEXT | MIME,
	['^'] = ATEXT | MIME, ['_'] = ATEXT | MIME, ['`'] = ATEXT | MIME,
	['a' ... 'z'] = ATEXT | MIME,
	['{'] = ATEXT | MIME, ['|'] = ATEXT | MIME, ['}'] = ATEXT | MIME,
	['~'] = ATEXT | MIME,
	[0x80 ... 0xff] = ATEXT | MIME,
};

static unsigned char
class_at(const struct token *t)
{
	return class[(unsigned char)*t->p];
}

void
token_init(struct token *t, struct slice value, struct buf *comment)
{
	t->p = value.len == 0 ? "" : value.p;
	t->end = t->p + value.len;
	t->comment = comment;
}

bool
token_is_atext(unsigned char c)
{
	return (class[c] & ATEXT) != 0;
}

static void
comment_add(struct token *t, const char *start)
{
	if (t->comment != NULL)
		(void)buf_add(t->comment, start, (size_t)(t->p - start));
}

/* Skip one comment; t is at its "(". */
static int
skip_comment(struct token *t)
{
	const char *start;
	size_t level = 1;

	if (t->comment != NULL)
		buf_truncate(t->comment, 0);
	start = ++t->p;
	for (; t->p < t->end; t->p++) {
		if (*t->p == '(') {
			level++;
		} else if (*t->p == ')') {
			if (--level > 0)
				continue;
			comment_add(t, start);
			t->p++;
			return t->p < t->end;
		} else if (*t->p == '\\') {
			comment_add(t, start);
			start = ++t->p;
			if (t->p == t->end)
				return -1;
		}
	}
	return -1;
}

int
token_skip(struct token *t)
{
	while (t->p < t->end) {
		if (class_at(t) & LWSP)
			t->p++;
		else if (*t->p != '(')
			return 1;
		else if (skip_comment(t) == -1)
			return -1;
	}
	return 0;
}

/* Read a run of class c, which may be empty, and skip what may follow it. */
static int
run_of(struct token *t, unsigned char c, struct buf *out)
{
	const char *start = t->p;

	while (t->p < t->end && (class_at(t) & c))
		t->p++;
	(void)buf_add(out, start, (size_t)(t->p - start));
	return token_skip(t);
}

int
token_atom(struct token *t, struct buf *out)
{
	if (t->p == t->end || !(class_at(t) & ATEXT))
		return -1;
	return run_of(t, ATEXT, out);
}

int
token_mime(struct token *t, struct buf *out)
{
	return run_of(t, MIME, out);
}

int
token_dot_atom(struct token *t, struct buf *out)
{
	int ret;

	if (t->p == t->end || !(class_at(t) & ATEXT))
		return -1;
	for (;;) {
		if ((ret = run_of(t, ATEXT, out)) <= 0)
			return ret;
		if (*t->p != '.')
			return 1;
		t->p++;
		(void)buf_add_char(out, '.');
		if ((ret = token_skip(t)) <= 0)
			return ret;
	}
}

int
token_quoted(struct token *t, struct buf *out)
{
	size_t had = buf_len(out);
	const char *start, *stop;

	start = ++t->p;
	for (; t->p < t->end; t->p++) {
		stop = t->p;
		switch (*t->p) {
		case '"':
			(void)buf_add(out, start, (size_t)(stop - start));
			t->p++;
			return token_skip(t);
		case '\n':
			/* Folding: drop the line end, keep the space. */
			if (stop > start && stop[-1] == '\r')
				stop--;
			(void)buf_add(out, start, (size_t)(stop - start));
			start = t->p + 1;
			break;
		case '\\':
			(void)buf_add(out, start, (size_t)(stop - start));
			start = ++t->p;
			if (t->p == t->end)
				goto open;
			break;
		}
	}
open:
	buf_truncate(out, had);
	return -1;
}

int
token_phrase(struct token *t, struct buf *out)
{
	const char *start;
	int ret;

	if (t->p == t->end)
		return 0;
	if (*t->p == '.')
		return -1;
	for (;;) {
		if (*t->p == '"') {
			ret = token_quoted(t, out);
		} else {
			start = t->p;
			while (t->p < t->end &&
			    ((class_at(t) & ATEXT) || *t->p == '.'))
				t->p++;
			(void)buf_add(out, start, (size_t)(t->p - start));
			ret = token_skip(t);
		}
		if (ret <= 0)
			return ret;
		if (!(class_at(t) & ATEXT) && *t->p != '"' && *t->p != '.')
			return 1;
		(void)buf_add_char(out, ' ');
	}
}

static int
domain_literal(struct token *t, struct buf *out)
{
	const char *start = t->p;

	for (; t->p < t->end; t->p++) {
		if (*t->p == '\\') {
			if (++t->p == t->end)
				break;
		} else if (*t->p == ']') {
			t->p++;
			(void)buf_add(out, start, (size_t)(t->p - start));
			return token_skip(t);
		}
	}
	return -1;
}

int
token_domain(struct token *t, struct buf *out)
{
	t->p++;
	if (token_skip(t) <= 0)
		return -1;
	if (*t->p == '[')
		return domain_literal(t, out);
	return token_dot_atom(t, out);
}
