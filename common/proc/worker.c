/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The mail worker; see worker.h.
 *
 * Sessions with work to do wait in one queue.  A round of the loop handles the
 * events of the descriptors, then gives each session in the queue one turn:
 * run() for at most one time slice, after which its output is sent.  A session
 * that has more to do goes to the end of the queue.
 *
 * Most sessions are idle, so an idle session is kept small: it has no buffers,
 * and one timer, which is set again only when it fires and not at each command.
 */

#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "common/net/ev.h"
#include "common/net/sock.h"
#include "common/net/stream.h"
#include "common/proc/child.h"
#include "common/proc/sandbox.h"
#include "common/proc/stats.h"
#include "common/proc/trace.h"
#include "common/proc/worker.h"

/* The most that is read from a session at once. */
#define READ_MAX	(64 * 1024)
/* Memory that an output buffer keeps while run() has more to do. */
#define OUT_KEEP	(2 * WCONN_HIGH)
/* Time for a client to take the last output of its session. */
#define CLOSE_MS	10000

struct wconn {
	TAILQ_ENTRY(wconn)	 entry;		/* all sessions */
	TAILQ_ENTRY(wconn)	 ready_entry;
	struct stream		 stream;
	uint32_t		 id;
	char			*user;		/* escaped, for the log */
	void			*state;		/* the protocol's state */
	struct buf		 in;
	struct buf		 out;
	struct event		 ev_read;
	struct event		 ev_write;
	struct event		 ev_timer;
	uint64_t		 timer_at; /* ev_timer fires then; 0: not set */
	uint64_t		 active_at;	/* ms of last byte in or out */
	uint64_t		 wake_at;	/* by wconn_timer; 0: none */
	uint64_t		 bytes_in;
	uint64_t		 bytes_out;
	unsigned int		 timeout_s;
	bool			 ready;		/* in the queue */
	bool			 more;		/* run() has more to do */
	bool			 eof;
	bool			 closing;	/* once all output is sent */
	bool			 broken;	/* nothing more can be sent */
	bool			 traced_peer;	/* `trace address`, at login */
};

/* A descriptor of the store, watched until the process ends. */
struct watch {
	struct event		*ev;
	void			(*fn)(void *);
	void			*arg;
};

/* A timer of the store. */
struct wtimer {
	TAILQ_ENTRY(wtimer)	 entry;
	struct event		*ev;
	void			(*fn)(void *);
	void			*arg;
};

TAILQ_HEAD(wconns, wconn);

static struct {
	const struct worker_proto	*proto;
	struct child			*child;
	struct wconns			 all;
	struct wconns			 ready;
	uint32_t			 nconns;
	bool				 ended; /* proto->exit() was called */
	uint64_t			 slice_end_ns;
	struct event			*ev_idle;
	TAILQ_HEAD(, wtimer)		 timers;
} self;

static char	 input[READ_MAX];

/* Without sessions, start the timer that asks the parent to end us. */

static void
idle_arm(void)
{
	if (self.nconns > 0 || self.child->conf->worker_idle == CONF_NEVER)
		return;
	ev_wait(self.ev_idle, self.child->conf->worker_idle * 1000ULL);
}

static void
on_idle(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (self.nconns == 0)
		child_send(self.child, MSG_IDLE, 0, -1, SLICE_EMPTY);
	idle_arm();
}

static void
maybe_stop(void)
{
	if (!self.child->stopping || self.nconns > 0 || self.ended)
		return;
	self.ended = true;
	if (self.proto->exit != NULL)
		self.proto->exit();
	child_stop(self.child);
}

static void
make_ready(struct wconn *c)
{
	if (c->ready)
		return;
	c->ready = true;
	TAILQ_INSERT_TAIL(&self.ready, c, ready_entry);
}

static void
wconn_free(struct wconn *c)
{
	self.proto->close(c);
	(void)event_del(&c->ev_read);
	(void)event_del(&c->ev_write);
	(void)event_del(&c->ev_timer);
	if (c->ready)
		TAILQ_REMOVE(&self.ready, c, ready_entry);
	TAILQ_REMOVE(&self.all, c, entry);
	stream_clear(&c->stream);
	sock_close(c->stream.fd);
	buf_clear(&c->in);
	buf_clear(&c->out);
	child_send(self.child, MSG_SESSION_END, c->id, -1, SLICE_EMPTY);
	free(c->user);
	free(c);
	stats_set(STAT_SESSIONS_OPEN, --self.nconns);
	idle_arm();
	maybe_stop();
}

