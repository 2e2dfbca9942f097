/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Listening and accepting; see front_listen.h.
 *
 * All fronts have the same sockets in their event loops.  So a front that hangs
 * or dies holds up no connection; with sockets of its own (SO_REUSEPORT) it
 * would.  The price is that several fronts may wake for one connection:
 * measured with two fronts, every third accept(2) finds nothing, which costs
 * 4 us of the 1000 us of a login.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/front/front.h"
#include "common/front/front_conn.h"
#include "common/front/front_listen.h"
#include "common/front/front_talk.h"
#include "common/front/front_trace.h"
#include "common/front/limit.h"
#include "common/net/ev.h"
#include "common/proc/stats.h"

/* Connections accepted at once; the limit leaves some to other fronts. */
#define ACCEPT_BURST	8
/* Pause when out of descriptors: accept(2) would fail again at once. */
#define ACCEPT_PAUSE_MS	200

struct listener {
	int		 fd;
	uint32_t	 number;	/* index in conf->listeners */
	struct event	*ev;
};

struct listeners {
	struct listener	*v;
	size_t		 n;
};

static struct {
	struct listeners now;
	struct listeners next;		/* for the configuration to come */
	struct event	*ev_resume;	/* ends a pause */
	bool		 listening;
} self;

static void
accept_pause(void)
{
	for (size_t i = 0; i < self.now.n; i++)
		ev_listen(self.now.v[i].ev, false);
	ev_wait(self.ev_resume, ACCEPT_PAUSE_MS);
}

static void
resume(void)
{
	for (size_t i = 0; i < self.now.n; i++)
		ev_listen(self.now.v[i].ev, true);
}

static void
on_resume(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	resume();
}

/*
 * Evict a connection that has not logged in, so that there is room for a peer.
 * Returns false if there is none.
 */
static bool
evict(enum limit_result why, const struct sockaddr *peer)
{
	struct limit_place *victim = limit_victim(front.limit, why, peer);
	struct fconn *c;

	if (victim == NULL)
		return false;
	c = (struct fconn *)(void *)((char *)victim -
	    offsetof(struct fconn, place));
	if (c->state == STATE_CLOSE || c->state == STATE_LINGER) {
		front_talk_drop(c);
		return true;
	}
	stats_add(STAT_CONNECTIONS_REFUSED, 1);
	limit_leave(front.limit, victim);
	fconn_goodbye(c, FRONT_BYE_TOOMANY);
	front_talk_advance(c);
	return true;
}

/* Take a place before login for c, evicting another connection if need be. */
static bool
take_place(struct fconn *c, const struct sockaddr *peer)
{
	const struct conf *conf = front.child->conf;
	uint32_t total = conf->connections_before_login;
	enum limit_result result;

	if (limit_all(front.limit) >= conf->connections_total)
		return false;
	/* While all fronts together are over a limit, evict a second one. */
	for (int i = 0; i < 2; i++) {
		result = limit_enter(front.limit, &c->place, peer,
		    conf->connections_per_address, total);
		if (result == LIMIT_OK)
			return true;
		if (!evict(result, peer))
			return false;
	}
	return limit_enter(front.limit, &c->place, peer, UINT32_MAX,
	    UINT32_MAX) == LIMIT_OK;
}

static void
accepted(const struct conf_listener *l, int fd, const struct sockaddr *peer)
{
	struct fconn *c = fconn_new(fd, peer);
	bool refused;

	c->service = l->service;
	c->starttls_offered = l->mode == CONF_MODE_STARTTLS;
	c->plaintext = conf_plaintext_allowed(front.child->conf, l, peer);
	front_trace_decide(c);
	stats_add(STAT_CONNECTIONS, 1);
	refused = !take_place(c, peer);
	if (refused) {
		stats_add(STAT_CONNECTIONS_REFUSED, 1);
		log_limited(LOG_LEVEL_WARN, "peer %s refused: too many "
		    "connections", c->peer);
	}
	if (l->mode == CONF_MODE_TLS) {
		if (refused || fconn_secure(c) == -1) {
			front_talk_drop(c);
			return;
		}
	} else {
		c->greeted = true;
		if (refused)
			fconn_goodbye(c, FRONT_BYE_TOOMANY);
		else
			front.proto->greet(c);
	}
	front_talk_advance(c);
}

static void
on_connection(int fd, short what, void *arg)
{
	struct listener *l = arg;
	struct sockaddr_storage ss = { 0 };
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
		} else if (errno == EINVAL) {
			/* A front that misbehaves has shut it down for all. */
			child_send(front.child, MSG_DEAF, 0, -1, SLICE_EMPTY);
			accept_pause();
		}
		/*
		 * EAGAIN: another front was faster, or no connection is left.
		 */
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

void
front_listen_add(int fd, uint32_t number)
{
	struct listener *l;

	self.next.v = xreallocarray(self.next.v, self.next.n + 1,
	    sizeof(*self.next.v));
	l = &self.next.v[self.next.n++];
	memset(l, 0, sizeof(*l));
	l->fd = fd;
	l->number = number;
}

bool
front_listen_fits(const struct conf *conf)
{
	for (size_t i = 0; i < self.next.n; i++)
		if (self.next.v[i].number >= conf->nlisteners)
			return false;
	return true;
}

void
front_listen_switch(void)
{
	struct listener *l;

	listeners_close(&self.now);
	self.now = self.next;
	memset(&self.next, 0, sizeof(self.next));
	for (size_t i = 0; i < self.now.n; i++) {
		l = &self.now.v[i];
		l->ev = event_new(front.child->base, l->fd,
		    EV_READ | EV_PERSIST, on_connection, l);
		if (l->ev == NULL)
			log_fatal("event");
	}
	if (self.listening)
		resume();
}

void
front_listen_forget(void)
{
	listeners_close(&self.next);
}

void
front_listen_start(void)
{
	if (self.listening || front.child->stopping)
		return;
	self.listening = true;
	resume();
}

void
front_listen_close(void)
{
	self.listening = false;
	(void)event_del(self.ev_resume);
	listeners_close(&self.now);
}

void
front_listen_setup(void)
{
	self.ev_resume = evtimer_new(front.child->base, on_resume, NULL);
	if (self.ev_resume == NULL)
		log_fatal("event");
}
