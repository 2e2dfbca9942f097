/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* A connection before login: what it may do, and how it ends. */
#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/compat.h"
#include "common/base/timer.h"
#include "common/conf/conf_mech.h"
#include "common/front/front_conn.h"
#include "tests/unit/util.h"

#define DEADLINE_S	60

static struct event_base *base;
static struct child child;
static struct conf conf;
static char	 late_ones[16];		/* letters of connections */
static unsigned int nbyes;

static void
goodbye(struct fconn *c, enum front_bye why)
{
	(void)c;
	(void)why;
	nbyes++;
}

static void
clear(struct fconn *c)
{
	(void)c;
}

/* The state of a connection is its letter. */
static const struct front_proto proto = {
	.state_size = 1, .goodbye = goodbye, .clear = clear,
};

static void
advance(struct fconn *c)
{
	(void)c;
}

static void
late(struct fconn *c)
{
	size_t len = strlen(late_ones);

	late_ones[len] = *(char *)fconn_state(c);
	late_ones[len + 1] = '\0';
	fconn_free(c);
}

static void
setup(void)
{
	memset(&child, 0, sizeof(child));
	memset(&conf, 0, sizeof(conf));
	conf.login_timeout = 3600;
	child.conf = &conf;
	memset(&front, 0, sizeof(front));
	front.child = &child;
	front.proto = &proto;
	late_ones[0] = '\0';
	nbyes = 0;
	/* A front sets this up once. */
	if (base == NULL) {
		base = event_base_new();
		child.base = base;
		fconn_setup(advance, late);
	}
	child.base = base;
}

static void
teardown(void)
{
	struct fconn *c;

	while ((c = RB_MIN(fconn_tree, &front.conns)) != NULL)
		fconn_free(c);
	ck_assert_uint_eq(front.nconns, 0);
	memset(&front, 0, sizeof(front));
}

static struct fconn *
conn_from(const struct sockaddr *peer)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    fds), 0);
	(void)close(fds[1]);
	return fconn_new(fds[0], peer);
}

static struct fconn *
conn(char letter)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct fconn *c = conn_from((const struct sockaddr *)&in);

	*(char *)fconn_state(c) = letter;
	return c;
}

/* Which logins are allowed, and whether STARTTLS is offered. */
static const struct {
	bool		 tls;
	bool		 plaintext;	/* allowed by the configuration */
	bool		 offered;	/* STARTTLS, by the listener */
	bool		 certificate;
	bool		 login;
	bool		 starttls;
	const char	*why;
} may[] = {
	{ false, false, true, true, false, true,
	    "no login before TLS (RFC 2595, 9)" },
	{ false, false, true, false, false, false, "no certificate" },
	{ false, false, false, true, false, false, "not on this port" },
	{ false, true, true, true, true, true, "cleartext that is allowed" },
	{ true, false, true, true, true, false,
	    "after TLS: not again (RFC 3501, 6.2.1)" },
	{ true, true, false, true, true, false, "TLS from the beginning" },
};

START_TEST(test_front_conn_may)
{
	struct fconn *c = conn('a');
	char some;
	void *dummy = &some;

	front.tls = may[_i].certificate ? dummy : NULL;
	c->io.tls = may[_i].tls ? dummy : NULL;
	c->plaintext = may[_i].plaintext;
	c->starttls_offered = may[_i].offered;
	conf.auth_mechanisms = CONF_MECH_BIT(CONF_MECH_PLAIN);
	ck_row_eq(_i, may[_i].why, fconn_has_tls(c), may[_i].tls);
	ck_row_eq(_i, may[_i].why, fconn_may_login(c), may[_i].login);
	ck_row_eq(_i, may[_i].why, fconn_can_starttls(c), may[_i].starttls);
	ck_row_eq(_i, may[_i].why, fconn_may_password(c), may[_i].login);
	ck_row_eq(_i, may[_i].why, fconn_has_mech(c, SLICE_LIT("plain")),
	    may[_i].login);
	ck_row(_i, "not configured", !fconn_has_mech(c,
	    SLICE_LIT("SCRAM-SHA-256")));
	ck_row(_i, "no mechanism", !fconn_has_mech(c, SLICE_LIT("X")));
	/* Without a mechanism that takes one, no command takes a password. */
	conf.auth_mechanisms = CONF_MECH_BIT(CONF_MECH_SCRAM_SHA_256);
	ck_row(_i, "no password", !fconn_may_password(c));
	ck_row_eq(_i, may[_i].why, fconn_has_mech(c,
	    SLICE_LIT("SCRAM-SHA-256")), may[_i].login);
	c->io.tls = NULL;
}
END_TEST

/* The last reply, and who is drained before the socket is closed. */
static const struct {
	enum fconn_state state;
	bool		 greeted;
	enum front_bye	 why_bye;
	bool		 says;
	bool		 lingers;
	const char	*why;
} byes[] = {
	{ STATE_TALK, true, FRONT_BYE_TIMEOUT, true, false, "a time-out" },
	{ STATE_TALK, true, FRONT_BYE_SHUTDOWN, true, false, "the end" },
	{ STATE_TALK, true, FRONT_BYE_TOOMANY, true, false, "too many" },
	{ STATE_TALK, true, FRONT_BYE_FAILURES, true, true,
	    "who guesses may still be sending" },
	{ STATE_TALK, true, FRONT_BYE_ERRORS, true, true,
	    "so may who sends nonsense" },
	{ STATE_TALK, true, FRONT_BYE_INPUT, true, true, "or too much" },
	{ STATE_TALK, false, FRONT_BYE_TIMEOUT, false, false,
	    "nothing before the greeting" },
	{ STATE_HANDSHAKE, true, FRONT_BYE_INPUT, false, false,
	    "nothing within a handshake, where nobody would understand" },
};

