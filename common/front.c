/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The front process; see front.h.
 *
 * A connection goes through these states, and one function, advance(), moves
 * it on from whatever event came:
 *
 *	HANDSHAKE  TLS is being set up
 *	TALK       the protocol reads and writes
 *	ASK        auth is asked; nothing is read, so that what the client sent
 *	           beyond its login stays within what the hand-off can carry
 *	HAND       auth said yes; the session goes when all output is sent
 *	CLOSE      nothing is read any more; closed when all output is sent
 *
 * The protocol's callbacks only fill buffers and set what is wished for;
 * nothing is freed under them.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <tls.h>

#include "common/authc.h"
#include "common/child.h"
#include "common/compat.h"
#include "common/front.h"
#include "common/io.h"
#include "common/limit.h"
#include "common/log.h"
#include "common/num.h"
#include "common/relay.h"
#include "common/timer.h"
#include "common/tlsctx.h"
#include "common/xmalloc.h"

/* All that is unread goes into the hand-off, so no more is ever read. */
#define IN_MAX		HANDOFF_EARLY_MAX
/* Answers before login are short; a client that reads none is not read. */
#define OUT_MAX		(64 * 1024)
/* Connections accepted at once, so that other fronts get some. */
#define ACCEPT_BURST	8
/* Without descriptors, accept(2) would fail again at once. */
#define ACCEPT_PAUSE_MS	200
/* For what is left to be said when a connection is closed. */
#define CLOSE_MS	5000
/* More for a login that auth is still busy with. */
#define ASK_MS		10000

enum state {
	STATE_HANDSHAKE,
	STATE_TALK,
	STATE_ASK,
	STATE_HAND,
	STATE_CLOSE
};

struct fconn {
	RB_ENTRY(fconn)		 by_id;
	TAILQ_ENTRY(fconn)	 by_deadline;
	struct limit_place	 place;		/* addr NULL: has none */
	uint32_t		 id;		/* for auth */
	enum state		 state;
	struct io		 io;
	struct tlsctx		*shaking;	/* held during the handshake */
	struct event		 ev_read;
	struct event		 ev_write;
	struct buf		 in;
	struct buf		 out;
	uint64_t		 deadline_ms;
	bool			 starttls_offered; /* by the listener */
	bool			 plaintext;	/* login before TLS is allowed */
	bool			 eof;
	bool			 greeted;	/* or need not be */
	bool			 wants_starttls;
	bool			 wants_close;
	bool			 asked;		/* auth knows of a login here */
	bool			 wants_denial;	/* asked in vain: answer */
	enum auth_denied	 denial;
	bool			 too_many_bad;
	uint32_t		 bad;		/* commands */
	uint32_t		 failures;	/* logins */
	unsigned char		 token[AUTHC_TOKEN_LEN];
	char			 peer[HANDOFF_ADDR_MAX];
	char			 local[HANDOFF_ADDR_MAX];
	char			 tls[HANDOFF_TLS_MAX];
	max_align_t		 proto[];	/* the protocol's own */
};

struct listener {
	int		 fd;
	uint32_t	 number;	/* index in conf->listeners */
	struct event	*ev;
};

struct listeners {
	struct listener	*v;
	size_t		 n;
};

RB_HEAD(fconn_tree, fconn);
TAILQ_HEAD(fconn_deadlines, fconn);

static struct {
	const struct front_proto	*proto;
	struct child			*child;
	struct chan			*auth;
	struct tlsmat			 mat;	/* of the next configuration */
	struct tlsctx			*tls;
	struct listeners		 listeners;
	struct listeners		 next;
	struct event			*ev_accept;	/* end of a pause */
	struct event			*ev_deadline;
	struct limit			*limit;
	struct fconn_tree		 by_id;
	struct fconn_deadlines		 by_deadline;
	uint32_t			 last_id;
	uint32_t			 nrelays;
	uint32_t			 nconns;
	bool				 listening;
} front;

static void	 advance(struct fconn *);
static void	 on_connection(int, short, void *);

