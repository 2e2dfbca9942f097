/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Where a client's commands begin and end (RFC 3501, 2.2 and 4.3; RFC 7888).
 *
 * A command is a line whose ends may be {n} or {n+}, followed by n octets
 * and more of the line.  It is collected in place, in the buffer that the
 * connection reads into, and found in one pass however it is cut.  What is
 * message data is not collected but handed out as it comes.  What is over a
 * limit is neither: it is skipped, and told when it is past.
 *
 * The boundaries are decided here alone, so that no parser of arguments
 * can take data for commands.  Only whole lines and literals count.
 */

#ifndef IMAPD_INPUT_H
#define IMAPD_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "imapd/literal.h"

enum input_event {
	INPUT_MORE,	/* not whole yet: come again when more has arrived */
	INPUT_COMMAND,	/* whole: input_text(), then input_done() */
	INPUT_LITERAL,	/* one is announced: input_collect(), input_stream()
			   or input_skip() it; input_text() is what is before */
	INPUT_TOOLONG,	/* over line_max: input_text() is its beginning;
			   then input_skip() */
	INPUT_SKIPPED,	/* what was skipped or refused is past */
	INPUT_FATAL	/* the size of a literal that is already on its way
			   cannot be a number: close */
};

enum input_state {
	INPUT_IN_LINE,		/* collecting a line */
	INPUT_IN_COLLECT,	/* collecting a literal */
	INPUT_IN_STREAM,	/* handing out a literal */
	INPUT_IN_DONE,		/* a whole command lies there */
	INPUT_IN_DECIDE,	/* waiting for what to do with a literal */
	INPUT_IN_SKIP_LINE,
	INPUT_IN_SKIP_LITERAL,
	INPUT_IN_SKIPPED,	/* INPUT_SKIPPED is to be told */
	INPUT_IN_FATAL		/* nobody knows where a literal ends */
};

struct input {
	struct buf	*in;
	size_t		 line_max; /* octets of a command without literals */
	size_t		 line_max_next;	/* the same of the next command */
	enum input_state state;
	size_t		 pos;		/* octets of in that were looked at */
	size_t		 line_start;	/* behind the last collected literal */
	size_t		 text_len;	/* of the command, without line end */
	size_t		 line_len;	/* octets of the command's lines */
	uint64_t	 left;		/* of the literal under way */
	uint64_t	 collected;	/* octets in collected literals */
	struct literal	 literal;	/* that was announced */
	struct literal_reader reader;	/* of the line under way */
	bool		 bare;	/* the line that is skipped was input_line()'s:
				   it announces nothing */
};

/* Begin to read commands from a buffer. */
void		 input_init(struct input *i, struct buf *in, size_t line_max);

/* Take another limit, for a command of which nothing was looked at yet. */
void		 input_set_line_max(struct input *i, size_t line_max);

/* Look on and say what is there.  Repeats itself until it is dealt with. */
enum input_event input_next(struct input *i);

/* Octets that are still to be thrown away of a literal that is skipped. */
uint64_t	 input_to_skip(const struct input *i);

/* Lend the command as far as it is there, without the last line end. */
struct slice	 input_text(const struct input *i);

/* INPUT_COMMAND was dealt with: drop it. */
void		 input_done(struct input *i);

/* INPUT_LITERAL: what was announced, and octets collected before it. */
const struct literal *input_literal(const struct input *i);
uint64_t	 input_collected(const struct input *i);

/* Keep the literal in the command.  The caller sends "+" if it waits for it. */
void		 input_collect(struct input *i);

/*
 * Hand the literal out: the text before it is dropped, and input_data() is
 * used until input_left() is 0.  Then input_next() goes on with the rest of
 * the line as a text of its own.
 */
void		 input_stream(struct input *i);
/* Octets of a streamed literal that are still to come. */
uint64_t	 input_left(const struct input *i);
/* Lend what is there of it; input_used() drops it. */
struct slice	 input_data(const struct input *i);
void		 input_used(struct input *i, size_t n);

/*
 * Give the command up, wherever it stands.  If a literal is on its way it is
 * skipped, and the rest of the line; INPUT_SKIPPED tells when that is past.
 * A client that waits for "+" sends nothing more: then that is at once.
 */
void		 input_skip(struct input *i);
/* INPUT_SKIPPED is still to come. */
bool		 input_skipping(const struct input *i);

/*
 * A bare line, which may look like anything: a response to "+" in
 * AUTHENTICATE, DONE of IDLE.  It announces no literal, however long it is.
 * Returns INPUT_COMMAND with the line lent in out (drop it with input_done()),
 * INPUT_MORE, or INPUT_TOOLONG when it is over line_max.
 */
enum input_event input_line(struct input *i, struct slice *out);

#endif
