/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* How operations wait, and the list of waiters. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/base/timer.h"
#include "storage/index/op_head.h"
#include "storage/index/op_wait.h"
#include "storage/index/store_state.h"
#include "tests/unit/util.h"

static struct storage s;
static struct store store;
static struct op op;
static unsigned int woken;

static void
wake(void *arg)
{
	(void)arg;
	woken++;
}

static void
setup(void)
{
	memset(&s, 0, sizeof(s));
	TAILQ_INIT(&s.waiters);
	s.options.slice_us = 1000000;
	s.options.lock_timeout = 10;
	s.delays.lock_retry_ms = 5;
	memset(&store, 0, sizeof(store));
	store.storage = &s;
	memset(&op, 0, sizeof(op));
	op.store = &store;
	op.waiter.wake = wake;
	woken = 0;
}

START_TEST(test_wait_slice)
{
	op.slice_ns = UINT64_C(1) << 40;
	ck_assert_uint_eq(op_until(&op), (UINT64_C(1) << 40) + 1000000000);
	/* A slice that begins in the future, and one that is over. */
	op.slice_ns = UINT64_MAX / 2;
	ck_assert(!op_must_yield(&op));
	op.slice_ns = 0;
	s.options.slice_us = 0;
	ck_assert(op_must_yield(&op));
}
END_TEST

/* A wait for a helper thread ends with that, not with a lock or a time. */
START_TEST(test_wait_sync)
{
	ck_assert(op_wait_sync(&op) == RUN_WAIT);
	ck_assert_uint_eq(waiters_due(&s.waiters), UINT64_MAX);
	waiters_wake(&s.waiters, WAIT_LOCK, UINT64_MAX - 1);
	ck_assert_uint_eq(woken, 0);
	waiters_wake(&s.waiters, WAIT_SYNC, 0);
	ck_assert_uint_eq(woken, 1);
	waiters_wake(&s.waiters, WAIT_SYNC, 0);
	ck_assert_uint_eq(woken, 1);
}
END_TEST

START_TEST(test_wait_ms)
{
	uint64_t before = timer_ms(), at;

	ck_assert(op_wait_ms(&op, 1000) == RUN_WAIT);
	at = waiters_due(&s.waiters);
	ck_assert_uint_ge(at, before + 1000);
	ck_assert_uint_le(at, timer_ms() + 1000);
	waiters_wake(&s.waiters, WAIT_SYNC | WAIT_LOCK, at - 1);
	ck_assert_uint_eq(woken, 0);
	waiters_wake(&s.waiters, 0, at);
	ck_assert_uint_eq(woken, 1);
	ck_assert_uint_eq(waiters_due(&s.waiters), UINT64_MAX);
}
END_TEST

/* A wait for a lock ends with it, or in time to try again. */
START_TEST(test_wait_lock)
{
	uint64_t before = timer_ms(), at;

	ck_assert(op_wait_lock(&op) == RUN_WAIT);
	at = waiters_due(&s.waiters);
	ck_assert_uint_ge(at, before + 5);
	ck_assert_uint_le(at, timer_ms() + 5);
	waiters_wake(&s.waiters, WAIT_SYNC, at - 1);
	ck_assert_uint_eq(woken, 0);
	waiters_wake(&s.waiters, 0, at);
	ck_assert_uint_eq(woken, 1);
	ck_assert(op_wait_lock(&op) == RUN_WAIT);
	waiters_wake(&s.waiters, WAIT_LOCK, 0);
	ck_assert_uint_eq(woken, 2);
}
END_TEST

/* The time counts from the first wait: options.lock_timeout, then INUSE. */
START_TEST(test_wait_lock_ends)
{
	uint64_t since;

	ck_assert(op_wait_lock(&op) == RUN_WAIT);
	since = op.lock_since_ms;
	ck_assert_uint_ne(since, 0);
	ck_assert(op_wait_lock(&op) == RUN_WAIT);
	ck_assert_uint_eq(op.lock_since_ms, since);
	waiter_cancel(&s.waiters, &op.waiter);
	op.lock_since_ms = timer_ms() - 10000;
	ck_assert(op_wait_lock(&op) == RUN_FAIL);
	ck_assert_int_eq(op.err.kind, STORE_ERR_INUSE);
	ck_assert(!op.waiter.queued);
}
END_TEST

