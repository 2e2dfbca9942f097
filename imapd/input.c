/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The command reader, a state machine over the unread bytes of a buffer.  pos
 * never goes back, so that a command that arrives byte by byte costs no more
 * than a command that arrives at once.
 *
 * A line may end in LF alone, as people type it.  A line that ends like the
 * announcement of a literal is followed by a literal, whatever comes before:
 * if the argument parser disagrees, the command is BAD, but the octets of the
 * literal are never run as commands.
 */

#include "config.h"

#include <string.h>

#include "imapd/input.h"

static void
input_reset(struct input *i)
{
	i->state = INPUT_IN_LINE;
	i->line_max = i->line_max_next;
	i->pos = 0;
	i->line_start = 0;
	i->text_len = 0;
	i->line_len = 0;
	i->left = 0;
	i->collected = 0;
	i->bare = false;
	literal_reset(&i->reader);
}

void
input_init(struct input *i, struct buf *in, size_t line_max)
{
	memset(i, 0, sizeof(*i));
	i->in = in;
	i->line_max_next = line_max;
	input_reset(i);
}

void
input_set_line_max(struct input *i, size_t line_max)
{
	i->line_max_next = line_max;
	/* After a streamed literal, pos is 0 in the middle of a command. */
	if (i->state == INPUT_IN_LINE && i->pos == 0 && i->line_len == 0)
		i->line_max = line_max;
}

