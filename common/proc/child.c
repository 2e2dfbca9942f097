/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The main program of the children; see child.h.  It starts with the parent's
 * privileges, and until its role has dropped them it parses only what the
 * parent sends.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/table.h"
#include "common/base/xmalloc.h"
#include "common/proc/child.h"
#include "common/proc/conf_msg.h"
#include "common/proc/parent_msg.h"
#include "common/proc/proc.h"
#include "common/proc/stats.h"

/* Seconds after which a child without a parent ends, even if not finished. */
#define ORPHAN_S	3

static struct {
	struct child		 c;
	struct buf		 conf;		/* collected from MSG_CONF */
	struct conf		*own;		/* c.conf; freed here */
	struct msg_permit	*permits;
	bool			 foreground;	/* -d */
	char			*root;	/* of all mail, for ROLE_MAIL */
	bool			 trace;		/* -d -d */
	char			 name[32];	/* "front 1" */
	bool			 verbose;	/* -v */
} self;

static void	 on_conf(void *, struct msg *);
static void	 on_conf_done(void *, struct msg *);
static void	 on_stats(void *, struct msg *);
static void	 on_channel(void *, struct msg *);
static void	 on_shutdown(void *, struct msg *);

static const struct msg_permit common_permits[] = {
	{ .type = MSG_CONF, .handle = on_conf },
	{ .type = MSG_CONF_DONE, .handle = on_conf_done },
	{ .type = MSG_STATS, .handle = on_stats },
	{ .type = MSG_CHANNEL, .handle = on_channel },
	{ .type = MSG_SHUTDOWN, .handle = on_shutdown },
};

/* Make one table of the common rows and the rows of the role. */
static struct msg_permit *
join_permits(const struct msg_permit *own)
{
	struct msg_permit *all;
	size_t n = 0;

	while (own != NULL && own[n].type != MSG_NONE)
		n++;
	all = xcalloc(NROWS(common_permits) + n + 1, sizeof(*all));
	memcpy(all, common_permits, sizeof(common_permits));
	if (n > 0)
		memcpy(all + NROWS(common_permits), own, n * sizeof(*own));
	return all;
}

static void
start_log(const struct conf *conf)
{
	enum log_level level = LOG_LEVEL_INFO;

	if (self.verbose)
		level = LOG_LEVEL_DEBUG;
	else if (conf != NULL)
		level = (enum log_level)conf->log_level;
	if (conf != NULL && !self.foreground &&
	    strcmp(conf->log_to, "syslog") == 0)
		log_init(self.c.ops->name, LOG_DEST_SYSLOG, -1, level);
	else
		log_init(self.c.ops->name, LOG_DEST_PIPE, -1, level);
}

static void
drop(const struct conf *conf)
{
	switch (self.c.ops->role) {
	case ROLE_FRONT:
		proc_drop_front(conf);
		break;
	case ROLE_AUTH:
		proc_drop_auth(conf);
		break;
	case ROLE_CHECK:
		proc_drop_check(conf);
		break;
	case ROLE_MAIL:
		proc_drop_mail(self.c.uid, self.c.gid, self.root);
		break;
	case ROLE_PARENT:
		log_fatal("the parent is not a child");
	}
}

/* Set the title for ps(1), and the name of the process in a message trace. */
static void
set_title(const struct child *c)
{
	static const char *const roles[] = {
		[ROLE_FRONT] = "front",
		[ROLE_AUTH] = "auth",
		[ROLE_CHECK] = "check",
		[ROLE_MAIL] = "mail",
	};

	(void)snprintf(self.name, sizeof(self.name), "%s %u",
	    roles[c->ops->role], (unsigned)c->number);
	if (self.trace)
		chan_trace(self.name);
	if (c->ops->role == ROLE_MAIL)
		setproctitle("%s of uid %u", self.name, (unsigned)c->uid);
	else
		setproctitle("%s", self.name);
}

static void
on_conf(void *arg, struct msg *msg)
{
	(void)arg;
	if (buf_add_slice(&self.conf, msg->data) == -1)
		log_fatal("configuration too large");
}

static void
on_conf_done(void *arg, struct msg *msg)
{
	struct child *c = arg;
	struct parent_msg_done done;
	bool first = c->conf == NULL;
	struct conf *next, *old;

	if (parent_msg_done_parse(msg->data, &done) == -1) {
		chan_break(msg->chan, msg);
		return;
	}
	c->number = done.number;
	c->uid = done.uid;
	c->gid = done.gid;
	c->services = done.services;
	next = conf_msg_parse(buf_slice(&self.conf));
	buf_clear(&self.conf);
	if (next == NULL)
		log_fatal("configuration from the parent is malformed");
	start_log(next);
	if (c->ops->configure(c, next) == -1) {
		if (first)
			log_fatal("cannot start with this configuration");
		start_log(c->conf);
		log_warn("the old configuration stays in force");
		conf_free(next);
		return;
	}
	if (first) {
		self.root = xstrdup_slice(done.root);
		drop(next);
	}
	old = self.own;
	c->conf = self.own = next;
	if (old != NULL && c->ops->reload != NULL)
		c->ops->reload(c);
	conf_free(old);
	if (first)
		set_title(c);
	if (first && c->ops->start != NULL)
		c->ops->start(c);
	child_send(c, MSG_READY, 0, -1, SLICE_EMPTY);
}

