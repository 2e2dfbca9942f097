/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* A front that was taken over, as auth sees it: it may ask for little. */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/auth/auth_cache.h"
#include "common/auth/auth_ctx.h"
#include "common/auth/auth_front.h"
#include "common/auth/auth_pool.h"
#include "common/auth/auth_sources.h"
#include "common/auth/auth_tally.h"
#include "common/auth/auth_users.h"
#include "common/base/compat.h"
#include "common/base/log.h"
#include "common/conf/conf.h"
#include "common/conf/conf_mech.h"
#include "common/proc/auth_msg.h"
#include "common/proc/child.h"
#include "common/proc/parent_msg.h"
#include "tests/unit/util.h"

enum said { SAID_NOTHING, SAID_CHALLENGE, SAID_DENIED, SAID_CLOSED };

static struct {
	struct child	 child;
	struct conf	*conf;
	struct chan	*front;
	enum said	 said;
	enum auth_denied why;
} f;

static struct event_base *base;
static struct auth_pool *pool;

static void
on_denied(void *arg, struct msg *msg)
{
	(void)arg;
	ck_assert_int_eq(auth_msg_denied_parse(msg->data, &f.why), 0);
	f.said = SAID_DENIED;
}

static void
on_challenge(void *arg, struct msg *msg)
{
	(void)arg;
	(void)msg;
	f.said = SAID_CHALLENGE;
}

static const struct msg_permit permits[] = {
	{ MSG_AUTH_CHALLENGE, on_challenge },
	{ MSG_AUTH_DENIED, on_denied },
	{ 0, NULL }
};

static void
on_closed(void *arg, bool broken)
{
	(void)arg;
	(void)broken;
	chan_free(f.front);
	f.front = NULL;
	f.said = SAID_CLOSED;
}

static void
on_lost(uint32_t life, bool broken)
{
	(void)life;
	(void)broken;
}

/* A users file, which keeps its name so that it is read once. */
static int
users_file(void)
{
	static const char text[] = "ann:{PLAIN}pw\n";
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/users", unit_dir());
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, sizeof(text) - 1),
	    (ssize_t)sizeof(text) - 1);
	return fd;
}

/* The auth process of an imapd, and its front. */
static void
setup(void)
{
	static char path[] = "users";
	struct conf_users row = { .kind = CONF_USERS_PASSWD, .path = path };
	int fds[2];

	memset(&f, 0, sizeof(f));
	/* Auth has these as long as it lives. */
	if (base == NULL) {
		base = event_base_new();
		pool = auth_pool_new(base, on_lost);
	}
	f.child.base = base;
	f.child.services = CONF_SERVICE_BIT(CONF_IMAP);
	f.conf = conf_new();
	f.conf->auth_mechanisms = CONF_MECH_BIT(CONF_MECH_PLAIN);
	f.conf->failed_login_delay = 0;
	auth.child = &f.child;
	auth.conf = f.conf;
	auth.cache = auth_cache_new();
	auth.users = auth_tallies_new();
	auth.addrs = auth_tallies_new();
	auth.pool = pool;
	auth.sources = auth_sources_new(f.conf, NULL, NULL);
	ck_assert_int_eq(auth_sources_add(auth.sources, &auth_source_passwd,
	    &row, users_file()), 0);
	auth_front_setup();
	auth_users_setup();
	ck_assert_int_eq(chan_pair(fds), 0);
	auth_front_channel(0, 7, fds[0]);
	f.front = chan_new(base, fds[1], "auth", permits, on_closed, NULL);
}

/* Let everybody do what can be done now. */
static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
teardown(void)
{
	chan_free(f.front);
	turn();
	auth_sources_unref(auth.sources);
	auth_cache_free(auth.cache);
	auth_tallies_free(auth.users);
	auth_tallies_free(auth.addrs);
	memset(&auth, 0, sizeof(auth));
	conf_free(f.conf);
}

/* Wait until auth has said something. */
static enum said
answer(void)
{
	while (f.said == SAID_NOTHING)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	return f.said;
}

/* Start a login of this number; without initial, auth says a challenge. */
static void
start(uint32_t id, const struct auth_msg_start *more)
{
	struct auth_msg_start s = { .service = CONF_IMAP };
	struct buf b;

	if (more != NULL)
		s = *more;
	s.mech = SLICE_LIT("PLAIN");
	f.said = SAID_NOTHING;
	buf_init(&b, MSG_MAX);
	auth_msg_start_put(&b, &s);
	ck_assert_int_eq(chan_send(f.front, MSG_AUTH_START, id, -1,
	    buf_slice(&b)), 0);
	buf_clear(&b);
}

