/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Connections before login: their creation and end, their deadlines, and the
 * functions that a protocol may call; see front_conn.h.  front_talk.c drives
 * the connections.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include <assert.h>
#include <stdio.h>

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf_mech.h"
#include "common/front/front.h"
#include "common/front/front_conn.h"
#include "common/front/limit.h"
#include "common/net/ev.h"
#include "common/net/tlsctx.h"
#include "common/proc/stats.h"

/* The most output that is buffered; no command has a longer answer. */
#define OUT_MAX		(64 * 1024)
/* Time to send the last reply before the socket is closed. */
#define CLOSE_MS	5000

struct front_ctx front;

static int
fconn_cmp(struct fconn *a, struct fconn *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

static struct {
	struct fconn_deadlines	 deadlines;
	struct event		*ev_deadline;	/* for the first deadline */
	uint64_t		 armed_ms;	/* when it fires; 0: never */
	uint32_t		 last_id;
	void			(*advance)(struct fconn *);
	void			(*late)(struct fconn *);
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

/* All deadlines are in one sorted list, with one timer for its head. */

static void
deadline_arm(void)
{
	struct fconn *c = TAILQ_FIRST(&self.deadlines);
	uint64_t now;

	/*
	 * If the first deadline has moved back, the timer fires too early and
	 * is set again.
	 */
	if (c == NULL || (self.armed_ms != 0 &&
	    self.armed_ms <= c->deadline_ms))
		return;
	now = timer_ms();
	/* Fire 10 ms late, so that one wake-up serves several deadlines. */
	ev_wait(self.ev_deadline,
	    c->deadline_ms > now ? c->deadline_ms - now + 10 : 0);
	self.armed_ms = c->deadline_ms;
}

void
fconn_deadline(struct fconn *c, uint64_t ms)
{
	struct fconn *before;

	if (c->deadline_ms != 0)
		TAILQ_REMOVE(&self.deadlines, c, by_deadline);
	c->deadline_ms = timer_ms() + ms;
	/* Search from the end: a new deadline is nearly always the last. */
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
	assert(!c->asked);
	if (c->state == STATE_HANDSHAKE)
		stats_add(STAT_TLS_FAILED, 1);
	front.proto->clear(c);
	limit_leave(front.limit, &c->place);
	(void)event_del(&c->ev_read);
	(void)event_del(&c->ev_write);
	TAILQ_REMOVE(&self.deadlines, c, by_deadline);
	RB_REMOVE(fconn_tree, &front.conns, c);
	io_close(&c->io);
	tlsctx_unref(c->shaking);
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
	self.advance(arg);
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
	buf_init(&c->in, FCONN_IN_MAX);
	buf_init(&c->out, OUT_MAX);
	event_assign(&c->ev_read, front.child->base, fd, EV_READ | EV_PERSIST,
	    on_conn, c);
	event_assign(&c->ev_write, front.child->base, fd, EV_WRITE, on_conn,
	    c);
	do
		c->id = ++self.last_id;
	while (RB_INSERT(fconn_tree, &front.conns, c) != NULL);
	fconn_deadline(c, (uint64_t)front.child->conf->login_timeout * 1000);
	addr_print(c->peer, peer);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		addr_print(c->local, (struct sockaddr *)&ss);
	front.nconns++;
	return c;
}

void
fconn_wake(struct fconn *c)
{
	event_active(&c->ev_read, EV_READ, 0);
}

void
fconn_send_last(struct fconn *c)
{
	c->state = STATE_CLOSE;
	fconn_deadline(c, CLOSE_MS);
}

void
fconn_goodbye(struct fconn *c, enum front_bye why)
{
	/* Before the greeting or in a handshake, no client would understand. */
	if (c->state != STATE_HANDSHAKE && c->greeted)
		front.proto->goodbye(c, why);
	buf_reset(&c->in, 0);
	if (why == FRONT_BYE_ERRORS || why == FRONT_BYE_INPUT ||
	    why == FRONT_BYE_FOREIGN || why == FRONT_BYE_FAILURES)
		c->lingers = c->state != STATE_HANDSHAKE;
	fconn_send_last(c);
}

void
fconn_end(struct fconn *c)
{
	buf_reset(&c->in, 0);
	c->lingers = true;
	fconn_send_last(c);
}

int
fconn_secure(struct fconn *c)
{
	if (front.tls == NULL ||
	    io_starttls(&c->io, tlsctx_server(front.tls)) == -1)
		return -1;
	c->shaking = tlsctx_ref(front.tls);
	c->state = STATE_HANDSHAKE;
	return 0;
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
	    c->deadline_ms <= now)
		self.late(c);
	deadline_arm();
}

void
fconn_setup(void (*advance)(struct fconn *), void (*late)(struct fconn *))
{
	self.advance = advance;
	self.late = late;
	TAILQ_INIT(&self.deadlines);
	self.ev_deadline = evtimer_new(front.child->base, on_deadline, NULL);
	if (self.ev_deadline == NULL)
		log_fatal("event");
}

/* Functions for the protocols, declared in front.h. */

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

bool
fconn_has_mech(const struct fconn *c, struct slice name)
{
	/*
	 * This applies to mechanisms that hide the password, too: a session in
	 * the clear gives away more than a password would.
	 */
	return fconn_may_login(c) && conf_has_mech(front.child->conf,
	    conf_mech_find(name));
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
