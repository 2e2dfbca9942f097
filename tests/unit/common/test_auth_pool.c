/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The queue of slow checks, with check processes that the test plays.  A check
 * has a name; its stored hash and its key are made of that.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/auth/auth_check.h"
#include "common/auth/auth_pool.h"
#include "common/base/bounds.h"
#include "common/base/compat.h"
#include "common/proc/msg.h"
#include "tests/unit/util.h"

#define DEADLINE_S	60
#define NCHECKERS	2

static struct event_base *base;
static struct auth_pool *pool;

/* The far ends: check processes. */
static struct checker {
	struct chan	*chan;		/* NULL: the pool has closed it */
	char		 got[256];	/* names of checks, each with a blank */
} checkers[NCHECKERS];

/* Logins that wait, by name. */
struct login {
	struct auth_wait w;
	char		 name;
};
static char	 finished[64];		/* names and results: "aR bW " */
static void	(*on_done)(struct login *);

static void
on_check(void *arg, struct msg *msg)
{
	struct checker *c = arg;
	struct msg_reader r = msg_reader(msg->data);
	struct slice stored = msg_get_slice(&r, 16);
	struct slice password = msg_get_slice(&r, 16);
	size_t len = strlen(c->got);

	ck_assert(msg_get_end(&r));
	ck_slice_eq(password, "secret");
	(void)snprintf(c->got + len, sizeof(c->got) - len, "%.*s ",
	    SLICE_ARG(stored));
}

static const struct msg_permit permits[] = {
	{ .type = MSG_CHECK, .handle = on_check },
	{ .type = 0 }
};

static void
on_closed(void *arg, bool broken)
{
	struct checker *c = arg;

	(void)broken;
	chan_free(c->chan);
	c->chan = NULL;
}

/* Start a check process; it may replace one. */
static void
start(uint32_t n)
{
	struct checker *c = &checkers[n];
	int fds[2];

	ck_assert_int_eq(chan_pair(fds), 0);
	chan_free(c->chan);
	c->got[0] = '\0';
	c->chan = chan_new(base, fds[1], "auth", permits, on_closed, c);
	auth_pool_channel(pool, n, 100 + n, fds[0]);
}

/* Let everybody do what can be done now. */
static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
end(uint32_t n)
{
	chan_free(checkers[n].chan);
	checkers[n].chan = NULL;
	turn();
}

/* Answer the check under way with these octets. */
static void
answer(uint32_t n, struct slice octets)
{
	ck_assert_int_eq(chan_send(checkers[n].chan, MSG_CHECKED, 0, -1,
	    octets), 0);
	turn();
}

static void
say(uint32_t n, enum passhash_result result)
{
	char octet = (char)result;

	answer(n, slice_make(&octet, 1));
}

static void
done(void *arg, enum passhash_result result)
{
	struct login *l = arg;
	size_t len = strlen(finished);

	ck_assert_ptr_null(l->w.job);
	(void)snprintf(finished + len, sizeof(finished) - len, "%c%c ",
	    l->name, "RWB"[result]);
	if (on_done != NULL)
		on_done(l);
}

/* Queue the check of this name, from this address. */
static int
check(struct login *l, char name, const char *from)
{
	unsigned char key[AUTH_CACHE_KEY_LEN] = { (unsigned char)name };
	char stored[] = { name, '\0' };

	*l = (struct login){ .w = { .done = done, .arg = l }, .name = name };
	return auth_pool_check(pool, key, stored, SLICE_LIT("secret"), from,
	    &l->w);
}

/* What the pool said last of a check process that is gone. */
static uint32_t	 lost_life;
static bool	 lost_broken;

static void
on_lost(uint32_t life, bool broken)
{
	lost_life = life;
	lost_broken = broken;
}

static void
setup(void)
{
	/* A pool lives as long as auth. */
	if (base == NULL) {
		base = event_base_new();
		pool = auth_pool_new(base, on_lost);
	}
	finished[0] = '\0';
	on_done = NULL;
	start(0);
	turn();
}

static void
teardown(void)
{
	for (uint32_t n = 0; n < NCHECKERS; n++)
		if (checkers[n].chan != NULL)
			end(n);
}

static const struct {
	enum passhash_result result;
	const char	*want;
	const char	*why;
} results[] = {
	{ PASSHASH_RIGHT, "aR ", "the right password" },
	{ PASSHASH_WRONG, "aW ", "a wrong one" },
	{ PASSHASH_BROKEN, "aB ", "no hash" },
};

