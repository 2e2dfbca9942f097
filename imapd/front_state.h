/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The state of an IMAP connection before login, shared by the input loop
 * (front.c) and the commands (front_command.c).
 */

#ifndef IMAPD_FRONT_STATE_H
#define IMAPD_FRONT_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/bounds.h"
#include "common/front/front.h"
#include "imapd/arg.h"
#include "imapd/input.h"
#include "imapd/reply.h"

/* The state of a connection. */
struct imap_front {
	bool		 started;	/* the other fields are set up */
	struct input	 input;
	struct arena	 arena;
	struct buf	 client_id;	/* from ID, for the hand-off */
	char		 tag[HANDOFF_TAG_MAX];	/* of the current command */
	size_t		 tag_len;
	char		 mech[SASL_MECH_MAX];
	size_t		 mech_len;
	enum status	 refused;	/* answer to a skipped command */
	enum respcode	 code;		/* code of that answer */
	const char	*why;		/* text of that answer */
};

/* Return the state of a connection; the first call sets it up. */
struct imap_front *imap_front_state(struct fconn *c);

/* Return the tag of the command that has not been answered yet. */
struct slice	 imap_front_tag(const struct imap_front *f);

/* Print the tagged response to the current command.  Counts BAD. */
void		 imap_front_answer(struct fconn *c, enum status status,
		    enum respcode code, const char *text);

/* Print the capabilities offered now. */
void		 imap_front_capabilities(struct fconn *c, struct reply *r);

#endif
