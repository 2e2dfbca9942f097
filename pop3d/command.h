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
	POP3_ARGS_WORD,		/* anything or nothing: session's word */
	POP3_ARGS_MSG,		/* a message number */
	POP3_ARGS_MSG_OPT,	/* a message number or nothing */
	POP3_ARGS_MSG_LINES	/* a message number and a count of lines */
};

struct pop3_command {
	const char	*name;
	enum pop3_args	 args;
	/*
	 * RUN_DONE: answered.  RUN_MORE, RUN_WAIT: call again.  RUN_FAIL: the
	 * session ends after what is in the output was sent.
	 */
	enum run	(*run)(struct pop3_session *);
};

/*
 * Begin the command of a line: find it, check its arguments, set command.
 * What is wrong with it is answered here, and command stays NULL.
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
