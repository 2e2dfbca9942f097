/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The messages from the fronts; see auth_front.h. */

#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "common/auth/auth_ctx.h"
#include "common/auth/auth_front.h"
#include "common/auth/auth_login.h"
#include "common/auth/auth_session.h"
#include "common/auth/auth_tally.h"
#include "common/auth/auth_users.h"
#include "common/base/bounds.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf_mech.h"
#include "common/proc/child.h"

static struct {
	struct login_front	 fronts[FRONTS_MAX];
} self;

/*
 * A front has one login for each connection at most, and all fronts together
 * have `connections before login` of them.  More are refused and not a broken
 * rule: after a reload, the front may know a new limit before auth does.
 */

static void
on_start(void *arg, struct msg *msg)
{
	struct login_front *f = arg;
	const struct conf_mech *mech;
	struct auth_msg_start s;
	struct login *l;

	if (auth_msg_start_parse(msg->data, &s) == -1 ||
	    (auth.child->services & CONF_SERVICE_BIT(s.service)) == 0 ||
	    auth_login_find(f, msg->id) != NULL) {
		chan_break(msg->chan, msg);
		return;
	}
	l = auth_login_new(f, msg->id);
	if (f->nlogins > auth.conf->connections_before_login) {
		log_limited(LOG_LEVEL_WARN, "%s: more than %u logins at once",
		    f->name, auth.conf->connections_before_login);
		auth_login_refuse(l, AUTH_DENIED_UNAVAILABLE);
		return;
	}
	l->account.service = &conf_services[s.service];
	mech = conf_mech_find(s.mech);
	/* LOGIN and USER need any mechanism that sends the password. */
	if (mech == NULL || (s.as.len > 0 ?
	    !conf_takes_passwords(auth.conf) :
	    !conf_has_mech(auth.conf, mech))) {
		auth_login_refuse(l, AUTH_DENIED_MECHANISM);
		return;
	}
	l->sasl = sasl_new(mech->id, NULL);
	l->as = s.as.len > 0 ? xstrdup_slice(s.as) :
	    xstrdup(mech->name);
	l->peer = s.peer.len > 0 ? xstrdup_slice(s.peer) :
	    xstrdup("?");
	auth_net_key(s.peer, l->addr);
	l->has_tls = s.tls.len > 0;
	l->begun_ms = timer_ms();
	l->has_initial = s.has_initial;
	buf_init(&l->initial, SASL_RESPONSE_MAX);
	if (buf_add_slice(&l->initial, s.initial) == -1)
		log_fatal("out of memory");
	if (auth_users_refresh())
		auth_login_suspend(l, AUTH_USERS_WAIT_MS);
	else
		auth_login_begin(l);
}

static void
on_cont(void *arg, struct msg *msg)
{
	struct login *l = auth_login_find(arg, msg->id);

	if (l != NULL && l->state == LOGIN_TALKING)
		auth_login_respond(l, msg->data);
}

static void
on_abort(void *arg, struct msg *msg)
{
	struct login *l = auth_login_find(arg, msg->id);
	uint64_t now = timer_ms();

	if (l == NULL)
		return;
	/* Hanging up during a check costs as much as a wrong password. */
	if (l->state == LOGIN_CHECKING)
		auth_tally_fail(auth_tally_get(auth.addrs,
		    slice_str(l->addr), now), now);
	auth_login_free(l);
}

/*
 * Hand the session to the parent.  User, path and owner come from auth; the
 * front is trusted only for its connection's state.
 */
static void
session_begin(struct login *l, const struct handoff *h, int fd)
{
	static const struct hash_key by_name; /* the same after a restart */
	struct user_record u;
	struct buf b;
	uint32_t number;

	number = auth_session_begin(l->user_tally, l->addr_tally);
	l->user_tally = l->addr_tally = NULL;
	u.name = buf_slice(&l->account.name);
	u.root = buf_slice(&l->account.root);
	u.uid = (uint32_t)l->account.uid;
	u.gid = (uint32_t)l->account.gid;
	u.hash = hash_slice(&by_name, u.name);
	buf_init(&b, MSG_MAX);
	user_record_put(&b, &u);
	handoff_put(&b, h);
	child_send(auth.child, MSG_SESSION, number, fd, buf_slice(&b));
	buf_clear(&b);
}

static void
on_handoff(void *arg, struct msg *msg)
{
	struct login *l = auth_login_find(arg, msg->id);
	unsigned char token[AUTH_MSG_TOKEN_LEN];
	struct handoff h;

	if (auth_msg_handoff_parse(msg->data, token, &h) == -1 || l == NULL ||
	    l->state != LOGIN_ACCEPTED ||
	    CRYPTO_memcmp(token, l->token, sizeof(token)) != 0) {
		(void)close(msg->fd);
		/* If it timed out meanwhile, the front is not at fault. */
		if (l != NULL)
			chan_break(msg->chan, msg);
		return;
	}
	session_begin(l, &h, msg->fd);
	auth_login_free(l);
}

static const struct msg_permit front_permits[] = {
	{ .type = MSG_AUTH_START, .handle = on_start },
	{ .type = MSG_AUTH_CONT, .handle = on_cont },
	{ .type = MSG_AUTH_ABORT, .handle = on_abort },
	{ .type = MSG_HANDOFF, .handle = on_handoff },
	{ .type = MSG_NONE }
};

/* End a front's logins.  Its sessions already run in workers and go on. */
static void
front_gone(struct login_front *f)
{
	struct login *l;

	while ((l = RB_ROOT(&f->logins)) != NULL)
		auth_login_free(l);
	chan_free(f->chan);
	f->chan = NULL;
}

static void
on_front_closed(void *arg, bool broken)
{
	struct login_front *f = arg;

	front_gone(f);
	child_lost(auth.child, f->life, broken);
}

void
auth_front_setup(void)
{
	for (int i = 0; i < FRONTS_MAX; i++)
		RB_INIT(&self.fronts[i].logins);
}

void
auth_front_channel(uint32_t number, uint32_t life, int fd)
{
	struct login_front *f;

	if (number >= FRONTS_MAX)
		log_fatal("channel to front %u: no such front", number);
	f = &self.fronts[number];
	if (f->chan != NULL)
		front_gone(f);
	f->life = life;
	(void)snprintf(f->name, sizeof(f->name), "front %u", number);
	f->chan = chan_new(auth.child->base, fd, f->name, front_permits,
	    on_front_closed, f);
}

void
auth_front_resume(void)
{
	struct login *l, *next;

	for (int i = 0; i < FRONTS_MAX; i++)
		RB_FOREACH_SAFE(l, login_tree, &self.fronts[i].logins, next)
			if (l->state == LOGIN_SUSPENDED)
				auth_login_resume(l);
}
