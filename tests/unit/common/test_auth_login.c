/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Logins as auth handles them, requested by a front over its channel, with a
 * source of users that answers when the test says so.
 */

#include "config.h"

#include <sys/types.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/auth/auth_cache.h"
#include "common/auth/auth_ctx.h"
#include "common/auth/auth_fakes.h"
#include "common/auth/auth_front.h"
#include "common/auth/auth_line.h"
#include "common/auth/auth_pool.h"
#include "common/auth/auth_sources.h"
#include "common/auth/auth_tally.h"
#include "common/auth/auth_users.h"
#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "common/conf/conf_mech.h"
#include "common/conf/conf_option.h"
#include "common/pass/passhash.h"
#include "common/proc/auth_msg.h"
#include "common/proc/child.h"
#include "tests/unit/util.h"

#define DEADLINE_S	60

/*
 * The slow source: the name says how it answers.
 *
 *	late*	later: when the test calls slow_answer()
 *	self*	the source checks passwords; right is "pw"
 *	hash*	the stored hash is {PLAIN}pw
 *	down*	the source cannot be asked; latedown: later
 *
 * It knows no other names.
 */
struct slow {
	struct auth_source source;
	struct auth_query *query;	/* not answered yet */
	struct slice name;
	struct slice password;		/* p NULL: asked who it is */
};

static struct {
	struct slow *last;		/* the one that was opened last */
	int lookups;
	int verifies;
	int cancelled;
	int closed;
} slow;

/* What auth has answered to the front. */
enum said {
	SAID_NOTHING,
	SAID_DENIED,
	SAID_CHALLENGE,
	SAID_ACCEPTED,
	SAID_CLOSED		/* auth has closed the channel */
};

static const struct auth_source_ops slow_ops;

static bool
name_has(struct slice name, const char *part)
{
	return slice_find(name, slice_str(part)) != SLICE_NONE;
}

static void
slow_answer(struct slow *s)
{
	struct auth_query *q = s->query;
	struct auth_user u = { .name = s->name };

	s->query = NULL;
	if (s->password.p != NULL)
		auth_query_verified(q, name_has(s->name, "down") ?
		    AUTH_UNDECIDED : slice_eq_str(s->password, "pw") ?
		    AUTH_RIGHT : AUTH_WRONG);
	else if (name_has(s->name, "self") || name_has(s->name, "hash")) {
		u.password = name_has(s->name, "self") ? NULL : "{PLAIN}pw";
		auth_query_found(q, AUTH_FOUND, &u);
	} else
		auth_query_found(q, name_has(s->name, "down") ?
		    AUTH_UNAVAILABLE : AUTH_UNKNOWN, NULL);
}

static void
slow_ask(struct slow *s, struct auth_query *q, struct slice name,
    struct slice password)
{
	ck_assert_ptr_null(s->query);
	ck_assert_int_eq(q->service->id, CONF_IMAP);
	s->query = q;
	s->name = name;
	s->password = password;
	if (!name_has(name, "late"))
		slow_answer(s);
}

static void
slow_lookup(struct auth_source *s, struct auth_query *q, struct slice name)
{
	slow.lookups++;
	slow_ask((struct slow *)s, q, name, slice_make(NULL, 0));
}

static void
slow_verify(struct auth_source *s, struct auth_query *q, struct slice name,
    struct slice password)
{
	slow.verifies++;
	slow_ask((struct slow *)s, q, name, password);
}

static void
slow_cancel(struct auth_source *s, struct auth_query *q)
{
	ck_assert_ptr_eq(((struct slow *)s)->query, q);
	((struct slow *)s)->query = NULL;
	slow.cancelled++;
}

static struct auth_source *
slow_open(const struct conf_users *conf, const struct user_rules *rules,
    int fd)
{
	struct slow *s = xcalloc(1, sizeof(*s));

	(void)conf;
	(void)rules;
	(void)close(fd);
	s->source.ops = &slow_ops;
	s->source.refs = 1;
	slow.last = s;
	return &s->source;
}

static void
slow_close(struct auth_source *s)
{
	ck_assert_ptr_null(((struct slow *)s)->query);
	slow.closed++;
	free(s);
}

static const struct auth_source_ops slow_ops = {
	.open = slow_open,
	.close = slow_close,
	.lookup = slow_lookup,
	.verify = slow_verify,
	.cancel = slow_cancel,
};

