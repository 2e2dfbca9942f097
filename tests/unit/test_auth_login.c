/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Logins as auth handles them, requested by a front over its channel. */

#include "config.h"

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/auth/auth_account.h"
#include "common/auth/auth_cache.h"
#include "common/auth/auth_ctx.h"
#include "common/auth/auth_front.h"
#include "common/auth/auth_pool.h"
#include "common/auth/auth_tally.h"
#include "common/auth/auth_users.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf_option.h"
#include "common/proc/auth_msg.h"
#include "common/proc/child.h"
#include "tests/unit/util.h"

#define DEADLINE_S	60

/* What auth has answered to the front. */
enum said {
	SAID_NOTHING,
	SAID_DENIED,
	SAID_ACCEPTED,
	SAID_CLOSED		/* auth has closed the channel */
};

static struct {
	struct child child;
	struct conf *conf;
	struct chan *front;
	enum said said;
	enum auth_denied why;
	char name[64];
} f;

static void
on_denied(void *arg, struct msg *msg)
{
	(void)arg;
	ck_assert_int_eq(auth_msg_denied_parse(msg->data, &f.why), 0);
	f.said = SAID_DENIED;
}

static void
on_accepted(void *arg, struct msg *msg)
{
	struct auth_msg_accepted a;

	(void)arg;
	ck_assert_int_eq(auth_msg_accepted_parse(msg->data, &a), 0);
	ck_assert_uint_lt(a.name.len, sizeof(f.name));
	memcpy(f.name, a.name.p, a.name.len);
	f.name[a.name.len] = '\0';
	f.said = SAID_ACCEPTED;
}

static const struct msg_permit permits[] = {
	{ MSG_AUTH_DENIED, 1, 1, false, on_denied },
	{ MSG_AUTH_ACCEPTED, 1, MSG_MAX, false, on_accepted },
	{ 0, 0, 0, false, NULL }
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

/* A descriptor of an unlinked users file with this text. */
static int
users_file(const char *text)
{
	FILE *fp = tmpfile();
	int fd;

	ck_assert_ptr_nonnull(fp);
	fd = dup(fileno(fp));
	(void)fclose(fp);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

/* These live as long as the process, as in auth. */
static struct event_base *base;
static struct auth_pool *pool;

/* The auth process of an imapd, with one front and one users file. */
static void
setup(void)
{
	int fds[2], files[1];

	memset(&f, 0, sizeof(f));
	if (base == NULL) {
		base = event_base_new();
		pool = auth_pool_new(base);
	}
	f.child.base = base;
	f.child.services = CONF_SERVICE_BIT(CONF_IMAP);
	f.conf = conf_new();
	f.conf->failed_login_delay = 0;
	f.conf->mail = xstrdup("/var/mail/%n");
	ck_assert_int_eq(conf_id_set(&f.conf->owner, "1000:1000"), 0);
	f.conf->users = xcalloc(1, sizeof(*f.conf->users));
	f.conf->users[0].path = xstrdup("users");
	f.conf->nusers = 1;
	auth.child = &f.child;
	auth.conf = f.conf;
	auth.cache = auth_cache_new();
	auth.users = auth_tallies_new();
	auth.addrs = auth_tallies_new();
	auth.pool = pool;
	files[0] = users_file("ann:{PLAIN}pw\n");
	auth.sources = auth_sources_new(f.conf, files, NULL);
	ck_assert_ptr_nonnull(auth.sources);
	auth_front_setup();
	auth_users_setup();
	ck_assert_int_eq(chan_pair(fds), 0);
	auth_front_channel(0, fds[0]);
	f.front = chan_new(f.child.base, fds[1], "auth", permits, on_closed,
	    NULL);
}

/* Auth itself never frees these; this frees what the test has made. */
static void
teardown(void)
{
	chan_free(f.front);
	(void)event_base_loop(f.child.base, EVLOOP_NONBLOCK);
	auth_sources_free(auth.sources);
	auth_cache_free(auth.cache);
	auth_tallies_free(auth.users);
	auth_tallies_free(auth.addrs);
	memset(&auth, 0, sizeof(auth));
	conf_free(f.conf);
}

/* Begin PLAIN with this initial response, from a client of this service. */
static void
start(enum conf_service_id service, struct slice initial)
{
	struct auth_msg_start s = {
		.service = service,
		.mech = SLICE_INIT("PLAIN"),
		.has_initial = true,
		.initial = initial,
		.peer = SLICE_INIT("192.0.2.1:4711"),
	};
	struct buf b;

	f.said = SAID_NOTHING;
	buf_init(&b, MSG_MAX);
	auth_msg_start_put(&b, &s);
	ck_assert_int_eq(chan_send(f.front, MSG_AUTH_START, 1, -1,
	    buf_slice(&b)), 0);
	buf_clear(&b);
}

static void
on_deadline(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	ck_abort_msg("auth does not answer");
}

/* Wait for the next answer of auth. */
static enum said
answer(void)
{
	struct timeval late = { DEADLINE_S, 0 };
	struct event *ev = evtimer_new(f.child.base, on_deadline, NULL);

	ck_assert_int_eq(event_add(ev, &late), 0);
	while (f.said == SAID_NOTHING)
		ck_assert_int_eq(event_base_loop(f.child.base, EVLOOP_ONCE), 0);
	event_free(ev);
	return f.said;
}

START_TEST(test_auth_login_right_and_wrong)
{
	start(CONF_IMAP, SLICE_LIT("\0Ann\0pw"));
	ck_assert_int_eq(answer(), SAID_ACCEPTED);
	ck_assert_str_eq(f.name, "ann");
	ck_assert_int_eq(chan_send(f.front, MSG_AUTH_ABORT, 1, -1,
	    SLICE_LIT("")), 0);
	start(CONF_IMAP, SLICE_LIT("\0ann\0no"));
	ck_assert_int_eq(answer(), SAID_DENIED);
	ck_assert_int_eq(f.why, AUTH_DENIED_CREDENTIALS);
}
END_TEST

/* A front that names a service of another daemon has its channel closed. */
START_TEST(test_auth_login_service_of_another_daemon)
{
	start(CONF_POP3, SLICE_LIT("\0ann\0pw"));
	ck_assert_int_eq(answer(), SAID_CLOSED);
}
END_TEST

Suite *
suite_auth_login(void)
{
	Suite *s = suite_create("auth_login");
	TCase *t = tcase_create("auth_login");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_auth_login_right_and_wrong);
	tcase_add_test(t, test_auth_login_service_of_another_daemon);
	suite_add_tcase(s, t);
	return s;
}
