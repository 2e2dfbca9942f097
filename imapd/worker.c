/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * imapd-mail: IMAP after login, running as the owner of the mail.  A session
 * first answers the login command that the front has read, and then runs
 * commands until LOGOUT, a time-out or the end of the input.
 */

#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/xmalloc.h"
#include "common/proc/worker.h"
#include "imapd/answer.h"
#include "imapd/dialogue.h"
#include "imapd/dispatch.h"
#include "imapd/session.h"
#include "mail/mailstore.h"

/* Answer the LOGIN or AUTHENTICATE command that the front has read. */
static void
answer_login(struct session *s, struct slice tag)
{
	reply_ok_begin(&s->reply, tag, CODE_CAPABILITY);
	session_capabilities(s);
	reply_ok_end(&s->reply, "Logged in.");
}

static void
refuse_login(struct reply *r, struct slice tag,
    const struct store_error *err)
{
	reply_status(r, tag, STATUS_NO, answer_store_code(err),
	    SLICE_EMPTY, slice_str(err->text));
	reply_bye(r, CODE_NONE, "Your mail cannot be opened.");
}

/* Answer the login once the user's index is open. */
static enum run
finish_login(struct session *s)
{
	struct slice tag = slice_str(s->login_tag);
	enum run r;

	r = op_run(s->login);
	if (r == RUN_FAIL)
		refuse_login(&s->reply, tag, op_error(s->login));
	if (r != RUN_DONE)
		return r;
	answer_login(s, tag);
	op_free(s->login);
	s->login = NULL;
	return RUN_DONE;
}

static int
open_session(struct wconn *c, const struct user_record *u,
    const struct handoff *h)
{
	const struct conf *conf = worker_conf();
	struct store_error err;
	struct store *store;
	struct session *s;
	struct reply reply;

	store = store_open(mailstore(), u->name, u->root, &err);
	if (store == NULL) {
		reply_init(&reply, wconn_out(c));
		refuse_login(&reply, h->tag, &err);
		return -1;
	}
	s = xcalloc(1, sizeof(*s));
	s->conn = c;
	s->store = store;
	s->login = op_ready_new(store);
	op_on_wake(s->login, session_wake, s);
	s->login_tag = xstrdup_slice(h->tag);
	s->names.separator = conf->separator;
	s->tells_recent = true;
	reply_init(&s->reply, wconn_out(c));
	input_init(&s->input, wconn_in(c), conf->line_size);
	arena_init(&s->cmd.arena, conf->session_memory);
	wconn_set_state(c, s);
	wconn_log_login(c, h);
	return 0;
}

static void
configure_session(struct wconn *c)
{
	const struct conf *conf = worker_conf();
	struct session *s = wconn_state(c);
	size_t cap;

	input_set_line_max(&s->input, conf->line_size);
	arena_set_limit(&s->cmd.arena, conf->session_memory);
	s->search_terms = conf->search_terms;
	wconn_set_timeout(c, conf->idle_timeout);
	/* With one octet more, a command that is too long is noticed. */
	cap = conf->line_size + conf->literal_size + 1;
	if (cap > wconn_in(c)->cap)
		wconn_set_in_cap(c, cap);
}

static enum run
run_commands(struct session *s)
{
	enum run r;

	for (;;) {
		if (!s->cmd.busy && session_look(s) == RUN_FAIL)
			return RUN_FAIL;
		r = s->cmd.busy ? dispatch_run(s) : dispatch_next(s);
		if (s->dead || s->reply.failed)
			return RUN_FAIL;
		if (s->logout && !s->cmd.busy)
			return RUN_DONE;
		if (r != RUN_DONE)
			return r;
		if (wconn_must_yield(s->conn))
			return RUN_MORE;
	}
}

static enum run
run_session(struct wconn *c)
{
	struct session *s = wconn_state(c);
	enum run r;

	dialogue_begin(s);
	r = s->login == NULL ? RUN_DONE : finish_login(s);
	if (r == RUN_DONE)
		r = run_commands(s);
	dialogue_end(s);
	return r;
}

static void
time_out(struct wconn *c)
{
	struct session *s = wconn_state(c);

	dialogue_begin(s);
	reply_bye(&s->reply, CODE_NONE, "Autologout; idle for too long.");
	dialogue_end(s);
}

static void
shut_down(struct wconn *c)
{
	struct session *s = wconn_state(c);

	/* BYE would break a response that is only partly written. */
	dialogue_begin(s);
	if (!s->cmd.busy || s->wants_changes)
		reply_bye(&s->reply, CODE_UNAVAILABLE,
		    "The server is shutting down.");
	dialogue_end(s);
}

static void
close_session(struct wconn *c)
{
	struct session *s = wconn_state(c);

	if (s == NULL)
		return;
	wconn_log_logout(c, "logout=%s commands=%" PRIu32,
	    s->logout ? "yes" : "no", s->ncommands);
	dispatch_clear(s);
	session_unselect(s);
	dialogue_clear(s);
	op_free(s->login);
	free(s->login_tag);
	store_close(s->store);
	arena_clear(&s->cmd.arena);
	free(s);
}

static const struct worker_proto imap_proto = {
	.service = CONF_IMAP,
	.start = mailstore_start,
	.open = open_session,
	.configure = configure_session,
	.run = run_session,
	.timeout = time_out,
	.shutdown = shut_down,
	.close = close_session,
	.reload = mailstore_reload,
	.tick = mailstore_tick,
	.exit = mailstore_exit,
};

int
main(int argc, char *argv[])
{
	return worker_main(&imap_proto, argc, argv);
}