START_TEST(test_front_conn_goodbye)
{
	struct fconn *c = conn('a');

	c->state = byes[_i].state;
	c->greeted = byes[_i].greeted;
	ck_assert_int_eq(buf_add_str(&c->in, "rest"), 0);
	fconn_goodbye(c, byes[_i].why_bye);
	ck_row_eq(_i, byes[_i].why, nbyes, byes[_i].says);
	ck_row_eq(_i, byes[_i].why, c->lingers, byes[_i].lingers);
	ck_row(_i, byes[_i].why, c->state == STATE_CLOSE);
	/* Nothing that came before is run any more. */
	ck_row_eq(_i, byes[_i].why, buf_len(&c->in), 0);
}
END_TEST

START_TEST(test_front_conn_bad_commands)
{
	struct fconn *c = conn('a');

	conf.bad_commands = 3;
	for (int i = 0; i < 3; i++)
		fconn_bad(c);
	ck_assert(!c->too_many_bad);
	fconn_bad(c);
	ck_assert(c->too_many_bad);
}
END_TEST

START_TEST(test_front_conn_close)
{
	struct fconn *a = conn('a'), *b = conn('b');

	fconn_close(a);
	ck_assert(a->wants_close && !a->lingers);
	fconn_close_early(b);
	ck_assert(b->wants_close && b->lingers);
	fconn_starttls(a);
	ck_assert(a->wants_starttls && !b->wants_starttls);
	/* Without a certificate there is no handshake. */
	ck_assert_int_eq(fconn_secure(a), -1);
	ck_assert(a->state == STATE_TALK);
}
END_TEST

/* Deadlines are sorted, whoever sets and moves them. */
START_TEST(test_front_conn_deadlines)
{
	struct fconn *a = conn('a'), *b = conn('b'), *c = conn('c');

	fconn_deadline(a, 3000000);
	fconn_deadline(b, 1000000);
	fconn_deadline(c, 2000000);
	ck_assert_ptr_eq(TAILQ_NEXT(b, by_deadline), c);
	ck_assert_ptr_eq(TAILQ_NEXT(c, by_deadline), a);
	ck_assert_ptr_null(TAILQ_NEXT(a, by_deadline));
	fconn_deadline(b, 9000000);
	ck_assert_ptr_eq(TAILQ_NEXT(c, by_deadline), a);
	ck_assert_ptr_eq(TAILQ_NEXT(a, by_deadline), b);
	ck_assert_ptr_null(TAILQ_NEXT(b, by_deadline));
	fconn_free(a);
	ck_assert_ptr_eq(TAILQ_NEXT(c, by_deadline), b);
}
END_TEST

static void
on_never(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	ck_abort_msg("no deadline");
}

/* Those whose time has come are late, in their order, and no others. */
START_TEST(test_front_conn_late)
{
	struct timeval tv = { DEADLINE_S, 0 };
	struct event *never = evtimer_new(base, on_never, NULL);
	struct fconn *a = conn('a'), *b = conn('b'), *c = conn('c');

	ck_assert_int_eq(event_add(never, &tv), 0);
	fconn_deadline(b, 1000000);
	fconn_deadline(c, 0);
	fconn_deadline(a, 0);
	while (strlen(late_ones) < 2)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	ck_assert_str_eq(late_ones, "ca");
	ck_assert_uint_eq(front.nconns, 1);
	/* The timer is set again for the next one, although that moved. */
	fconn_deadline(b, 0);
	while (strlen(late_ones) < 3)
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
	ck_assert_str_eq(late_ones, "cab");
	event_free(never);
}
END_TEST

START_TEST(test_front_conn_names)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_port = htons(4711)
	};
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(1)
	};
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct fconn *a, *b, *c;

	ck_assert_int_eq(inet_pton(AF_INET, "192.0.2.1", &in.sin_addr), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8::1", &in6.sin6_addr),
	    1);
	a = conn_from((const struct sockaddr *)&in);
	b = conn_from((const struct sockaddr *)&in6);
	c = conn_from(&other);
	ck_assert_str_eq(a->peer, "192.0.2.1:4711");
	ck_assert_str_eq(b->peer, "[2001:db8::1]:1");
	ck_assert_str_eq(c->peer, "");
	ck_assert_str_eq(a->local, "");
	/* Each has a number of its own for auth. */
	ck_assert(a->id != b->id && b->id != c->id && a->id != c->id);
	ck_assert_uint_eq(front.nconns, 3);
}
END_TEST

Suite *
suite_front_conn(void)
{
	Suite *s = suite_create("front_conn");
	TCase *tc = tcase_create("front_conn");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_front_conn_may, 0, NROWS(may));
	tcase_add_loop_test(tc, test_front_conn_goodbye, 0, NROWS(byes));
	tcase_add_test(tc, test_front_conn_bad_commands);
	tcase_add_test(tc, test_front_conn_close);
	tcase_add_test(tc, test_front_conn_deadlines);
	tcase_add_test(tc, test_front_conn_late);
	tcase_add_test(tc, test_front_conn_names);
	suite_add_tcase(s, tc);
	return s;
}
