/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Sets of ids. */
#include "config.h"

#include <stdlib.h>

#include "common/base/compat.h"
#include "common/base/idset.h"
#include "tests/unit/util.h"

static const struct {
	const char	*in;
	const char	*want;		/* NULL: refused */
	uint32_t	 star;		/* messages in the mailbox */
	const char	*why;
} sets[] = {
	{ "1", "1", 9, "one number" },
	{ "1,3,5", "1,3,5", 9, "three numbers" },
	{ "1,2,3", "1:3", 9, "numbers that touch are a range" },
	{ "3,1,2", "1:3", 9, "in any order" },
	{ "2:4,3", "2:4", 9, "overlap is merged" },
	{ "2:4,5:6", "2:6", 9, "what touches, too" },
	{ "5:6,2:4", "2:6", 9, "in any order" },
	{ "4:2", "2:4", 9, "either order (seq-range)" },
	{ "*:2", "2:9", 9, "* first" },
	{ "2:*", "2:9", 9, "* last" },
	{ "*", "9", 9, "the last message" },
	{ "*:*", "9", 9, "* twice" },
	{ "12:*", "9:12", 9, "includes the last (RFC 3501, 9: seq-range)" },
	{ "*,1", "1,9", 9, "* and a number" },
	{ "*", "", 0, "an empty mailbox" },
	{ "1:*", "", 0, "an empty mailbox: no range" },
	{ "1:*,7", "7", 0, "an empty mailbox: the number stays" },
	{ "4294967295", "4294967295", 9, "the last id" },
	{ "1:4294967295", "1:4294967295", 9, "all ids" },
	{ "*:1", "1:4294967295", 4294967295, "the last id is there" },
	{ "4294967294:4294967295,*", "4294967294:4294967295", 4294967295,
	    "* is in the range already" },
	{ "0", NULL, 9, "nz-number" },
	{ "0:1", NULL, 9, "0 in a range" },
	{ "1:0", NULL, 9, "0 at the end of a range" },
	{ "01", NULL, 9, "nz-number does not begin with 0" },
	{ "4294967296", NULL, 9, "does not fit 32 bits" },
	{ "1:4294967296", NULL, 9, "at the end of a range" },
	{ "18446744073709551617", NULL, 9, "1 in 64 bits" },
	{ "", NULL, 9, "nothing" },
	{ ",", NULL, 9, "commas of nothing" },
	{ "1,", NULL, 9, "nothing after a comma" },
	{ ",1", NULL, 9, "nothing before a comma" },
	{ "1,,2", NULL, 9, "nothing between commas" },
	{ ":", NULL, 9, "a range of nothing" },
	{ "1:", NULL, 9, "no end" },
	{ ":1", NULL, 9, "no beginning" },
	{ "1:2:3", NULL, 9, "three ends" },
	{ "**", NULL, 9, "two stars" },
	{ "1*", NULL, 9, "a number and a star" },
	{ "$", NULL, 9, "no $ here (RFC 5182)" },
	{ "-1", NULL, 9, "a sign" },
	{ " 1", NULL, 9, "a blank before" },
	{ "1 ", NULL, 9, "a blank after" },
};

START_TEST(test_seqset_parse)
{
	struct slice in = unit_tight(slice_str(sets[_i].in));
	const char *why = sets[_i].why;
	struct idset set;
	struct buf out;

	idset_init(&set, 100);
	buf_init(&out, 1000);
	if (sets[_i].want == NULL) {
		ck_assert_int_eq(idset_add(&set, 77), 0);
		ck_row_eq(in, why, idset_parse(&set, in, sets[_i].star), -1);
		ck_row_eq(in, why, idset_count(&set), 1);
	} else {
		ck_row_eq(in, why, idset_parse(&set, in, sets[_i].star), 0);
		ck_assert_int_eq(idset_print(&set, &out), 0);
		ck_row_eq(in, why, buf_slice(&out), sets[_i].want);
	}
	idset_clear(&set);
	buf_clear(&out);
	free((char *)in.p);
}
END_TEST

