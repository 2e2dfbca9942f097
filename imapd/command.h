/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What a command is: a row of facts, from which the dispatcher (dispatch.h)
 * draws the conclusions.
 */

#ifndef IMAPD_COMMAND_H
#define IMAPD_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/run.h"
#include "common/base/slice.h"
#include "imapd/arg.h"
#include "imapd/capability.h"
#include "imapd/session.h"

/*
 * Its answer has sequence numbers, unless it was given as UID NAME: no
 * EXPUNGE meanwhile (RFC 3501, 7.4.1).
 */
#define CMD_SEQNUMS	(1U << 0)
/* Changes the selected mailbox: not after EXAMINE. */
#define CMD_WRITES	(1U << 1)
/* Its message literals are handed to the runner as they come. */
#define CMD_STREAMS	(1U << 2)
/* Even where it is refused: it leaves the mailbox first (3501, 6.3.1). */
#define CMD_DESELECTS	(1U << 3)

/*
 * Whether a row answers to UID NAME, which has UIDs instead of sequence
 * numbers in its arguments and answers (RFC 3501, 6.4.8).
 */
enum command_uid {
	UID_NEVER,		/* NAME alone */
	UID_ALSO,		/* NAME and UID NAME */
	UID_ONLY		/* UID NAME alone; NAME has another row */
};

enum parsed {
	PARSE_OK,
	PARSE_BAD,		/* the argument's error says why */
	PARSE_MORE,	/* streaming: collect this literal and parse again */
	PARSE_STREAM		/* streaming: message data begins here */
};

struct command {
	const char	*name;
	unsigned int	 in;		/* STATE_* where it is allowed */
	unsigned int	 flags;		/* CMD_* */
	enum command_uid uid;
	enum cap	 needs;		/* capability that brings it */
	unsigned int	 arg;	/* tells rows with the same runner apart */
	size_t		 args_size;	/* zeroed bytes for parse and run */
	/* Arguments, complete and checked; NULL: there are none. */
	enum parsed	(*parse)(struct session *s, struct arg *a,
			    void *args);
	enum run	(*run)(struct session *s, void *args);
	/* Free what does not lie in the arena; called once, or NULL. */
	void		(*clear)(void *args);
};

/*
 * The commands of one file, cmd_NAME.c, which has all they are made of: the
 * struct with their arguments and what they keep between calls, parsers and
 * runners.  Only the family is known outside, to command_table.c.
 */
struct command_family {
	const struct command *rows;
	size_t		 nrows;
};
#define COMMAND_FAMILY(table)						\
	{ .rows = table, .nrows = sizeof(table) / sizeof(*(table)) }

#endif
