/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * One IMAP session after login: what it has selected and enabled, the
 * command it is at, and where its answers go.
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

/* States of RFC 3501, section 3, as bits for the commands' rows. */
#define STATE_AUTHENTICATED	(1U << 0)
#define STATE_SELECTED		(1U << 1)
#define STATE_ANY		(STATE_AUTHENTICATED | STATE_SELECTED)

enum phase {
	PHASE_RUN,		/* the runner has more to do */
	PHASE_UPDATE,		/* untagged updates, then the tagged line */
	PHASE_SKIP	/* arguments are skipped, then the tagged line */
};

/* What the tagged line of the command will say (answer.h). */
struct answer {
	enum status	 status;
	enum respcode	 code;
	struct slice	 args;		/* of the code */
	struct slice	 text;		/* empty: "NAME completed." */
};

/* The command under way.  Its memory is one arena. */
struct cmd {
	bool		 busy;		/* there is one */
	bool		 uid;		/* given as UID NAME */
	bool		 seqnums;	/* its answer has sequence numbers */
	const struct command *row;	/* NULL: not one of ours */
	enum phase	 phase;
	struct slice	 tag;
	struct arena	 arena;
	void		*args;		/* what the row's parser filled in */
	struct answer	 answer;
};

struct session {
	struct wconn	*conn;
	char		*user;		/* escaped, for the log */
	struct name_style names;	/* of mailboxes on the wire */
	struct store	*store;
	struct view	*view;		/* of the selected mailbox, or NULL */
	unsigned int	 keywords_told;	/* of the view, by FLAGS */
	bool		 condstore_told;/* HIGHESTMODSEQ was given for it */
	bool		 tells_recent;	/* \Recent and RECENT: IMAP4rev1 */
	bool		 wants_changes;	/* woken when the view changes: IDLE */
	uint64_t	 enabled; /* CAP_BIT() of what the client turned on */
	struct reply	 reply;
	struct input	 input;
	struct cmd	 cmd;
	unsigned int	 bad;	/* commands in error, one after another */
	bool		 logout; /* said BYE: end when the answer is out */
	bool		 dead;		/* cannot go on: end now */
	uint32_t	 ncommands;	/* for the log */
	bool		 trace_address;	/* came from the address to trace */
	struct dialogue	*dialogue;	/* NULL: not traced (dialogue.h) */
};

/* Call run() of this session soon; for op_on_wake() and its like. */
void		 session_wake(void *session);

/* Say BYE with a code and a reason, and end.  Returns RUN_FAIL. */
enum run	 session_fatal(struct session *s, enum respcode code,
		    const char *text);

/* The same for a literal whose end nobody knows (INPUT_FATAL). */
enum run	 session_bad_literal(struct session *s);

/* The mailbox of this view is selected now; takes the view. */
void		 session_select(struct session *s, struct view *view);

/* Close the selected mailbox, if any: the view goes. */
void		 session_unselect(struct session *s);

/*
 * The client has used CONDSTORE (RFC 7162, 3.1): from now on it is told mod-
 * sequences.
 */
void		 session_condstore(struct session *s);

static inline bool
session_has(const struct session *s, enum cap cap)
{
	return (s->enabled & CAP_BIT(cap)) != 0;
}

/* Whether the session tells that a message is \Recent. */
static inline bool
session_recent(const struct session *s, uint32_t uid)
{
	return s->tells_recent && view_recent(s->view, uid);
}

/* What CAPABILITY says after login. */
void		 session_capabilities(struct session *s);

/* Whether it says that: the client may use what it brings. */
bool		 session_offers(const struct session *s, enum cap cap);

#endif
