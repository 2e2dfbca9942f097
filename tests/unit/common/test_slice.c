/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Slices. */
#include "config.h"

#include "common/base/arena.h"
#include "tests/unit/util.h"

static const struct {
	const char	*a, *b;
	bool		 eq, caseeq;
	const char	*why;
} compares[] = {
	{ "", "", true, true, "nothing" },
	{ "a", "a", true, true, "the same" },
	{ "a", "A", false, true, "another case" },
	{ "a", "ab", false, false, "a beginning" },
	{ "FETCH", "fEtCh", false, true, "many letters" },
	{ "[", "{", false, false, "0x20 apart, but no letters" },
	{ "@", "`", false, false, "the same before A" },
	{ "\xc3\xa4", "\xc3\x84", false, false, "letters of ASCII only" },
};

START_TEST(test_slice_compare)
{
	struct slice a = slice_str(compares[_i].a);
	struct slice b = slice_str(compares[_i].b);
	const char *why = compares[_i].why;

	ck_row_eq(a, why, slice_eq(a, b), compares[_i].eq);
	ck_row_eq(a, why, slice_eq_str(a, compares[_i].b), compares[_i].eq);
	ck_row_eq(a, why, slice_caseeq(a, b), compares[_i].caseeq);
	ck_row_eq(a, why, slice_caseeq_str(a, compares[_i].b),
	    compares[_i].caseeq);
	ck_row_eq(a, why, slice_cmp(a, b) == 0, compares[_i].eq);
	ck_row_eq(a, why, slice_casecmp(a, b) == 0, compares[_i].caseeq);
	ck_row_eq(a, why, slice_cmp(a, b) < 0, slice_cmp(b, a) > 0);
}
END_TEST

START_TEST(test_slice_sub_is_clamped)
{
	struct slice s = SLICE_LIT("hello");

	ck_slice_eq(slice_sub(s, 1, 3), SLICE_LIT("ell"));
	ck_slice_eq(slice_sub(s, 1, SIZE_MAX), SLICE_LIT("ello"));
	ck_slice_eq(slice_sub(s, 5, 1), SLICE_LIT(""));
	ck_slice_eq(slice_sub(s, SIZE_MAX, SIZE_MAX), SLICE_LIT(""));
	ck_slice_eq(slice_from(s, 4), SLICE_LIT("o"));
	ck_slice_eq(slice_sub(SLICE_EMPTY, 1, 1), SLICE_LIT(""));
	ck_slice_eq(slice_str(NULL), SLICE_LIT(""));
}
END_TEST

START_TEST(test_slice_search)
{
	struct slice s = SLICE_LIT("a,b\0,c");

	ck_assert_uint_eq(slice_chr(s, ','), 1);
	ck_assert_uint_eq(slice_chr(s, '\0'), 3);
	ck_assert(slice_chr(s, 'x') == SLICE_NONE);
	ck_assert(slice_chr(SLICE_EMPTY, 'x') == SLICE_NONE);
	ck_assert_uint_eq(slice_find(s, SLICE_LIT(",c")), 4);
	ck_assert_uint_eq(slice_find(s, SLICE_LIT("")), 0);
	ck_assert(slice_find(s, SLICE_LIT("a,b\0,cd")) == SLICE_NONE);
	ck_assert(slice_starts(s, SLICE_LIT("a,")));
	ck_assert(!slice_starts(s, SLICE_LIT("A,")));
	ck_assert(slice_starts_case(s, SLICE_LIT("A,")));
	ck_assert(slice_ends(s, SLICE_LIT(",c")));
	ck_assert(!slice_ends(SLICE_LIT("c"), SLICE_LIT(",c")));
}
END_TEST

START_TEST(test_slice_trim)
{
	ck_slice_eq(slice_trim(SLICE_LIT(" \t a b\r\n")), SLICE_LIT("a b"));
	ck_slice_eq(slice_trim(SLICE_LIT(" \r\n")), SLICE_LIT(""));
	/* What is around the slice is not looked at. */
	ck_slice_eq(slice_trim(slice_make("     ", 2)), SLICE_LIT(""));
	ck_slice_eq(slice_trim(slice_make(" a  ", 2)), SLICE_LIT("a"));
}
END_TEST

START_TEST(test_slice_cut_visits_every_field)
{
	struct slice s = SLICE_LIT("a,,b"), head;

	ck_assert(slice_cut(&s, ',', &head));
	ck_slice_eq(head, SLICE_LIT("a"));
	ck_assert(slice_cut(&s, ',', &head));
	ck_slice_eq(head, SLICE_LIT(""));
	ck_assert(!slice_cut(&s, ',', &head));
	ck_slice_eq(head, SLICE_LIT("b"));
	ck_assert_uint_eq(s.len, 0);
}
END_TEST

START_TEST(test_arena_dup_ends_in_nul)
{
	struct arena a;
	struct slice s;

	arena_init(&a, 64);
	s = arena_dup(&a, SLICE_LIT("x\0y"));
	ck_slice_eq(s, SLICE_LIT("x\0y"));
	ck_assert_int_eq(s.p[3], '\0');
	s = arena_dup(&a, slice_make("", SIZE_MAX));
	ck_assert_ptr_null(s.p);
	ck_assert_uint_eq(s.len, 0);
	arena_clear(&a);
}
END_TEST

Suite *
suite_slice(void)
{
	Suite *s = suite_create("slice");
	TCase *tc = tcase_create("slice");

	tcase_add_loop_test(tc, test_slice_compare, 0, NROWS(compares));
	tcase_add_test(tc, test_slice_sub_is_clamped);
	tcase_add_test(tc, test_slice_search);
	tcase_add_test(tc, test_slice_trim);
	tcase_add_test(tc, test_slice_cut_visits_every_field);
	tcase_add_test(tc, test_arena_dup_ends_in_nul);
	suite_add_tcase(s, tc);
	return s;
}
