/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A connection of IMAP before login: what the loop (front.c) and the commands
 * (front_command.c) share.
 */

#ifndef IMAPD_FRONT_STATE_H
#define IMAPD_FRONT_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/front/front.h"
#include "imapd/arg.h"
#include "imapd/input.h"
#include "imapd/reply.h"

/* The state of a connection. */
struct imap_front {
	bool		 started;	/* the rest is set up */
	bool		 spoke;		/* a first line came */
	bool		 sasl;		/* the next line answers a challenge */
	struct input	 input;
	struct arena	 arena;
	struct buf	 client_id;	/* for the hand-off, from ID */
	char		 tag[HANDOFF_TAG_MAX];	/* of the waiting command */
	size_t		 tag_len;
	char		 mech[AUTH_MSG_MECH_MAX];
	size_t		 mech_len;
	enum status	 refused;	/* what to answer after INPUT_SKIPPED */
	enum respcode	 code;
	const char	*why;
};

/* The state, set up by the first call. */
struct imap_front *front_state(struct fconn *c);

/* The tag of the command that waits for its answer. */
struct slice	 front_tag(const struct imap_front *f);

/* Answer that command: print its tagged line.  BAD is counted. */
void		 front_answer(struct fconn *c, enum status status,
		    enum respcode code, const char *text);

/* Print what CAPABILITY says now. */
void		 front_capabilities(struct fconn *c, struct reply *r);

#endif
