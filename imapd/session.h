/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * An IMAP session after login: its selected mailbox, what the client has
 * enabled, the command under way, and its input and output.
 */

#ifndef IMAPD_SESSION_H
#define IMAPD_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/run.h"
#include "common/base/slice.h"
#include "common/proc/worker.h"
#include "imapd/arg.h"
#include "imapd/capability.h"
#include "imapd/input.h"
#include "imapd/name_style.h"
#include "imapd/reply.h"
#include "storage/store.h"

struct command;
struct dialogue;

/* The states of RFC 3501, section 3, as bits for the rows of commands. */
#define STATE_AUTHENTICATED	(1U << 0)
#define STATE_SELECTED		(1U << 1)
#define STATE_ANY		(STATE_AUTHENTICATED | STATE_SELECTED)

enum phase {
	PHASE_RUN,		/* the runner has more to do */
	PHASE_UPDATE,		/* send updates and the tagged response */
	PHASE_SKIP	/* skip the rest of the arguments, then PHASE_UPDATE */
};

/* The content of the command's tagged response (answer.h). */
struct answer {
	enum status	 status;
	enum respcode	 code;
	struct slice	 args;		/* arguments of the code */
	struct slice	 text;		/* empty: "NAME completed/failed." */
};

/* The command under way.  Its memory is one arena. */
struct cmd {
	bool		 busy;		/* a command is under way */
	bool		 uid;		/* given as UID NAME */
	bool		 seqnums;	/* no EXPUNGE while it runs */
	const struct command *row;	/* NULL: unknown command */
	enum phase	 phase;
	struct slice	 tag;
	struct arena	 arena;
	void		*args;		/* filled in by the row's parser */
	struct answer	 answer;
};

struct session {
	struct wconn	*conn;
	struct name_style names;	/* encoding of mailbox names */
	uint32_t	 search_terms;	/* limit of keys in a SEARCH */
	struct store	*store;
	struct op	*login;		/* opens the mail; NULL: answered */
	char		*login_tag;	/* of the command that logged in */
	struct view	*view;		/* selected mailbox, or NULL */
	uint32_t	 keywords_told;	/* version of those in FLAGS */
	bool		 condstore_told;/* HIGHESTMODSEQ of the view was sent */
	bool		 tells_recent;	/* \Recent and RECENT: IMAP4rev1 */
	bool		 wants_changes;	/* in IDLE: woken by changes */
	uint64_t	 enabled; /* CAP_BIT() of extensions turned on */
	struct reply	 reply;
	struct input	 input;
	struct cmd	 cmd;
	unsigned int	 bad;	/* number of BAD answers in a row */
	bool		 logout; /* end after the answer to LOGOUT */
	bool		 dead;		/* cannot go on: end now */
	bool		 id_logged;	/* the log has an ID of this client */
	uint32_t	 ncommands;	/* for the log */
	struct dialogue	*dialogue;	/* NULL: not traced (dialogue.h) */
};

/* Have the session run soon; a callback for op_on_wake() and the like. */
void		 session_wake(void *session);

/* Send BYE with a code and a reason, and end.  Returns RUN_FAIL. */
enum run	 session_fatal(struct session *s, enum respcode code,
		    const char *text);

/*
 * See whether the mail that the session has open is still there.  Returns
 * RUN_DONE, or RUN_FAIL after BYE.
 */
enum run	 session_look(struct session *s);

/* End after INPUT_FATAL, a literal without a known end.  Returns RUN_FAIL. */
enum run	 session_bad_literal(struct session *s);

/* Make the mailbox of this view the selected one; takes the view. */
void		 session_select(struct session *s, struct view *view);

/* Deselect the mailbox, if any, and close its view. */
void		 session_unselect(struct session *s);

/*
 * Note that the client has used CONDSTORE (RFC 7162, 3.1): from now on it is
 * sent mod-sequences.
 */
void		 session_condstore(struct session *s);

/* Return whether the client has turned an extension on. */
static inline bool
session_has(const struct session *s, enum cap cap)
{
	return (s->enabled & CAP_BIT(cap)) != 0;
}

/* Return whether the session reports a message as \Recent. */
static inline bool
session_recent(const struct session *s, uint32_t uid)
{
	return s->tells_recent && view_recent(s->view, uid);
}

/* Print the capabilities after login. */
void		 session_capabilities(struct session *s);

/* Return whether a capability is offered, so that its commands may be used. */
bool		 session_offers(const struct session *s, enum cap cap);

#endif