static int
fconn_cmp(struct fconn *a, struct fconn *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

RB_PROTOTYPE(fconn_tree, fconn, by_id, fconn_cmp)
RB_GENERATE(fconn_tree, fconn, by_id, fconn_cmp)

static void
addr_print(char out[HANDOFF_ADDR_MAX], const struct sockaddr *sa)
{
	const struct sockaddr_in *in = (const void *)sa;
	const struct sockaddr_in6 *in6 = (const void *)sa;
	char host[INET6_ADDRSTRLEN];

	out[0] = '\0';
	if (sa->sa_family == AF_INET &&
	    inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host)) != NULL)
		(void)snprintf(out, HANDOFF_ADDR_MAX, "%s:%u", host,
		    (unsigned)ntohs(in->sin_port));
	if (sa->sa_family == AF_INET6 &&
	    inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host)) != NULL)
		(void)snprintf(out, HANDOFF_ADDR_MAX, "[%s]:%u", host,
		    (unsigned)ntohs(in6->sin6_port));
}

/* Deadlines: a list in their order, and one timer for its head. */

static void
deadline_set(struct fconn *c, uint64_t ms)
{
	struct fconn *before;

	if (c->deadline_ms != 0)
		TAILQ_REMOVE(&front.by_deadline, c, by_deadline);
	c->deadline_ms = timer_ms() + ms;
	/* Nearly always the last. */
	TAILQ_FOREACH_REVERSE(before, &front.by_deadline, fconn_deadlines,
	    by_deadline)
		if (before->deadline_ms <= c->deadline_ms)
			break;
	if (before == NULL)
		TAILQ_INSERT_HEAD(&front.by_deadline, c, by_deadline);
	else
		TAILQ_INSERT_AFTER(&front.by_deadline, before, c, by_deadline);
}

static void
deadline_arm(void)
{
	struct fconn *c = TAILQ_FIRST(&front.by_deadline);
	struct timeval tv;
	uint64_t now, ms;

	if (c == NULL || event_pending(front.ev_deadline, EV_TIMEOUT, NULL))
		return;
	now = timer_ms();
	/* A little late, so that one round finds more of them. */
	ms = c->deadline_ms > now ? c->deadline_ms - now + 10 : 0;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	(void)event_add(front.ev_deadline, &tv);
}

static void
maybe_stop(void)
{
	if (front.child->stopping && front.nconns == 0 && front.nrelays == 0)
		child_stop(front.child);
}

static void
fconn_leave(struct fconn *c)
{
	if (c->place.addr != NULL)
		limit_leave(front.limit, &c->place);
}

/* Tell auth that nobody waits for its answer. */
static void
ask_end(struct fconn *c)
{
	if (c->asked && front.auth != NULL)
		(void)chan_send(front.auth, MSG_AUTH_ABORT, c->id, -1,
		    slice_make(NULL, 0));
	c->asked = false;
}

/* Forget a connection; what is in io is closed. */
static void
fconn_free(struct fconn *c)
{
	ask_end(c);
	front.proto->clear(c);
	fconn_leave(c);
	event_del(&c->ev_read);
	event_del(&c->ev_write);
	TAILQ_REMOVE(&front.by_deadline, c, by_deadline);
	RB_REMOVE(fconn_tree, &front.by_id, c);
	io_close(&c->io);
	tlsctx_free(c->shaking);
	buf_clear_secret(&c->in);
	buf_clear(&c->out);
	freezero(c, sizeof(*c) + front.proto->state_size);
	front.nconns--;
	maybe_stop();
}

static void
on_conn(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	advance(arg);
}

static struct fconn *
fconn_new(int fd)
{
	struct fconn *c;

	c = xcalloc(1, sizeof(*c) + front.proto->state_size);
	io_init(&c->io, fd);
	c->state = STATE_TALK;
	buf_init(&c->in, IN_MAX);
	buf_init(&c->out, OUT_MAX);
	event_assign(&c->ev_read, front.child->base, fd, EV_READ | EV_PERSIST,
	    on_conn, c);
	event_assign(&c->ev_write, front.child->base, fd, EV_WRITE, on_conn,
	    c);
	do
		c->id = ++front.last_id;
	while (RB_INSERT(fconn_tree, &front.by_id, c) != NULL);
	deadline_set(c, (uint64_t)front.child->conf->login_timeout * 1000);
	front.nconns++;
	return c;
}

