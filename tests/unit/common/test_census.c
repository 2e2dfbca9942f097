/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* What fronts count together, in shared memory. */
#include "config.h"

#include <sys/mman.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/bounds.h"
#include "common/proc/census.h"
#include "common/proc/shm.h"
#include "tests/unit/util.h"

#define FRONTS	3

static const struct hash_key key = { 1, 2 };
static struct census *fronts[FRONTS];
static int shown[FRONTS];

/* Three fronts, each with its own table and the tables of the others. */
static void
setup(void)
{
	int own;

	for (uint32_t i = 0; i < FRONTS; i++) {
		fronts[i] = census_new(&key);
		ck_assert_int_eq(census_make(&own, &shown[i]), 0);
		ck_assert_int_eq(census_map(fronts[i], i, true, own), 0);
	}
	for (uint32_t i = 0; i < FRONTS; i++)
		for (uint32_t k = 0; k < FRONTS; k++)
			if (k != i)
				ck_assert_int_eq(census_map(fronts[i], k,
				    false, dup(shown[k])), 0);
}

static void
teardown(void)
{
	for (int i = 0; i < FRONTS; i++) {
		census_free(fronts[i]);
		(void)close(shown[i]);
	}
}

START_TEST(test_census_adds_up_what_others_have)
{
	uint16_t slot = census_slot(fronts[0], "1.2.3.4", 7);

	census_set(fronts[0], 1, 10);
	census_set(fronts[1], 2, 20);
	census_set(fronts[2], 4, 40);
	ck_assert_uint_eq(census_others(fronts[0]), 2);
	ck_assert_uint_eq(census_others_waiting(fronts[0]), 6);
	ck_assert_uint_eq(census_others_waiting(fronts[1]), 5);
	ck_assert_uint_eq(census_others_relayed(fronts[2]), 30);
	census_count(fronts[0], slot, 1);
	census_count(fronts[0], slot, 1);
	census_count(fronts[1], slot, 1);
	ck_assert_uint_eq(census_others_at(fronts[0], slot), 1);
	ck_assert_uint_eq(census_others_at(fronts[2], slot), 3);
	census_count(fronts[0], slot, -1);
	ck_assert_uint_eq(census_others_at(fronts[2], slot), 2);
}
END_TEST

START_TEST(test_census_address_has_one_counter_in_all_fronts)
{
	struct hash_key other_key = { 1, 3 };
	struct census *other = census_new(&other_key);
	int differ = 0;
	char addr[4];

	for (int i = 0; i < 100; i++) {
		addr[0] = (char)i;
		addr[1] = addr[2] = addr[3] = 0;
		ck_assert_uint_eq(census_slot(fronts[0], addr, 4),
		    census_slot(fronts[1], addr, 4));
		differ += census_slot(fronts[0], addr, 4) !=
		    census_slot(other, addr, 4);
	}
	/* Nobody who does not know the key can tell which it is. */
	ck_assert_int_gt(differ, 90);
	census_free(other);
}
END_TEST

START_TEST(test_census_who_has_gone_counts_no_more)
{
	int own, others;

	census_set(fronts[1], 2, 20);
	census_forget(fronts[0], 1);
	census_forget(fronts[0], 1);
	ck_assert_uint_eq(census_others(fronts[0]), 1);
	ck_assert_uint_eq(census_others_waiting(fronts[0]), 0);
	/* A new one under that number begins with nothing. */
	ck_assert_int_eq(census_make(&own, &others), 0);
	(void)close(own);
	ck_assert_int_eq(census_map(fronts[0], 1, false, others), 0);
	ck_assert_uint_eq(census_others(fronts[0]), 2);
	ck_assert_uint_eq(census_others_waiting(fronts[0]), 0);
}
END_TEST

START_TEST(test_census_map_refuses)
{
	int fds[2];

	/* Nobody can write what is another's. */
	ck_assert_int_eq(fcntl(shown[0], F_GETFL) & O_ACCMODE, O_RDONLY);
	ck_assert_int_eq(census_map(fronts[1], 1, true, dup(shown[0])), -1);
	ck_assert_int_eq(census_map(fronts[0], FRONTS_MAX, false,
	    dup(shown[1])), -1);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(census_map(fronts[0], 1, false, fds[0]), -1);
	(void)close(fds[1]);
}
END_TEST

START_TEST(test_shm_is_shared_and_has_a_size)
{
	int readonly, fd = shm_make(4096, &readonly);
	char *a, *b;

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(readonly, F_GETFD), FD_CLOEXEC);
	ck_assert_ptr_null(shm_map(dup(fd), 8192, PROT_READ));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(shm_map(dup(readonly), 4096,
	    PROT_READ | PROT_WRITE));
	a = shm_map(fd, 4096, PROT_READ | PROT_WRITE);
	b = shm_map(readonly, 4096, PROT_READ);
	ck_assert(a != NULL && b != NULL);
	/* The descriptors are closed. */
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert_int_eq(fcntl(readonly, F_GETFD), -1);
	ck_assert_int_eq(b[4095], 0);
	a[4095] = 'x';
	ck_assert_int_eq(b[4095], 'x');
	(void)munmap(a, 4096);
	(void)munmap(b, 4096);
}
END_TEST

Suite *
suite_census(void)
{
	Suite *s = suite_create("census");
	TCase *tc = tcase_create("census");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_census_adds_up_what_others_have);
	tcase_add_test(tc, test_census_address_has_one_counter_in_all_fronts);
	tcase_add_test(tc, test_census_who_has_gone_counts_no_more);
	tcase_add_test(tc, test_census_map_refuses);
	tcase_add_test(tc, test_shm_is_shared_and_has_a_size);
	suite_add_tcase(s, tc);
	return s;
}