START_TEST(test_idset_limit_leaves_it_unchanged)
{
	struct idset set, other;

	idset_init(&set, 2);
	idset_init(&other, 100);
	ck_assert_int_eq(idset_parse(&set, SLICE_LIT("1,3,5"), 9), -1);
	ck_assert(idset_empty(&set));
	ck_assert_int_eq(idset_parse(&set, SLICE_LIT("1,3,2,5"), 9), 0);
	ck_assert_int_eq(idset_add(&set, 7), -1);
	ck_assert_int_eq(idset_remove(&set, 2), -1);
	ck_assert_int_eq(idset_add(&other, 9), 0);
	ck_assert_int_eq(idset_union(&set, &other), -1);
	ck_assert_uint_eq(idset_count(&set), 4);
	ck_assert_int_eq(idset_add(&set, 4), 0);
	ck_assert_uint_eq(set.n, 1);
	ck_assert_int_eq(idset_add(&set, 0), -1);
	ck_assert_int_eq(idset_add_range(&set, 3, 2), -1);
	idset_clear(&set);
	idset_clear(&other);
}
END_TEST

START_TEST(test_idset_ends_of_the_range)
{
	struct idset set;
	struct idset_iter it;
	uint32_t id;

	idset_init(&set, 10);
	ck_assert_int_eq(idset_add(&set, UINT32_MAX), 0);
	ck_assert_int_eq(idset_add(&set, UINT32_MAX - 1), 0);
	ck_assert_int_eq(idset_add(&set, 1), 0);
	ck_assert_uint_eq(set.n, 2);
	ck_assert(!idset_contains(&set, 0));
	ck_assert(idset_contains(&set, 1));
	ck_assert(!idset_contains(&set, 2));
	ck_assert(idset_contains(&set, UINT32_MAX));
	ck_assert_uint_eq(idset_min(&set), 1);
	ck_assert_uint_eq(idset_max(&set), UINT32_MAX);
	idset_iter_init(&it, &set);
	ck_assert(idset_next(&it, &id));
	ck_assert_uint_eq(id, 1);
	ck_assert(idset_next(&it, &id));
	ck_assert(idset_next(&it, &id));
	ck_assert_uint_eq(id, UINT32_MAX);
	ck_assert(!idset_next(&it, &id));
	ck_assert(!idset_next(&it, &id));
	ck_assert_int_eq(idset_add_range(&set, 1, UINT32_MAX), 0);
	ck_assert_uint_eq(idset_count(&set), UINT32_MAX);
	ck_assert_int_eq(idset_remove(&set, UINT32_MAX), 0);
	ck_assert_int_eq(idset_remove(&set, 1), 0);
	ck_assert_uint_eq(idset_min(&set), 2);
	ck_assert_uint_eq(idset_max(&set), UINT32_MAX - 1);
	idset_clear(&set);
	ck_assert_uint_eq(idset_min(&set), 0);
	ck_assert_uint_eq(idset_max(&set), 0);
}
END_TEST

START_TEST(test_idset_iter_after)
{
	struct idset set;
	struct idset_iter it;
	uint32_t id;

	idset_init(&set, 10);
	ck_assert_int_eq(idset_add_range(&set, 3, 5), 0);
	ck_assert_int_eq(idset_add(&set, 9), 0);
	for (uint32_t after = 0; after < 12; after++) {
		idset_iter_init_after(&it, &set, after);
		for (uint32_t want = after + 1; want < 12; want++)
			if (idset_contains(&set, want)) {
				ck_assert(idset_next(&it, &id));
				ck_assert_uint_eq(id, want);
			}
		ck_assert(!idset_next(&it, &id));
	}
	idset_iter_init_after(&it, &set, UINT32_MAX);
	ck_assert(!idset_next(&it, &id));
	idset_clear(&set);
}
END_TEST

/* Compare with a plain array of what should be in the set. */

#define IDS	200

struct model {
	struct idset	set;
	bool		in[IDS + 1];
};

static void
check_model(const struct model *m)
{
	struct idset_iter it;
	uint64_t count = 0;
	uint32_t id, want = 1;

	idset_iter_init(&it, &m->set);
	while (idset_next(&it, &id)) {
		while (want < id)
			ck_assert(!m->in[want++]);
		ck_assert(m->in[want++]);
		count++;
	}
	while (want <= IDS)
		ck_assert(!m->in[want++]);
	for (id = 1; id <= IDS; id++)
		ck_assert_int_eq(idset_contains(&m->set, id), m->in[id]);
	ck_assert_uint_eq(idset_count(&m->set), count);
	for (size_t i = 0; i < m->set.n; i++) {
		ck_assert_uint_le(m->set.ranges[i].lo, m->set.ranges[i].hi);
		if (i > 0)
			ck_assert_uint_gt(m->set.ranges[i].lo,
			    m->set.ranges[i - 1].hi + 1);
	}
}