START_TEST(test_auth_pool_result)
{
	struct login a;

	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	turn();
	ck_assert_str_eq(checkers[0].got, "a ");
	ck_assert_str_eq(finished, "");
	say(0, results[_i].result);
	ck_row_eq(results[_i].want, results[_i].why, finished,
	    results[_i].want);
}
END_TEST

/* Equal checks are computed once, and all who wait are told. */
START_TEST(test_auth_pool_equal_checks)
{
	struct login a, again, third;

	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	ck_assert_int_eq(check(&again, 'a', "2"), 0);
	turn();
	ck_assert_int_eq(check(&third, 'a', "3"), 0);
	turn();
	say(0, PASSHASH_WRONG);
	ck_assert_str_eq(checkers[0].got, "a ");
	ck_assert_str_eq(finished, "aW aW aW ");
	/* What was computed is not remembered here. */
	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	turn();
	say(0, PASSHASH_RIGHT);
	ck_assert_str_eq(checkers[0].got, "a a ");
}
END_TEST

/* An address with many checks delays only itself. */
START_TEST(test_auth_pool_addresses_take_turns)
{
	struct login l[8];
	const char *names = "abcdxyz";

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(check(&l[i], names[i], "many"), 0);
	ck_assert_int_eq(check(&l[4], 'x', "one"), 0);
	ck_assert_int_eq(check(&l[5], 'y', "two"), 0);
	ck_assert_int_eq(check(&l[6], 'z', "two"), 0);
	turn();
	for (size_t i = 0; i < 7; i++)
		say(0, PASSHASH_WRONG);
	ck_assert_str_eq(checkers[0].got, "a b x y c z d ");
	ck_assert_str_eq(finished, "aW bW xW yW cW zW dW ");
}
END_TEST

/* Each process computes one check at a time. */
START_TEST(test_auth_pool_processes)
{
	struct login a, b, c;

	start(1);
	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	ck_assert_int_eq(check(&b, 'b', "1"), 0);
	ck_assert_int_eq(check(&c, 'c', "1"), 0);
	turn();
	ck_assert_str_eq(checkers[0].got, "a ");
	ck_assert_str_eq(checkers[1].got, "b ");
	say(1, PASSHASH_RIGHT);
	ck_assert_str_eq(checkers[1].got, "b c ");
	say(1, PASSHASH_RIGHT);
	say(0, PASSHASH_WRONG);
	ck_assert_str_eq(finished, "bR cR aW ");
}
END_TEST

/* A check that nobody waits for is not computed, unless it has begun. */
START_TEST(test_auth_pool_cancel)
{
	struct login a, b, c, c2;

	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	ck_assert_int_eq(check(&b, 'b', "1"), 0);
	ck_assert_int_eq(check(&c, 'c', "1"), 0);
	ck_assert_int_eq(check(&c2, 'c', "1"), 0);
	turn();
	auth_pool_cancel(&a.w);
	auth_pool_cancel(&b.w);
	auth_pool_cancel(&b.w);
	auth_pool_cancel(&c.w);
	ck_assert_ptr_null(a.w.job);
	say(0, PASSHASH_RIGHT);
	ck_assert_str_eq(finished, "");
	say(0, PASSHASH_RIGHT);
	ck_assert_str_eq(checkers[0].got, "a c ");
	ck_assert_str_eq(finished, "cR ");
}
END_TEST

/* A check that has begun and that nobody waits for can still be joined. */
START_TEST(test_auth_pool_join_after_cancel)
{
	struct login a, again;

	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	turn();
	auth_pool_cancel(&a.w);
	ck_assert_int_eq(check(&again, 'a', "1"), 0);
	say(0, PASSHASH_RIGHT);
	ck_assert_str_eq(checkers[0].got, "a ");
	ck_assert_str_eq(finished, "aR ");
}
END_TEST

static struct login other;

static void
cancel_other(struct login *l)
{
	if (l != &other)
		auth_pool_cancel(&other.w);
}

/* Being told of a result may end another login that waits for it. */
START_TEST(test_auth_pool_done_cancels_another)
{
	struct login a;

	on_done = cancel_other;
	ck_assert_int_eq(check(&other, 'a', "1"), 0);
	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	turn();
	say(0, PASSHASH_RIGHT);
	ck_assert_str_eq(finished, "aR ");
}
END_TEST

static void
check_again(struct login *l)
{
	on_done = NULL;
	ck_assert_int_eq(check(l, l->name, "1"), 0);
}

