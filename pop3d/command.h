/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The commands of the TRANSACTION state: one table and its dispatcher.
 */
#ifndef POP3D_COMMAND_H
#define POP3D_COMMAND_H

#include "common/base/run.h"
#include "common/base/slice.h"
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
 * Find the command of a line, check its arguments, and make it the session's
 * command.  If the line is wrong, answer it; command stays NULL then.
 */
void	 pop3_command_begin(struct pop3_session *s, struct slice line);

/* Runners (cmd.c). */
enum run pop3_capa_run(struct pop3_session *s);
enum run pop3_dele_run(struct pop3_session *s);
enum run pop3_lang_run(struct pop3_session *s);
enum run pop3_list_run(struct pop3_session *s);
enum run pop3_noop_run(struct pop3_session *s);
enum run pop3_quit_run(struct pop3_session *s);
enum run pop3_retr_run(struct pop3_session *s);
enum run pop3_rset_run(struct pop3_session *s);
enum run pop3_stat_run(struct pop3_session *s);
enum run pop3_top_run(struct pop3_session *s);
enum run pop3_uidl_run(struct pop3_session *s);

#endif
