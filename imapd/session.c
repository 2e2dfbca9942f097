/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * An IMAP session: it begins with the answer to the login that the front has
 * read, and runs commands until LOGOUT, a time-out or the end of input.
 */

#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/xmalloc.h"
#include "imapd/command.h"
#include "imapd/session.h"
#include "imapd/update.h"
#include "mail/mailstore.h"

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
 * The response code of an error.  What the system refused, a Maildir that
 * can't be read, is no matter of the user's rights: the administrator has to
 * mend it (RFC 5530, section 3, SERVERBUG).
 */
static enum respcode
store_code(const struct store_error *err)
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
	return answer_no(s, store_code(err), text);
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

static bool
no_mech(void *arg, const char *mech)
{
	(void)arg;
	(void)mech;
	return false;
}

void
session_capabilities(struct session *s)
{
	struct cap_env env = {
		.logged_in = true,
		.has_mech = no_mech,
	};

	capability_print(&s->reply, &env);
}

/*
 * The worker's calls
 */

/* The answer to the LOGIN or AUTHENTICATE that the front has read. */
static void
answer_login(struct session *s, struct slice tag)
{
	reply_slice(&s->reply, tag);
	reply_str(&s->reply, " OK [CAPABILITY ");
	session_capabilities(s);
	reply_str(&s->reply, "] Logged in.\r\n");
}

static void
refuse_login(struct wconn *c, struct slice tag,
    const struct store_error *err)
{
	struct reply r;

	reply_init(&r, wconn_out(c));
	reply_status(&r, tag, STATUS_NO, store_code(err),
	    slice_make(NULL, 0), slice_str(err->text));
	reply_str(&r, "* BYE Your mail cannot be opened.\r\n");
}

int
session_open(struct wconn *c, const struct user_record *u,
    const struct handoff *h)
{
	const struct conf *conf = worker_conf();
	struct store_error err;
	struct store *store;
	struct session *s;

	store = store_open(mailstore(), u->name, u->root, &err);
	if (store == NULL) {
		refuse_login(c, h->tag, &err);
		return -1;
	}
	s = xcalloc(1, sizeof(*s));
	s->conn = c;
	s->store = store;
	s->user = xstrdup(log_esc(u->name));
	s->separator = conf->separator;
	reply_init(&s->reply, wconn_out(c));
	input_init(&s->input, wconn_in(c), conf->line_size);
	arena_init(&s->cmd.arena, conf->session_memory);
	wconn_set_state(c, s);
	wconn_set_timeout(c, conf->idle_timeout);
	wconn_set_in_cap(c, conf->line_size + conf->literal_size);
	log_info("%" PRIu32 " login user=%s mech=%s peer=%s tls=\"%s\"%s%s",
	    wconn_id(c), s->user, log_esc(h->mech), log_esc(h->peer),
	    log_esc(h->tls), h->client_id.len > 0 && conf->id_log ?
	    " id=" : "", h->client_id.len > 0 && conf->id_log ?
	    log_esc(h->client_id) : "");
	answer_login(s, h->tag);
	return 0;
}

enum run
session_run(struct wconn *c)
{
	struct session *s = wconn_state(c);
	enum run r;

	for (;;) {
		r = s->cmd.busy ? command_run(s) : command_next(s);
		if (s->dead || s->reply.failed)
			return RUN_FAIL;
		if (s->logout && !s->cmd.busy)
			return RUN_DONE;
		if (r != RUN_DONE)
			return r;
		if (wconn_must_yield(c))
			return RUN_MORE;
	}
}

void
session_timeout(struct wconn *c)
{
	struct session *s = wconn_state(c);

	reply_str(&s->reply, "* BYE Autologout; idle for too long.\r\n");
}

void
session_shutdown(struct wconn *c)
{
	struct session *s = wconn_state(c);

	/* In the middle of a response there is no place for another. */
	if (!s->cmd.busy || s->wants_changes)
		reply_str(&s->reply,
		    "* BYE [UNAVAILABLE] The server is going down.\r\n");
}

void
session_close(struct wconn *c)
{
	struct session *s = wconn_state(c);
	uint64_t in, out;

	if (s == NULL)
		return;
	wconn_bytes(c, &in, &out);
	log_info("%" PRIu32 " logout user=%s logout=%s commands=%" PRIu32
	    " in=%" PRIu64 " out=%" PRIu64, wconn_id(c), s->user,
	    s->logout ? "yes" : "no", s->ncommands, in, out);
	command_clear(s);
	session_unselect(s);
	store_close(s->store);
	arena_clear(&s->cmd.arena);
	free(s->user);
	free(s);
}
