/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Command lines of POP3.  Nothing is copied.  A line that is too long is
 * discarded piece by piece, so it needs no more memory.
 */
#include "config.h"

#include "pop3d/line.h"

/* No line end yet: discard the input if the line is too long already. */
static enum pop3_line_result
line_unended(struct buf *in, size_t line_max, bool *skipping)
{
	if (*skipping || buf_len(in) >= line_max) {
		*skipping = true;
		buf_consume(in, buf_len(in));
	}
	return POP3_LINE_NONE;
}

enum pop3_line_result
pop3_line_take(struct buf *in, size_t line_max, bool *skipping,
    struct slice *line)
{
	struct slice s;
	size_t lf;
	bool toolong;

	s = buf_slice(in);
	lf = slice_chr(s, '\n');
	if (lf == SLICE_NONE)
		return line_unended(in, line_max, skipping);
	toolong = *skipping || lf + 1 > line_max;
	*skipping = false;
	*line = slice_make(s.p, lf);
	if (line->len > 0 && line->p[line->len - 1] == '\r')
		line->len--;
	buf_consume(in, lf + 1);
	if (toolong || slice_chr(*line, '\0') != SLICE_NONE)
		return POP3_LINE_BAD;
	return POP3_LINE_TAKEN;
}

void
pop3_line_split(struct slice line, struct slice *keyword, struct slice *args)
{
	if (slice_cut(&line, ' ', keyword))
		*args = line;
	else
		*args = SLICE_EMPTY;
}
