/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Places before login. */

#include "config.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include <string.h>

#include "common/limit.h"
#include "tests/unit/util.h"

static struct sockaddr_storage
address(const char *text)
{
	struct sockaddr_storage	 ss;
	struct sockaddr_in	*in = (void *)&ss;
	struct sockaddr_in6	*in6 = (void *)&ss;

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
	struct sockaddr_storage	 ss = address(text);

	return limit_enter(l, p, (struct sockaddr *)&ss, each, total);
}

static const struct {
	const char	*first, *second;
	bool		 same;
} pairs[] = {
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "192.0.2.1", "::ffff:192.0.2.1", true },
	{ "2001:db8::1", "2001:db8::ffff:1", true },
	{ "2001:db8::1", "2001:db8:0:1::1", false },
	{ "::", "0.0.0.0", false },
};

START_TEST(test_limit_one_customer_is_one_address)
{
	struct limit_place	 p, q;
	struct limit		*l = limit_new();
	enum limit_result	 want;

	want = pairs[_i].same ? LIMIT_ADDRESS : LIMIT_OK;
	ck_assert_int_eq(enter(l, &p, pairs[_i].first, 1, 10), LIMIT_OK);
	ck_assert_int_eq(enter(l, &q, pairs[_i].second, 1, 10), want);
	limit_leave(l, &p);
	if (want == LIMIT_OK)
		limit_leave(l, &q);
	ck_assert_uint_eq(limit_count(l), 0);
	limit_free(l);
}
END_TEST

START_TEST(test_limit_a_place_that_was_left_is_free)
{
	struct limit_place	 p;
	struct limit		*l = limit_new();

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(enter(l, &p, "192.0.2.1", 1, 1), LIMIT_OK);
		limit_leave(l, &p);
	}
	limit_free(l);
}
END_TEST

START_TEST(test_limit_who_has_spoken_is_no_victim)
{
	struct limit_place	 p[3], q;
	struct limit		*l = limit_new();

	ck_assert_int_eq(enter(l, &p[0], "192.0.2.1", 9, 3), LIMIT_OK);
	ck_assert_int_eq(enter(l, &p[1], "192.0.2.2", 9, 3), LIMIT_OK);
	ck_assert_int_eq(enter(l, &p[2], "192.0.2.3", 9, 3), LIMIT_OK);
	ck_assert_int_eq(enter(l, &q, "192.0.2.4", 9, 3), LIMIT_TOTAL);
	ck_assert_ptr_eq(limit_victim(l), &p[0]);
	limit_spoke(l, &p[0]);
	ck_assert_ptr_eq(limit_victim(l), &p[1]);
	limit_leave(l, &p[1]);
	ck_assert_ptr_eq(limit_victim(l), &p[2]);
	limit_spoke(l, &p[2]);
	limit_spoke(l, &p[2]);
	ck_assert_ptr_null(limit_victim(l));
	limit_leave(l, &p[0]);
	limit_leave(l, &p[2]);
	limit_free(l);
}
END_TEST

Suite *
suite_limit(void)
{
	Suite	*s = suite_create("limit");
	TCase	*t = tcase_create("limit");

	tcase_add_loop_test(t, test_limit_one_customer_is_one_address, 0,
	    sizeof(pairs) / sizeof(pairs[0]));
	tcase_add_test(t, test_limit_a_place_that_was_left_is_free);
	tcase_add_test(t, test_limit_who_has_spoken_is_no_victim);
	suite_add_tcase(s, t);
	return s;
}
