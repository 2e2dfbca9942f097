/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The command reader: where commands begin and end (RFC 3501, 2.2 and 4.3; RFC
 * 7888).
 *
 * A command is a line.  If the line ends in {n} or {n+}, the command goes on
 * with a literal of n octets and another line.  A command is collected in the
 * buffer that the connection reads into, and in one pass, however its bytes
 * arrive.  Message data is not collected but handed out as it arrives.
 * Commands over a limit are skipped, and the caller is told when they have
 * passed.
 *
 * Only this file decides where commands end, so that no parser of arguments
 * can take data for commands.  Incomplete lines and literals are never
 * reported as complete.
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
	INPUT_MORE,	/* incomplete: call again when more has arrived */
	INPUT_COMMAND,	/* complete: use input_text(), then input_done() */
	INPUT_LITERAL,	/* a literal is announced, input_text() comes before
			   it: input_collect(), input_stream(), input_skip() */
	INPUT_TOOLONG,	/* command is over line_max, input_text() is its
			   beginning: input_skip() */
	INPUT_SKIPPED,	/* the end of a skipped command was reached */
	INPUT_FATAL	/* a non-synchronizing literal is on its way, and its
			   size is over 63 bits: close the connection */
};

enum input_state {
	INPUT_IN_LINE,		/* collecting a line */
	INPUT_IN_COLLECT,	/* collecting a literal */
	INPUT_IN_STREAM,	/* handing out a literal */
	INPUT_IN_DONE,		/* a command is complete */
	INPUT_IN_DECIDE,	/* the caller decides about a literal */
	INPUT_IN_SKIP_LINE,
	INPUT_IN_SKIP_LITERAL,
	INPUT_IN_SKIPPED,	/* INPUT_SKIPPED comes next */
	INPUT_IN_FATAL		/* the end of a literal is unknown */
};

struct input {
	struct buf	*in;
	size_t		 line_max; /* limit of line_len */
	size_t		 line_max_next;	/* line_max from the next command on */
	enum input_state state;
	size_t		 pos;		/* octets of in already read */
	size_t		 line_start;	/* offset after the last literal */
	size_t		 text_len;	/* of the command, without line end */
	size_t		 line_len;	/* octets of the command's lines */
	uint64_t	 left;		/* octets left of the current literal */
	uint64_t	 collected;	/* octets in collected literals */
	struct literal	 literal;	/* the announced literal */
	struct literal_reader reader;	/* for the line under way */
	bool		 bare;	/* skipping a line of input_line(), which
				   announces no literal */
};

/* Start reading commands from a buffer. */
void		 input_init(struct input *i, struct buf *in, size_t line_max);

/*
 * Change the limit of a command line.  It applies to the current command only
 * if none of its octets was read yet.
 */
void		 input_set_line_max(struct input *i, size_t line_max);

/*
 * Read on and return the next event.  The same event is returned again until
 * the caller has handled it.
 */
enum input_event input_next(struct input *i);

/* Return how many octets of a skipped literal are still to be discarded. */
uint64_t	 input_to_skip(const struct input *i);

/* Lend the part of the command read so far, without its last line end. */
struct slice	 input_text(const struct input *i);

/* Drop the command, after INPUT_COMMAND. */
void		 input_done(struct input *i);

/* After INPUT_LITERAL: lend the announced literal. */
const struct literal *input_literal(const struct input *i);

/*
 * After INPUT_LITERAL: return whether the literals of the command have at most
 * max octets, the announced literal included.  max may have become smaller
 * since the literals before were collected.
 */
bool		 input_may_collect(const struct input *i, uint64_t max);

/*
 * After INPUT_LITERAL: collect the literal into the command.  The caller sends
 * "+" if the client waits for it.
 */
void		 input_collect(struct input *i);

/*
 * After INPUT_LITERAL: hand out the literal as it arrives.  The text before it
 * is dropped.  The caller takes input_data() until input_left() is 0; then
 * input_next() reads the rest of the line as a separate text.
 */
void		 input_stream(struct input *i);
/* Return how many octets of a streamed literal were not used yet. */
uint64_t	 input_left(const struct input *i);
/*
 * input_data() lends the octets of a streamed literal that have arrived;
 * input_used() drops n of them.
 */
struct slice	 input_data(const struct input *i);
void		 input_used(struct input *i, size_t n);

/*
 * Skip the rest of the command, in any state: a literal that is on its way and
 * the rest of the line.  INPUT_SKIPPED is returned when all has passed; that
 * is at once if the client waits for "+", since then it sends nothing more.
 */
void		 input_skip(struct input *i);
/* Return whether INPUT_SKIPPED is still to come. */
bool		 input_skipping(const struct input *i);

/*
 * Read a line that is not a command: the response to a "+" in AUTHENTICATE, or
 * DONE in IDLE.  Such a line announces no literal, whatever it ends in.
 * Returns INPUT_COMMAND with the line lent in out (drop it with input_done()),
 * INPUT_MORE, or INPUT_TOOLONG when it is over line_max.
 */
enum input_event input_line(struct input *i, struct slice *out);

#endif