static void
say_goodbye(struct fconn *c, enum front_bye why)
{
	/* In the middle of a handshake nobody would understand. */
	if (c->state != STATE_HANDSHAKE && c->greeted)
		front.proto->goodbye(c, why);
	buf_reset(&c->in, 0);
	c->state = STATE_CLOSE;
	deadline_set(c, CLOSE_MS);
}

/* Asking auth. */

static void
deny_later(struct fconn *c, enum auth_denied why)
{
	c->wants_denial = true;
	c->denial = why;
}

static void
denied(struct fconn *c, enum auth_denied why)
{
	c->wants_denial = false;
	c->state = STATE_TALK;
	ask_end(c);
	front.proto->denied(c, why);
	if (why == AUTH_DENIED_CREDENTIALS || why == AUTH_DENIED_AUTHZID)
		c->failures++;
	if (c->failures >= front.child->conf->failed_logins) {
		log_limited(LOG_LEVEL_INFO, "peer %s closed: %u failed logins",
		    c->peer, c->failures);
		say_goodbye(c, FRONT_BYE_FAILURES);
	}
}

static void
ask(struct fconn *c, const char *as, struct slice mech, struct slice initial)
{
	struct authc_start s = {
		.mech = mech,
		.as = slice_str(as),
		.has_initial = initial.p != NULL,
		.initial = initial,
		.peer = slice_str(c->peer),
		.local = slice_str(c->local),
		.tls = slice_str(c->tls),
	};
	struct buf b;

	c->state = STATE_ASK;
	if (c->place.addr != NULL)
		limit_spoke(front.limit, &c->place);
	if (initial.len > AUTHC_RESPONSE_MAX) {
		deny_later(c, AUTH_DENIED_SYNTAX);
		return;
	}
	if (front.auth == NULL) {
		deny_later(c, AUTH_DENIED_UNAVAILABLE);
		return;
	}
	buf_init(&b, MSG_MAX);
	authc_start_put(&b, &s);
	(void)chan_send(front.auth, MSG_AUTH_START, c->id, -1, buf_slice(&b));
	buf_clear_secret(&b);
	c->asked = true;
}

