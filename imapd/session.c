/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What all commands need of their session; see session.h. */

#include "config.h"

#include "imapd/session.h"

void
session_wake(void *session)
{
	struct session *s = session;

	wconn_wake(s->conn);
}

enum run
session_fatal(struct session *s, enum respcode code, const char *text)
{
	reply_bye(&s->reply, code, text);
	s->dead = true;
	return RUN_FAIL;
}

enum run
session_look(struct session *s)
{
	if (store_lost(s->store))
		return session_fatal(s, CODE_UNAVAILABLE, "Your mail folder "
		    "was moved, removed or replaced; please connect again.");
	if (s->view != NULL && view_lost(s->view))
		return session_fatal(s, CODE_UNAVAILABLE, "The mail index "
		    "was damaged and is being rebuilt; please connect again.");
	return RUN_DONE;
}

enum run
session_bad_literal(struct session *s)
{
	return session_fatal(s, CODE_NONE, "Literal size is out of range.");
}

/*
 * Wake a session in IDLE, or one that has to end; other commands send updates
 * when they end.
 */
static void
view_has_changed(void *arg)
{
	struct session *s = arg;

	if (s->wants_changes || view_lost(s->view))
		wconn_wake(s->conn);
}

void
session_select(struct session *s, struct view *view)
{
	s->view = view;
	view_on_change(view, view_has_changed, s);
}

void
session_unselect(struct session *s)
{
	if (s->view != NULL)
		view_close(s->view);
	s->view = NULL;
	s->condstore_told = false;
}

void
session_condstore(struct session *s)
{
	s->enabled |= CAP_BIT(CAP_CONDSTORE);
	if (s->view == NULL || s->condstore_told)
		return;
	/* RFC 7162, 3.1.2: sent when CONDSTORE is first used in a mailbox. */
	reply_ok_number(&s->reply, CODE_HIGHESTMODSEQ,
	    view_highestmodseq(s->view), "Highest");
	s->condstore_told = true;
}

/* After login; has_mech is not needed, since AUTH= is for the front only. */
static const struct cap_env session_env = { .logged_in = true };

void
session_capabilities(struct session *s)
{
	capability_print(&s->reply, &session_env);
}

bool
session_offers(const struct session *s, enum cap cap)
{
	(void)s;
	return capability_holds(cap, &session_env);
}
