/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Connections before login; see front_conn.h.
 *
 * A connection goes through the states of front_conn.h, and one function,
 * fconn_advance(), moves it on from whatever event came.  The protocol's
 * callbacks only fill buffers and set what is wished for; nothing is freed
 * under them.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <tls.h>

#include "common/compat.h"
#include "common/ev.h"
#include "common/front.h"
#include "common/front_conn.h"
#include "common/front_login.h"
#include "common/limit.h"
#include "common/log.h"
#include "common/timer.h"
#include "common/tlsctx.h"
#include "common/xmalloc.h"

/* All that is unread goes into the hand-off, so no more is ever read. */
#define IN_MAX		HANDOFF_EARLY_MAX
/* Of answers: no command has a longer one. */
#define OUT_MAX		(64 * 1024)
/* With so much to be sent no more commands are looked at. */
#define OUT_HIGH	(16 * 1024)
/* For what is left to be said when a connection is closed. */
#define CLOSE_MS	5000
/* For a client to hear why, before what it sends is an error to it. */
#define LINGER_MS	2000
#define LINGER_MAX	(1024 * 1024)
/* More for a login that auth is still busy with. */
#define ASK_MS		10000

struct front_ctx front;

static int
fconn_cmp(struct fconn *a, struct fconn *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

static struct {
	struct fconn_deadlines	 deadlines;
	struct event		*ev_deadline;	/* for the first of them */
	uint64_t		 armed_ms;	/* when it fires; 0: never */
	uint32_t		 last_id;
} self;

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

void
fconn_maybe_stop(void)
{
	if ((front.child->stopping || front.retired) && front.nconns == 0 &&
	    front.nrelays == 0)
		child_stop(front.child);
}

/* Deadlines: a list in their order, and one timer for its head. */

static void
deadline_arm(void)
{
	struct fconn *c = TAILQ_FIRST(&self.deadlines);
	uint64_t now;

	/* A timer that runs out too early looks again. */
	if (c == NULL || (self.armed_ms != 0 &&
	    self.armed_ms <= c->deadline_ms))
		return;
	now = timer_ms();
	/* A little late, so that one round finds more of them. */
	ev_wait(self.ev_deadline,
	    c->deadline_ms > now ? c->deadline_ms - now + 10 : 0);
	self.armed_ms = c->deadline_ms;
}

static void
deadline_set(struct fconn *c, uint64_t ms)
{
	struct fconn *before;

	if (c->deadline_ms != 0)
		TAILQ_REMOVE(&self.deadlines, c, by_deadline);
	c->deadline_ms = timer_ms() + ms;
	/* Nearly always the last. */
	TAILQ_FOREACH_REVERSE(before, &self.deadlines, fconn_deadlines,
	    by_deadline)
		if (before->deadline_ms <= c->deadline_ms)
			break;
	if (before == NULL)
		TAILQ_INSERT_HEAD(&self.deadlines, c, by_deadline);
	else
		TAILQ_INSERT_AFTER(&self.deadlines, before, c, by_deadline);
	deadline_arm();
}

void
fconn_free(struct fconn *c)
{
	front_login_end(c);
	front.proto->clear(c);
	limit_leave(front.limit, &c->place);
	event_del(&c->ev_read);
	event_del(&c->ev_write);
	TAILQ_REMOVE(&self.deadlines, c, by_deadline);
	RB_REMOVE(fconn_tree, &front.conns, c);
	io_close(&c->io);
	tlsctx_free(c->shaking);
	buf_clear_secret(&c->in);
	buf_clear(&c->out);
	freezero(c, sizeof(*c) + front.proto->state_size);
	front.nconns--;
	fconn_maybe_stop();
}

static void
on_conn(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fconn_advance(arg);
}

struct fconn *
fconn_new(int fd, const struct sockaddr *peer)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(ss);
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
		c->id = ++self.last_id;
	while (RB_INSERT(fconn_tree, &front.conns, c) != NULL);
	deadline_set(c, (uint64_t)front.child->conf->login_timeout * 1000);
	addr_print(c->peer, peer);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		addr_print(c->local, (struct sockaddr *)&ss);
	front.nconns++;
	return c;
}

void
fconn_goodbye(struct fconn *c, enum front_bye why)
{
	/* In the middle of a handshake nobody would understand. */
	if (c->state != STATE_HANDSHAKE && c->greeted)
		front.proto->goodbye(c, why);
	buf_reset(&c->in, 0);
	if (why == FRONT_BYE_ERRORS || why == FRONT_BYE_INPUT ||
	    why == FRONT_BYE_FAILURES)
		c->lingers = c->state != STATE_HANDSHAKE;
	c->state = STATE_CLOSE;
	deadline_set(c, CLOSE_MS);
}

