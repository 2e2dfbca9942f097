/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Limits on connections before login, and the counts that fronts share. */

#include "config.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bounds.h"
#include "common/front/limit.h"
#include "common/proc/census.h"
#include "tests/unit/util.h"

static const struct hash_key key = { 1, 2 };

/* The limits of a single front. */
static struct limit *
alone(void)
{
	static struct census *census;

	if (census == NULL)
		census = census_new(&key);
	return limit_new(census);
}

static struct sockaddr_storage
address(const char *text)
{
	struct sockaddr_storage ss;
	struct sockaddr_in *in = (void *)&ss;
	struct sockaddr_in6 *in6 = (void *)&ss;

	memset(&ss, 0, sizeof(ss));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
		in->sin_family = AF_INET;
	else {
		ck_assert_int_eq(inet_pton(AF_INET6, text, &in6->sin6_addr),
		    1);
		in6->sin6_family = AF_INET6;
	}
	return ss;
}

static enum limit_result
enter(struct limit *l, struct limit_place *p, const char *text, uint32_t each,
    uint32_t total)
{
	struct sockaddr_storage ss = address(text);

	return limit_enter(l, p, (struct sockaddr *)&ss, each, total);
}

static const struct {
	const char	*first, *second;
	bool		 same;
	const char	*why;
} pairs[] = {
	{ "192.0.2.1", "192.0.2.1", true, "the same address" },
	{ "192.0.2.1", "192.0.2.2", false, "another one" },
	{ "192.0.2.1", "::ffff:192.0.2.1", true, "IPv4 in IPv6 is IPv4" },
	{ "2001:db8::1", "2001:db8::ffff:1", true, "IPv6 counts by its /64" },
	{ "2001:db8::1", "2001:db8:0:1::1", false, "the next /64" },
	{ "::", "0.0.0.0", false, "two families" },
};

START_TEST(test_limit_one_customer_is_one_address)
{
	struct limit_place p, q;
	struct limit *l = alone();
	enum limit_result want;

	want = pairs[_i].same ? LIMIT_ADDRESS : LIMIT_OK;
	ck_row_eq(pairs[_i].first, pairs[_i].why,
	    enter(l, &p, pairs[_i].first, 1, 10), LIMIT_OK);
	ck_row_eq(pairs[_i].second, pairs[_i].why,
	    enter(l, &q, pairs[_i].second, 1, 10), want);
	limit_leave(l, &p);
	if (want == LIMIT_OK)
		limit_leave(l, &q);
	ck_assert_uint_eq(limit_all(l), 0);
	limit_free(l);
}
END_TEST

START_TEST(test_limit_a_place_that_was_left_is_free)
{
	struct limit_place p;
	struct limit *l = alone();

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(enter(l, &p, "192.0.2.1", 1, 1), LIMIT_OK);
		limit_leave(l, &p);
	}
	limit_free(l);
}
END_TEST

static struct limit_place *
victim(struct limit *l)
{
	return limit_victim(l, LIMIT_TOTAL, NULL);
}

START_TEST(test_limit_of_few_the_oldest_goes_first)
{
	struct limit_place p[3], q;
	struct limit *l = alone();

	ck_assert_int_eq(enter(l, &p[0], "192.0.2.1", 9, 3), LIMIT_OK);
	ck_assert_int_eq(enter(l, &p[1], "198.51.100.2", 9, 3), LIMIT_OK);
	ck_assert_int_eq(enter(l, &p[2], "192.0.2.1", 9, 3), LIMIT_OK);
	ck_assert_int_eq(enter(l, &q, "203.0.113.4", 9, 3), LIMIT_TOTAL);
	ck_assert_ptr_eq(victim(l), &p[0]);
	limit_leave(l, &p[0]);
	ck_assert_ptr_eq(victim(l), &p[1]);
	/* A connection that waits for our answer is never evicted; */
	limit_hold(l, &p[1]);
	ck_assert_ptr_eq(victim(l), &p[2]);
	limit_hold(l, &p[2]);
	limit_hold(l, &p[2]);
	ck_assert_ptr_null(victim(l));
	/* one that has got it is the youngest. */
	limit_release(l, &p[2]);
	limit_release(l, &p[1]);
	limit_release(l, &p[1]);
	ck_assert_ptr_eq(victim(l), &p[2]);
	limit_leave(l, &p[1]);
	limit_leave(l, &p[2]);
	limit_leave(l, &p[2]);
	ck_assert_uint_eq(limit_all(l), 0);
	/* A place that was never taken is ignored. */
	memset(&q, 0, sizeof(q));
	limit_release(l, &q);
	limit_hold(l, &q);
	limit_leave(l, &q);
	ck_assert_ptr_null(victim(l));
	limit_free(l);
}
END_TEST