/* It may also queue the same check again, which is then a new one. */
START_TEST(test_auth_pool_done_checks_again)
{
	struct login a;

	on_done = check_again;
	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	turn();
	say(0, PASSHASH_WRONG);
	ck_assert_str_eq(checkers[0].got, "a a ");
	say(0, PASSHASH_RIGHT);
	ck_assert_str_eq(finished, "aW aR ");
}
END_TEST

/* A check whose process dies is computed again, but only once. */
START_TEST(test_auth_pool_process_dies)
{
	struct login a, b;

	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	ck_assert_int_eq(check(&b, 'b', "2"), 0);
	turn();
	end(0);
	ck_assert_str_eq(finished, "");
	start(0);
	turn();
	ck_assert_str_eq(checkers[0].got, "b ");
	say(0, PASSHASH_RIGHT);
	ck_assert_str_eq(checkers[0].got, "b a ");
	end(0);
	ck_assert_str_eq(finished, "bR aB ");
	start(0);
	turn();
	ck_assert_str_eq(checkers[0].got, "");
}
END_TEST

/* A new channel means that the process behind the old one is gone. */
START_TEST(test_auth_pool_process_is_replaced)
{
	struct login a;

	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	turn();
	start(0);
	turn();
	ck_assert_str_eq(checkers[0].got, "a ");
	say(0, PASSHASH_RIGHT);
	ck_assert_str_eq(finished, "aR ");
}
END_TEST

static const struct {
	struct slice	 octets;
	const char	*why;
} broken[] = {
	{ LIT("\3"), "no such result" },
	{ LIT("\xff"), "far from any result" },
};

/* A process that breaks the format is cut off, and another one is asked. */
START_TEST(test_auth_pool_broken_answer)
{
	struct login a;

	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	turn();
	answer(0, broken[_i].octets);
	ck_row(broken[_i].octets, broken[_i].why, checkers[0].chan == NULL);
	ck_row_eq(broken[_i].octets, broken[_i].why, finished, "");
	start(1);
	turn();
	say(1, PASSHASH_RIGHT);
	ck_row_eq(broken[_i].octets, broken[_i].why, finished, "aR ");
}
END_TEST

/* So is a process that answers what it was not asked. */
START_TEST(test_auth_pool_answer_without_a_check)
{
	struct login a;

	say(0, PASSHASH_RIGHT);
	ck_assert_ptr_null(checkers[0].chan);
	ck_assert_int_eq(check(&a, 'a', "1"), 0);
	start(1);
	turn();
	say(1, PASSHASH_WRONG);
	ck_assert_str_eq(finished, "aW ");
}
END_TEST

/* The queue is bounded; checks that are in it already can be joined. */
START_TEST(test_auth_pool_full)
{
	static struct login l[AUTH_POOL_QUEUE_MAX + 2];
	struct login more;
	unsigned char key[AUTH_CACHE_KEY_LEN] = { 0 };

	end(0);
	for (size_t i = 0; i <= AUTH_POOL_QUEUE_MAX; i++) {
		memcpy(key, &i, sizeof(i));
		l[i] = (struct login){ .w = { .done = done, .arg = &l[i] } };
		ck_assert_int_eq(auth_pool_check(pool, key, "x",
		    SLICE_LIT("secret"), "1", &l[i].w),
		    i < AUTH_POOL_QUEUE_MAX ? 0 : -1);
	}
	memset(key, 0, sizeof(key));
	more = (struct login){ .w = { .done = done, .arg = &more } };
	ck_assert_int_eq(auth_pool_check(pool, key, "x", SLICE_LIT("secret"),
	    "1", &more.w), 0);
	auth_pool_cancel(&l[1].w);
	ck_assert_int_eq(check(&l[1], 'y', "1"), 0);
	for (size_t i = 0; i < AUTH_POOL_QUEUE_MAX; i++)
		auth_pool_cancel(&l[i].w);
	auth_pool_cancel(&more.w);
	/* Nothing is left of them. */
	start(0);
	turn();
	ck_assert_str_eq(checkers[0].got, "");
}
END_TEST

static void
dropped(void *arg)
{
	struct login *l = arg;
	size_t len = strlen(finished);

	ck_assert_ptr_null(l->w.job);
	(void)snprintf(finished + len, sizeof(finished) - len, "%c- ",
	    l->name);
}

