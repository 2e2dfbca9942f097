/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Open sessions, and how they count against the limits. */
#include "config.h"

#include <string.h>

#include "common/auth/auth_ctx.h"
#include "common/auth/auth_session.h"
#include "common/auth/auth_tally.h"
#include "common/base/timer.h"
#include "tests/unit/util.h"

static void
setup(void)
{
	auth.users = auth_tallies_new();
	auth.addrs = auth_tallies_new();
}

static void
teardown(void)
{
	ck_assert_uint_eq(auth_session_count(), 0);
	auth_tallies_free(auth.users);
	auth_tallies_free(auth.addrs);
	memset(&auth, 0, sizeof(auth));
}

static struct auth_tally *
user(const char *name)
{
	return auth_tally_get(auth.users, slice_str(name), timer_ms());
}

static struct auth_tally *
address(const char *name)
{
	return auth_tally_get(auth.addrs, slice_str(name), timer_ms());
}

/* A session of ann from this address, as a login makes it. */
static uint32_t
begin(const char *from)
{
	struct auth_tally *u = user("ann"), *a = address(from);

	auth_tally_ref(u);
	auth_tally_ref(a);
	return auth_session_begin(u, a);
}

START_TEST(test_auth_session_counts)
{
	uint32_t one = begin("192.0.2.1"), two = begin("192.0.2.2");

	ck_assert_uint_ne(one, two);
	ck_assert_uint_eq(auth_session_count(), 2);
	ck_assert_uint_eq(user("ann")->sessions, 2);
	ck_assert_uint_eq(address("192.0.2.1")->sessions, 1);
	auth_session_end(one);
	ck_assert_uint_eq(auth_session_count(), 1);
	ck_assert_uint_eq(user("ann")->sessions, 1);
	ck_assert_uint_eq(address("192.0.2.1")->sessions, 0);
	/* A second end, and that of an unknown session, change nothing. */
	auth_session_end(one);
	auth_session_end(two + 1000);
	ck_assert_uint_eq(auth_session_count(), 1);
	ck_assert_uint_eq(user("ann")->sessions, 1);
	auth_session_end(two);
	ck_assert_uint_eq(user("ann")->sessions, 0);
}
END_TEST

/* Sessions that an earlier auth process let in count as its own do. */
START_TEST(test_auth_session_known)
{
	uint32_t n = begin("192.0.2.1"), next;

	ck_assert_int_eq(auth_session_known(n + 1, SLICE_LIT("ann"),
	    SLICE_LIT("192.0.2.1:4711")), 0);
	ck_assert_uint_eq(auth_session_count(), 2);
	ck_assert_uint_eq(user("ann")->sessions, 2);
	ck_assert_uint_eq(address("192.0.2.1")->sessions, 2);
	/* A number has one session. */
	ck_assert_int_eq(auth_session_known(n + 1, SLICE_LIT("bob"),
	    SLICE_LIT("192.0.2.9:1")), -1);
	ck_assert_uint_eq(auth_session_count(), 2);
	ck_assert_uint_eq(user("bob")->sessions, 0);
	/* And is not given to another one. */
	next = begin("192.0.2.1");
	ck_assert_uint_eq(next, n + 2);
	auth_session_end(next);
	auth_session_end(n + 1);
	ck_assert_uint_eq(user("ann")->sessions, 1);
	ck_assert_uint_eq(address("192.0.2.1")->sessions, 1);
	auth_session_end(n);
}
END_TEST

/* The numbers of sessions that end are not given out again at once. */
START_TEST(test_auth_session_numbers)
{
	uint32_t last = 0;

	for (int i = 0; i < 10; i++) {
		uint32_t n = begin("192.0.2.1");

		ck_assert_uint_ne(n, 0);
		ck_assert_uint_gt(n, last);
		last = n;
		auth_session_end(n);
	}
}
END_TEST

Suite *
suite_auth_session(void)
{
	Suite *s = suite_create("auth_session");
	TCase *tc = tcase_create("auth_session");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_auth_session_counts);
	tcase_add_test(tc, test_auth_session_known);
	tcase_add_test(tc, test_auth_session_numbers);
	suite_add_tcase(s, tc);
	return s;
}
