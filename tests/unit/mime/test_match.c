/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Search for a string in a text that comes in pieces. */
#include "config.h"

#include "storage/mime/match.h"
#include "tests/unit/util.h"

static const struct {
	const char	*text, *needle;
	bool		 found;
	const char	*why;
} needles[] = {
	{ "", "", true, "nothing in nothing" },
	{ "abc", "", true, "nothing is everywhere" },
	{ "", "a", false, "something in nothing" },
	{ "abc", "abc", true, "the whole text" },
	{ "abc", "abcd", false, "the text ends too early" },
	{ "abc", "c", true, "the last character" },
	{ "abc", "a", true, "the first character" },
	{ "aaab", "aab", true, "a beginning within a beginning" },
	{ "abababac", "ababac", true, "the same, two characters long" },
	{ "xaxbxc", "abc", false, "all characters, but not together" },
	{ "aaaaaaa", "aaaab", false, "only beginnings" },
	{ "abcabcabd", "abcabd", true, "falls back by three" },
};

static int
match_piece(void *ctx, struct slice piece)
{
	(void)match_feed(ctx, piece);
	return 0;
}

START_TEST(test_match_pieces)
{
	struct slice text = slice_str(needles[_i].text);
	struct match m;

	for (size_t n = 0; n <= text.len; n++) {
		ck_assert_int_eq(match_init(&m,
		    slice_str(needles[_i].needle)), 0);
		(void)unit_feed(match_piece, &m, text, n);
		ck_row_eq(text, needles[_i].why, m.found, needles[_i].found);
		match_clear(&m);
		ck_assert_int_eq(match_init(&m,
		    slice_str(needles[_i].needle)), 0);
		(void)unit_feed_cut(match_piece, &m, text, n);
		ck_row_eq(text, needles[_i].why, m.found, needles[_i].found);
		match_clear(&m);
	}
}
END_TEST


/* Compare with strstr(3), for all short texts and needles of a few letters. */
START_TEST(test_match_everything)
{
	char text[7] = "", needle[4] = "";

	for (unsigned int n = 0; n < 1 << 6; n++)
		for (unsigned int k = 0; k < 1 << 3; k++) {
			struct match m;

			for (int i = 0; i < 6; i++)
				text[i] = n >> i & 1 ? 'b' : 'a';
			for (int i = 0; i < 3; i++)
				needle[i] = k >> i & 1 ? 'b' : 'a';
			ck_assert_int_eq(match_init(&m, slice_str(needle)),
			    0);
			(void)match_feed(&m, slice_str(text));
			ck_row_eq(text, needle, m.found,
			    strstr(text, needle) != NULL);
			match_clear(&m);
		}
}
END_TEST

Suite *
suite_match(void)
{
	Suite *s = suite_create("match");
	TCase *tc = tcase_create("match");

	tcase_add_loop_test(tc, test_match_pieces, 0, NROWS(needles));
	tcase_add_test(tc, test_match_everything);
	suite_add_tcase(s, tc);
	return s;
}