#define MANY	20

/* Take many places at addresses that a format makes from their numbers. */
static void
flood(struct limit *l, struct limit_place *p, size_t n, const char *form)
{
	char text[64];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), form, (unsigned int)i + 1);
		ck_assert_int_eq(enter(l, &p[i], text, 1000, 1000), LIMIT_OK);
	}
}

static void
leave_all(struct limit *l, struct limit_place *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		limit_leave(l, &p[i]);
}

static const struct {
	const char	*form;		/* addresses of a network */
	const char	*other;		/* another one */
} networks[] = {
	{ "192.0.2.%u", "192.0.3.1" },
	{ "2001:db8:0:%x::1", "2001:db8:0:100::1" },
};

START_TEST(test_limit_who_holds_most_goes_first)
{
	struct limit_place old[2], p[MANY], same[MANY];
	struct limit *l = alone();
	char text[64];

	/* Older connections, but few of them from their networks. */
	ck_assert_int_eq(enter(l, &old[0], networks[_i].other, 99, 99),
	    LIMIT_OK);
	ck_assert_int_eq(enter(l, &old[1], networks[_i].other, 99, 99),
	    LIMIT_OK);
	flood(l, p, MANY, networks[_i].form);
	ck_assert_ptr_eq(victim(l), &p[0]);
	/* In that network, an address with many. */
	(void)snprintf(text, sizeof(text), networks[_i].form, 5U);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_int_eq(enter(l, &same[i], text, 99, 99), LIMIT_OK);
	ck_assert_ptr_eq(victim(l), &p[4]);
	limit_leave(l, &p[4]);
	ck_assert_ptr_eq(victim(l), &same[0]);
	/* What is held can't be given up, and does not count. */
	for (size_t i = 0; i < MANY; i++)
		limit_hold(l, &same[i]);
	ck_assert_ptr_eq(victim(l), &p[0]);
	leave_all(l, p, MANY);
	ck_assert_ptr_eq(victim(l), &old[0]);
	leave_all(l, old, 2);
	leave_all(l, same, MANY);
	ck_assert_uint_eq(limit_all(l), 0);
	limit_free(l);
}
END_TEST

START_TEST(test_limit_a_newcomer_takes_a_place_of_its_address)
{
	struct sockaddr_storage ss = address("192.0.2.1");
	const struct sockaddr *peer = (const struct sockaddr *)&ss;
	struct limit_place other[MANY], p[2], q;
	struct limit *l = alone();

	flood(l, other, MANY, "198.51.100.%u");
	ck_assert_ptr_null(limit_victim(l, LIMIT_ADDRESS, peer));
	ck_assert_int_eq(enter(l, &p[0], "192.0.2.1", 2, 99), LIMIT_OK);
	ck_assert_int_eq(enter(l, &p[1], "192.0.2.1", 2, 99), LIMIT_OK);
	ck_assert_int_eq(enter(l, &q, "192.0.2.1", 2, 99), LIMIT_ADDRESS);
	ck_assert_ptr_eq(limit_victim(l, LIMIT_ADDRESS, peer), &p[0]);
	limit_hold(l, &p[0]);
	ck_assert_ptr_eq(limit_victim(l, LIMIT_ADDRESS, peer), &p[1]);
	limit_hold(l, &p[1]);
	ck_assert_ptr_null(limit_victim(l, LIMIT_ADDRESS, peer));
	leave_all(l, p, 2);
	leave_all(l, other, MANY);
	limit_free(l);
}
END_TEST

/* Two fronts that see each other's counts. */
struct fronts {
	struct census	*census[2];
	struct limit	*limit[2];
	int		 shown[2];	/* the parent's copies */
};

static void
fronts_start(struct fronts *f)
{
	int own;

	for (int i = 0; i < 2; i++) {
		f->census[i] = census_new(&key);
		f->limit[i] = limit_new(f->census[i]);
		ck_assert_int_eq(census_make(&own, &f->shown[i]), 0);
		ck_assert_int_eq(census_map(f->census[i], 0, true, own), 0);
	}
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(census_map(f->census[i], (uint32_t)(1 - i),
		    false, dup(f->shown[1 - i])), 0);
}

static void
fronts_stop(struct fronts *f)
{
	for (int i = 0; i < 2; i++) {
		limit_free(f->limit[i]);
		census_free(f->census[i]);
		(void)close(f->shown[i]);
	}
}