/* Return the line without its CRLF or LF. */
static struct slice
chomp(struct slice line)
{
	if (line.len > 0 && line.p[line.len - 1] == '\n')
		line.len--;
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

/*
 * Return whether a literal is on its way whose size is too large for us to
 * know, so that we cannot find its end.
 */
static bool
impossible(const struct literal *literal)
{
	return literal->nonsync && literal->size == LITERAL_IMPOSSIBLE;
}

/* At the end of a line, return whether the line announces a literal. */
static bool
end_line(struct input *i, struct literal *literal)
{
	bool announced = literal_announced(&i->reader, literal);

	literal_reset(&i->reader);
	return announced;
}

static enum input_event
next_line(struct input *i)
{
	struct slice all, line;
	size_t at, n;

	all = buf_slice(i->in);
	at = slice_chr(slice_from(all, i->pos), '\n');
	n = at == SLICE_NONE ? all.len - i->pos : at + 1;
	if (n > i->line_max - i->line_len) {
		/* However the line was split, its first bytes hold the tag. */
		i->text_len = all.len < i->line_max ? all.len : i->line_max;
		return INPUT_TOOLONG;
	}
	literal_feed(&i->reader, slice_sub(all, i->pos, n));
	i->line_len += n;
	i->pos += n;
	if (at == SLICE_NONE) {
		i->text_len = i->pos;
		return INPUT_MORE;
	}
	line = chomp(slice_sub(all, i->line_start, i->pos - i->line_start));
	i->text_len = i->line_start + line.len;
	if (!end_line(i, &i->literal)) {
		i->state = INPUT_IN_DONE;
		return INPUT_COMMAND;
	}
	if (impossible(&i->literal)) {
		i->state = INPUT_IN_FATAL;
		return INPUT_FATAL;
	}
	i->state = INPUT_IN_DECIDE;
	return INPUT_LITERAL;
}

/*
 * Discard what has arrived of a line.  Returns true if that includes its end;
 * the state then says what follows.
 */
static bool
skip_line(struct input *i)
{
	struct literal literal;
	struct slice all;
	size_t at;

	all = buf_slice(i->in);
	at = slice_chr(all, '\n');
	if (at != SLICE_NONE)
		all = slice_sub(all, 0, at + 1);
	if (!i->bare)
		literal_feed(&i->reader, all);
	buf_consume(i->in, all.len);
	if (at == SLICE_NONE)
		return false;
	if (!end_line(i, &literal) || !literal.nonsync)
		i->state = INPUT_IN_SKIPPED;
	else if (impossible(&literal))
		i->state = INPUT_IN_FATAL;
	else {
		i->left = literal.size;
		i->state = INPUT_IN_SKIP_LITERAL;
	}
	return true;
}

enum input_event
input_next(struct input *i)
{
	size_t n;

	for (;;) {
		switch (i->state) {
		case INPUT_IN_LINE:
			return next_line(i);
		case INPUT_IN_DONE:
			return INPUT_COMMAND;
		case INPUT_IN_DECIDE:
			return INPUT_LITERAL;
		case INPUT_IN_COLLECT:
			n = buf_len(i->in) - i->pos;
			if (n > i->left)
				n = (size_t)i->left;
			i->pos += n;
			i->left -= n;
			i->text_len = i->pos;
			if (i->left > 0)
				return INPUT_MORE;
			i->line_start = i->pos;
			i->state = INPUT_IN_LINE;
			break;
		case INPUT_IN_STREAM:
			if (i->left > 0)
				return INPUT_MORE;
			i->state = INPUT_IN_LINE;
			break;
		case INPUT_IN_SKIP_LITERAL:
			n = buf_len(i->in);
			if (n > i->left)
				n = (size_t)i->left;
			buf_consume(i->in, n);
			i->left -= n;
			if (i->left > 0)
				return INPUT_MORE;
			i->state = INPUT_IN_SKIP_LINE;
			break;
		case INPUT_IN_SKIP_LINE:
			if (!skip_line(i))
				return INPUT_MORE;
			break;
		case INPUT_IN_FATAL:
			return INPUT_FATAL;
		case INPUT_IN_SKIPPED:
			input_reset(i);
			return INPUT_SKIPPED;
		}
	}
}

uint64_t
input_to_skip(const struct input *i)
{
	return i->state == INPUT_IN_SKIP_LITERAL ? i->left : 0;
}

struct slice
input_text(const struct input *i)
{
	return slice_sub(buf_slice(i->in), 0, i->text_len);
}

void
input_done(struct input *i)
{
	buf_consume(i->in, i->pos);
	input_reset(i);
}

const struct literal *
input_literal(const struct input *i)
{
	return &i->literal;
}

bool
input_may_collect(const struct input *i, uint64_t max)
{
	return i->collected <= max && i->literal.size <= max - i->collected;
}

void
input_collect(struct input *i)
{
	i->left = i->literal.size;
	i->collected += i->literal.size;
	i->state = INPUT_IN_COLLECT;
}

void
input_stream(struct input *i)
{
	buf_consume(i->in, i->pos);
	i->pos = 0;
	i->line_start = 0;
	i->text_len = 0;
	i->left = i->literal.size;
	i->state = INPUT_IN_STREAM;
}

uint64_t
input_left(const struct input *i)
{
	return i->state == INPUT_IN_STREAM ? i->left : 0;
}

struct slice
input_data(const struct input *i)
{
	struct slice all;

	if (i->state != INPUT_IN_STREAM)
		return SLICE_EMPTY;
	all = buf_slice(i->in);
	if (all.len > i->left)
		all.len = (size_t)i->left;
	return all;
}

void
input_used(struct input *i, size_t n)
{
	buf_consume(i->in, n);
	i->left -= n;
}

void
input_skip(struct input *i)
{
	switch (i->state) {
	case INPUT_IN_DECIDE:
		buf_consume(i->in, i->pos);
		i->pos = 0;
		if (i->literal.nonsync) {
			i->left = i->literal.size;
			i->state = INPUT_IN_SKIP_LITERAL;
		} else
			i->state = INPUT_IN_SKIPPED;
		break;
	case INPUT_IN_STREAM:
	case INPUT_IN_COLLECT:
		if (i->state == INPUT_IN_COLLECT)
			buf_consume(i->in, i->pos);
		i->pos = 0;
		i->state = INPUT_IN_SKIP_LITERAL;
		break;
	case INPUT_IN_DONE:
		buf_consume(i->in, i->pos);
		i->state = INPUT_IN_SKIPPED;
		break;
	case INPUT_IN_LINE:
		buf_consume(i->in, i->pos);
		i->pos = 0;
		i->state = INPUT_IN_SKIP_LINE;
		break;
	case INPUT_IN_SKIP_LINE:
	case INPUT_IN_SKIP_LITERAL:
	case INPUT_IN_SKIPPED:
	case INPUT_IN_FATAL:
		break;
	}
	i->text_len = 0;
	i->line_start = 0;
}

bool
input_skipping(const struct input *i)
{
	return i->state == INPUT_IN_SKIP_LINE ||
	    i->state == INPUT_IN_SKIP_LITERAL || i->state == INPUT_IN_SKIPPED;
}

enum input_event
input_line(struct input *i, struct slice *out)
{
	struct slice all;
	size_t at;

	all = buf_slice(i->in);
	at = slice_chr(slice_from(all, i->pos), '\n');
	if (at == SLICE_NONE)
		i->pos = all.len;
	else
		i->pos += at + 1;
	if (i->pos > i->line_max) {
		/* Leave the line end, if it is here, to skip_line(). */
		i->pos = i->line_max;
		i->bare = true;
		return INPUT_TOOLONG;
	}
	if (at == SLICE_NONE)
		return INPUT_MORE;
	*out = chomp(slice_sub(all, 0, i->pos));
	return INPUT_COMMAND;
}