/* Whether there are bytes to be sent, here or in a filter. */
static bool
has_output(const struct wconn *c)
{
	return buf_len(&c->out) > 0 ||
	    stream_pending(&c->stream, STREAM_OUT) != 0;
}

/* Send as much of the output as the socket takes without waiting. */
static void
flush(struct wconn *c)
{
	struct slice s;
	ssize_t n;

	while (has_output(c) && !c->broken) {
		s = buf_slice(&c->out);
		n = c->stream.ops->out(&c->stream, s.p, s.len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			if (errno != EAGAIN && errno != ENOBUFS)
				c->broken = true;
			break;
		}
		buf_consume(&c->out, (size_t)n);
		c->bytes_out += (uint64_t)n;
		stats_add(STAT_OCTETS_OUT, (uint64_t)n);
		c->active_at = timer_ms();
	}
	if (buf_len(&c->out) == 0)
		buf_reset(&c->out, c->more ? OUT_KEEP : 0);
}

/* The time at which the timer must next look at this session. */
static uint64_t
next_timer(const struct wconn *c)
{
	uint64_t at = c->active_at + (uint64_t)c->timeout_s * 1000;

	if (c->closing)
		return c->active_at + CLOSE_MS;
	return c->wake_at != 0 && c->wake_at < at ? c->wake_at : at;
}

static void
timer_arm(struct wconn *c)
{
	uint64_t at = next_timer(c), now;

	/* If it fires too early, on_timer() sets it again. */
	if (c->timer_at != 0 && c->timer_at <= at)
		return;
	now = timer_ms();
	ev_wait(&c->ev_timer, at > now ? at - now : 0);
	c->timer_at = at;
}

/* Enable the events that the session waits for, or end it.  May free it. */
static void
arm(struct wconn *c)
{
	bool reads;

	if (c->broken || (c->closing && !has_output(c))) {
		wconn_free(c);
		return;
	}
	if (buf_len(&c->in) == 0)
		buf_clear(&c->in);
	reads = !c->eof && !c->closing && buf_len(&c->in) < c->in.cap;
	ev_listen(&c->ev_read, reads);
	/*
	 * The socket makes no event for bytes that a filter has already read.
	 */
	if (reads && stream_pending(&c->stream, STREAM_IN) != 0)
		event_active(&c->ev_read, EV_READ, 0);
	ev_listen(&c->ev_write, has_output(c));
	timer_arm(c);
}

/* Give a session one turn.  May free it. */
static void
turn(struct wconn *c)
{
	if (!c->closing && buf_len(&c->out) < WCONN_HIGH) {
		self.slice_end_ns = timer_ns() +
		    (uint64_t)RUN_SLICE_MS * 1000000;
		c->more = false;
		switch (self.proto->run(c)) {
		case RUN_MORE:
			c->more = true;
			break;
		case RUN_WAIT:
			break;
		case RUN_DONE:
		case RUN_FAIL:
			c->closing = true;
			break;
		}
	}
	flush(c);
	if (c->more && !c->closing && buf_len(&c->out) < WCONN_HIGH)
		make_ready(c);
	arm(c);
}

static bool
on_round(struct child *child)
{
	struct wconns turns = TAILQ_HEAD_INITIALIZER(turns);
	struct wconn *c;

	(void)child;
	/* Sessions that join the queue during this round wait for the next. */
	TAILQ_CONCAT(&turns, &self.ready, ready_entry);
	while ((c = TAILQ_FIRST(&turns)) != NULL) {
		TAILQ_REMOVE(&turns, c, ready_entry);
		c->ready = false;
		turn(c);
	}
	/* After proto->exit() the protocol is not called any more. */
	if (self.ended)
		return false;
	if (self.proto->tick != NULL)
		self.proto->tick();
	return !TAILQ_EMPTY(&self.ready);
}

static void
on_readable(int fd, short what, void *arg)
{
	struct wconn *c = arg;
	size_t room = c->in.cap - buf_len(&c->in);
	ssize_t n;

	(void)fd;
	(void)what;
	n = c->stream.ops->in(&c->stream, input,
	    room < sizeof(input) ? room : sizeof(input));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && buf_add(&c->in, input, (size_t)n) == -1) {
		log_warn("session %u: out of memory", c->id);
		n = -1;
	}
	if (n <= 0) {
		c->eof = true;
		(void)event_del(&c->ev_read);
	} else {
		c->bytes_in += (uint64_t)n;
		stats_add(STAT_OCTETS_IN, (uint64_t)n);
		c->active_at = timer_ms();
	}
	make_ready(c);
}

