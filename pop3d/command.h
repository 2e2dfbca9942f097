/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A command of the TRANSACTION state: a row of facts, on which the dispatcher
 * (dispatch.h) acts.
 */

#ifndef POP3D_COMMAND_H
#define POP3D_COMMAND_H

#include <stddef.h>

#include "common/base/run.h"
#include "common/base/table.h"
#include "pop3d/session.h"

/* Which arguments a command takes; checked before it runs. */
enum pop3_args {
	POP3_ARGS_NONE,
	POP3_ARGS_WORD,		/* any text or none, in the session's word */
	POP3_ARGS_MSG,		/* a message number */
	POP3_ARGS_MSG_OPT,	/* a message number or nothing */
	POP3_ARGS_MSG_LINES	/* a message number and a count of lines */
};

struct pop3_command {
	const char	*name;
	enum pop3_args	 args;
	/*
	 * Returns RUN_DONE when the command was answered, RUN_MORE or
	 * RUN_WAIT to be called again, and RUN_FAIL to end the session once
	 * the output was sent.
	 */
	enum run	(*run)(struct pop3_session *);
};

/*
 * The commands of one file.  cmd_NAME.c has the runners and the rows.  All are
 * static: only the family is visible, to command_table.c.
 */
struct pop3_command_family {
	const struct pop3_command *rows;
	size_t		 nrows;
};
#define POP3_COMMAND_FAMILY(table)					\
	{ .rows = table, .nrows = NROWS(table) }

#endif