/* Waiters named a to d; those in "again" wait again when they are woken. */
static struct waiter waiters[4];
static char order[16];
static const char *again;

static void
wake_letter(void *arg)
{
	struct waiter *w = arg;
	char letter = (char)('a' + (w - waiters));
	size_t len = strlen(order);

	ck_assert(!w->queued);
	order[len] = letter;
	order[len + 1] = '\0';
	ck_assert_uint_lt(len, sizeof(order) - 2);
	if (strchr(again, letter) != NULL)
		waiter_sleep(&s.waiters, w, WAIT_LOCK, 0);
}

static void
setup_letters(void)
{
	setup();
	memset(waiters, 0, sizeof(waiters));
	for (size_t i = 0; i < NROWS(waiters); i++) {
		waiters[i].wake = wake_letter;
		waiters[i].arg = &waiters[i];
		waiter_sleep(&s.waiters, &waiters[i], WAIT_LOCK, 0);
	}
	again = "";
	order[0] = '\0';
}

START_TEST(test_waiters_wake_in_order)
{
	waiter_cancel(&s.waiters, &waiters[1]);
	waiter_cancel(&s.waiters, &waiters[1]);
	waiters_wake(&s.waiters, WAIT_LOCK, 0);
	ck_assert_str_eq(order, "acd");
	ck_assert(TAILQ_EMPTY(&s.waiters));
}
END_TEST

/* A waiter that waits again is woken the next time, after the others. */
START_TEST(test_waiters_wake_once)
{
	again = "ad";
	waiters_wake(&s.waiters, WAIT_LOCK, 0);
	ck_assert_str_eq(order, "abcd");
	again = "";
	waiters_wake(&s.waiters, WAIT_LOCK, 0);
	ck_assert_str_eq(order, "abcdad");
}
END_TEST

/* A later wait replaces an earlier one, and keeps its place. */
START_TEST(test_waiters_sleep_again)
{
	waiter_sleep(&s.waiters, &waiters[0], WAIT_TIME, 100);
	waiter_sleep(&s.waiters, &waiters[1], WAIT_LOCK | WAIT_TIME, 50);
	waiter_sleep(&s.waiters, &waiters[2], WAIT_SYNC, 1);
	ck_assert_uint_eq(waiters_due(&s.waiters), 50);
	waiters_wake(&s.waiters, WAIT_LOCK, 0);
	ck_assert_str_eq(order, "bd");
	ck_assert_uint_eq(waiters_due(&s.waiters), 100);
	/* Without WAIT_TIME, a time means nothing. */
	waiters_wake(&s.waiters, 0, 100);
	ck_assert_str_eq(order, "bda");
	waiters_wake(&s.waiters, WAIT_SYNC, 0);
	ck_assert_str_eq(order, "bdac");
}
END_TEST

/* A waiter without a function is woken all the same: it stops waiting. */
START_TEST(test_waiters_without_a_function)
{
	waiters[0].wake = NULL;
	waiters_wake(&s.waiters, WAIT_LOCK, 0);
	ck_assert_str_eq(order, "bcd");
	ck_assert(!waiters[0].queued);
}
END_TEST

Suite *
suite_op_wait(void)
{
	Suite *suite = suite_create("op_wait");
	TCase *tc = tcase_create("operations");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_wait_slice);
	tcase_add_test(tc, test_wait_sync);
	tcase_add_test(tc, test_wait_ms);
	tcase_add_test(tc, test_wait_lock);
	tcase_add_test(tc, test_wait_lock_ends);
	suite_add_tcase(suite, tc);
	tc = tcase_create("waiters");
	tcase_add_checked_fixture(tc, setup_letters, NULL);
	tcase_add_test(tc, test_waiters_wake_in_order);
	tcase_add_test(tc, test_waiters_wake_once);
	tcase_add_test(tc, test_waiters_sleep_again);
	tcase_add_test(tc, test_waiters_without_a_function);
	suite_add_tcase(suite, tc);
	return suite;
}