static void
on_stats(void *arg, struct msg *msg)
{
	(void)arg;
	if (stats_share(msg->fd) == -1)
		log_warn("counters: %s", strerror(errno));
}

static void
on_channel(void *arg, struct msg *msg)
{
	struct child *c = arg;
	struct parent_msg_channel peer;

	if (parent_msg_channel_parse(msg->data, &peer) == -1 ||
	    c->ops->channel == NULL || c->conf == NULL) {
		(void)close(msg->fd);
		chan_break(msg->chan, msg);
		return;
	}
	c->ops->channel(c, &peer, msg->fd);
}

static void
stop(struct child *c)
{
	if (c->stopping)
		return;
	c->stopping = true;
	if (c->ops->shutdown == NULL || c->conf == NULL)
		child_stop(c);
	else
		c->ops->shutdown(c);
}

static void
on_shutdown(void *arg, struct msg *msg)
{
	(void)msg;
	stop(arg);
}

static void
on_closed(void *arg, bool broken)
{
	struct child *c = arg;
	struct timeval orphan = { ORPHAN_S, 0 };

	if (broken)
		log_fatal("the parent sent a message that is not permitted");
	chan_free(c->parent);
	c->parent = NULL;
	(void)event_base_loopexit(c->base, &orphan);
	stop(c);
}

void
child_send(struct child *c, enum msg_type type, uint32_t id, int fd,
    struct slice data)
{
	if (c->parent != NULL)
		(void)chan_send(c->parent, type, id, fd, data);
	else if (fd != -1)
		(void)close(fd);
}

void
child_lost(struct child *c, uint32_t life, bool broken)
{
	struct buf b;

	buf_init(&b, MSG_MAX);
	parent_msg_lost_put(&b, broken);
	child_send(c, MSG_PEER_LOST, life, -1, buf_slice(&b));
	buf_clear(&b);
}

void
child_end(struct child *c)
{
	stop(c);
}

void
child_stop(struct child *c)
{
	(void)event_base_loopbreak(c->base);
}

static void
on_beat(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	stats_beat();
}

/* Tell the parent's watchdog from time to time that the loop turns. */
static void
start_beat(struct child *c)
{
	struct timeval often = { STATS_BEAT_S, 0 };
	struct event *ev;

	ev = event_new(c->base, -1, EV_PERSIST, on_beat, NULL);
	if (ev == NULL || event_add(ev, &often) == -1)
		log_fatal("event");
}

static void
ignore_signals(void)
{
	static const int ignored[] = {
		SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2
	};

	/*
	 * Terminals and service managers signal all our processes at once, but
	 * the parent decides in which order they end.
	 */
	for (size_t i = 0; i < NROWS(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
}

int
child_main(const struct child_ops *ops, int argc, char *argv[])
{
	struct child *c = &self.c;
	bool more = false;
	int ch;

	c->ops = ops;
	setproctitle_init(argc, argv, environ);
	optind = 1;
	opterr = 0;
	while ((ch = getopt(argc, argv, "dvr:")) != -1)
		if (ch == 'd') {
			self.trace = self.foreground;
			self.foreground = true;
		} else if (ch == 'v')
			self.verbose = true;
	start_log(NULL);
	if (self.trace)
		chan_trace(ops->name);
	/* With -d the log never goes to syslog. */
	if (!self.foreground)
		log_reserve_syslog();
	ignore_signals();
	if (fcntl(PROC_CHANNEL_FD, F_SETFD, FD_CLOEXEC) == -1)
		log_fatal("%s is part of its daemon and cannot be started by "
		    "hand", ops->name);
	buf_init(&self.conf, CONF_MSG_MAX);
	self.permits = join_permits(ops->permits);
	if ((c->base = event_base_new()) == NULL)
		log_fatal("event base");
	start_beat(c);
	c->parent = chan_new(c->base, PROC_CHANNEL_FD, "parent", self.permits,
	    on_closed, c);
	while (!event_base_got_break(c->base) && !event_base_got_exit(c->base))
		if (event_base_loop(c->base, more ? EVLOOP_ONCE |
		    EVLOOP_NONBLOCK : EVLOOP_ONCE) == -1)
			log_fatal("event loop: %s", strerror(errno));
		else if (ops->round != NULL)
			more = ops->round(c);
	/*
	 * Skip exit handlers and sanitizers' reports: they fail in a sandbox.
	 */
	_exit(0);
}
