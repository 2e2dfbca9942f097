/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What all commands need of their session: its store, its answer, its state. */

#include "config.h"

#include "imapd/session.h"

void
session_wake(void *session)
{
	struct session *s = session;

	wconn_wake(s->conn);
}

enum run
session_op(struct session *s, struct op *op)
{
	enum run r;

	op_on_wake(op, session_wake, s);
	if ((r = op_run(op)) == RUN_FAIL)
		(void)answer_store(s, op_error(op));
	return r;
}

/*
 * Answers
 */

void
answer_ok(struct session *s, enum respcode code, struct slice args,
    const char *text)
{
	s->cmd.answer = (struct answer){ STATUS_OK, code, args,
	    slice_str(text) };
}

enum run
answer_no(struct session *s, enum respcode code, const char *text)
{
	s->cmd.answer = (struct answer){ STATUS_NO, code, { NULL, 0 },
	    slice_str(text) };
	return RUN_FAIL;
}

enum run
answer_bad(struct session *s, const char *text)
{
	s->cmd.answer = (struct answer){ STATUS_BAD, CODE_NONE, { NULL, 0 },
	    slice_str(text) };
	return RUN_FAIL;
}

/*
 * What the system refused, a Maildir that can't be read, is no matter of the
 * user's rights: the administrator has to mend it (RFC 5530, section 3,
 * SERVERBUG).
 */
enum respcode
session_store_code(const struct store_error *err)
{
	switch (err->kind) {
	case STORE_OK:
		return CODE_NONE;
	case STORE_ERR_NONEXISTENT:
		return CODE_NONEXISTENT;
	case STORE_ERR_EXISTS:
		return CODE_ALREADYEXISTS;
	case STORE_ERR_NAME:
		return CODE_CANNOT;
	case STORE_ERR_NOPERM:
		return err->errnum != 0 ? CODE_SERVERBUG : CODE_NOPERM;
	case STORE_ERR_READONLY:
		return CODE_READ_ONLY;
	case STORE_ERR_HASCHILDREN:
		return CODE_HASCHILDREN;
	case STORE_ERR_INUSE:
		return CODE_INUSE;
	case STORE_ERR_EXPUNGED:
		return CODE_EXPUNGEISSUED;
	case STORE_ERR_LIMIT:
		return CODE_LIMIT;
	case STORE_ERR_OVERQUOTA:
		return CODE_OVERQUOTA;
	case STORE_ERR_TOOBIG:
		return CODE_TOOBIG;
	case STORE_ERR_CHARSET:
		return CODE_BADCHARSET;
	case STORE_ERR_CORRUPT:
		return CODE_CORRUPTION;
	case STORE_ERR_IO:
		return CODE_SERVERBUG;
	}
	return CODE_SERVERBUG;
}

enum run
answer_store(struct session *s, const struct store_error *err)
{
	const char *text;

	text = arena_strndup(&s->cmd.arena, err->text, sizeof(err->text));
	if (text == NULL || *text == '\0')
		text = "The store failed.";
	return answer_no(s, session_store_code(err), text);
}

enum run
session_fatal(struct session *s, const char *text)
{
	reply_bye(&s->reply, CODE_NONE, text);
	s->dead = true;
	return RUN_FAIL;
}

/*
 * State
 */

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
	/* RFC 7162, 3.1.2: with the first that asks for it in a mailbox. */
	reply_ok_number(&s->reply, CODE_HIGHESTMODSEQ,
	    view_highestmodseq(s->view), "Highest");
	s->condstore_told = true;
}

/* Mechanisms are for the front: who is logged in has used one. */
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
