/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Counts of failed logins, and how long they are kept. */
#include "config.h"

#include <stdio.h>

#include "common/auth/auth_tally.h"
#include "tests/unit/util.h"

START_TEST(test_auth_tally_delay_grows_and_is_forgotten)
{
	struct auth_tally user = { 0 }, addr = { 0 };
	uint64_t now = 1000000;

	ck_assert_uint_eq(auth_tally_delay(&user, &addr, 2000, now), 2000);
	auth_tally_fail(&addr, now);
	ck_assert_uint_eq(auth_tally_delay(&user, &addr, 2000, now), 2000);
	auth_tally_fail(&addr, now);
	ck_assert_uint_eq(auth_tally_delay(&user, &addr, 2000, now), 2000);
	ck_assert_uint_eq(auth_tally_delay(&addr, &user, 2000, now), 4000);
	for (int i = 0; i < 100; i++)
		auth_tally_fail(&addr, now);
	ck_assert_uint_eq(auth_tally_delay(&user, &addr, 2000, now),
	    2000 * AUTH_TALLY_FACTOR_MAX);
	ck_assert_uint_eq(auth_tally_delay(&user, &addr, 0, now), 0);
	ck_assert_uint_eq(auth_tally_failures(&addr, now), 102);
	now += 100 * AUTH_TALLY_FORGET_MS;
	ck_assert_uint_eq(auth_tally_failures(&addr, now), 2);
	now += 1000 * AUTH_TALLY_FORGET_MS;
	ck_assert_uint_eq(auth_tally_failures(&addr, now), 0);
}
END_TEST

START_TEST(test_auth_tallies_are_bounded)
{
	struct auth_tallies *t = auth_tallies_new();
	struct auth_tally *session;
	uint64_t now = 1000000;
	char key[32];

	session = auth_tally_get(t, SLICE_LIT("here"), now);
	auth_tally_ref(session);
	for (int i = 0; i < AUTH_TALLY_MAX + 5000; i++) {
		snprintf(key, sizeof(key), "name%d", i);
		auth_tally_fail(auth_tally_get(t, slice_str(key), now), now);
	}
	ck_assert_uint_le(auth_tallies_count(t), AUTH_TALLY_MAX + 2);
	/* A name with a session is kept, and its pointer stays good. */
	ck_assert_ptr_eq(auth_tally_get(t, SLICE_LIT("here"), now), session);
	/* Once their failures are forgotten, old names give way to new ones. */
	now += 10 * AUTH_TALLY_FORGET_MS;
	for (int i = 0; i < 200000; i++) {
		snprintf(key, sizeof(key), "other%d", i % 10);
		(void)auth_tally_get(t, slice_str(key), now);
	}
	for (int i = 0; i < 100000; i++) {
		snprintf(key, sizeof(key), "third%d", i);
		(void)auth_tally_get(t, slice_str(key), now);
	}
	ck_assert_uint_le(auth_tallies_count(t), 20);
	auth_tallies_free(t);
}
END_TEST

Suite *
suite_auth_tally(void)
{
	Suite *s = suite_create("auth_tally");
	TCase *tc = tcase_create("auth_tally");

	tcase_add_test(tc, test_auth_tally_delay_grows_and_is_forgotten);
	tcase_add_test(tc, test_auth_tallies_are_bounded);
	suite_add_tcase(s, tc);
	return s;
}