void
fconn_auth_start(struct fconn *c, struct slice mech, struct slice initial)
{
	char name[AUTHC_MECH_MAX + 1];

	if (mech.len >= sizeof(name)) {
		c->state = STATE_ASK;
		deny_later(c, AUTH_DENIED_MECHANISM);
		return;
	}
	memcpy(name, mech.p, mech.len);
	name[mech.len] = '\0';
	if (!fconn_has_mech(c, name)) {
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

	buf_init(&plain, AUTHC_RESPONSE_MAX);
	if (buf_addc(&plain, '\0') == -1 ||
	    buf_add_slice(&plain, user) == -1 ||
	    buf_addc(&plain, '\0') == -1 ||
	    buf_add_slice(&plain, password) == -1) {
		c->state = STATE_ASK;
		deny_later(c, AUTH_DENIED_CREDENTIALS);
	} else
		ask(c, mech, SLICE_LIT("PLAIN"), buf_slice(&plain));
	buf_clear_secret(&plain);
}

void
fconn_auth_continue(struct fconn *c, struct slice response)
{
	c->state = STATE_ASK;
	if (response.len > AUTHC_RESPONSE_MAX)
		deny_later(c, AUTH_DENIED_SYNTAX);
	else if (front.auth == NULL)
		deny_later(c, AUTH_DENIED_UNAVAILABLE);
	else
		(void)chan_send(front.auth, MSG_AUTH_CONT, c->id, -1,
		    response);
}

void
fconn_auth_abort(struct fconn *c)
{
	ask_end(c);
	if (c->state == STATE_ASK)
		c->state = STATE_TALK;
	c->wants_denial = false;
}

/* What auth answers. */

/* The connection that asked; NULL if it has gone or asks no more. */
static struct fconn *
asking(const struct msg *msg)
{
	struct fconn want, *c;

	want.id = msg->id;
	c = RB_FIND(fconn_tree, &front.by_id, &want);
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
	front.proto->challenge(c, msg->data);
	advance(c);
}

static void
on_denied(void *arg, struct msg *msg)
{
	struct fconn *c = asking(msg);
	enum auth_denied why;

	(void)arg;
	if (authc_denied_get(msg->data, &why) == -1) {
		chan_refuse(msg->chan, msg);
		return;
	}
	if (c == NULL)
		return;
	c->asked = false;
	denied(c, why);
	advance(c);
}

static void
on_accepted(void *arg, struct msg *msg)
{
	struct fconn *c = asking(msg);
	struct authc_accepted a;

	(void)arg;
	if (authc_accepted_get(msg->data, &a) == -1) {
		chan_refuse(msg->chan, msg);
		return;
	}
	if (c == NULL) {
		(void)chan_send(msg->chan, MSG_AUTH_ABORT, msg->id, -1,
		    slice_make(NULL, 0));
		return;
	}
	memcpy(c->token, a.token, sizeof(c->token));
	c->state = STATE_HAND;
	advance(c);
}

static const struct msg_permit auth_permits[] = {
	{ MSG_AUTH_CHALLENGE, 0, AUTHC_RESPONSE_MAX, false, on_challenge },
	{ MSG_AUTH_DENIED, 1, 1, false, on_denied },
	{ MSG_AUTH_ACCEPTED, 1, MSG_MAX, false, on_accepted },
	{ 0, 0, 0, false, NULL }
};

/* Auth died: whoever waits for it is told so. */
static void
on_auth_closed(void *arg, bool broken)
{
	struct fconn *c, *next;

	(void)arg;
	(void)broken;
	chan_free(front.auth);
	front.auth = NULL;
	for (c = RB_MIN(fconn_tree, &front.by_id); c != NULL; c = next) {
		next = RB_NEXT(fconn_tree, &front.by_id, c);
		if (c->state == STATE_HAND)
			c->state = STATE_ASK;
		if (c->state != STATE_ASK)
			continue;
		denied(c, AUTH_DENIED_UNAVAILABLE);
		advance(c);
	}
}

/* The hand-off. */

static void
on_relay_closed(struct relay *r, void *arg)
{
	(void)arg;
	relay_free(r);
	front.nrelays--;
	maybe_stop();
}

/* Our side of the connection, asked for only when it is told. */
static void
find_local(struct fconn *c)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(c->io.fd, (struct sockaddr *)&ss, &len) == 0)
		addr_print(c->local, (struct sockaddr *)&ss);
}

/*
 * The descriptor that the worker gets: the socket, or one end of a pair whose
 * other end is relayed.  -1 if there is none to be had.
 */
static int
hand_fd(struct fconn *c)
{
	int fds[2];

	if (c->io.tls == NULL)
		return io_release(&c->io);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
	    fds) == -1) {
		log_limited(LOG_LEVEL_WARN, "peer %s: socketpair: %s", c->peer,
		    strerror(errno));
		return -1;
	}
	(void)relay_new(front.child->base, &c->io, fds[0], on_relay_closed,
	    NULL);
	front.nrelays++;
	c->io.fd = -1;
	c->io.tls = NULL;
	return fds[1];
}

static void
hand_over(struct fconn *c)
{
	struct handoff h = { 0 };
	struct buf b;
	int fd;

	front.proto->accepted(c, &h);
	h.early = buf_slice(&c->in);
	h.peer = slice_str(c->peer);
	h.local = slice_str(c->local);
	h.tls = slice_str(c->tls);
	if (c->io.tls != NULL)
		h.options |= HANDOFF_RELAYED;
	if (fconn_can_starttls(c))
		h.options |= HANDOFF_STARTTLS;
	event_del(&c->ev_read);
	event_del(&c->ev_write);
	if ((fd = hand_fd(c)) != -1) {
		buf_init(&b, MSG_MAX);
		authc_handoff_put(&b, c->token, &h);
		(void)chan_send(front.auth, MSG_HANDOFF, c->id, fd,
		    buf_slice(&b));
		buf_clear_secret(&b);
		c->asked = false;
	}
	fconn_free(c);
}

/* Moving a connection on. */

static void
listen_for(struct event *ev, bool yes)
{
	if (yes == (event_pending(ev, EV_READ | EV_WRITE, NULL) != 0))
		return;
	if (yes)
		(void)event_add(ev, NULL);
	else
		(void)event_del(ev);
}

