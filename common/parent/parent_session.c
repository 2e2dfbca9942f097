/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * This runs as root.  Sessions, and the mail workers that serve them; see
 * parent_session.h.
 */

#include "config.h"

#include <sys/types.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/parent/material.h"
#include "common/parent/parent_conf.h"
#include "common/parent/parent_ctx.h"
#include "common/parent/parent_kid.h"
#include "common/parent/parent_session.h"
#include "common/proc/handoff.h"
#include "common/proc/msg.h"
#include "common/proc/parent_msg.h"

struct session {
	RB_ENTRY(session)	 entry;
	uint32_t		 id;		/* for parent and worker */
	uint32_t		 auth_id;
	uint32_t		 auth_life; /* auth that chose auth_id */
	struct kid		*kid;
	/* Kept to tell an auth process that is forked later. */
	size_t			 name_len;
	size_t			 peer_len;
	char			 text[];	/* user name, then peer */
};

RB_HEAD(sessions, session);

static int
session_cmp(struct session *a, struct session *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

static struct {
	struct sessions	 sessions;
	uint32_t	 last;
	uint32_t	 auth_life;	/* number of the latest auth process */
} self = { .sessions = RB_INITIALIZER(&self.sessions) };

RB_PROTOTYPE(sessions, session, entry, session_cmp)
RB_GENERATE(sessions, session, entry, session_cmp)

static struct session *
session_new(struct kid *k, uint32_t auth_id, struct slice name,
    struct slice peer)
{
	struct session *s = xcalloc(1, sizeof(*s) + name.len + peer.len);

	s->auth_id = auth_id;
	s->auth_life = self.auth_life;
	s->kid = k;
	s->name_len = name.len;
	s->peer_len = peer.len;
	memcpy(s->text, name.p, name.len);
	memcpy(s->text + name.len, peer.p, peer.len);
	do
		s->id = ++self.last;
	while (RB_INSERT(sessions, &self.sessions, s) != NULL);
	k->nsessions++;
	return s;
}

static void
session_free(struct session *s)
{
	struct kid *auth = kid_find(ROLE_AUTH, 0);

	/* A later auth process may not know this session. */
	if (auth != NULL && s->auth_life == self.auth_life)
		(void)kid_send(auth, MSG_SESSION_END, s->auth_id, -1,
		    SLICE_EMPTY);
	s->kid->nsessions--;
	RB_REMOVE(sessions, &self.sessions, s);
	free(s);
}

void
parent_session_end_all(struct kid *k)
{
	struct session *s, *next;

	RB_FOREACH_SAFE(s, sessions, &self.sessions, next)
		if (s->kid == k)
			session_free(s);
}

void
parent_session_new_auth(struct kid *auth)
{
	struct session *s;
	struct buf b;
	int ret;

	self.auth_life++;
	if (auth->chan == NULL)
		return;
	buf_init(&b, MSG_MAX);
	RB_FOREACH(s, sessions, &self.sessions) {
		buf_reset(&b, MSG_MAX);
		parent_msg_known_put(&b, slice_make(s->text, s->name_len),
		    slice_make(s->text + s->name_len, s->peer_len));
		ret = chan_send(auth->chan, MSG_SESSION_KNOWN, s->id, -1,
		    buf_slice(&b));
		if (ret == -1) {
			log_warn("auth does not know all sessions: their "
			    "users can exceed the limits");
			break;
		}
		s->auth_id = s->id;
		s->auth_life = self.auth_life;
	}
	buf_clear(&b);
}

/*
 * Whether a worker takes sessions.  When it has died, the news of a login may
 * come before those of its death.
 */
static bool
takes_sessions(const struct kid *k)
{
	return k->role == ROLE_MAIL && !k->retired && k->chan != NULL &&
	    !chan_ended(k->chan);
}

/*
 * The folder to which the worker of a user is confined: that of all mail, or
 * "/" for a user whose home the users file puts elsewhere.
 */
static const char *
root_for(const struct user_record *u, const char *root)
{
	size_t len = strlen(root);

	return u->root.len > len && memcmp(u->root.p, root, len) == 0 &&
	    u->root.p[len] == '/' ? root : "/";
}

static struct kid *
worker_find(uint32_t slot, uid_t uid, gid_t gid, const char *root)
{
	struct kid *k;

	TAILQ_FOREACH(k, &kids, entry)
		if (k->uid == uid && k->gid == gid && k->number == slot &&
		    takes_sessions(k) && strcmp(k->root, root) == 0)
			return k;
	return NULL;
}

/* The worker for a user, forked if need be; NULL if that failed. */
static struct kid *
worker_for(const struct user_record *u)
{
	char *all = conf_mail_root(parent.m->conf);
	const char *root = root_for(u, all);
	uint32_t n = parent.m->conf->workers, slot;
	struct kid *k;
	uid_t uid = u->uid;
	gid_t gid = u->gid;

	if (n == 0)
		n = (uint32_t)(2 * parent.ncores);
	/*
	 * Without root, every worker runs as the user who started the parent.
	 */
	if (geteuid() != 0) {
		uid = geteuid();
		gid = getegid();
	}
	slot = (uint32_t)(u->hash % n);
	if ((k = worker_find(slot, uid, gid, root)) == NULL) {
		k = kid_new(ROLE_MAIL, slot, uid, gid, root);
		kid_fork(k);
		if (k->chan == NULL) {
			kid_free(k);
			k = NULL;
		}
	}
	free(all);
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

	if (user_record_parse(&r, &u) == -1 || handoff_parse(&r, &h) == -1 ||
	    !msg_get_end(&r)) {
		(void)close(msg->fd);
		chan_break(msg->chan, msg);
		return;
	}
	if (!parent.stopping)
		k = worker_for(&u);
	if (k == NULL) {
		(void)close(msg->fd);
		(void)kid_send(auth, MSG_SESSION_END, msg->id, -1, SLICE_EMPTY);
		return;
	}
	s = session_new(k, msg->id, u.name, h.peer);
	if (kid_send(k, MSG_SESSION, s->id, msg->fd, msg->data) == -1)
		session_free(s);
}

static void
on_users_stale(void *arg, struct msg *msg)
{
	if (msg->id >= parent.m->conf->nusers)
		chan_break(msg->chan, msg);
	else
		parent_conf_send_users(arg, msg->id);
}

/*
 * Auth has lost its channel to a front or a checker.  If that process still
 * runs, it broke the rules or has closed the channel on its own, and can no
 * longer do what it is there for.
 */
static void
on_peer_lost(void *arg, struct msg *msg)
{
	struct kid *k = kid_find_life(msg->id);
	bool broken;

	(void)arg;
	if (parent_msg_lost_parse(msg->data, &broken) == -1 || (k != NULL &&
	    k->role != ROLE_FRONT && k->role != ROLE_CHECK)) {
		chan_break(msg->chan, msg);
		return;
	}
	if (k == NULL || parent.stopping)
		return;
	/* Without a broken rule it may have died, with SIGCHLD still to come */
	if (broken)
		kid_kill(k, "it sent auth a message that is not permitted");
	else
		(void)kill(k->pid, SIGKILL);
}

static void
on_session_end(void *arg, struct msg *msg)
{
	struct session want, *s;

	want.id = msg->id;
	s = RB_FIND(sessions, &self.sessions, &want);
	if (s == NULL || s->kid != arg)
		chan_break(msg->chan, msg);
	else
		session_free(s);
}

static void
on_idle(void *arg, struct msg *msg)
{
	struct kid *k = arg;

	(void)msg;
	/* A session may already be in flight to this worker. */
	if (k->nsessions > 0)
		return;
	kid_retire(k);
}

static void
on_ready(void *arg, struct msg *msg)
{
	struct kid *k = arg;

	(void)msg;
	log_debug("%s pid %ld is ready", k->name, (long)k->pid);
}

static void
on_deaf(void *arg, struct msg *msg)
{
	const struct kid *k = arg;

	(void)msg;
	log_limited(LOG_LEVEL_WARN, "%s: a port was shut down; listening again",
	    k->name);
	material_listen(parent.m);
}

const struct msg_permit parent_session_front_permits[] = {
	{ .type = MSG_READY, .handle = on_ready },
	{ .type = MSG_DEAF, .handle = on_deaf },
	{ .type = MSG_NONE }
};

const struct msg_permit parent_session_check_permits[] = {
	{ .type = MSG_READY, .handle = on_ready },
	{ .type = MSG_NONE }
};

const struct msg_permit parent_session_auth_permits[] = {
	{ .type = MSG_READY, .handle = on_ready },
	{ .type = MSG_SESSION, .handle = on_session },
	{ .type = MSG_USERS_STALE, .handle = on_users_stale },
	{ .type = MSG_PEER_LOST, .handle = on_peer_lost },
	{ .type = MSG_NONE }
};

const struct msg_permit parent_session_mail_permits[] = {
	{ .type = MSG_READY, .handle = on_ready },
	{ .type = MSG_SESSION_END, .handle = on_session_end },
	{ .type = MSG_IDLE, .handle = on_idle },
	{ .type = MSG_NONE }
};
