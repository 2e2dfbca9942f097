/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * pop3d-mail: POP3 after login, run as the owner of the mail.
 *
 * A session opens its maildrop before it answers the login, so that a store
 * that cannot be read results in -ERR to PASS or AUTH.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/base/xmalloc.h"
#include "common/proc/stats.h"
#include "common/proc/worker.h"
#include "mail/mailstore.h"
#include "pop3d/command.h"
#include "pop3d/dialogue.h"
#include "pop3d/dispatch.h"
#include "pop3d/line.h"
#include "pop3d/reply.h"
#include "pop3d/session.h"

static void
session_wake(void *arg)
{
	struct pop3_session *s = arg;

	wconn_wake(s->conn);
}

static int
pop3_open(struct wconn *c, const struct user_record *u,
    const struct handoff *h)
{
	struct pop3_session *s;
	struct store_error err;
	struct store *store;

	store = store_open(mailstore(), u->name, u->root, &err);
	if (store == NULL) {
		pop3_store_err(wconn_out(c), &err);
		return -1;
	}
	s = xcalloc(1, sizeof(*s));
	s->conn = c;
	s->store = store;
	s->stls = (h->options & HANDOFF_STARTTLS) != 0;
	s->uidl = (enum conf_pop3_uidl)worker_conf()->pop3_uidl;
	maildrop_init(&s->drop, store, (h->options & HANDOFF_SPARE) != 0,
	    session_wake, s);
	s->status_due = true;
	wconn_set_state(c, s);
	wconn_log_login(c, h);
	return 0;
}

static void
pop3_configure(struct wconn *c)
{
	wconn_set_timeout(c, worker_conf()->pop3_timeout);
	if (worker_conf()->line_size > wconn_in(c)->cap)
		wconn_set_in_cap(c, worker_conf()->line_size);
}

/* Answer the login once the maildrop is open. */
static enum run
session_begin(struct pop3_session *s)
{
	enum run r;

	r = maildrop_open(&s->drop, s->uidl == CONF_UIDL_FILE);
	if (r == RUN_FAIL)
		pop3_store_err(wconn_out(s->conn), &s->drop.err);
	if (r != RUN_DONE)
		return r;
	pop3_okf(wconn_out(s->conn), "Maildrop has %" PRIu32
	    " messages (%" PRIu64 " octets)", s->drop.nmsgs, s->drop.size);
	s->opened = true;
	return RUN_DONE;
}

/* The mail that the session has opened is gone: end it. */
static enum run
session_lost(struct pop3_session *s)
{
	pop3_err(wconn_out(s->conn), POP3_CODE_SYS_TEMP "Your mail folder was "
	    "moved, removed or replaced; nothing was deleted; please connect "
	    "again");
	return RUN_FAIL;
}

/*
 * Take the next command.  Returns RUN_DONE if there was a line, RUN_WAIT if
 * there is none yet, and RUN_FAIL at the end of the input or after too many
 * invalid commands.
 */
static enum run
session_next(struct pop3_session *s)
{
	struct slice line;

	switch (pop3_line_take(wconn_in(s->conn), worker_conf()->line_size,
	    &s->skipping, &line)) {
	case POP3_LINE_NONE:
		return wconn_eof(s->conn) ? RUN_FAIL : RUN_WAIT;
	case POP3_LINE_TAKEN:
		if (maildrop_lost(&s->drop))
			return session_lost(s);
		pop3_dispatch_begin(s, line);
		break;
	case POP3_LINE_BAD:
		pop3_dialogue_command(s, false, SLICE_EMPTY);
		pop3_err(wconn_out(s->conn),
		    "Line too long, or with a NUL in it");
		s->nbad++;
		break;
	}
	stats_add(STAT_COMMANDS, 1);
	if (s->nbad <= worker_conf()->bad_commands)
		return RUN_DONE;
	pop3_err(wconn_out(s->conn), "Too many bad commands");
	return RUN_FAIL;
}

static enum run
run_commands(struct pop3_session *s)
{
	enum run r;

	if (!s->opened && (r = session_begin(s)) != RUN_DONE)
		return r;
	while (!s->quit) {
		if (wconn_must_yield(s->conn))
			return RUN_MORE;
		if (s->command == NULL && (r = session_next(s)) != RUN_DONE)
			return r;
		if (s->command == NULL)
			continue;
		if ((r = s->command->run(s)) != RUN_DONE)
			return r;
		s->command = NULL;
	}
	return RUN_DONE;
}

static enum run
pop3_run(struct wconn *c)
{
	struct pop3_session *s = wconn_state(c);
	enum run r;

	pop3_dialogue_begin(s);
	r = run_commands(s);
	pop3_dialogue_end(s);
	return r;
}

/* RFC 1939, section 3: an autologout deletes nothing and says nothing. */
static void
pop3_timeout(struct wconn *c)
{
	(void)c;
}

/* In the middle of a multi-line answer no line of ours can be sent. */
static void
pop3_shutdown(struct wconn *c)
{
	const struct pop3_session *s = wconn_state(c);

	if (s->command == NULL || !s->started)
		pop3_err(wconn_out(c), POP3_CODE_SYS_TEMP
		    "The server is shutting down; nothing was deleted");
}

static void
pop3_close(struct wconn *c)
{
	struct pop3_session *s = wconn_state(c);

	if (s == NULL)
		return;
	wconn_log_logout(c, "quit=%s retr=%" PRIu32 " top=%" PRIu32
	    " dele=%" PRIu32, s->quit ? "yes" : "no", s->nretr, s->ntop,
	    s->drop.nmsgs - s->drop.nlive);
	maildrop_clear(&s->drop);
	store_close(s->store);
	free(s);
}

static const struct worker_proto pop3_proto = {
	.service = CONF_POP3,
	.start = mailstore_start,
	.open = pop3_open,
	.configure = pop3_configure,
	.run = pop3_run,
	.timeout = pop3_timeout,
	.shutdown = pop3_shutdown,
	.close = pop3_close,
	.reload = mailstore_reload,
	.tick = mailstore_tick,
	.exit = mailstore_exit,
};

int
main(int argc, char *argv[])
{
	return worker_main(&pop3_proto, argc, argv);
}
