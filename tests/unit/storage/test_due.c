/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Which stores the loop has to look at, and when. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "storage/index/due.h"
#include "storage/index/store_state.h"
#include "tests/unit/util.h"

#define NSTORES	5

static struct storage s;
static struct store stores[NSTORES];

static void
setup(void)
{
	memset(&s, 0, sizeof(s));
	TAILQ_INIT(&s.touched);
	RB_INIT(&s.sleeping);
	memset(stores, 0, sizeof(stores));
	for (size_t i = 0; i < NSTORES; i++) {
		stores[i].storage = &s;
		stores[i].due_ms = UINT64_MAX;
	}
}

/* Check the queue of touched stores, by their numbers. */
static void
check_touched(const char *want)
{
	char got[64] = "";
	struct store *st;
	size_t len = 0;

	TAILQ_FOREACH(st, &s.touched, touched_link) {
		ck_assert(st->touched);
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%d ",
		    (int)(st - stores));
	}
	ck_assert_str_eq(got, want);
}

START_TEST(test_due_touched_stores_wait_in_order)
{
	due_touch(&stores[2]);
	due_touch(&stores[0]);
	due_touch(&stores[2]);
	check_touched("2 0 ");
	ck_assert_uint_eq(due_first(&s), UINT64_MAX);
}
END_TEST

START_TEST(test_due_first_is_the_earliest)
{
	due_at(&stores[0], 300);
	due_at(&stores[1], 100);
	due_at(&stores[2], 200);
	ck_assert_uint_eq(due_first(&s), 100);
	/* A store may become due later, earlier or never. */
	due_at(&stores[1], 400);
	ck_assert_uint_eq(due_first(&s), 200);
	due_at(&stores[0], 50);
	ck_assert_uint_eq(due_first(&s), 50);
	due_at(&stores[0], UINT64_MAX);
	ck_assert_uint_eq(due_first(&s), 200);
	check_touched("");
}
END_TEST

START_TEST(test_due_wake_touches_what_is_due)
{
	for (size_t i = 0; i < NSTORES; i++)
		due_at(&stores[i], 100 * (NSTORES - i));
	due_wake(&s, 99);
	check_touched("");
	due_wake(&s, 300);
	check_touched("4 3 2 ");
	ck_assert_uint_eq(due_first(&s), 400);
	due_wake(&s, UINT64_MAX - 1);
	check_touched("4 3 2 1 0 ");
	ck_assert_uint_eq(due_first(&s), UINT64_MAX);
}
END_TEST

/* Stores that are due at the same time are all kept. */
START_TEST(test_due_equal_times)
{
	for (size_t i = 0; i < NSTORES; i++)
		due_at(&stores[i], 7);
	due_forget(&stores[2]);
	due_wake(&s, 7);
	check_touched("0 1 3 4 ");
}
END_TEST

/*
 * A store that was touched during a look keeps its place: what touched it may
 * have changed when it is due.
 */
START_TEST(test_due_at_does_not_undo_a_touch)
{
	due_touch(&stores[0]);
	due_at(&stores[0], 100);
	check_touched("0 ");
	ck_assert_uint_eq(due_first(&s), UINT64_MAX);
}
END_TEST

/* A sleeping store that is touched leaves the tree. */
START_TEST(test_due_touch_wakes)
{
	due_at(&stores[0], 100);
	due_at(&stores[1], 200);
	due_touch(&stores[0]);
	check_touched("0 ");
	ck_assert_uint_eq(stores[0].due_ms, UINT64_MAX);
	ck_assert_uint_eq(due_first(&s), 200);
}
END_TEST

START_TEST(test_due_forget)
{
	due_touch(&stores[0]);
	due_at(&stores[1], 100);
	due_forget(&stores[0]);
	due_forget(&stores[1]);
	due_forget(&stores[2]);
	check_touched("");
	ck_assert_uint_eq(due_first(&s), UINT64_MAX);
	/* Each can come back. */
	due_at(&stores[0], 100);
	due_touch(&stores[1]);
	ck_assert_uint_eq(due_first(&s), 100);
	check_touched("1 ");
}
END_TEST

Suite *
suite_due(void)
{
	Suite *suite = suite_create("due");
	TCase *tc = tcase_create("due");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_due_touched_stores_wait_in_order);
	tcase_add_test(tc, test_due_first_is_the_earliest);
	tcase_add_test(tc, test_due_wake_touches_what_is_due);
	tcase_add_test(tc, test_due_equal_times);
	tcase_add_test(tc, test_due_at_does_not_undo_a_touch);
	tcase_add_test(tc, test_due_touch_wakes);
	tcase_add_test(tc, test_due_forget);
	suite_add_tcase(suite, tc);
	return suite;
}
