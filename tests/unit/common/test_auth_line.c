/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The lines of addresses.  A ticket has a letter; what happens to it is noted
 * as "a" when it goes, and as "a-" when it is refused.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "common/auth/auth_ctx.h"
#include "common/auth/auth_line.h"
#include "common/auth/auth_tally.h"
#include "common/base/timer.h"
#include "common/conf/conf.h"
#include "common/proc/child.h"
#include "tests/unit/util.h"

#define ADDR	"192.0.2.1"

struct ticket {
	struct auth_ticket	 t;
	char			 name;
};

static struct {
	struct child child;
	struct conf *conf;
	char	 noted[256];
} f;

static void
note(struct ticket *t, const char *what)
{
	size_t len = strlen(f.noted);

	(void)snprintf(f.noted + len, sizeof(f.noted) - len, "%c%s ", t->name,
	    what);
}

static void
go(void *arg)
{
	note(arg, "");
}

static void
refuse(void *arg)
{
	struct ticket *t = arg;

	note(t, "-");
	auth_line_leave(&t->t);
}

static void
join(struct ticket *t, char name, const char *from, const char *user)
{
	*t = (struct ticket){ .t = { .go = go, .refuse = refuse, .arg = t },
	    .name = name };
	auth_line_join(&t->t, from, slice_str(user));
}

static void
turn(void)
{
	for (int i = 0; i < 32; i++)
		(void)event_base_loop(f.child.base, EVLOOP_NONBLOCK);
}

static struct auth_tally *
addr(void)
{
	return auth_tally_get(auth.addrs, SLICE_LIT(ADDR), timer_ms());
}

static void
failed(unsigned int times)
{
	for (unsigned int i = 0; i < times; i++)
		auth_tally_fail(addr(), timer_ms());
}

/* As if the delay since the last one that went had passed. */
static void
delay_passes(void)
{
	struct ticket t;

	addr()->next_ms = 0;
	/* Whoever comes or goes has the line looked at. */
	join(&t, '?', ADDR, "nobody");
	auth_line_leave(&t.t);
	turn();
}

static void
setup(void)
{
	memset(&f, 0, sizeof(f));
	f.child.base = event_base_new();
	f.conf = conf_new();
	f.conf->failed_login_delay = 5;		/* a line of three */
	auth.child = &f.child;
	auth.conf = f.conf;
	auth.addrs = auth_tallies_new();
	auth_line_setup();
}

static void
teardown(void)
{
	auth_tallies_free(auth.addrs);
	memset(&auth, 0, sizeof(auth));
	conf_free(f.conf);
	event_base_free(f.child.base);
}

START_TEST(test_auth_line_five_together)
{
	struct ticket t[8], other;

	for (size_t i = 0; i < 7; i++)
		join(&t[i], (char)('a' + i), ADDR, "ann");
	join(&other, 'x', "192.0.2.2", "ann");
	ck_assert_str_eq(f.noted, "");
	turn();
	ck_assert_uint_eq(strlen(f.noted), strlen("a b c d e x "));
	ck_assert_ptr_nonnull(strstr(f.noted, "x "));
	f.noted[0] = '\0';
	/* One whose password was right makes room for the next. */
	auth_line_leave(&t[2].t);
	turn();
	ck_assert_str_eq(f.noted, "f ");
	/* A failure makes none. */
	failed(1);
	auth_line_leave(&t[3].t);
	turn();
	ck_assert_str_eq(f.noted, "f ");
	for (size_t i = 0; i < 7; i++)
		auth_line_leave(&t[i].t);
	auth_line_leave(&other.t);
	auth_line_leave(&other.t);
}
END_TEST

START_TEST(test_auth_line_paced)
{
	struct ticket t[3];

	failed(5);
	join(&t[0], 'a', ADDR, "ann");
	turn();
	ck_assert_str_eq(f.noted, "a ");
	join(&t[1], 'b', ADDR, "ann");
	join(&t[2], 'c', ADDR, "ann");
	auth_line_leave(&t[0].t);
	turn();
	ck_assert_str_eq(f.noted, "a ");
	delay_passes();
	ck_assert_str_eq(f.noted, "a b ");
	delay_passes();
	ck_assert_str_eq(f.noted, "a b c ");
	auth_line_leave(&t[1].t);
	auth_line_leave(&t[2].t);
}
END_TEST

/* Whoever guesses the password of one name does not keep out others. */
START_TEST(test_auth_line_names_take_turns)
{
	struct ticket t[6], bob, cat;

	failed(5);
	addr()->next_ms = timer_ms() + 100000;
	for (size_t i = 0; i < 6; i++)
		join(&t[i], (char)('a' + i), ADDR, "ann");
	turn();
	/* Three may wait: those who came first. */
	ck_assert_str_eq(f.noted, "f- e- d- ");
	join(&bob, 'B', ADDR, "bob");
	turn();
	ck_assert_str_eq(f.noted, "f- e- d- c- ");
	join(&cat, 'C', ADDR, "cat");
	turn();
	ck_assert_str_eq(f.noted, "f- e- d- c- b- ");
	/* Where each has one place, it is the newcomer who has to go. */
	join(&t[5], 'g', ADDR, "dan");
	turn();
	ck_assert_str_eq(f.noted, "f- e- d- c- b- g- ");
	f.noted[0] = '\0';
	for (int i = 0; i < 3; i++)
		delay_passes();
	ck_assert_str_eq(f.noted, "a B C ");
	auth_line_leave(&t[0].t);
	auth_line_leave(&bob.t);
	auth_line_leave(&cat.t);
}
END_TEST

/* Those who wait when an address becomes one that fails often. */
START_TEST(test_auth_line_is_cut)
{
	struct ticket t[16];

	for (size_t i = 0; i < 16; i++)
		join(&t[i], (char)('a' + i), ADDR, "ann");
	turn();
	ck_assert_str_eq(f.noted, "a b c d e ");
	f.noted[0] = '\0';
	addr()->next_ms = timer_ms() + 100000;
	failed(5);
	for (size_t i = 0; i < 5; i++)
		auth_line_leave(&t[i].t);
	turn();
	ck_assert_str_eq(f.noted, "p- o- n- m- l- k- j- i- ");
	for (size_t i = 5; i < 8; i++)
		auth_line_leave(&t[i].t);
}
END_TEST

START_TEST(test_auth_line_without_a_delay)
{
	struct ticket t[7];

	f.conf->failed_login_delay = 0;
	failed(100);
	for (size_t i = 0; i < 7; i++)
		join(&t[i], (char)('a' + i), ADDR, "ann");
	turn();
	ck_assert_str_eq(f.noted, "a b c d e ");
	for (size_t i = 0; i < 7; i++) {
		auth_line_leave(&t[i].t);
		turn();
	}
	ck_assert_str_eq(f.noted, "a b c d e f g ");
}
END_TEST

Suite *
suite_auth_line(void)
{
	Suite *s = suite_create("auth_line");
	TCase *tc = tcase_create("auth_line");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_auth_line_five_together);
	tcase_add_test(tc, test_auth_line_paced);
	tcase_add_test(tc, test_auth_line_names_take_turns);
	tcase_add_test(tc, test_auth_line_is_cut);
	tcase_add_test(tc, test_auth_line_without_a_delay);
	suite_add_tcase(s, tc);
	return s;
}
