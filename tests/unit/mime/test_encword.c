/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Encoded words (RFC 2047). */
#include "config.h"

#include <stdlib.h>

#include "storage/mime/encword.h"
#include "tests/unit/util.h"

static const struct {
	const char	*in, *want, *why;
} rows[] = {
	{ "", "", "nothing" },
	{ "plain", "plain", "no encoded word" },
	{ "=?utf-8?q?a=C3=A9_b?=", "a\xc3\xa9 b", "Q (RFC 2047, 4.2)" },
	{ "=?UTF-8?B?w6k=?=", "\xc3\xa9", "B (RFC 2047, 4.1)" },
	{ "=?UTF-8?b?w6k?=", "\xc3\xa9", "B without its padding" },
	{ "=?iso-8859-1?q?=E9?= x", "\xc3\xa9 x", "a charset" },
	{ "=?utf-8?q?a?= =?utf-8?q?b?=", "ab",
	    "blanks between words go (RFC 2047, 6.2)" },
	{ "=?utf-8?q?a?= =?utf-8?q?b?= c", "ab c", "others stay" },
	{ "=?utf-8?q?a?= x =?utf-8?q?b?=", "a x b", "text between words" },
	{ "=?utf-8?q?a?=\r\n\t=?utf-8?b?Yg==?= c", "ab c",
	    "folding between words" },
	{ "=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "\xc3\xa9",
	    "a character over two words" },
	{ "=?utf-8?q?=C3?= =?iso-8859-1?q?=A9?=", "\xef\xbf\xbd\xc2\xa9",
	    "but not over two charsets" },
	{ "=?utf-8?q?=C3?= =?UTF-8?q?=A9?=", "\xc3\xa9",
	    "a charset has no case" },
	{ "x=?utf-8?q?a?=y", "xay", "no white space around it" },
	{ "\"=?utf-8?q?a?=\"", "\"a\"", "in a quoted string" },
	{ "=?utf-8*de?q?a?=", "a", "a language (RFC 2231, 5)" },
	{ "=?utf-8?x?a?=", "=?utf-8?x?a?=", "an encoding that nobody knows" },
	{ "=??q?a?=", "=??q?a?=", "no charset" },
	{ "=?utf-8?q?a", "=?utf-8?q?a", "no end" },
	{ "=?utf-8?q", "=?utf-8?q", "no text" },
	{ "=?=?=?=?utf-8?q?a?=", "=?=?=?a", "beginnings that are none" },
	{ "=?utf-8?q?a b?=", "a b", "a space inside" },
	{ "=?utf-8?q?a?" "?=", "a?", "a question mark inside" },
	{ "=?utf-8?q?" "?=", "", "an empty word" },
	{ "a\xff""b", "a\xef\xbf\xbd""b", "8-bit that is no UTF-8" },
	{ "\xc3\xa9", "\xc3\xa9", "raw UTF-8" },
	{ "=?nonesuch?q?=C3=A9=E9?=", "\xc3\xa9\xc3\xa9",
	    "a charset that nobody knows is guessed" },
	{ "a\r\n b", "a b", "unfolded" },
	{ "a \n\t  b\n \n c", "a b c", "however it was folded" },
	{ "=?utf-8?q?a?=\r\n\tb", "a b", "folded after a word" },
	{ "\n a", " a", "folded before anything" },
};

static int
decode(struct buf *out, struct slice value)
{
	return encword_decode(out, value, &(struct charset_set){ .n = 0 });
}

START_TEST(test_encword_decode)
{
	struct slice in = unit_tight(slice_str(rows[_i].in));
	struct buf out;

	buf_init(&out, BUF_NOCAP);
	ck_row_eq(in, rows[_i].why, decode(&out, in), 0);
	ck_row_eq(in, rows[_i].why, buf_slice(&out), rows[_i].want);
	buf_clear(&out);
	/* Wherever the text is cut, the decoder ends within its bytes. */
	for (size_t n = 0; n < in.len; n++) {
		struct slice cut = unit_tight(slice_sub(in, 0, n));

		buf_init(&out, BUF_NOCAP);
		ck_assert_int_eq(decode(&out, cut), 0);
		buf_clear(&out);
		free((char *)cut.p);
	}
	free((char *)in.p);
}
END_TEST

START_TEST(test_encword_cap)
{
	static const char *const	in[] = {
		"abcde", "=?utf-8?q?abcde?=", "ab =?utf-8?q?c?= d",
		"a\r\n bcd"
	};
	struct buf out;

	buf_init(&out, 4);
	ck_row_eq(in[_i], "five characters do not fit four",
	    decode(&out, slice_str(in[_i])), -1);
	buf_clear(&out);
}
END_TEST

/*
 * A word far over the length limit is left as it is, which bounds the search.
 */
START_TEST(test_encword_has_a_longest_word)
{
	struct buf in, out;

	buf_init(&in, BUF_NOCAP);
	buf_init(&out, BUF_NOCAP);
	ck_assert_int_eq(buf_add_fmt(&in, "=?utf-8?q?%04000d?=", 1), 0);
	ck_assert_int_eq(decode(&out, buf_slice(&in)), 0);
	ck_assert_uint_eq(buf_len(&out), 4000);
	buf_truncate(&in, 0);
	buf_truncate(&out, 0);
	ck_assert_int_eq(buf_add_fmt(&in, "=?utf-8?q?%05000d?=", 1), 0);
	ck_assert_int_eq(decode(&out, buf_slice(&in)), 0);
	ck_slice_eq(buf_slice(&out), buf_slice(&in));
	buf_clear(&in);
	buf_clear(&out);
}
END_TEST

/*
 * Each new charset of a value may cost the loading of a module: no value is in
 * more than CHARSET_SET_MAX of them.
 */
START_TEST(test_encword_bounds_charsets)
{
	static const int parts[] = { 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15,
	    16 };
	struct charset_set set = { .n = 0 };
	struct buf in, out;

	buf_init(&in, BUF_NOCAP);
	buf_init(&out, BUF_NOCAP);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < NROWS(parts); i++)
			(void)buf_add_fmt(&in, "=?iso-8859-%d?q?=E9?= ",
			    parts[i]);
		(void)buf_add_str(&in, "=?utf-8?q?_?= =?latin1?q?_?= ");
	}
	ck_assert_int_eq(encword_decode(&out, buf_slice(&in), &set), 0);
	ck_assert_uint_eq(set.n, NROWS(parts));
	ck_assert(!set.full);

	/* Cyrillic letters, while there is room in the set. */
	buf_truncate(&out, 0);
	ck_assert_int_eq(encword_decode(&out, SLICE_LIT("=?koi8-r?q?=C1?= "
	    "=?KOI8-U?q?=C1?= =?cp1251?q?=E0?= =?koi8-r?q?=C1?= "
	    "=?cp866?q?=A0?="), &set), 0);
	ck_assert(set.full);
	ck_slice_eq(buf_slice(&out),
	    "\xd0\xb0\xd0\xb0\xc3\xa0\xd0\xb0\xc2\xa0");
	buf_clear(&in);
	buf_clear(&out);
}
END_TEST

Suite *
suite_encword(void)
{
	Suite *s = suite_create("encword");
	TCase *tc = tcase_create("encword");

	tcase_add_loop_test(tc, test_encword_decode, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_encword_cap, 0, 4);
	tcase_add_test(tc, test_encword_has_a_longest_word);
	tcase_add_test(tc, test_encword_bounds_charsets);
	suite_add_tcase(s, tc);
	return s;
}