/* Moving a connection on. */

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

int
fconn_secure(struct fconn *c)
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
		fconn_goodbye(c, FRONT_BYE_INPUT);
		return;
	}
	/* Nothing that was learnt in the clear is kept (RFC 2595, 2.1). */
	front.proto->clear(c);
	memset(c->proto, 0, front.proto->state_size);
	buf_clear_secret(&c->in);
	if (fconn_secure(c) == -1)
		fconn_goodbye(c, FRONT_BYE_INPUT);
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
	limit_spoke(front.limit, &c->place);
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

/*
 * Call the protocol for as long as it gets on.  True: it might get on further
 * when the answers are sent.
 */
static bool
talk(struct fconn *c)
{
	size_t before = SIZE_MAX, len;

	while (c->state == STATE_TALK && !c->wants_close &&
	    !c->wants_starttls && !c->too_many_bad) {
		if (buf_len(&c->out) >= OUT_HIGH)
			return true;
		len = buf_len(&c->in);
		if (len == before || (len == 0 && !c->eof))
			break;
		before = len;
		front.proto->input(c);
		if (c->wants_denial)
			front_login_denied(c, c->denial);
	}
	if (c->state == STATE_CLOSE || c->state == STATE_LINGER)
		return false;
	if (c->too_many_bad) {
		log_limited(LOG_LEVEL_INFO, "peer %s closed: %u bad commands",
		    c->peer, c->bad);
		fconn_goodbye(c, FRONT_BYE_ERRORS);
	} else if (c->wants_close) {
		c->state = STATE_CLOSE;
		deadline_set(c, CLOSE_MS);
	} else if (c->state == STATE_TALK && c->eof)
		c->state = STATE_CLOSE;
	else if (c->state == STATE_TALK && buf_len(&c->in) >= IN_MAX)
		fconn_goodbye(c, FRONT_BYE_INPUT);
	return false;
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
		if (slice_chr(buf_slice(&c->in), '\n') != SLICE_NONE)
			limit_spoke(front.limit, &c->place);
	} else if (result == IO_EOF) {
		c->eof = true;
		result = IO_DONE;
	}
	return result;
}

/* Throw away what comes.  IO_AGAIN: there may be more. */
static enum io_result
linger(struct fconn *c)
{
	enum io_result result;
	char bytes[4096];
	size_t got;

	if (c->state != STATE_LINGER) {
		c->state = STATE_LINGER;
		deadline_set(c, LINGER_MS);
		io_finish(&c->io);
	}
	while ((result = io_read(&c->io, bytes, sizeof(bytes), &got)) ==
	    IO_DONE)
		if ((c->lingered += (uint32_t)got) > LINGER_MAX)
			return IO_EOF;
	return result;
}

/* Each round either changes the state, takes in bytes, or ends the loop. */
void
fconn_advance(struct fconn *c)
{
	enum io_result result = IO_DONE;
	bool did_read = false, full;

	while (result == IO_DONE) {
		if (c->state == STATE_HANDSHAKE) {
			result = shake_hands(c);
			continue;
		}
		if (c->state == STATE_LINGER) {
			result = linger(c);
			break;
		}
		full = talk(c);
		if ((result = flush(c)) != IO_DONE)
			break;
		if (full)
			continue;
		if (c->state == STATE_TALK && c->wants_starttls) {
			start_tls(c);
			continue;
		}
		if (c->state == STATE_HAND) {
			if (front_login_hand_over(c))
				return;
			continue;
		}
		if (c->state == STATE_CLOSE && c->lingers) {
			result = linger(c);
			break;
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
	ev_listen(&c->ev_read, result == IO_AGAIN &&
	    (c->io.want & IO_WANT_READ));
	ev_listen(&c->ev_write, result == IO_AGAIN &&
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
	self.armed_ms = 0;
	while ((c = TAILQ_FIRST(&self.deadlines)) != NULL &&
	    c->deadline_ms <= now) {
		if (c->state == STATE_ASK)
			deadline_set(c, ASK_MS);
		else if (c->state == STATE_TALK) {
			fconn_goodbye(c, FRONT_BYE_TIMEOUT);
			fconn_advance(c);
		} else
			fconn_free(c);
	}
	deadline_arm();
}

void
fconn_setup(void)
{
	TAILQ_INIT(&self.deadlines);
	self.ev_deadline = evtimer_new(front.child->base, on_deadline, NULL);
	if (self.ev_deadline == NULL)
		log_fatal("event");
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

void
fconn_close_early(struct fconn *c)
{
	c->wants_close = true;
	c->lingers = true;
}
