/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Logins, from the credentials that the protocol has read to the hand-off of
 * the session; see front_login.h.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <string.h>

#include <event2/event.h>

#include "common/base/base64.h"
#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/front/front.h"
#include "common/front/front_conn.h"
#include "common/front/front_login.h"
#include "common/front/limit.h"
#include "common/front/relay.h"
#include "common/proc/auth_msg.h"

static struct chan	*auth;		/* NULL: auth died */

void
front_login_end(struct fconn *c)
{
	if (c->asked && auth != NULL)
		(void)chan_send(auth, MSG_AUTH_ABORT, c->id, -1, SLICE_EMPTY);
	c->asked = false;
}

static void
deny_later(struct fconn *c, enum auth_denied why)
{
	c->wants_denial = true;
	c->denial = why;
}

void
front_login_denied(struct fconn *c, enum auth_denied why)
{
	c->wants_denial = false;
	c->challenged = false;
	c->state = STATE_TALK;
	limit_release(front.limit, &c->place);
	front_login_end(c);
	front.proto->denied(c, why);
	/* Whoever is refused for want of room must not ask for ever, either. */
	if (why == AUTH_DENIED_CREDENTIALS || why == AUTH_DENIED_AUTHZID ||
	    why == AUTH_DENIED_UNAVAILABLE)
		c->failures++;
	/* A client that may go on would ask its user for another password. */
	if (why == AUTH_DENIED_LIMIT)
		fconn_goodbye(c, FRONT_BYE_TOOMANY);
	else if (c->failures >= front.child->conf->failed_logins) {
		log_limited(LOG_LEVEL_INFO, "peer %s closed: %u failed logins",
		    c->peer, c->failures);
		fconn_goodbye(c, FRONT_BYE_FAILURES);
	}
}

static void
ask(struct fconn *c, const char *as, struct slice mech, struct slice initial)
{
	struct auth_msg_start s = {
		.service = c->service,
		.mech = mech,
		.as = slice_str(as),
		.has_initial = initial.p != NULL,
		.initial = initial,
		.peer = slice_str(c->peer),
		.tls = slice_str(c->tls),
	};
	struct buf b;

	c->state = STATE_ASK;
	limit_hold(front.limit, &c->place);
	if (initial.len > SASL_RESPONSE_MAX) {
		deny_later(c, AUTH_DENIED_SYNTAX);
		return;
	}
	if (auth == NULL) {
		deny_later(c, AUTH_DENIED_UNAVAILABLE);
		return;
	}
	buf_init(&b, MSG_MAX);
	auth_msg_start_put(&b, &s);
	(void)chan_send(auth, MSG_AUTH_START, c->id, -1, buf_slice(&b));
	buf_clear_secret(&b);
	c->asked = true;
}

void
fconn_auth_start(struct fconn *c, struct slice mech, struct slice initial)
{
	if (!fconn_has_mech(c, mech)) {
		c->state = STATE_ASK;
		deny_later(c, AUTH_DENIED_MECHANISM);
		return;
	}
	ask(c, NULL, mech, initial);
}

void
fconn_auth_password(struct fconn *c, const char *mech, struct slice user,
    struct slice password)
{
	struct buf plain;

	buf_init(&plain, SASL_RESPONSE_MAX);
	if (buf_add_char(&plain, '\0') == -1 ||
	    buf_add_slice(&plain, user) == -1 ||
	    buf_add_char(&plain, '\0') == -1 ||
	    buf_add_slice(&plain, password) == -1) {
		c->state = STATE_ASK;
		deny_later(c, AUTH_DENIED_CREDENTIALS);
	} else
		ask(c, mech, SLICE_LIT("PLAIN"), buf_slice(&plain));
	buf_clear_secret(&plain);
}

void
fconn_auth_abort(struct fconn *c)
{
	front_login_end(c);
	c->challenged = false;
	if (c->state == STATE_ASK)
		c->state = STATE_TALK;
	limit_release(front.limit, &c->place);
	c->wants_denial = false;
}

bool
fconn_challenged(const struct fconn *c)
{
	return c->challenged;
}

static void
respond(struct fconn *c, struct slice response)
{
	c->challenged = false;
	c->state = STATE_ASK;
	limit_hold(front.limit, &c->place);
	if (response.len > SASL_RESPONSE_MAX)
		deny_later(c, AUTH_DENIED_SYNTAX);
	else if (auth == NULL)
		deny_later(c, AUTH_DENIED_UNAVAILABLE);
	else
		(void)chan_send(auth, MSG_AUTH_CONT, c->id, -1, response);
}

enum front_response
fconn_auth_response(struct fconn *c, struct slice line)
{
	enum front_response what = FRONT_RESPONSE_SENT;
	struct buf response;

	fconn_trace(c, "response", line.len);
	buf_init(&response, BUF_NOCAP);
	if (slice_eq_str(line, "*"))
		what = FRONT_RESPONSE_CANCELLED;
	else if (base64_decode(&response, line) == -1)
		what = FRONT_RESPONSE_INVALID;
	if (what == FRONT_RESPONSE_SENT)
		respond(c, buf_slice(&response));
	else
		fconn_auth_abort(c);
	buf_clear_secret(&response);
	return what;
}