static void
on_writable(int fd, short what, void *arg)
{
	struct wconn *c = arg;

	(void)fd;
	(void)what;
	flush(c);
	if (c->more && buf_len(&c->out) < WCONN_HIGH)
		make_ready(c);
	arm(c);
}

static void
on_timer(int fd, short what, void *arg)
{
	struct wconn *c = arg;
	uint64_t now = timer_ms();

	(void)fd;
	(void)what;
	c->timer_at = 0;
	if (c->wake_at != 0 && c->wake_at <= now) {
		c->wake_at = 0;
		make_ready(c);
	}
	if (next_timer(c) <= now) {
		if (c->closing)
			c->broken = true;
		else if (c->ready ||
		    (c->more && buf_len(&c->out) < WCONN_HIGH))
			c->active_at = now;
		else {
			/* A client that does not read gets no BYE either. */
			if (!c->more)
				self.proto->timeout(c);
			c->closing = true;
			c->active_at = now;
			flush(c);
		}
	}
	arm(c);
}

static void
on_session(void *arg, struct msg *msg)
{
	struct child *child = arg;
	struct msg_reader r = msg_reader(msg->data);
	struct user_record u;
	struct handoff h;
	struct wconn *c;

	if (user_record_parse(&r, &u) == -1 || handoff_parse(&r, &h) == -1 ||
	    !msg_get_end(&r)) {
		(void)close(msg->fd);
		chan_break(msg->chan, msg);
		return;
	}
	/* A front that was taken over can hand over any descriptor. */
	if (!sock_is_stream(msg->fd)) {
		log_limited(LOG_LEVEL_WARN, "%" PRIu32 " refused user=%s: not "
		    "a stream socket", msg->id, log_esc(u.name));
		sock_close(msg->fd);
		child_send(child, MSG_SESSION_END, msg->id, -1, SLICE_EMPTY);
		return;
	}
	c = xcalloc(1, sizeof(*c));
	stream_init(&c->stream, msg->fd);
	c->id = msg->id;
	c->user = xstrdup(log_esc(u.name));
	c->traced_peer = trace_wanted(child->conf, NULL, h.peer);
	c->timeout_s = child->conf->idle_timeout;
	c->active_at = timer_ms();
	buf_init(&c->in, HANDOFF_EARLY_MAX);
	buf_init(&c->out, BUF_NOCAP);
	event_assign(&c->ev_read, child->base, msg->fd, EV_READ | EV_PERSIST,
	    on_readable, c);
	event_assign(&c->ev_write, child->base, msg->fd, EV_WRITE, on_writable,
	    c);
	evtimer_assign(&c->ev_timer, child->base, on_timer, c);
	TAILQ_INSERT_TAIL(&self.all, c, entry);
	stats_set(STAT_SESSIONS_OPEN, ++self.nconns);
	(void)event_del(self.ev_idle);
	if (buf_add_slice(&c->in, h.early) == -1 ||
	    self.proto->open(c, &u, &h) == -1)
		c->closing = true;
	else if (child->stopping) {
		self.proto->shutdown(c);
		c->closing = true;
	} else
		self.proto->configure(c);
	/* The first turn also sends what open() wrote. */
	make_ready(c);
	/* Its client will try again, and meet another worker. */
	if (!child->stopping && sandbox_is_stale()) {
		log_warn("another folder has taken the place of the mail root: "
		    "sessions of this worker end");
		child_end(child);
	}
}

static const struct msg_permit permits[] = {
	{ .type = MSG_SESSION, .handle = on_session },
	{ .type = MSG_NONE }
};

static int
worker_configure(struct child *child, const struct conf *conf)
{
	(void)conf;
	self.child = child;
	return 0;
}

static void
worker_start(struct child *child)
{
	self.ev_idle = evtimer_new(child->base, on_idle, NULL);
	if (self.ev_idle == NULL)
		log_fatal("event");
	if (self.proto->start() == -1)
		log_fatal("cannot start");
	idle_arm();
}

static void
worker_reload(struct child *child)
{
	struct wconn *c;

	(void)child;
	if (self.proto->reload != NULL)
		self.proto->reload();
	TAILQ_FOREACH(c, &self.all, entry) {
		if (c->closing)
			continue;
		self.proto->configure(c);
		/* New limits may end its wait sooner. */
		make_ready(c);
	}
	idle_arm();
}

static void
worker_shutdown(struct child *child)
{
	struct wconn *c, *next;

	(void)child;
	TAILQ_FOREACH_SAFE(c, &self.all, entry, next) {
		if (!c->closing)
			self.proto->shutdown(c);
		c->closing = true;
		c->active_at = timer_ms();
		make_ready(c);
	}
	maybe_stop();
}

