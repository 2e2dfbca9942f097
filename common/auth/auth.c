/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The auth process: start-up, and the messages from the parent.  Its parts are
 * requests from fronts (auth_front.c), the state machine of a login
 * (auth_login.c), slow password checks in other processes (auth_pool.c), users
 * files (auth_users.c) and the count of open sessions (auth_session.c).
 */

#include "config.h"

#include <unistd.h>

#include "common/auth/auth.h"
#include "common/auth/auth_cache.h"
#include "common/auth/auth_ctx.h"
#include "common/auth/auth_fakes.h"
#include "common/auth/auth_front.h"
#include "common/auth/auth_line.h"
#include "common/auth/auth_pool.h"
#include "common/auth/auth_session.h"
#include "common/auth/auth_tally.h"
#include "common/auth/auth_users.h"
#include "common/base/log.h"
#include "common/proc/child.h"
#include "common/proc/parent_msg.h"

static void
on_users(void *arg, struct msg *msg)
{
	(void)arg;
	if (msg->id >= CONF_USERS_MAX) {
		(void)close(msg->fd);
		chan_break(msg->chan, msg);
		return;
	}
	if (auth_users_take(msg->id, msg->fd))
		auth_front_resume();
}

static void
on_fakes_key(void *arg, struct msg *msg)
{
	(void)arg;
	auth_fakes_set_key(msg->data);
}

static void
on_session_end(void *arg, struct msg *msg)
{
	(void)arg;
	auth_session_end(msg->id);
}

/* Count a session that an earlier auth process let in. */
static void
on_session_known(void *arg, struct msg *msg)
{
	struct slice name, peer;

	(void)arg;
	if (parent_msg_known_parse(msg->data, &name, &peer) == -1 ||
	    auth_session_known(msg->id, name, peer) == -1)
		chan_break(msg->chan, msg);
}

static const struct msg_permit parent_permits[] = {
	{ .type = MSG_CONF_USERS, .handle = on_users },
	{ .type = MSG_FAKES_KEY, .handle = on_fakes_key },
	{ .type = MSG_SESSION_KNOWN, .handle = on_session_known },
	{ .type = MSG_SESSION_END, .handle = on_session_end },
	{ .type = MSG_NONE }
};

static void
on_checker_lost(uint32_t life, bool broken)
{
	child_lost(auth.child, life, broken);
}

static int
auth_configure(struct child *c, const struct conf *next)
{
	if (auth_users_configure(next) == -1)
		return -1;
	auth.conf = next;
	if (auth.child == NULL) {
		auth.child = c;
		auth.pool = auth_pool_new(c->base, on_checker_lost);
	}
	auth_cache_limit(auth.cache, next->auth_cache_size,
	    (uint64_t)next->auth_cache_lifetime * 1000);
	auth_front_resume();
	return 0;
}

static void
auth_channel(struct child *c, const struct parent_msg_channel *peer, int fd)
{
	(void)c;
	if (peer->role == ROLE_CHECK)
		auth_pool_channel(auth.pool, peer->number, peer->life, fd);
	else if (peer->role == ROLE_FRONT)
		auth_front_channel(peer->number, peer->life, fd);
	else
		log_fatal("unexpected channel to role %u",
		    (unsigned int)peer->role);
}

static const struct child_ops ops = {
	.role = ROLE_AUTH,
	.name = "penfold-auth",
	.permits = parent_permits,
	.configure = auth_configure,
	.channel = auth_channel,
};

int
auth_main(int argc, char *argv[])
{
	auth_front_setup();
	auth_line_setup();
	auth_users_setup();
	auth.users = auth_tallies_new();
	auth.addrs = auth_tallies_new();
	auth.cache = auth_cache_new();
	return child_main(&ops, argc, argv);
}