/* Send what is to be said.  IO_DONE when all is. */
static enum io_result
flush(struct fconn *c)
{
	enum io_result result;
	struct slice s;
	size_t put;

	while ((s = buf_slice(&c->out)).len > 0) {
		if ((result = io_write(&c->io, s.p, s.len, &put)) != IO_DONE)
			return result;
		buf_consume(&c->out, put);
	}
	return IO_DONE;
}

/* Put TLS on the connection.  Returns 0 or -1. */
static int
secure(struct fconn *c)
{
	if (front.tls == NULL ||
	    io_starttls(&c->io, tlsctx_server(front.tls)) == -1)
		return -1;
	c->shaking = tlsctx_hold(front.tls);
	c->state = STATE_HANDSHAKE;
	return 0;
}

static void
start_tls(struct fconn *c)
{
	c->wants_starttls = false;
	if (buf_len(&c->in) > 0) {
		log_limited(LOG_LEVEL_INFO, "peer %s closed: bytes before the "
		    "handshake", c->peer);
		say_goodbye(c, FRONT_BYE_INPUT);
		return;
	}
	/* Nothing that was learnt in the clear is kept (RFC 2595, 2.1). */
	front.proto->clear(c);
	memset(c->proto, 0, front.proto->state_size);
	buf_clear_secret(&c->in);
	if (secure(c) == -1)
		say_goodbye(c, FRONT_BYE_INPUT);
}

/* Returns what io_handshake does. */
static enum io_result
shake_hands(struct fconn *c)
{
	enum io_result result;
	const char *version, *cipher;

	if ((result = io_handshake(&c->io)) == IO_ERROR)
		log_limited(LOG_LEVEL_INFO, "peer %s tls failed: %s", c->peer,
		    io_error(&c->io));
	if (result != IO_DONE)
		return result;
	tlsctx_free(c->shaking);
	c->shaking = NULL;
	version = tls_conn_version(c->io.tls);
	cipher = tls_conn_cipher(c->io.tls);
	(void)snprintf(c->tls, sizeof(c->tls), "%s %s",
	    version == NULL ? "TLS" : version, cipher == NULL ? "" : cipher);
	c->state = STATE_TALK;
	if (!c->greeted)
		front.proto->greet(c);
	c->greeted = true;
	return IO_DONE;
}

/* Call the protocol for as long as it gets on. */
static void
talk(struct fconn *c)
{
	size_t before = SIZE_MAX, len;

	while (c->state == STATE_TALK && !c->wants_close &&
	    !c->wants_starttls && !c->too_many_bad) {
		len = buf_len(&c->in);
		if (len == before || (len == 0 && !c->eof))
			break;
		before = len;
		front.proto->input(c);
		if (c->wants_denial)
			denied(c, c->denial);
	}
	if (c->state == STATE_CLOSE)
		return;
	if (c->too_many_bad) {
		log_limited(LOG_LEVEL_INFO, "peer %s closed: %u bad commands",
		    c->peer, c->bad);
		say_goodbye(c, FRONT_BYE_ERRORS);
	} else if (c->wants_close) {
		c->state = STATE_CLOSE;
		deadline_set(c, CLOSE_MS);
	} else if (c->state == STATE_TALK && c->eof)
		c->state = STATE_CLOSE;
	else if (c->state == STATE_TALK && buf_len(&c->in) >= IN_MAX)
		say_goodbye(c, FRONT_BYE_INPUT);
}

/* Read once.  IO_DONE also at the end of what the client sends. */
static enum io_result
read_more(struct fconn *c)
{
	enum io_result result;
	size_t got;
	char *room;

	if (buf_reserve(&c->in, IN_MAX - buf_len(&c->in), &room) == -1)
		return IO_ERROR;
	result = io_read(&c->io, room, IN_MAX - buf_len(&c->in), &got);
	if (result == IO_DONE) {
		buf_commit(&c->in, got);
		if (c->place.addr != NULL &&
		    slice_chr(buf_slice(&c->in), '\n') != SLICE_NONE)
			limit_spoke(front.limit, &c->place);
	} else if (result == IO_EOF) {
		c->eof = true;
		result = IO_DONE;
	}
	return result;
}

/*
 * Do all that can be done without waiting; may free the connection.  Each
 * round either changes the state, takes in bytes, or ends the loop.
 */