int
worker_main(const struct worker_proto *proto, int argc, char *argv[])
{
	const struct child_ops ops = {
		.role = ROLE_MAIL,
		.name = conf_services[proto->service].mail,
		.permits = permits,
		.configure = worker_configure,
		.start = worker_start,
		.reload = worker_reload,
		.shutdown = worker_shutdown,
		.round = on_round,
	};

	self.proto = proto;
	TAILQ_INIT(&self.all);
	TAILQ_INIT(&self.ready);
	TAILQ_INIT(&self.timers);
	return child_main(&ops, argc, argv);
}

const struct conf *
worker_conf(void)
{
	return self.child->conf;
}

static void
on_watch(int fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd;
	(void)what;
	w->fn(w->arg);
}

void
worker_watch(int fd, void (*fn)(void *arg), void *arg)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->fn = fn;
	w->arg = arg;
	w->ev = event_new(self.child->base, fd, EV_READ | EV_PERSIST,
	    on_watch, w);
	if (w->ev == NULL || event_add(w->ev, NULL) == -1)
		log_fatal("event");
}

static void
on_wtimer(int fd, short what, void *arg)
{
	struct wtimer *t = arg;

	(void)fd;
	(void)what;
	t->fn(t->arg);
}

void
worker_timer(unsigned int ms, void (*fn)(void *arg), void *arg)
{
	struct wtimer *t;

	TAILQ_FOREACH(t, &self.timers, entry)
		if (t->fn == fn)
			break;
	if (t == NULL) {
		t = xcalloc(1, sizeof(*t));
		t->fn = fn;
		t->ev = evtimer_new(self.child->base, on_wtimer, t);
		if (t->ev == NULL)
			log_fatal("event");
		TAILQ_INSERT_TAIL(&self.timers, t, entry);
	}
	t->arg = arg;
	ev_wait(t->ev, ms);
}

void
wconn_set_state(struct wconn *c, void *state)
{
	c->state = state;
}

void *
wconn_state(struct wconn *c)
{
	return c->state;
}

struct buf *
wconn_in(struct wconn *c)
{
	return &c->in;
}

struct buf *
wconn_out(struct wconn *c)
{
	return &c->out;
}

void
wconn_set_stream(struct wconn *c, const struct stream_ops *ops, void *state)
{
	stream_set(&c->stream, ops, state);
}

void
wconn_set_in_cap(struct wconn *c, size_t cap)
{
	c->in.cap = cap;
}

bool
wconn_eof(const struct wconn *c)
{
	return c->eof;
}

bool
wconn_must_yield(struct wconn *c)
{
	return buf_len(&c->out) >= WCONN_HIGH ||
	    timer_ns() >= self.slice_end_ns;
}

void
wconn_wake(struct wconn *c)
{
	if (!c->closing)
		make_ready(c);
}

void
wconn_timer(struct wconn *c, unsigned int ms)
{
	c->wake_at = ms == 0 ? 0 : timer_ms() + ms;
	if (ms != 0)
		timer_arm(c);
}

void
wconn_set_timeout(struct wconn *c, unsigned int seconds)
{
	c->timeout_s = seconds;
	timer_arm(c);
}

uint32_t
wconn_id(const struct wconn *c)
{
	return c->id;
}

bool
wconn_is_traced(const struct wconn *c)
{
	const struct conf *conf = self.child->conf;

	if (conf->trace_address != NULL && c->traced_peer)
		return true;
	return conf->trace_user != NULL &&
	    trace_wanted(conf, c->user, SLICE_EMPTY);
}

void
wconn_log_login(const struct wconn *c, const struct handoff *h)
{
	bool with_id = self.child->conf->id_log && h->client_id.len > 0;

	log_info("%" PRIu32 " login user=%s mech=%s peer=%s tls=\"%s\"%s%s",
	    c->id, c->user, log_esc(h->mech), log_esc(h->peer),
	    log_esc(h->tls), with_id ? " id=" : "",
	    with_id ? log_esc(h->client_id) : "");
}

void
wconn_log_logout(const struct wconn *c, const char *fmt, ...)
{
	char counts[128];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(counts, sizeof(counts), fmt, ap);
	va_end(ap);
	log_info("%" PRIu32 " logout user=%s %s in=%" PRIu64 " out=%" PRIu64,
	    c->id, c->user, counts, c->bytes_in, c->bytes_out);
}
