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
	bool		 opened;	/* login was answered */
	bool		 stls;		/* was on offer before login */
	bool		 skipping;	/* throwing away an overlong line */
	unsigned int	 nbad;		/* bad commands */
	char		*user;		/* for the log */

	/* The command that is running, and where it is. */
	const struct pop3_command *command;
	struct drop_msg	*msg;		/* its message, or NULL */
	uint32_t	 number;	/* the same by number; 0: none given */
	uint32_t	 lines;		/* of TOP */
	uint32_t	 next;		/* message number to go on with */
	uint64_t	 off;		/* octet to go on with */
	bool		 started;	/* the status line was sent */
	struct slice	 word;	/* argument of LANG, good for one call */
	struct dotstuff	 stuff;		/* of the message being sent */
	bool		 quit;		/* close when all is sent */

	/* For the line at logout. */
	uint32_t	 nretr;
	uint32_t	 ntop;
};

#endif