/*
 * A front may have so many logins under way, and no more: each costs memory,
 * and there are 2^32 numbers.
 */
START_TEST(test_auth_front_many_at_once)
{
	f.conf->connections_before_login = 3;
	f.conf->login_timeout = 3600;
	for (uint32_t id = 1; id <= 3; id++) {
		start(id, NULL);
		ck_assert_int_eq(answer(), SAID_CHALLENGE);
	}
	for (uint32_t id = 4; id <= 10; id++) {
		start(id, NULL);
		ck_assert_int_eq(answer(), SAID_DENIED);
		ck_assert_int_eq(f.why, AUTH_DENIED_UNAVAILABLE);
	}
	/* One that ends makes room for one. */
	ck_assert_int_eq(chan_send(f.front, MSG_AUTH_ABORT, 1, -1,
	    SLICE_EMPTY), 0);
	start(11, NULL);
	ck_assert_int_eq(answer(), SAID_CHALLENGE);
	start(12, NULL);
	ck_assert_int_eq(answer(), SAID_DENIED);
}
END_TEST

/* A login that the front does not go on with ends by itself. */
START_TEST(test_auth_front_abandons_a_login)
{
	f.conf->connections_before_login = 3;
	f.conf->login_timeout = 0;
	start(1, NULL);
	ck_assert_int_eq(answer(), SAID_CHALLENGE);
	f.said = SAID_NOTHING;
	ck_assert_int_eq(answer(), SAID_DENIED);
	ck_assert_int_eq(f.why, AUTH_DENIED_UNAVAILABLE);
}
END_TEST

/*
 * A front that was taken over chooses peer and mechanism.  A failed login is
 * one line of the log all the same.
 */
START_TEST(test_auth_front_cannot_forge_a_line)
{
	struct auth_msg_start s = {
		.service = CONF_IMAP,
		.as = SLICE_INIT("L\n1 login user=eve"),
		.has_initial = true,
		.initial = SLICE_INIT("\0ann\0no"),
		.peer = SLICE_INIT("1\n2 login user=mal"),
	};
	char got[2048];
	int fds[2];
	ssize_t n;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	log_init("unit", LOG_DEST_FD, fds[1], LOG_LEVEL_INFO);
	start(1, &s);
	ck_assert_int_eq(answer(), SAID_DENIED);
	log_init("unit", LOG_DEST_STDERR, -1, LOG_LEVEL_INFO);
	n = read(fds[0], got, sizeof(got) - 1);
	ck_assert_int_gt(n, 0);
	got[n] = '\0';
	ck_assert_ptr_nonnull(strstr(got, "login failed"));
	ck_assert_ptr_nonnull(strstr(got, "\\x0a"));
	ck_assert_ptr_null(strstr(got, "\n1 login"));
	ck_assert_ptr_null(strstr(got, "\n2 login"));
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

static struct {
	uint32_t	 life;
	int		 broken;	/* -1: nothing was said */
} lost;

static void
on_peer_lost(void *arg, struct msg *msg)
{
	bool broken;

	(void)arg;
	ck_assert_int_eq(parent_msg_lost_parse(msg->data, &broken), 0);
	lost.life = msg->id;
	lost.broken = broken;
}

static const struct msg_permit parent_permits[] = {
	{ MSG_PEER_LOST, on_peer_lost },
	{ 0, NULL }
};

/*
 * Auth tells the parent which front it has lost, so that it is ended if it
 * still runs: a front without auth is of no use.
 */
START_TEST(test_auth_front_lost)
{
	struct chan *parent;
	int fds[2];

	ck_assert_int_eq(chan_pair(fds), 0);
	f.child.parent = chan_new(base, fds[0], "parent", permits, on_closed,
	    NULL);
	parent = chan_new(base, fds[1], "auth", parent_permits, on_closed,
	    NULL);
	lost.broken = -1;
	if (_i == 1)
		ck_assert_int_eq(chan_send(f.front, MSG_READY, 0, -1,
		    SLICE_EMPTY), 0);
	else {
		chan_free(f.front);
		f.front = NULL;
	}
	turn();
	ck_assert_uint_eq(lost.life, 7);
	ck_assert_int_eq(lost.broken, _i);
	chan_free(parent);
	chan_free(f.child.parent);
	f.child.parent = NULL;
}
END_TEST

Suite *
suite_auth_front(void)
{
	Suite *s = suite_create("auth_front");
	TCase *t = tcase_create("hostile");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_auth_front_many_at_once);
	tcase_add_test(t, test_auth_front_abandons_a_login);
	tcase_add_test(t, test_auth_front_cannot_forge_a_line);
	tcase_add_loop_test(t, test_auth_front_lost, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
