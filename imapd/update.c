/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Untagged updates.  The view knows what the session was told and what has
 * changed since; this file turns the difference into responses.
 */

#include "config.h"

#include "imapd/fetch_print.h"
#include "imapd/flag.h"
#include "imapd/update.h"

void
update_flag_names(struct session *s)
{
	struct reply *r = &s->reply;

	reply_untagged(r, "FLAGS ");
	flag_print_all(r, s->view, false);
	reply_end(r);
	reply_ok_begin(r, SLICE_EMPTY, CODE_PERMANENTFLAGS);
	flag_print_all(r, s->view, true);
	reply_ok_end(r, view_readonly(s->view) ? "Read-only mailbox." :
	    "Flags permitted.");
	s->keywords_told = view_keywords_version(s->view);
}

void
update_keywords(struct session *s)
{
	if (s->keywords_told != view_keywords_version(s->view))
		update_flag_names(s);
}

void
update_flags(struct session *s, uint32_t seq, uint32_t uid, bool silent)
{
	struct flags flags;
	uint64_t modseq;

	view_flags(s->view, seq, &flags, &modseq);
	fetch_print_begin(s, seq);
	fetch_print_uid(s, uid);
	if (!silent) {
		reply_char(&s->reply, ' ');
		fetch_print_flags(s, uid, &flags);
	}
	if (silent || session_has(s, CAP_CONDSTORE)) {
		reply_char(&s->reply, ' ');
		fetch_print_modseq(s, modseq);
	}
	fetch_print_end(s);
}

static void
tell_number(struct session *s, uint32_t n, const char *what)
{
	reply_untagged_number(&s->reply, n, what);
	reply_end(&s->reply);
}

static void
tell_expunge(struct session *s, const struct view_update *u)
{
	tell_number(s, u->seq, "EXPUNGE");
}

static bool
tell(void *arg, const struct view_update *u)
{
	struct session *s = arg;

	if (buf_len(s->reply.out) >= WCONN_HIGH)
		return false;
	switch (u->event) {
	case VIEW_EXPUNGE:
	case VIEW_VANISHED:
		tell_expunge(s, u);
		break;
	case VIEW_EXISTS:
		tell_number(s, u->seq, "EXISTS");
		break;
	case VIEW_RECENT:
		if (s->tells_recent)
			tell_number(s, u->seq, "RECENT");
		break;
	case VIEW_FLAGS:
		update_keywords(s);
		update_flags(s, u->seq, u->uid, false);
		break;
	case VIEW_KEYWORDS:
		update_keywords(s);
		break;
	}
	return true;
}

enum run
update_send(struct session *s, bool expunge)
{
	if (session_look(s) == RUN_FAIL)
		return RUN_FAIL;
	if (s->view == NULL)
		return RUN_DONE;
	return view_sync(s->view, expunge, tell, s);
}
