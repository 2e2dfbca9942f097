/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Byte-stuffing and line counting, in place.
 */
#include "config.h"

#include <assert.h>

#include "pop3d/dotstuff.h"
#include "pop3d/reply.h"

void
dotstuff_init(struct dotstuff *st)
{
	/* The message begins at the beginning of a line. */
	*st = (struct dotstuff){ .last = '\n', .line_empty = true };
}

bool
dotstuff_limit(struct dotstuff *st, struct buf *out, size_t mark, uint32_t max)
{
	struct slice s, line;
	size_t used = 0, lf;

	if (max == UINT32_MAX)
		return true;
	s = slice_from(buf_slice(out), mark);
	while (used < s.len) {
		line = slice_from(s, used);
		lf = slice_chr(line, '\n');
		if (lf == SLICE_NONE) {
			if (line.len > 1 || line.p[0] != '\r')
				st->line_empty = false;
			return true;
		}
		if (lf > 1 || (lf == 1 && line.p[0] != '\r'))
			st->line_empty = false;
		used += lf + 1;
		if (st->in_body)
			st->nlines++;
		else
			st->in_body = st->line_empty;
		st->line_empty = true;
		if (st->in_body && st->nlines >= max) {
			buf_truncate(out, mark + used);
			return false;
		}
	}
	return true;
}

/* Count the dots at the beginning of lines; bol: p begins with a line. */
static size_t
dots_count(const char *p, size_t len, bool bol)
{
	struct slice s = slice_make(p, len);
	size_t n, at;

	n = bol && len > 0 && p[0] == '.';
	while ((at = slice_find(s, SLICE_LIT("\n."))) != SLICE_NONE) {
		n++;
		s = slice_from(s, at + 2);
	}
	return n;
}

int
dotstuff_apply(struct dotstuff *st, struct buf *out, size_t mark)
{
	struct slice s;
	size_t from, to, n;
	char *p;
	bool bol;

	s = slice_from(buf_slice(out), mark);
	if (s.len == 0)
		return 0;
	bol = st->last == '\n';
	st->last = s.p[s.len - 1];
	if ((n = dots_count(s.p, s.len, bol)) == 0)
		return 0;
	if (buf_reserve(out, n, &p) == -1)
		return -1;
	from = s.len;
	to = s.len + n;
	assert(p != NULL);
	p -= s.len;		/* buf_reserve() may have moved it */
	while (from > 0) {
		p[--to] = p[--from];
		if (p[from] == '.' && (from > 0 ? p[from - 1] == '\n' : bol))
			p[--to] = '.';
	}
	buf_commit(out, n);
	return 0;
}

void
dotstuff_end(const struct dotstuff *st, struct buf *out)
{
	if (st->last != '\n')
		(void)buf_add_str(out, "\r\n");
	pop3_end(out);
}