static struct {
	struct child child;
	struct conf *conf;
	struct chan *front;
	enum said said;
	enum auth_denied why;
	char name[64];
	char challenge[256];
	char path[16];
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

static void
on_challenge(void *arg, struct msg *msg)
{
	(void)arg;
	ck_assert_uint_lt(msg->data.len, sizeof(f.challenge));
	memcpy(f.challenge, msg->data.p, msg->data.len);
	f.challenge[msg->data.len] = '\0';
	f.said = SAID_CHALLENGE;
}

static const struct msg_permit permits[] = {
	{ MSG_AUTH_CHALLENGE, on_challenge },
	{ MSG_AUTH_DENIED, on_denied },
	{ MSG_AUTH_ACCEPTED, on_accepted },
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

/*
 * A descriptor of a users file with this text.  It keeps its name: a file
 * without one would have to be opened again, and logins would wait for that.
 */
static int
users_file(const char *text)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/users", unit_dir());
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

/* The slow source, and then a users file. */
static void
sources_set(const char *users)
{
	struct conf_users row = { .kind = CONF_USERS_PASSWD, .path = f.path };

	auth_sources_unref(auth.sources);
	auth.sources = auth_sources_new(f.conf, NULL, NULL);
	ck_assert_int_eq(auth_sources_add(auth.sources, &slow_ops, &row,
	    users_file("")), 0);
	if (users != NULL)
		ck_assert_int_eq(auth_sources_add(auth.sources,
		    &auth_source_passwd, &row, users_file(users)), 0);
}

static void
on_lost(uint32_t life, bool broken)
{
	(void)life;
	(void)broken;
}

/* The auth process of an imapd, with one front. */
static void
setup(void)
{
	int fds[2];

	memset(&f, 0, sizeof(f));
	memset(&slow, 0, sizeof(slow));
	(void)strlcpy(f.path, "users", sizeof(f.path));
	/* Auth has these as long as it lives. */
	if (base == NULL) {
		base = event_base_new();
		pool = auth_pool_new(base, on_lost);
	}
	f.child.base = base;
	f.child.services = CONF_SERVICE_BIT(CONF_IMAP);
	f.conf = conf_new();
	f.conf->auth_mechanisms = CONF_MECH_BIT(CONF_MECH_PLAIN) |
	    CONF_MECH_BIT(CONF_MECH_SCRAM_SHA_256);
	f.conf->failed_login_delay = 0;
	f.conf->mail = xstrdup("/var/mail/%n");
	ck_assert_int_eq(conf_id_set(&f.conf->owner, "1000:1000"), 0);
	auth.child = &f.child;
	auth.conf = f.conf;
	auth.cache = auth_cache_new();
	auth.users = auth_tallies_new();
	auth.addrs = auth_tallies_new();
	auth.pool = pool;
	sources_set("ann:{PLAIN}pw\nhash:{PLAIN}other\n");
	auth_front_setup();
	auth_line_setup();
	auth_users_setup();
	ck_assert_int_eq(chan_pair(fds), 0);
	auth_front_channel(0, 7, fds[0]);
	f.front = chan_new(f.child.base, fds[1], "auth", permits, on_closed,
	    NULL);
}

/* Let everybody do what can be done now. */
static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		(void)event_base_loop(f.child.base, EVLOOP_NONBLOCK);
}

/* Whatever happened, the front's end leaves no query and no source behind. */
static void
teardown(void)
{
	unsigned int refs;

	chan_free(f.front);
	turn();
	refs = auth.sources->refs;
	auth_sources_unref(auth.sources);
	auth_cache_free(auth.cache);
	auth_tallies_free(auth.users);
	auth_tallies_free(auth.addrs);
	memset(&auth, 0, sizeof(auth));
	conf_free(f.conf);
	ck_assert_uint_eq(refs, 1);
	ck_assert_int_eq(slow.closed, 1);
}

static void
start_mech(enum conf_service_id service, const char *mech,
    struct slice initial)
{
	struct auth_msg_start s = {
		.service = service,
		.mech = slice_str(mech),
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

/* PLAIN of an IMAP client. */
static void
start(const char *user, const char *password)
{
	char plain[128];
	int len = snprintf(plain, sizeof(plain), "%c%s%c%s", 0, user, 0,
	    password);

	start_mech(CONF_IMAP, "PLAIN", slice_make(plain, (size_t)len));
}

/* The client goes away. */
static void
leave(void)
{
	ck_assert_int_eq(chan_send(f.front, MSG_AUTH_ABORT, 1, -1,
	    SLICE_LIT("")), 0);
	turn();
}

static void
on_deadline(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	ck_abort_msg("auth does not answer");
}

/* Wait until auth has said something. */
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

static const struct {
	const char *user;
	const char *password;
	enum said said;
	enum auth_denied denied;
	int answers;		/* that come late */
	int lookups;
	int verifies;
	const char *why;
} logins[] = {
	{ "Ann", "pw", SAID_ACCEPTED, 0, 0, 1, 0,
	    "the second source has the user" },
	{ "ann", "no", SAID_DENIED, AUTH_DENIED_CREDENTIALS, 0, 1, 0,
	    "a wrong password" },
	{ "hash", "pw", SAID_ACCEPTED, 0, 0, 1, 0,
	    "the first source that has the user decides" },
	{ "hash", "other", SAID_DENIED, AUTH_DENIED_CREDENTIALS, 0, 1, 0,
	    "and the second one is not asked" },
	{ "late", "pw", SAID_DENIED, AUTH_DENIED_CREDENTIALS, 1, 1, 0,
	    "unknown, told late" },
	{ "latehash", "pw", SAID_ACCEPTED, 0, 1, 1, 0, "a hash, told late" },
	{ "latehash", "no", SAID_DENIED, AUTH_DENIED_CREDENTIALS, 1, 1, 0,
	    "the wrong password for it" },
	{ "self", "pw", SAID_ACCEPTED, 0, 0, 1, 1,
	    "the source checks the password" },
	{ "self", "no", SAID_DENIED, AUTH_DENIED_CREDENTIALS, 0, 1, 1,
	    "and says no" },
	{ "lateself", "pw", SAID_ACCEPTED, 0, 2, 1, 1,
	    "both answers come late" },
	{ "lateself", "no", SAID_DENIED, AUTH_DENIED_CREDENTIALS, 2, 1, 1,
	    "and the second is no" },
	{ "selfdown", "pw", SAID_DENIED, AUTH_DENIED_UNAVAILABLE, 0, 1, 1,
	    "the source cannot check it" },
	{ "down", "pw", SAID_DENIED, AUTH_DENIED_UNAVAILABLE, 0, 1, 0,
	    "the source cannot be asked: the next one must not decide" },
	{ "latedown", "pw", SAID_DENIED, AUTH_DENIED_UNAVAILABLE, 1, 1, 0,
	    "the same, told late" },
	{ "no/name", "pw", SAID_DENIED, AUTH_DENIED_CREDENTIALS, 0, 0, 0,
	    "no source is asked for what is no name" },
};

START_TEST(test_auth_login_sources)
{
	struct slice in = slice_str(logins[_i].user);
	const char *why = logins[_i].why;

	start(logins[_i].user, logins[_i].password);
	for (int i = 0; i < logins[_i].answers; i++) {
		turn();
		ck_row_eq(in, why, f.said, SAID_NOTHING);
		ck_assert_ptr_nonnull(slow.last->query);
		slow_answer(slow.last);
	}
	ck_row_eq(in, why, answer(), logins[_i].said);
	if (f.said == SAID_DENIED)
		ck_row_eq(in, why, f.why, logins[_i].denied);
	ck_row_eq(in, why, slow.lookups, logins[_i].lookups);
	ck_row_eq(in, why, slow.verifies, logins[_i].verifies);
	ck_assert_ptr_null(slow.last->query);
}
END_TEST

/* Failures of the address that are remembered. */
static uint32_t
failures(void)
{
	return auth_tally_failures(auth_tally_get(auth.addrs,
	    SLICE_LIT("192.0.2.1"), timer_ms()), timer_ms());
}

/* The source never answers, and the client does not wait. */
START_TEST(test_auth_login_client_leaves)
{
	start("latehash", "pw");
	turn();
	ck_assert_ptr_nonnull(slow.last->query);
	leave();
	ck_assert_ptr_null(slow.last->query);
	ck_assert_int_eq(slow.cancelled, 1);
	ck_assert_uint_eq(failures(), 0);
	/* Whoever leaves while a password is checked has tried one. */
	start("lateself", "no");
	turn();
	slow_answer(slow.last);
	turn();
	ck_assert_int_eq(slow.verifies, 1);
	leave();
	ck_assert_int_eq(slow.cancelled, 2);
	ck_assert_uint_eq(failures(), 1);
	ck_assert_int_eq(f.said, SAID_NOTHING);
}
END_TEST

START_TEST(test_auth_login_front_dies)
{
	start("latehash", "pw");
	turn();
	chan_free(f.front);
	f.front = NULL;
	turn();
	ck_assert_int_eq(slow.cancelled, 1);
}
END_TEST

/* What was asked before a reload is answered by the source that was asked. */
START_TEST(test_auth_login_reload)
{
	struct slow *old = slow.last;

	start("latehash", "pw");
	turn();
	sources_set(NULL);
	ck_assert_ptr_ne(slow.last, old);
	ck_assert_int_eq(slow.closed, 0);
	slow_answer(old);
	ck_assert_int_eq(answer(), SAID_ACCEPTED);
	ck_assert_int_eq(slow.closed, 0);
	leave();
	ck_assert_int_eq(slow.closed, 1);
	slow.closed = 0;
}
END_TEST

/* The same for a source that alone is opened again. */
START_TEST(test_auth_login_reopen)
{
	struct slow *old = slow.last;

	start("latehash", "pw");
	turn();
	auth_sources_reopen(auth.sources, 0, users_file(""));
	ck_assert_ptr_ne(slow.last, old);
	ck_assert_int_eq(slow.closed, 0);
	slow_answer(old);
	ck_assert_int_eq(slow.closed, 1);
	ck_assert_int_eq(answer(), SAID_ACCEPTED);
	slow.closed = 0;
}
END_TEST

/*
 * SCRAM needs a stored secret.  A user of a source that lends none is answered
 * like one that does not exist.
 */
static const char *const scram_users[] = { "self", "lateself", "stranger" };

START_TEST(test_auth_login_scram)
{
	char first[64], last[256];

	(void)snprintf(first, sizeof(first), "n,,n=%s,r=abc",
	    scram_users[_i]);
	start_mech(CONF_IMAP, "SCRAM-SHA-256", slice_str(first));
	turn();
	if (slow.last->query != NULL)
		slow_answer(slow.last);
	ck_assert_int_eq(answer(), SAID_CHALLENGE);
	ck_assert_int_eq(strncmp(f.challenge, "r=abc", 5), 0);
	ck_assert_ptr_nonnull(strstr(f.challenge, ",i=4096"));
	/* The nonce of both, and a proof of the right length. */
	(void)snprintf(last, sizeof(last), "c=biws,%.*s,p=%043d=",
	    (int)strcspn(f.challenge, ","), f.challenge, 0);
	f.said = SAID_NOTHING;
	ck_assert_int_eq(chan_send(f.front, MSG_AUTH_CONT, 1, -1,
	    slice_str(last)), 0);
	ck_assert_int_eq(answer(), SAID_DENIED);
	ck_assert_int_eq(f.why, AUTH_DENIED_CREDENTIALS);
	ck_assert_int_eq(slow.lookups, 1);
	ck_assert_int_eq(slow.verifies, 0);
}
END_TEST

/* What the sources of a configuration invent for a name. */
static void
invent(const char *users, struct scram_secret *secret)
{
	sources_set(users);
	memset(secret, 0, sizeof(*secret));
	auth_fakes_secret(&auth.sources->fakes, SLICE_LIT("stranger"), secret);
}

/*
 * Unknown users look like those of the sources that lend hashes; where no
 * source does, they still cost something.  Their salts follow from the
 * parent's key alone (HAZARDS: a key derived from a secret and shown through
 * its HMACs).
 */
START_TEST(test_auth_login_fakes)
{
	static const char key[] = "a key of thirty-two octets, here";
	static const char other[] = "another of thirty-two octets, OK";
	struct scram_secret a, b;

	_Static_assert(sizeof(key) - 1 == FAKES_KEY_LEN, "a key");
	auth_fakes_set_key(slice_make(key, FAKES_KEY_LEN));
	invent(NULL, &a);
	ck_assert_str_eq(auth_fakes_usual(&auth.sources->fakes),
	    passhash_dummy());
	invent("ann:{PLAIN}pw\nbob:{PLAIN}x\n", &b);
	ck_assert_str_eq(auth_fakes_usual(&auth.sources->fakes), "{PLAIN}pw");
	ck_assert_mem_eq(&a, &b, sizeof(a));
	invent("bob:{PLAIN}x\n", &b);
	ck_assert_mem_eq(&a, &b, sizeof(a));
	auth_fakes_set_key(slice_make(other, FAKES_KEY_LEN));
	invent("bob:{PLAIN}x\n", &b);
	ck_assert_mem_ne(a.salt, b.salt, SCRAM_SALT_LEN);
	invent("bob:{PLAIN}x\nann:{SCRAM-SHA-256}9999,AAAAAAAA,"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", &b);
	ck_assert_uint_eq(a.iterations, SCRAM_ITERATIONS);
	ck_assert_uint_eq(b.iterations, 9999);
	ck_assert_uint_eq(b.salt_len, 6);
	slow.closed = 0;
}
END_TEST

/* A front that claims to be of another daemon is at fault. */
START_TEST(test_auth_login_service_of_another_daemon)
{
	start_mech(CONF_POP3, "PLAIN", SLICE_LIT("\0ann\0pw"));
	ck_assert_int_eq(answer(), SAID_CLOSED);
}
END_TEST

Suite *
suite_auth_login(void)
{
	Suite *s = suite_create("auth_login");
	TCase *t = tcase_create("auth_login");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_auth_login_sources, 0, NROWS(logins));
	tcase_add_test(t, test_auth_login_client_leaves);
	tcase_add_test(t, test_auth_login_front_dies);
	tcase_add_test(t, test_auth_login_reload);
	tcase_add_test(t, test_auth_login_reopen);
	tcase_add_loop_test(t, test_auth_login_scram, 0, NROWS(scram_users));
	tcase_add_test(t, test_auth_login_fakes);
	tcase_add_test(t, test_auth_login_service_of_another_daemon);
	suite_add_tcase(s, t);
	return s;
}
