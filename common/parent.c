/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  The parent; see parent.h.
 *
 * Its children are a list of struct kid.  Fronts, auth and checkers are
 * always there: one that dies is forked again, sooner or later by how long
 * it lived.  Mail workers are forked when a session needs one, and one that
 * dies takes its sessions along, of which auth is told.
 *
 * From children it believes: auth, whose user the session is.  A front can
 * say nothing here, a mail worker only that a session ended or that it is
 * idle.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/compat.h"
#include "common/conf_msg.h"
#include "common/handoff.h"
#include "common/log.h"
#include "common/material.h"
#include "common/msg.h"
#include "common/parent.h"
#include "common/pidlock.h"
#include "common/proc.h"
#include "common/random.h"
#include "common/sandbox.h"
#include "common/timer.h"
#include "common/xmalloc.h"

/* A child that lived shorter than this is forked again more slowly. */
#define LIVED_MS	10000
#define BACKOFF_MIN_MS	100
#define BACKOFF_MAX_MS	30000
/* Children that have not finished by then are killed. */
#define STOP_S		5
/* Payload of a piece of a file in a message. */
#define PIECE		(32 * 1024)

struct kid {
	TAILQ_ENTRY(kid)	 entry;
	enum role		 role;
	uint32_t		 number;
	char			 name[32];	/* "front 1", for the log */
	uid_t			 uid;		/* ROLE_MAIL: the owner */
	gid_t			 gid;
	pid_t			 pid;		/* 0: waits to be forked */
	struct chan		*chan;
	uint64_t		 started_ms;
	unsigned int		 backoff_ms;
	struct event		*ev_fork;
	uint32_t		 nsessions;
	bool			 retired;	/* gets no more sessions */
};

struct session {
	RB_ENTRY(session)	 entry;
	uint32_t		 id;		/* ours, for the worker */
	uint32_t		 auth_id;
	uint32_t		 auth_life;	/* which auth's number that is */
	struct kid		*kid;
};

RB_HEAD(sessions, session);

static struct {
	const struct parent_desc *desc;
	const char		*conf_path;
	const char		*libexec;
	struct pidlock		 pidlock;
	bool			 foreground;
	bool			 verbose;
	bool			 stopping;
	long			 ncores;
	struct event_base	*base;
	struct material		*m;
	struct tlsmat		 tickets;	/* its ticket keys alone */
	TAILQ_HEAD(, kid)	 kids;
	struct sessions		 sessions;
	uint32_t		 last_session;
	uint32_t		 auth_life;	/* counts auth processes */
	uint32_t		 last_mail;	/* numbers of workers */
	struct event		*ev_tickets;
} parent;

static void	 kid_fork(struct kid *);
static void	 on_session(void *, struct msg *);
static void	 on_session_end(void *, struct msg *);
static void	 on_users_stale(void *, struct msg *);
static void	 on_idle(void *, struct msg *);
static void	 on_ready(void *, struct msg *);

static const struct msg_permit front_permits[] = {
	{ MSG_READY, 0, 0, false, on_ready },
	{ 0, 0, 0, false, NULL }
};
static const struct msg_permit auth_permits[] = {
	{ MSG_READY, 0, 0, false, on_ready },
	{ MSG_SESSION, 1, MSG_MAX, true, on_session },
	{ MSG_USERS_STALE, 0, 0, false, on_users_stale },
	{ 0, 0, 0, false, NULL }
};
static const struct msg_permit mail_permits[] = {
	{ MSG_READY, 0, 0, false, on_ready },
	{ MSG_SESSION_END, 0, 0, false, on_session_end },
	{ MSG_IDLE, 0, 0, false, on_idle },
	{ 0, 0, 0, false, NULL }
};

/* What the parent has to say to each role, and hears from it. */
static const struct {
	const char		*name;
	const struct msg_permit	*permits;
} roles[] = {
	[ROLE_FRONT] = { "front", front_permits },
	[ROLE_AUTH] = { "auth", auth_permits },
	[ROLE_CHECK] = { "check", front_permits },
	[ROLE_MAIL] = { "mail", mail_permits },
};