/* A newcomer takes the place of the youngest check of whoever has most. */
START_TEST(test_auth_pool_newcomer)
{
	static struct login l[AUTH_POOL_QUEUE_MAX];
	struct login a, b;
	unsigned char key[AUTH_CACHE_KEY_LEN] = { 0 };
	char from[32];

	end(0);
	for (size_t i = 0; i < AUTH_POOL_QUEUE_MAX; i++) {
		/* Not the keys of check(). */
		memcpy(key + 1, &i, sizeof(i));
		l[i] = (struct login){ .w = { .done = done,
		    .dropped = dropped, .arg = &l[i] }, .name = 'm' };
		/* All are of one network, and the last of one address. */
		(void)snprintf(from, sizeof(from), "192.0.2.%u",
		    i < 200 ? (unsigned int)i : 200);
		ck_assert_int_eq(auth_pool_check(pool, key, "x",
		    SLICE_LIT("secret"), from, &l[i].w), 0);
	}
	l[AUTH_POOL_QUEUE_MAX - 1].name = 'y';
	ck_assert_int_eq(check(&a, 'a', "198.51.100.1"), 0);
	ck_assert_str_eq(finished, "y- ");
	l[AUTH_POOL_QUEUE_MAX - 2].name = 'z';
	ck_assert_int_eq(check(&b, 'b', "192.0.2.7"), 0);
	ck_assert_str_eq(finished, "y- z- ");
	for (size_t i = 0; i < AUTH_POOL_QUEUE_MAX; i++)
		auth_pool_cancel(&l[i].w);
	auth_pool_cancel(&a.w);
	auth_pool_cancel(&b.w);
}
END_TEST

/* Networks take turns, and then the addresses of each. */
START_TEST(test_auth_pool_networks_take_turns)
{
	static const char *const from[] = {
		"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.3",
		"2001:db8:0:1::", "2001:db8:0:2::", "2001:db8:0:100::",
	};
	struct login l[NROWS(from)];

	end(0);
	for (size_t i = 0; i < NROWS(from); i++)
		ck_assert_int_eq(check(&l[i], (char)('a' + i), from[i]), 0);
	start(0);
	turn();
	for (size_t i = 0; i < NROWS(from); i++)
		say(0, PASSHASH_WRONG);
	ck_assert_str_eq(checkers[0].got, "a e g b f c d ");
}
END_TEST

START_TEST(test_auth_pool_no_such_process)
{
	int fds[2];

	ck_assert_int_eq(chan_pair(fds), 0);
	auth_pool_channel(pool, CHECKERS_MAX, 1, fds[0]);
	ck_assert_int_eq(fcntl(fds[0], F_GETFD), -1);
	(void)close(fds[1]);
	ck_assert_int_eq(chan_pair(fds), 0);
	auth_pool_channel(pool, CHECKERS_MAX - 1, 1, fds[0]);
	ck_assert_int_ne(fcntl(fds[0], F_GETFD), -1);
	(void)close(fds[1]);
	turn();
}
END_TEST

/* The parent must hear of a check process that can be used no more, and why. */
START_TEST(test_auth_pool_says_which_checker_is_lost)
{
	lost_life = 0;
	end(0);
	turn();
	ck_assert_uint_eq(lost_life, 100);
	ck_assert(!lost_broken);
	start(1);
	ck_assert_int_eq(chan_send(checkers[1].chan, MSG_CHECK, 0, -1,
	    SLICE_LIT("\0\0\0\0\0\0\0\0")), 0);
	turn();
	ck_assert_uint_eq(lost_life, 101);
	ck_assert(lost_broken);
}
END_TEST

Suite *
suite_auth_pool(void)
{
	Suite *s = suite_create("auth_pool");
	TCase *tc = tcase_create("auth_pool");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_auth_pool_result, 0, NROWS(results));
	tcase_add_test(tc, test_auth_pool_equal_checks);
	tcase_add_test(tc, test_auth_pool_addresses_take_turns);
	tcase_add_test(tc, test_auth_pool_processes);
	tcase_add_test(tc, test_auth_pool_cancel);
	tcase_add_test(tc, test_auth_pool_join_after_cancel);
	tcase_add_test(tc, test_auth_pool_done_cancels_another);
	tcase_add_test(tc, test_auth_pool_done_checks_again);
	tcase_add_test(tc, test_auth_pool_process_dies);
	tcase_add_test(tc, test_auth_pool_process_is_replaced);
	tcase_add_loop_test(tc, test_auth_pool_broken_answer, 0,
	    NROWS(broken));
	tcase_add_test(tc, test_auth_pool_answer_without_a_check);
	tcase_add_test(tc, test_auth_pool_full);
	tcase_add_test(tc, test_auth_pool_newcomer);
	tcase_add_test(tc, test_auth_pool_networks_take_turns);
	tcase_add_test(tc, test_auth_pool_no_such_process);
	tcase_add_test(tc, test_auth_pool_says_which_checker_is_lost);
	suite_add_tcase(s, tc);
	return s;
}
