/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The log of changes in a mailbox. */
#include "config.h"

#include "storage/mailbox/changes.h"
#include "tests/unit/util.h"

/* What a view reads from a position on: lo-hi/origin of each. */
static void
check_from(const struct changes *c, uint64_t pos, const char *want)
{
	const struct change *ch;
	struct buf out;

	buf_init(&out, 4096);
	for (; pos < changes_end(c); pos++) {
		ch = changes_at(c, pos);
		ck_assert_ptr_nonnull(ch);
		(void)buf_add_fmt(&out,
		    "%u-%u/%u ", ch->lo, ch->hi, ch->origin);
	}
	ck_assert_ptr_null(changes_at(c, pos));
	ck_slice_eq(buf_slice(&out), slice_str(want));
	buf_clear(&out);
}

START_TEST(test_changes_grow_within_a_commit)
{
	struct changes c = { .n = 0 };
	uint64_t pos = changes_end(&c);

	check_from(&c, pos, "");
	changes_add(&c, 1, 7);
	changes_add(&c, 2, 7);
	changes_add(&c, 4, 7);
	changes_add(&c, 5, 8);
	changes_add(&c, 6, 8);
	changes_add(&c, 6, 8);
	check_from(&c, pos, "1-2/7 4-4/7 5-6/8 6-6/8 ");
	changes_clear(&c);
	ck_assert_uint_eq(changes_end(&c), 0);
}
END_TEST

/* A view may have read the last range: it must not grow after that. */
START_TEST(test_changes_do_not_grow_after_a_commit)
{
	struct changes c = { .n = 0 };
	uint64_t pos;

	changes_add(&c, 1, 7);
	changes_close(&c);
	pos = changes_end(&c);
	changes_add(&c, 2, 7);
	changes_add(&c, 3, 7);
	check_from(&c, pos, "2-3/7 ");
	check_from(&c, 0, "1-1/7 2-3/7 ");
	changes_clear(&c);
}
END_TEST

/* Positions stay what they are when the beginning is dropped. */
START_TEST(test_changes_trim_keeps_positions)
{
	struct changes c = { .n = 0 };
	uint64_t pos;

	for (uint32_t uid = 1; uid <= 1000; uid++) {
		changes_add(&c, uid, 0);
		changes_close(&c);
	}
	pos = changes_end(&c) - 2;
	changes_trim(&c, pos);
	check_from(&c, pos, "999-999/0 1000-1000/0 ");
	ck_assert_ptr_null(changes_at(&c, pos - 1));
	changes_trim(&c, pos - 5);
	check_from(&c, pos, "999-999/0 1000-1000/0 ");
	/* The last of an open commit may still grow. */
	changes_add(&c, 5, 1);
	changes_trim(&c, pos + 2);
	changes_add(&c, 6, 1);
	check_from(&c, pos + 2, "5-6/1 ");
	changes_close(&c);
	changes_trim(&c, changes_end(&c));
	ck_assert_ptr_null(c.items);
	ck_assert_uint_eq(changes_end(&c), 1001);
	changes_add(&c, 9, 1);
	check_from(&c, 1001, "9-9/1 ");
	changes_clear(&c);
}
END_TEST

Suite *
suite_changes(void)
{
	Suite *s = suite_create("changes");
	TCase *tc = tcase_create("changes");

	tcase_add_test(tc, test_changes_grow_within_a_commit);
	tcase_add_test(tc, test_changes_do_not_grow_after_a_commit);
	tcase_add_test(tc, test_changes_trim_keeps_positions);
	suite_add_tcase(s, tc);
	return s;
}