static int
session_cmp(struct session *a, struct session *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

RB_PROTOTYPE(sessions, session, entry, session_cmp)
RB_GENERATE(sessions, session, entry, session_cmp)

static struct slice
nothing(void)
{
	return slice_make(NULL, 0);
}

static void
kid_send(struct kid *k, enum msg_type type, uint32_t id, int fd,
    struct slice data)
{
	if (k->chan == NULL) {
		if (fd != -1)
			(void)close(fd);
	} else if (chan_send(k->chan, type, id, fd, data) == -1)
		log_warn("%s pid %ld does not read its messages", k->name,
		    (long)k->pid);
}

static struct kid *
kid_find(enum role role, uint32_t number)
{
	struct kid *k;

	TAILQ_FOREACH(k, &parent.kids, entry)
		if (k->role == role && k->number == number)
			return k;
	return NULL;
}

/* Sending the configuration. */

static void
send_tls(struct kid *k)
{
	const struct tlsmat *tls = &parent.m->tls;
	struct slice part[3], s;
	struct buf b;

	buf_init(&b, MSG_MAX);
	for (size_t i = 0; i < tls->npairs; i++) {
		part[0] = buf_slice(&tls->pairs[i].cert);
		part[1] = buf_slice(&tls->pairs[i].key);
		part[2] = buf_slice(&tls->pairs[i].staple);
		for (uint8_t n = 0; n < 3; n++)
			for (s = part[n]; s.len > 0;
			    s = slice_from(s, PIECE)) {
				buf_reset(&b, MSG_MAX);
				msg_put_u8(&b, n);
				msg_put_slice(&b, slice_sub(s, 0, PIECE));
				kid_send(k, MSG_CONF_KEYPAIR, (uint32_t)i, -1,
				    buf_slice(&b));
			}
	}
	buf_clear_secret(&b);
	for (s = buf_slice(&tls->ca); s.len > 0; s = slice_from(s, PIECE))
		kid_send(k, MSG_CONF_CA, 0, -1, slice_sub(s, 0, PIECE));
}

static void
send_ticket(struct kid *k, const struct tlsmat_ticket *t)
{
	kid_send(k, MSG_CONF_TICKETKEY, t->rev, -1,
	    slice_make((const char *)t->key, sizeof(t->key)));
}

static void
send_listeners(struct kid *k)
{
	int fd;

	for (size_t i = 0; i < parent.m->nlisteners; i++) {
		if (parent.m->listeners[i] == -1)
			continue;
		fd = fcntl(parent.m->listeners[i], F_DUPFD_CLOEXEC, 0);
		if (fd == -1)
			log_warn("listener: %s", strerror(errno));
		else
			kid_send(k, MSG_CONF_LISTENER, (uint32_t)i, fd,
			    nothing());
	}
}

static void
send_users(struct kid *k, uint32_t i)
{
	const char *path = parent.m->conf->users[i].path;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		log_warn("%s: %s", path, strerror(errno));
	else
		kid_send(k, MSG_CONF_USERS, i, fd, nothing());
}

static void
send_conf(struct kid *k)
{
	const struct conf *conf = parent.m->conf;
	struct buf b;
	struct slice s;

	buf_init(&b, CONF_MSG_MAX);
	if (conf_put(&b, conf) == -1)
		log_fatal("configuration too large");
	for (s = buf_slice(&b); s.len > 0; s = slice_from(s, PIECE))
		kid_send(k, MSG_CONF, 0, -1, slice_sub(s, 0, PIECE));
	if (k->role == ROLE_FRONT) {
		send_tls(k);
		for (size_t i = 0; i < parent.tickets.ntickets; i++)
			send_ticket(k, &parent.tickets.tickets[i]);
		send_listeners(k);
	}
	for (uint32_t i = 0; k->role == ROLE_AUTH && i < conf->nusers; i++)
		send_users(k, i);
	buf_reset(&b, MSG_MAX);
	msg_put_u32(&b, k->number);
	msg_put_u32(&b, (uint32_t)k->uid);
	msg_put_u32(&b, (uint32_t)k->gid);
	kid_send(k, MSG_CONF_DONE, 0, -1, buf_slice(&b));
	buf_clear(&b);
}

/* Channels between children. */

static void
send_channel(struct kid *k, const struct kid *peer, int fd)
{
	struct buf b;

	buf_init(&b, MSG_MAX);
	msg_put_u32(&b, peer->role);
	msg_put_u32(&b, peer->number);
	kid_send(k, MSG_CHANNEL, 0, fd, buf_slice(&b));
	buf_clear(&b);
}

static void
link_kids(struct kid *a, struct kid *b)
{
	int fds[2];

	if (a->chan == NULL || b->chan == NULL)
		return;
	if (chan_pair(fds) == -1) {
		log_warn("channel between %s and %s: %s", a->name, b->name,
		    strerror(errno));
		return;
	}
	send_channel(a, b, fds[0]);
	send_channel(b, a, fds[1]);
}

/* Connect a new child with those that it talks to. */
static void
link_kid(struct kid *k)
{
	struct kid *other;

	TAILQ_FOREACH(other, &parent.kids, entry) {
		if (other == k)
			continue;
		if (k->role == ROLE_AUTH && (other->role == ROLE_FRONT ||
		    other->role == ROLE_CHECK))
			link_kids(k, other);
		if ((k->role == ROLE_FRONT || k->role == ROLE_CHECK) &&
		    other->role == ROLE_AUTH)
			link_kids(other, k);
	}
}

/* Sessions. */

static void
session_free(struct session *s)
{
	struct kid *auth = kid_find(ROLE_AUTH, 0);

	/* A later auth knows nothing of an earlier one's sessions. */
	if (auth != NULL && s->auth_life == parent.auth_life)
		kid_send(auth, MSG_SESSION_END, s->auth_id, -1, nothing());
	s->kid->nsessions--;
	RB_REMOVE(sessions, &parent.sessions, s);
	free(s);
}

static void
sessions_end(struct kid *k)
{
	struct session *s, *next;

	RB_FOREACH_SAFE(s, sessions, &parent.sessions, next)
		if (s->kid == k)
			session_free(s);
}

/* Children. */

static void
on_kid_closed(void *arg, bool broken)
{
	struct kid *k = arg;

	chan_free(k->chan);
	k->chan = NULL;
	/* Its exit status follows; make sure that it does. */
	if (broken || !parent.stopping)
		(void)kill(k->pid, SIGKILL);
}

static struct kid *
kid_new(enum role role, uint32_t number, uid_t uid, gid_t gid)
{
	struct kid *k = xcalloc(1, sizeof(*k));

	k->role = role;
	k->number = number;
	k->uid = uid;
	k->gid = gid;
	(void)snprintf(k->name, sizeof(k->name), "%s %u", roles[role].name,
	    (unsigned)number);
	TAILQ_INSERT_TAIL(&parent.kids, k, entry);
	return k;
}

static void
kid_free(struct kid *k)
{
	sessions_end(k);
	TAILQ_REMOVE(&parent.kids, k, entry);
	chan_free(k->chan);
	if (k->ev_fork != NULL)
		event_free(k->ev_fork);
	free(k);
}

static const char *
kid_program(const struct kid *k)
{
	if (k->role == ROLE_FRONT)
		return parent.desc->front;
	if (k->role == ROLE_MAIL)
		return parent.desc->mail;
	return "penfold-auth";
}

static void
on_fork_again(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	kid_fork(arg);
}

static void
kid_fork_later(struct kid *k)
{
	struct timeval tv;

	if (timer_ms() - k->started_ms >= LIVED_MS)
		k->backoff_ms = 0;
	else if (k->backoff_ms == 0)
		k->backoff_ms = BACKOFF_MIN_MS;
	else if ((k->backoff_ms *= 2) > BACKOFF_MAX_MS)
		k->backoff_ms = BACKOFF_MAX_MS;
	tv.tv_sec = (time_t)(k->backoff_ms / 1000);
	tv.tv_usec = (suseconds_t)(k->backoff_ms % 1000 * 1000);
	if (k->ev_fork == NULL)
		k->ev_fork = evtimer_new(parent.base, on_fork_again, k);
	if (k->ev_fork == NULL || evtimer_add(k->ev_fork, &tv) == -1)
		log_fatal("event");
}

static void
kid_fork(struct kid *k)
{
	char path[1024], program[64], d[] = "-d", v[] = "-v", r[] = "-r";
	char role[16];
	char *argv[8];
	int argc = 0, fd;

	if (parent.stopping)
		return;
	(void)strlcpy(program, kid_program(k), sizeof(program));
	(void)snprintf(path, sizeof(path), "%s/%s", parent.libexec, program);
	argv[argc++] = program;
	if (k->role == ROLE_AUTH || k->role == ROLE_CHECK) {
		(void)strlcpy(role, roles[k->role].name, sizeof(role));
		argv[argc++] = r;
		argv[argc++] = role;
	}
	if (parent.foreground)
		argv[argc++] = d;
	if (parent.verbose)
		argv[argc++] = v;
	argv[argc] = NULL;
	k->started_ms = timer_ms();
	if ((k->pid = proc_spawn(path, argv, &fd)) == -1) {
		log_warn("%s: fork: %s", k->name, strerror(errno));
		k->pid = 0;
		if (k->role != ROLE_MAIL)
			kid_fork_later(k);
		return;
	}
	k->chan = chan_new(parent.base, fd, k->name, roles[k->role].permits,
	    on_kid_closed, k);
	if (k->role == ROLE_AUTH)
		parent.auth_life++;
	send_conf(k);
	link_kid(k);
}

static void
maybe_stop(void)
{
	struct kid *k;
	bool serving = false;

	if (!parent.stopping)
		return;
	TAILQ_FOREACH(k, &parent.kids, entry)
		if (k->role == ROLE_FRONT || k->role == ROLE_MAIL)
			serving = true;
	if (serving)
		return;
	/* The ends of sessions have been told: auth and check may go. */
	if (TAILQ_EMPTY(&parent.kids)) {
		(void)event_base_loopbreak(parent.base);
		return;
	}
	TAILQ_FOREACH(k, &parent.kids, entry)
		kid_send(k, MSG_SHUTDOWN, 0, -1, nothing());
}

static void
kid_died(struct kid *k, int status)
{
	enum role role = k->role;

	if (WIFSIGNALED(status))
		log_warn("%s pid %ld was killed by signal %d", k->name,
		    (long)k->pid, WTERMSIG(status));
	else if (WEXITSTATUS(status) == 127)
		log_warn("%s pid %ld: cannot execute %s/%s", k->name,
		    (long)k->pid, parent.libexec, kid_program(k));
	else if (WEXITSTATUS(status) != 0 || !(parent.stopping || k->retired))
		log_warn("%s pid %ld ended with status %d", k->name,
		    (long)k->pid, WEXITSTATUS(status));
	chan_free(k->chan);
	k->chan = NULL;
	k->pid = 0;
	if (role == ROLE_MAIL || k->retired || parent.stopping)
		kid_free(k);
	else
		kid_fork_later(k);
	maybe_stop();
}

static void
on_sigchld(int sig, short what, void *arg)
{
	struct kid *k;
	pid_t pid;
	int status;

	(void)sig;
	(void)what;
	(void)arg;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		TAILQ_FOREACH(k, &parent.kids, entry)
			if (k->pid == pid) {
				kid_died(k, status);
				break;
			}
}

static void
on_ready(void *arg, struct msg *msg)
{
	struct kid *k = arg;

	(void)msg;
	log_debug("%s pid %ld is ready", k->name, (long)k->pid);
}

/* What auth says. */

/* The worker for a user, forked if need be; NULL if that failed. */
static struct kid *
worker_for(const struct user_record *u)
{
	uint32_t n = parent.m->conf->workers, slot;
	struct kid *k;
	uid_t uid = u->uid;
	gid_t gid = u->gid;

	if (n == 0)
		n = (uint32_t)(2 * parent.ncores);
	/* An ordinary user can be nobody else. */
	if (geteuid() != 0) {
		uid = geteuid();
		gid = getegid();
	}
	slot = (uint32_t)(u->hash % n);
	TAILQ_FOREACH(k, &parent.kids, entry)
		if (k->role == ROLE_MAIL && k->uid == uid && k->gid == gid &&
		    k->number == slot && !k->retired && k->chan != NULL)
			return k;
	k = kid_new(ROLE_MAIL, slot, uid, gid);
	kid_fork(k);
	if (k->chan == NULL) {
		kid_free(k);
		return NULL;
	}
	return k;
}

static void
on_session(void *arg, struct msg *msg)
{
	struct kid *auth = arg, *k = NULL;
	struct msg_reader r = msg_reader(msg->data);
	struct user_record u;
	struct handoff h;
	struct session *s;

	if (user_record_get(&r, &u) == -1 || handoff_get(&r, &h) == -1 ||
	    !msg_get_end(&r)) {
		(void)close(msg->fd);
		chan_refuse(msg->chan, msg);
		return;
	}
	if (!parent.stopping)
		k = worker_for(&u);
	if (k == NULL) {
		(void)close(msg->fd);
		kid_send(auth, MSG_SESSION_END, msg->id, -1, nothing());
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->auth_id = msg->id;
	s->auth_life = parent.auth_life;
	s->kid = k;
	do
		s->id = ++parent.last_session;
	while (RB_INSERT(sessions, &parent.sessions, s) != NULL);
	k->nsessions++;
	kid_send(k, MSG_SESSION, s->id, msg->fd, msg->data);
}

static void
on_users_stale(void *arg, struct msg *msg)
{
	if (msg->id >= parent.m->conf->nusers)
		chan_refuse(msg->chan, msg);
	else
		send_users(arg, msg->id);
}

/* What mail workers say. */

static void
on_session_end(void *arg, struct msg *msg)
{
	struct session want, *s;

	want.id = msg->id;
	s = RB_FIND(sessions, &parent.sessions, &want);
	if (s == NULL || s->kid != arg)
		chan_refuse(msg->chan, msg);
	else
		session_free(s);
}

static void
on_idle(void *arg, struct msg *msg)
{
	struct kid *k = arg;

	(void)msg;
	/* A session may have been on its way. */
	if (k->nsessions > 0)
		return;
	k->retired = true;
	kid_send(k, MSG_SHUTDOWN, 0, -1, nothing());
}

/* Ticket keys. */

static void	 tickets_arm(void);

static void
ticket_new(void)
{
	struct tlsmat_ticket t;
	struct kid *k;

	random_bytes(&t, sizeof(t));
	if (t.rev == 0)
		t.rev = 1;
	tlsmat_ticket(&parent.tickets, &t);
	TAILQ_FOREACH(k, &parent.kids, entry)
		if (k->role == ROLE_FRONT)
			send_ticket(k, &t);
	explicit_bzero(&t, sizeof(t));
}

static void
on_tickets(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	ticket_new();
	tickets_arm();
}

/* A key is replaced when half of a ticket's life is over. */
static void
tickets_arm(void)
{
	struct timeval tv = { 0, 0 };
	uint32_t lifetime = parent.m->conf->tls_ticket_lifetime;

	if (lifetime == 0) {
		(void)evtimer_del(parent.ev_tickets);
		return;
	}
	tv.tv_sec = (time_t)(lifetime / 2 + 1);
	(void)evtimer_add(parent.ev_tickets, &tv);
}

/* The log, and the parent's own signals. */

static int
log_open(const char *path)
{
	int fd;

	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0640);
	if (fd == -1)
		log_warn("log %s: %s", path, strerror(errno));
	return fd;
}

/* Point our stderr, which children inherit, to where the log goes. */
static void
log_start(const struct conf *conf)
{
	enum log_level level = parent.verbose ? LOG_LEVEL_DEBUG :
	    (enum log_level)conf->log_level;
	struct kid *k;
	int fd, copy;

	if (parent.foreground || strcmp(conf->log_to, "stderr") == 0) {
		log_init(parent.desc->name, LOG_DEST_STDERR, -1, level);
		return;
	}
	if (strcmp(conf->log_to, "syslog") == 0) {
		log_init(parent.desc->name, LOG_DEST_SYSLOG, -1, level);
		return;
	}
	if ((fd = log_open(conf->log_to)) == -1)
		return;
	(void)dup2(fd, STDERR_FILENO);
	log_init(parent.desc->name, LOG_DEST_FD, STDERR_FILENO, level);
	TAILQ_FOREACH(k, &parent.kids, entry)
		if ((copy = fcntl(fd, F_DUPFD_CLOEXEC, 0)) != -1)
			kid_send(k, MSG_LOGFD, 0, copy, nothing());
	(void)close(fd);
}

/* Fork those that the configuration wants and that are not there. */
static void
populate(void)
{
	const struct conf *conf = parent.m->conf;
	uint32_t fronts = conf->fronts, checkers = conf->checkers;

	if (fronts == 0)
		fronts = (uint32_t)parent.ncores;
	if (checkers == 0)
		checkers = (uint32_t)parent.ncores;
	if (kid_find(ROLE_AUTH, 0) == NULL)
		kid_fork(kid_new(ROLE_AUTH, 0, 0, 0));
	for (uint32_t i = 0; i < checkers; i++)
		if (kid_find(ROLE_CHECK, i) == NULL)
			kid_fork(kid_new(ROLE_CHECK, i, 0, 0));
	for (uint32_t i = 0; i < fronts; i++)
		if (kid_find(ROLE_FRONT, i) == NULL)
			kid_fork(kid_new(ROLE_FRONT, i, 0, 0));
}

/*
 * Fronts and checkers that a new configuration does not want stay until the
 * next start: a front that goes would take its TLS sessions along.
 */
static void
on_sighup(int sig, short what, void *arg)
{
	struct material *m;
	struct kid *k;

	(void)sig;
	(void)what;
	(void)arg;
	if (parent.stopping)
		return;
	m = material_load(parent.desc, parent.conf_path, parent.m, true);
	if (m == NULL) {
		log_warn("reload failed: the old configuration stays in force");
		log_start(parent.m->conf);
		return;
	}
	material_free(parent.m);
	parent.m = m;
	log_start(m->conf);
	TAILQ_FOREACH(k, &parent.kids, entry)
		if (k->chan != NULL)
			send_conf(k);
	populate();
	tickets_arm();
	log_info("configuration %s is in force", parent.conf_path);
}

static void
on_stop_late(int fd, short what, void *arg)
{
	struct kid *k;

	(void)fd;
	(void)what;
	(void)arg;
	TAILQ_FOREACH(k, &parent.kids, entry)
		if (k->pid != 0) {
			log_warn("%s pid %ld has not finished: killed",
			    k->name, (long)k->pid);
			(void)kill(k->pid, SIGKILL);
		}
	(void)event_base_loopbreak(parent.base);
}

static void
on_sigterm(int sig, short what, void *arg)
{
	struct timeval late = { STOP_S, 0 };
	struct kid *k, *next;

	(void)what;
	(void)arg;
	if (parent.stopping)
		return;
	log_info("stopping on signal %d", sig);
	parent.stopping = true;
	for (size_t i = 0; i < parent.m->nlisteners; i++)
		if (parent.m->listeners[i] != -1) {
			(void)close(parent.m->listeners[i]);
			parent.m->listeners[i] = -1;
		}
	TAILQ_FOREACH_SAFE(k, &parent.kids, entry, next)
		if (k->pid == 0)
			kid_free(k);
		else if (k->role == ROLE_FRONT || k->role == ROLE_MAIL)
			kid_send(k, MSG_SHUTDOWN, 0, -1, nothing());
	(void)event_base_once(parent.base, -1, EV_TIMEOUT, on_stop_late, NULL,
	    &late);
	maybe_stop();
}

static void
catch_signal(int sig, void (*fn)(int, short, void *))
{
	struct event *ev = evsignal_new(parent.base, sig, fn, NULL);

	if (ev == NULL || event_add(ev, NULL) == -1)
		log_fatal("signal %d", sig);
}

/* As many descriptors as we may have; children inherit the limit. */
static void
raise_limits(void)
{
	struct rlimit limit;
	rlim_t hard;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	hard = limit.rlim_max;
	limit.rlim_cur = limit.rlim_max = hard < 65536 ? 65536 : hard;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return;
	limit.rlim_cur = limit.rlim_max = hard;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		log_warn("descriptors: %s", strerror(errno));
}

static int
usage(void)
{
	(void)fprintf(stderr, "usage: %s [-dnv] [-f file] [-L folder] "
	    "[-p file]\n",
	    parent.desc->name);
	return 2;
}

/* imapd -n, imapd -nv */
static int
check_only(void)
{
	struct buf b;
	struct slice s;

	parent.m = material_load(parent.desc, parent.conf_path, NULL, false);
	if (parent.m == NULL)
		return 1;
	buf_init(&b, CONF_MSG_MAX);
	if (!parent.verbose)
		(void)fprintf(stderr, "configuration OK\n");
	else if (conf_print(parent.m->conf, &b) == 0) {
		s = buf_slice(&b);
		(void)fwrite(s.p, 1, s.len, stdout);
	}
	buf_clear(&b);
	return fflush(stdout) == 0 ? 0 : 1;
}

static void
serve(void)
{
	if ((parent.base = event_base_new()) == NULL)
		log_fatal("event base");
	catch_signal(SIGCHLD, on_sigchld);
	catch_signal(SIGHUP, on_sighup);
	catch_signal(SIGTERM, on_sigterm);
	catch_signal(SIGINT, on_sigterm);
	parent.ev_tickets = evtimer_new(parent.base, on_tickets, NULL);
	if (parent.ev_tickets == NULL)
		log_fatal("event");
	tlsmat_init(&parent.tickets);
	ticket_new();
	tickets_arm();
	populate();
	log_info("%s %s started", parent.desc->name, PENFOLD_VERSION);
	(void)event_base_dispatch(parent.base);
	log_info("stopped");
}

int
parent_main(const struct parent_desc *desc, int argc, char *argv[])
{
	const char *pid_path = NULL;
	bool no_action = false;
	int ch;

	parent.desc = desc;
	parent.conf_path = PENFOLD_CONF;
	parent.libexec = PENFOLD_LIBEXEC;
	TAILQ_INIT(&parent.kids);
	RB_INIT(&parent.sessions);
	while ((ch = getopt(argc, argv, "df:L:np:v")) != -1)
		switch (ch) {
		case 'd':
			parent.foreground = true;
			break;
		case 'f':
			parent.conf_path = optarg;
			break;
		case 'L':
			parent.libexec = optarg;
			break;
		case 'n':
			no_action = true;
			break;
		case 'p':
			pid_path = optarg;
			break;
		case 'v':
			parent.verbose = true;
			break;
		default:
			return usage();
		}
	if (argc != optind)
		return usage();
	log_init(desc->name, LOG_DEST_STDERR, -1, LOG_LEVEL_INFO);
	if (no_action)
		return check_only();
	(void)signal(SIGPIPE, SIG_IGN);
	raise_limits();
	if ((parent.ncores = sysconf(_SC_NPROCESSORS_ONLN)) < 1)
		parent.ncores = 1;
	parent.m = material_load(desc, parent.conf_path, NULL, true);
	if (parent.m == NULL)
		return 1;
	if (pid_path != NULL &&
	    pidlock_open(&parent.pidlock, pid_path) == -1)
		return 1;
	if (geteuid() != 0)
		log_warn("not started as root: all processes run as uid %u, "
		    "without chroot", (unsigned)geteuid());
	if (!parent.foreground && daemon(1, 0) == -1)
		log_fatal("daemon: %s", strerror(errno));
	if (pidlock_write(&parent.pidlock) == -1)
		return 1;
	log_start(parent.m->conf);
	if (sandbox_nodump() == -1 ||
	    sandbox_enter(ROLE_PARENT, NULL) == -1)
		log_fatal("sandbox: %s", strerror(errno));
	serve();
	pidlock_close(&parent.pidlock);
	return 0;
}