/* The connection that asked; NULL if it is gone or no longer asks. */
static struct fconn *
asking(const struct msg *msg)
{
	struct fconn want, *c;

	want.id = msg->id;
	c = RB_FIND(fconn_tree, &front.conns, &want);
	return c != NULL && c->state == STATE_ASK ? c : NULL;
}

static void
on_challenge(void *arg, struct msg *msg)
{
	struct fconn *c = asking(msg);

	(void)arg;
	if (c == NULL)
		return;
	c->state = STATE_TALK;
	c->challenged = true;
	limit_release(front.limit, &c->place);
	front.proto->challenge(c, msg->data);
	fconn_wake(c);
}

static void
on_denied(void *arg, struct msg *msg)
{
	struct fconn *c = asking(msg);
	enum auth_denied why;

	(void)arg;
	if (auth_msg_denied_parse(msg->data, &why) == -1) {
		chan_break(msg->chan, msg);
		return;
	}
	if (c == NULL)
		return;
	c->asked = false;
	front_login_denied(c, why);
	fconn_wake(c);
}

static void
on_accepted(void *arg, struct msg *msg)
{
	struct fconn *c = asking(msg);
	struct auth_msg_accepted a;

	(void)arg;
	if (auth_msg_accepted_parse(msg->data, &a) == -1) {
		chan_break(msg->chan, msg);
		return;
	}
	if (c == NULL) {
		(void)chan_send(msg->chan, MSG_AUTH_ABORT, msg->id, -1,
		    SLICE_EMPTY);
		return;
	}
	memcpy(c->token, a.token, sizeof(c->token));
	c->state = STATE_HAND;
	fconn_wake(c);
}

static const struct msg_permit auth_permits[] = {
	{ .type = MSG_AUTH_CHALLENGE, .handle = on_challenge },
	{ .type = MSG_AUTH_DENIED, .handle = on_denied },
	{ .type = MSG_AUTH_ACCEPTED, .handle = on_accepted },
	{ .type = MSG_NONE }
};

/*
 * Auth died: refuse all logins that wait for its answer, until the parent sends
 * a channel to the next auth.  If auth lives and has closed the channel on its
 * own, it has told the parent, which ends this front.
 */
static void
on_auth_closed(void *arg, bool broken)
{
	struct fconn *c, *next;

	(void)arg;
	if (broken)
		log_fatal("auth sent a message that is not permitted");
	chan_free(auth);
	auth = NULL;
	for (c = RB_MIN(fconn_tree, &front.conns); c != NULL; c = next) {
		next = RB_NEXT(fconn_tree, &front.conns, c);
		if (c->state == STATE_HAND)
			c->state = STATE_ASK;
		if (c->state != STATE_ASK)
			continue;
		front_login_denied(c, AUTH_DENIED_UNAVAILABLE);
		fconn_wake(c);
	}
}

void
front_login_channel(int fd)
{
	if (auth != NULL)
		on_auth_closed(NULL, false);
	auth = chan_new(front.child->base, fd, "auth", auth_permits,
	    on_auth_closed, NULL);
}

static void
on_relay_closed(struct relay *r, void *arg)
{
	(void)arg;
	relay_free(r);
	limit_relays(front.limit, --front.nrelays);
	fconn_maybe_stop();
}

/*
 * The descriptor for the worker: the client's socket or, with TLS, one end of a
 * socketpair whose other end is relayed to the client.
 */
static int
hand_fd(struct fconn *c, const int fds[2])
{
	if (c->io.tls == NULL)
		return io_release(&c->io);
	(void)relay_new(front.child->base, &c->io, fds[0], on_relay_closed,
	    NULL);
	limit_relays(front.limit, ++front.nrelays);
	c->io.fd = -1;
	c->io.tls = NULL;
	return fds[1];
}

bool
front_login_hand_over(struct fconn *c)
{
	struct handoff h = { 0 };
	struct buf b;
	int fds[2] = { -1, -1 };

	if (c->io.tls != NULL && socketpair(AF_UNIX, SOCK_STREAM |
	    SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == -1) {
		log_limited(LOG_LEVEL_WARN, "peer %s: socketpair: %s", c->peer,
		    strerror(errno));
		front_login_denied(c, AUTH_DENIED_UNAVAILABLE);
		return false;
	}
	front.proto->accepted(c, &h);
	h.early = buf_slice(&c->in);
	h.peer = slice_str(c->peer);
	h.local = slice_str(c->local);
	h.tls = slice_str(c->tls);
	if (c->io.tls != NULL)
		h.options |= HANDOFF_RELAYED;
	if (fconn_can_starttls(c))
		h.options |= HANDOFF_STARTTLS;
	(void)event_del(&c->ev_read);
	(void)event_del(&c->ev_write);
	buf_init(&b, MSG_MAX);
	auth_msg_handoff_put(&b, c->token, &h);
	(void)chan_send(auth, MSG_HANDOFF, c->id, hand_fd(c, fds),
	    buf_slice(&b));
	buf_clear_secret(&b);
	c->asked = false;
	return true;
}