START_TEST(test_limit_is_one_for_all_fronts)
{
	struct limit_place p[6];
	struct fronts f;

	fronts_start(&f);
	ck_assert_int_eq(enter(f.limit[0], &p[0], "192.0.2.1", 2, 4),
	    LIMIT_OK);
	ck_assert_int_eq(enter(f.limit[1], &p[1], "192.0.2.1", 2, 4),
	    LIMIT_OK);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(enter(f.limit[i], &p[2], "192.0.2.1", 2, 4),
		    LIMIT_ADDRESS);
	/* A front can always use its own half of it. */
	ck_assert_int_eq(enter(f.limit[0], &p[2], "192.0.2.1", 3, 9),
	    LIMIT_OK);
	ck_assert_int_eq(enter(f.limit[0], &p[3], "192.0.2.1", 4, 9),
	    LIMIT_OK);
	ck_assert_int_eq(enter(f.limit[1], &p[4], "192.0.2.1", 4, 9),
	    LIMIT_OK);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(enter(f.limit[i], &p[5], "192.0.2.1", 4, 9),
		    LIMIT_ADDRESS);
	limit_leave(f.limit[0], &p[2]);
	limit_leave(f.limit[0], &p[3]);
	limit_leave(f.limit[1], &p[4]);
	ck_assert_int_eq(enter(f.limit[1], &p[2], "192.0.2.2", 2, 3),
	    LIMIT_OK);
	ck_assert_int_eq(enter(f.limit[1], &p[3], "192.0.2.3", 2, 3),
	    LIMIT_TOTAL);
	/* A front can always use its own half of the limit. */
	ck_assert_int_eq(enter(f.limit[0], &p[3], "192.0.2.3", 2, 4),
	    LIMIT_OK);
	ck_assert_int_eq(enter(f.limit[0], &p[4], "192.0.2.4", 2, 4),
	    LIMIT_TOTAL);
	ck_assert_uint_eq(limit_all(f.limit[1]), 4);
	limit_leave(f.limit[0], &p[3]);
	/* Each front can evict one of its own connections. */
	ck_assert_ptr_eq(victim(f.limit[0]), &p[0]);
	ck_assert_ptr_eq(victim(f.limit[1]), &p[1]);
	limit_relays(f.limit[0], 5);
	ck_assert_uint_eq(limit_all(f.limit[0]), 8);
	ck_assert_uint_eq(limit_all(f.limit[1]), 8);
	/* The count of a front that died is removed. */
	census_forget(f.census[1], 0);
	ck_assert_uint_eq(limit_all(f.limit[1]), 2);
	limit_leave(f.limit[0], &p[0]);
	limit_leave(f.limit[1], &p[1]);
	limit_leave(f.limit[1], &p[2]);
	ck_assert_uint_eq(limit_all(f.limit[1]), 0);
	ck_assert_uint_eq(limit_all(f.limit[0]), 5);
	fronts_stop(&f);
}
END_TEST

START_TEST(test_limit_counts_of_others_are_read_only)
{
	struct census *c = census_new(&key);
	struct fronts f;
	int fds[2], flags;

	fronts_start(&f);
	flags = fcntl(f.shown[0], F_GETFL);
	ck_assert_int_eq(flags & O_ACCMODE, O_RDONLY);
	ck_assert_int_eq(census_map(c, 0, true, dup(f.shown[0])), -1);
	/* A descriptor that is not a census table can't be mapped either. */
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(census_map(c, 0, false, fds[0]), -1);
	ck_assert_int_eq(census_map(c, FRONTS_MAX, false,
	    dup(f.shown[0])), -1);
	(void)close(fds[1]);
	census_free(c);
	fronts_stop(&f);
}
END_TEST

Suite *
suite_limit(void)
{
	Suite *s = suite_create("limit");
	TCase *t = tcase_create("limit");

	tcase_add_loop_test(t, test_limit_one_customer_is_one_address, 0,
	    NROWS(pairs));
	tcase_add_test(t, test_limit_a_place_that_was_left_is_free);
	tcase_add_test(t, test_limit_of_few_the_oldest_goes_first);
	tcase_add_loop_test(t, test_limit_who_holds_most_goes_first, 0,
	    NROWS(networks));
	tcase_add_test(t, test_limit_a_newcomer_takes_a_place_of_its_address);
	tcase_add_test(t, test_limit_is_one_for_all_fronts);
	tcase_add_test(t, test_limit_counts_of_others_are_read_only);
	suite_add_tcase(s, t);
	return s;
}