static void
advance(struct fconn *c)
{
	enum io_result result = IO_DONE;
	bool did_read = false;

	while (result == IO_DONE) {
		if (c->state == STATE_HANDSHAKE) {
			result = shake_hands(c);
			continue;
		}
		talk(c);
		if ((result = flush(c)) != IO_DONE)
			break;
		if (c->state == STATE_TALK && c->wants_starttls) {
			start_tls(c);
			continue;
		}
		if (c->state == STATE_HAND) {
			hand_over(c);
			return;
		}
		if (c->state == STATE_CLOSE) {
			fconn_free(c);
			return;
		}
		if (c->state == STATE_ASK)
			break;
		/* A cleartext socket tells by an event that there is more. */
		if (did_read && c->io.tls == NULL) {
			result = IO_AGAIN;
			c->io.want = IO_WANT_READ;
			break;
		}
		result = read_more(c);
		did_read = true;
	}
	if (result == IO_ERROR || result == IO_EOF) {
		fconn_free(c);
		return;
	}
	if (buf_len(&c->in) == 0)
		buf_clear(&c->in);
	if (buf_len(&c->out) == 0)
		buf_clear(&c->out);
	listen_for(&c->ev_read, result == IO_AGAIN &&
	    (c->io.want & IO_WANT_READ));
	listen_for(&c->ev_write, result == IO_AGAIN &&
	    (c->io.want & IO_WANT_WRITE));
}

static void
on_deadline(int fd, short what, void *arg)
{
	struct fconn *c;
	uint64_t now = timer_ms();

	(void)fd;
	(void)what;
	(void)arg;
	while ((c = TAILQ_FIRST(&front.by_deadline)) != NULL &&
	    c->deadline_ms <= now) {
		if (c->state == STATE_ASK)
			deadline_set(c, ASK_MS);
		else if (c->state == STATE_TALK) {
			say_goodbye(c, FRONT_BYE_TIMEOUT);
			advance(c);
		} else
			fconn_free(c);
	}
	deadline_arm();
}

/* Accepting. */

static void
accept_pause(void)
{
	struct timeval tv = { 0, ACCEPT_PAUSE_MS * 1000 };

	for (size_t i = 0; i < front.listeners.n; i++)
		(void)event_del(front.listeners.v[i].ev);
	(void)event_add(front.ev_accept, &tv);
}

static void
accept_resume(void)
{
	if (front.child->stopping)
		return;
	for (size_t i = 0; i < front.listeners.n; i++)
		(void)event_add(front.listeners.v[i].ev, NULL);
	front.listening = true;
}

static void
on_accept_resume(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	accept_resume();
}

/* Take a place before login for c, at another's cost if need be. */
static bool
take_place(struct fconn *c, const struct sockaddr *peer)
{
	const struct conf *conf = front.child->conf;
	struct limit_place *victim;
	enum limit_result result;
	struct fconn *other;

	if (limit_count(front.limit) + front.nrelays >=
	    conf->connections_total)
		return false;
	result = limit_enter(front.limit, &c->place, peer,
	    conf->connections_per_address, conf->connections_before_login);
	if (result == LIMIT_TOTAL &&
	    (victim = limit_victim(front.limit)) != NULL) {
		other = (struct fconn *)(void *)((char *)victim -
		    offsetof(struct fconn, place));
		fconn_leave(other);
		say_goodbye(other, FRONT_BYE_TOOMANY);
		advance(other);
		result = limit_enter(front.limit, &c->place, peer,
		    conf->connections_per_address,
		    conf->connections_before_login);
	}
	return result == LIMIT_OK;
}

static void
accepted(const struct conf_listener *l, int fd, const struct sockaddr *peer)
{
	struct fconn *c = fconn_new(fd);
	bool refused;

	addr_print(c->peer, peer);
	find_local(c);
	c->starttls_offered = l->mode == CONF_MODE_STARTTLS;
	c->plaintext = conf_plaintext_allowed(front.child->conf, l, peer);
	refused = !take_place(c, peer);
	if (refused)
		log_limited(LOG_LEVEL_WARN, "peer %s refused: too many "
		    "connections", c->peer);
	if (l->mode == CONF_MODE_TLS) {
		if (refused || secure(c) == -1) {
			fconn_free(c);
			return;
		}
	} else {
		c->greeted = true;
		if (refused)
			say_goodbye(c, FRONT_BYE_TOOMANY);
		else
			front.proto->greet(c);
	}
	advance(c);
	deadline_arm();
}

