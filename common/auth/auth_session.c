/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Open sessions by number; see auth_session.h. */

#include "config.h"

#include <stdlib.h>

#include "common/auth/auth_ctx.h"
#include "common/auth/auth_net.h"
#include "common/auth/auth_session.h"
#include "common/auth/auth_tally.h"
#include "common/base/compat.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"

/* The part of a login that is kept until its session ends. */
struct session {
	RB_ENTRY(session)	 node;
	uint32_t		 number;
	struct auth_tally	*user;
	struct auth_tally	*addr;
};
RB_HEAD(session_tree, session);

static struct {
	struct session_tree	 sessions;
	uint32_t		 nsessions;
	uint32_t		 serial;	/* the last number given out */
} self = { .sessions = RB_INITIALIZER(&self.sessions) };

static int
session_cmp(const struct session *a, const struct session *b)
{
	return a->number < b->number ? -1 : a->number > b->number;
}

RB_PROTOTYPE(session_tree, session, node, session_cmp)
RB_GENERATE(session_tree, session, node, session_cmp)

uint32_t
auth_session_begin(struct auth_tally *user, struct auth_tally *addr)
{
	struct session *s = xcalloc(1, sizeof(*s));

	do
		s->number = ++self.serial;
	while (RB_INSERT(session_tree, &self.sessions, s) != NULL);
	self.nsessions++;
	s->user = user;
	s->addr = addr;
	return s->number;
}

int
auth_session_known(uint32_t number, struct slice user, struct slice peer)
{
	struct session *s = xcalloc(1, sizeof(*s));
	char addr[AUTH_NET_KEY_MAX];

	s->number = number;
	if (RB_INSERT(session_tree, &self.sessions, s) != NULL) {
		free(s);
		return -1;
	}
	self.nsessions++;
	auth_net_key(peer, addr);
	s->user = auth_tally_get(auth.users, user, timer_ms());
	auth_tally_ref(s->user);
	s->addr = auth_tally_get(auth.addrs, slice_str(addr), timer_ms());
	auth_tally_ref(s->addr);
	return 0;
}

uint32_t
auth_session_count(void)
{
	return self.nsessions;
}

void
auth_session_end(uint32_t number)
{
	struct session find = { .number = number }, *s;

	s = RB_FIND(session_tree, &self.sessions, &find);
	if (s == NULL)
		return;
	RB_REMOVE(session_tree, &self.sessions, s);
	self.nsessions--;
	auth_tally_unref(s->user);
	auth_tally_unref(s->addr);
	free(s);
}
