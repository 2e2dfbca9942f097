/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * One POP3 session after login: the TRANSACTION and UPDATE states.
 */
#ifndef POP3D_SESSION_H
#define POP3D_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/run.h"
#include "common/base/slice.h"
#include "common/proc/worker.h"
#include "pop3d/dotstuff.h"
#include "pop3d/maildrop.h"

struct pop3_command;

struct pop3_session {
	struct wconn	*conn;
	struct store	*store;
	struct maildrop	 drop;
	bool		 opened;	/* the login was answered */
	bool		 stls;		/* STLS was offered before login */
	bool		 skipping;	/* discarding a line that is too long */
	enum conf_pop3_uidl uidl; /* form of unique ids, as at the login */
	unsigned int	 nbad;		/* invalid commands so far */

	/* The command that is running, and how far it has got. */
	const struct pop3_command *command;
	struct drop_msg	*msg;		/* its message, or NULL */
	uint32_t	 number;	/* of that message; 0: none was given */
	uint32_t	 lines;		/* argument of TOP */
	uint32_t	 next;		/* message number to continue with */
	uint64_t	 off;		/* octet to continue with */
	bool		 started;	/* the status line was sent */
	struct slice	 word;	/* argument of LANG, valid for one call */
	struct dotstuff	 stuff;		/* of the message being sent */
	bool		 quit;		/* close when all is sent */

	/* dialogue.h */
	bool		 traced;
	bool		 status_due;	/* an answer was not shown yet */
	size_t		 trace_from;	/* octets of the output before it */

	/* For the log line at logout. */
	uint32_t	 nretr;
	uint32_t	 ntop;
};

#endif