static void
on_connection(int fd, short what, void *arg)
{
	struct listener *l = arg;
	struct sockaddr_storage ss;
	socklen_t len;
	int client;

	(void)what;
	for (int i = 0; i < ACCEPT_BURST; i++) {
		len = sizeof(ss);
		client = accept4(fd, (struct sockaddr *)&ss, &len,
		    SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (client != -1) {
			accepted(&front.child->conf->listeners[l->number],
			    client, (struct sockaddr *)&ss);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			log_limited(LOG_LEVEL_WARN, "accept: %s",
			    strerror(errno));
			accept_pause();
		}
		/* EAGAIN: another front was faster. */
		return;
	}
}

static void
listeners_close(struct listeners *ls)
{
	for (size_t i = 0; i < ls->n; i++) {
		if (ls->v[i].ev != NULL)
			event_free(ls->v[i].ev);
		(void)close(ls->v[i].fd);
	}
	free(ls->v);
	ls->v = NULL;
	ls->n = 0;
}

/* Listen on what came for this configuration and no more on the rest. */
static void
listeners_switch(void)
{
	struct listener *l;

	listeners_close(&front.listeners);
	front.listeners = front.next;
	memset(&front.next, 0, sizeof(front.next));
	for (size_t i = 0; i < front.listeners.n; i++) {
		l = &front.listeners.v[i];
		l->ev = event_new(front.child->base, l->fd,
		    EV_READ | EV_PERSIST, on_connection, l);
		if (l->ev == NULL)
			log_fatal("event");
	}
	if (front.listening)
		accept_resume();
}

/* What the parent says. */

static void
on_keypair(void *arg, struct msg *msg)
{
	struct msg_reader r = msg_reader(msg->data);
	uint8_t part = msg_get_u8(&r);
	struct slice bytes = msg_get_slice(&r, MSG_MAX);
	struct tlsmat_pair *p;
	int ret = -1;

	(void)arg;
	if (msg_get_end(&r) && msg->id < 10000) {
		p = tlsmat_pair(&front.mat, msg->id);
		if (part == 0)
			ret = buf_add_slice(&p->cert, bytes);
		else if (part == 1)
			ret = buf_add_slice(&p->key, bytes);
		else if (part == 2)
			ret = buf_add_slice(&p->staple, bytes);
	}
	if (ret == -1)
		chan_refuse(msg->chan, msg);
}

static void
on_ca(void *arg, struct msg *msg)
{
	(void)arg;
	if (buf_add_slice(&front.mat.ca, msg->data) == -1)
		chan_refuse(msg->chan, msg);
}

/*
 * With a configuration, or alone when the parent makes a new key; in that
 * case the next configuration brings it again.
 */
static void
on_ticketkey(void *arg, struct msg *msg)
{
	struct tlsmat_ticket ticket;

	(void)arg;
	ticket.rev = msg->id;
	memcpy(ticket.key, msg->data.p, sizeof(ticket.key));
	if (front.mat.npairs > 0)
		tlsmat_ticket(&front.mat, &ticket);
	else if (front.tls != NULL)
		tlsctx_ticket(front.tls, &ticket);
	explicit_bzero(&ticket, sizeof(ticket));
}

static void
on_listener(void *arg, struct msg *msg)
{
	struct listener *l;

	(void)arg;
	front.next.v = xreallocarray(front.next.v, front.next.n + 1,
	    sizeof(*front.next.v));
	l = &front.next.v[front.next.n++];
	memset(l, 0, sizeof(*l));
	l->fd = msg->fd;
	l->number = msg->id;
}

static const struct msg_permit parent_permits[] = {
	{ MSG_CONF_KEYPAIR, 5, MSG_MAX, false, on_keypair },
	{ MSG_CONF_CA, 1, MSG_MAX, false, on_ca },
	{ MSG_CONF_TICKETKEY, TLSMAT_KEY_LEN, TLSMAT_KEY_LEN, false,
	    on_ticketkey },
	{ MSG_CONF_LISTENER, 0, 0, true, on_listener },
	{ 0, 0, 0, false, NULL }
};

static int
front_configure(struct child *child, const struct conf *conf)
{
	struct tlsctx *tls = NULL;
	int ret = -1;

	front.child = child;
	if (front.mat.npairs > 0 &&
	    (tls = tlsctx_new(conf, &front.mat, front.proto->alpn)) == NULL)
		goto out;
	for (size_t i = 0; i < front.next.n; i++)
		if (front.next.v[i].number >= conf->nlisteners)
			goto out;
	if (front.limit == NULL) {
		front.limit = limit_new();
		front.ev_accept = evtimer_new(child->base, on_accept_resume,
		    NULL);
		front.ev_deadline = evtimer_new(child->base, on_deadline,
		    NULL);
		if (front.ev_accept == NULL || front.ev_deadline == NULL)
			log_fatal("event");
	}
	listeners_switch();
	tlsctx_free(front.tls);
	front.tls = tls;
	tls = NULL;
	ret = 0;
out:
	tlsctx_free(tls);
	listeners_close(&front.next);
	tlsmat_clear(&front.mat);
	return ret;
}

static void
front_channel(struct child *child, enum role peer, uint32_t number, int fd)
{
	(void)number;
	if (peer != ROLE_AUTH)
		log_fatal("a channel to role %u", (unsigned)peer);
	if (front.auth != NULL)
		on_auth_closed(NULL, false);
	front.auth = chan_new(child->base, fd, "auth", auth_permits,
	    on_auth_closed, NULL);
	if (!front.listening)
		accept_resume();
}

static void
front_shutdown(struct child *child)
{
	struct fconn *c, *next;

	(void)child;
	listeners_close(&front.listeners);
	for (c = RB_MIN(fconn_tree, &front.by_id); c != NULL; c = next) {
		next = RB_NEXT(fconn_tree, &front.by_id, c);
		if (c->state == STATE_CLOSE)
			continue;
		say_goodbye(c, FRONT_BYE_SHUTDOWN);
		advance(c);
	}
	maybe_stop();
}

int
front_main(const struct front_proto *proto, int argc, char *argv[])
{
	char name[32];
	struct child_ops ops = {
		.role = ROLE_FRONT,
		.permits = parent_permits,
		.configure = front_configure,
		.channel = front_channel,
		.shutdown = front_shutdown,
	};

	front.proto = proto;
	RB_INIT(&front.by_id);
	TAILQ_INIT(&front.by_deadline);
	tlsmat_init(&front.mat);
	(void)snprintf(name, sizeof(name), "%sd-front", proto->name);
	ops.name = name;
	return child_main(&ops, argc, argv);
}

/* What the protocol may ask and wish. */

void *
fconn_state(struct fconn *c)
{
	return c->proto;
}

const struct conf *
fconn_conf(const struct fconn *c)
{
	(void)c;
	return front.child->conf;
}

struct buf *
fconn_in(struct fconn *c)
{
	return &c->in;
}

struct buf *
fconn_out(struct fconn *c)
{
	return &c->out;
}

bool
fconn_eof(const struct fconn *c)
{
	return c->eof;
}

bool
fconn_has_tls(const struct fconn *c)
{
	return c->io.tls != NULL;
}

bool
fconn_can_starttls(const struct fconn *c)
{
	return c->starttls_offered && c->io.tls == NULL && front.tls != NULL;
}

bool
fconn_may_login(const struct fconn *c)
{
	return c->io.tls != NULL || c->plaintext;
}

bool
fconn_may_password(const struct fconn *c)
{
	return fconn_may_login(c) && conf_takes_passwords(front.child->conf);
}

const char *
fconn_peer(const struct fconn *c)
{
	return c->peer;
}

bool
fconn_has_mech(const struct fconn *c, const char *mech)
{
	/* A session in the clear gives away more than a password would. */
	return fconn_may_login(c) && conf_has_mech(front.child->conf, mech);
}

void
fconn_starttls(struct fconn *c)
{
	c->wants_starttls = true;
}

void
fconn_bad(struct fconn *c)
{
	if (++c->bad > front.child->conf->bad_commands)
		c->too_many_bad = true;
}

void
fconn_close(struct fconn *c)
{
	c->wants_close = true;
}
