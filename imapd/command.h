/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A command: a row of facts, on which the dispatcher (dispatch.h) acts.
 */

#ifndef IMAPD_COMMAND_H
#define IMAPD_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/run.h"
#include "common/base/slice.h"
#include "common/base/table.h"
#include "imapd/arg.h"
#include "imapd/capability.h"
#include "imapd/session.h"

/*
 * The response has sequence numbers, unless the command is UID NAME: send no
 * EXPUNGE before the tagged response (RFC 3501, 7.4.1).
 */
#define CMD_SEQNUMS	(1U << 0)
/* The command changes the selected mailbox: refuse it after EXAMINE. */
#define CMD_WRITES	(1U << 1)
/* The runner may take literals as they arrive. */
#define CMD_STREAMS	(1U << 2)
/* A NO deselects the mailbox, even if an argument caused it (3501, 6.3.1). */
#define CMD_DESELECTS	(1U << 3)

/*
 * Whether a row serves UID NAME, which has UIDs instead of sequence numbers in
 * its arguments and responses (RFC 3501, 6.4.8).
 */
enum command_uid {
	UID_NEVER,		/* NAME alone */
	UID_ALSO,		/* NAME and UID NAME */
	UID_ONLY		/* UID NAME alone; NAME has another row */
};

enum parsed {
	PARSE_OK,
	PARSE_BAD,		/* error and code of the arg say why */
	PARSE_MORE,	/* CMD_STREAMS: collect this literal, parse again */
	PARSE_STREAM		/* CMD_STREAMS: run takes this literal */
};

struct command {
	const char	*name;
	unsigned int	 in;		/* STATE_* that allow the command */
	unsigned int	 flags;		/* CMD_* */
	enum command_uid uid;
	enum cap	 needs;		/* capability that offers it */
	unsigned int	 arg;	/* distinguishes rows with the same runner */
	size_t		 args_size;	/* size of args, zeroed before parse */
	/* Parse all arguments into args; NULL: the command has none. */
	enum parsed	(*parse)(struct session *s, struct arg *a,
			    void *args);
	/* Run the command, or go on with it. */
	enum run	(*run)(struct session *s, void *args);
	/* Free what is not in the arena; called once.  May be NULL. */
	void		(*clear)(void *args);
};

/*
 * The commands of one file.  cmd_NAME.c has the struct with the arguments and
 * the state between calls, the parsers and the runners.  All are static: only
 * the family is visible, to command_table.c.
 */
struct command_family {
	const struct command *rows;
	size_t		 nrows;
};
#define COMMAND_FAMILY(table)						\
	{ .rows = table, .nrows = NROWS(table) }

#endif