static void
random_step(struct model *m)
{
	uint32_t lo = 1 + (uint32_t)rand() % IDS, hi;
	bool add = rand() % 2;

	hi = lo + (uint32_t)rand() % (rand() % 3 == 0 ? 40 : 3);
	if (hi > IDS)
		hi = IDS;
	ck_assert_int_eq(add ? idset_add_range(&m->set, lo, hi) :
	    idset_remove_range(&m->set, lo, hi), 0);
	while (lo <= hi)
		m->in[lo++] = add;
}

START_TEST(test_idset_against_an_array)
{
	struct model a = { .in = { false } }, b = { .in = { false } };

	srand((unsigned)_i + 1);
	idset_init(&a.set, IDS);
	idset_init(&b.set, IDS);
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 10; i++) {
			random_step(&a);
			random_step(&b);
		}
		check_model(&a);
		switch (rand() % 3) {
		case 0:
			ck_assert_int_eq(idset_union(&a.set, &b.set), 0);
			for (int i = 1; i <= IDS; i++)
				a.in[i] = a.in[i] || b.in[i];
			break;
		case 1:
			ck_assert_int_eq(idset_intersect(&a.set, &b.set), 0);
			for (int i = 1; i <= IDS; i++)
				a.in[i] = a.in[i] && b.in[i];
			break;
		case 2:
			ck_assert_int_eq(idset_subtract(&a.set, &b.set), 0);
			for (int i = 1; i <= IDS; i++)
				a.in[i] = a.in[i] && !b.in[i];
			break;
		}
		check_model(&a);
	}
	ck_assert_int_eq(idset_copy(&b.set, &a.set), 0);
	memcpy(b.in, a.in, sizeof(b.in));
	check_model(&b);
	idset_clear(&a.set);
	idset_clear(&b.set);
}
END_TEST

/* Ranges in any order, and a walk from any id on. */
START_TEST(test_idset_ranges_and_walks_against_an_array)
{
	struct idrange ranges[20];
	struct model m = { .in = { false } };
	struct idset_iter it;
	uint32_t id;

	srand((unsigned)_i + 1);
	idset_init(&m.set, IDS);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < NROWS(ranges); i++) {
			ranges[i].lo = 1 + (uint32_t)rand() % (IDS - 3);
			ranges[i].hi = ranges[i].lo + (uint32_t)rand() % 4;
			for (id = ranges[i].lo; id <= ranges[i].hi; id++)
				m.in[id] = true;
		}
		ck_assert_int_eq(idset_add_ranges(&m.set, ranges,
		    NROWS(ranges)), 0);
		check_model(&m);
	}
	for (uint32_t from = 1; from <= IDS; from++) {
		idset_iter_from(&it, &m.set, from);
		for (uint32_t want = from; want <= IDS; want++) {
			if (!m.in[want])
				continue;
			ck_assert(idset_next(&it, &id));
			ck_assert_uint_eq(id, want);
		}
		ck_assert(!idset_next(&it, &id));
	}
	ck_assert_int_eq(idset_add_ranges(&m.set, NULL, 0), 0);
	check_model(&m);
	idset_clear(&m.set);
}
END_TEST

START_TEST(test_idset_long_parse_is_not_quadratic)
{
	struct idset set;
	struct buf in;

	/*
	 * Odd numbers in falling order: each insertion would move all the
	 * others.
	 */
	idset_init(&set, IDSET_NOLIMIT);
	buf_init(&in, BUF_NOCAP);
	for (uint32_t id = 2000001; id > 1; id -= 2) {
		buf_add_u64(&in, id);
		buf_add_char(&in, ',');
	}
	buf_add_char(&in, '1');
	ck_assert_int_eq(idset_parse(&set, buf_slice(&in), 0), 0);
	ck_assert_uint_eq(idset_count(&set), 1000001);
	idset_clear(&set);
	buf_clear(&in);
}
END_TEST

Suite *
suite_idset(void)
{
	Suite *s = suite_create("idset");
	TCase *tc = tcase_create("idset");

	tcase_add_loop_test(tc, test_seqset_parse, 0, NROWS(sets));
	tcase_add_test(tc, test_idset_limit_leaves_it_unchanged);
	tcase_add_test(tc, test_idset_ends_of_the_range);
	tcase_add_test(tc, test_idset_iter_after);
	tcase_add_loop_test(tc, test_idset_against_an_array, 0, 20);
	tcase_add_loop_test(tc, test_idset_ranges_and_walks_against_an_array,
	    0, 20);
	tcase_add_test(tc, test_idset_long_parse_is_not_quadratic);
	suite_add_tcase(s, tc);
	return s;
}
