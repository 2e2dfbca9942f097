/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* UTF-8 (RFC 3629). */
#include "config.h"

#include <stdlib.h>

#include "common/base/compat.h"
#include "common/base/utf8.h"
#include "tests/unit/util.h"

#define R	"\xef\xbf\xbd"

static const struct {
	struct slice	in, clean;
	const char	*why;
} texts[] = {
	{ LIT(""), LIT(""), "nothing" },
	{ LIT("plain ASCII of some length"),
	  LIT("plain ASCII of some length"), "ASCII, longer than a word" },
	{ LIT("a\0b"), LIT("a\0b"), "a NUL is a character" },
	{ LIT("\x7f\xc2\x80\xdf\xbf"), LIT("\x7f\xc2\x80\xdf\xbf"),
	    "the last of one octet, the ends of two" },
	{ LIT("\xe0\xa0\x80\xef\xbf\xbf"), LIT("\xe0\xa0\x80\xef\xbf\xbf"),
	    "the ends of three octets" },
	{ LIT("\xed\x9f\xbf\xee\x80\x80"), LIT("\xed\x9f\xbf\xee\x80\x80"),
	    "next to the surrogates" },
	{ LIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
	  LIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), "the ends of four octets" },
	{ LIT("\x80"), LIT(R), "a continuation without a start" },
	{ LIT("\xc0\x80"), LIT(R R), "an overlong NUL" },
	{ LIT("\xc1\xbf"), LIT(R R), "the last overlong one of two octets" },
	{ LIT("\xe0\x9f\xbf"), LIT(R R R), "the last overlong one of three" },
	{ LIT("\xf0\x8f\xbf\xbf"), LIT(R R R R),
	    "the last overlong one of four" },
	{ LIT("\xed\xa0\x80"), LIT(R R R), "a surrogate" },
	{ LIT("\xf4\x90\x80\x80"), LIT(R R R R), "over U+10FFFF" },
	{ LIT("\xf5\x80"), LIT(R R), "a start that no character has" },
	{ LIT("\xff\xfe"), LIT(R R), "octets that no character has" },
	{ LIT("a\xc3"), LIT("a" R), "cut in a character of two octets" },
	{ LIT("a\xe2\x82"), LIT("a" R), "cut in one of three" },
	{ LIT("a\xf0\x9f\x98"), LIT("a" R), "cut in one of four" },
	{ LIT("\xc3(\xe2\x82(\xf0\x9f\x98("), LIT(R "(" R "(" R "("),
	    "broken by ASCII" },
	{ LIT("0123456\xc3\xa4 0123456\xff 01234567"),
	  LIT("0123456\xc3\xa4 0123456" R " 01234567"), "after runs of ASCII" },
};

START_TEST(test_utf8_clean_and_valid)
{
	struct slice in = unit_tight(texts[_i].in);
	struct buf out;

	buf_init(&out, 100);
	ck_row_eq(in, texts[_i].why, utf8_clean(&out, in), 0);
	ck_row_eq(in, texts[_i].why, buf_slice(&out), texts[_i].clean);
	ck_row_eq(in, texts[_i].why, utf8_valid(in),
	    slice_eq(in, texts[_i].clean));
	ck_row_eq(in, texts[_i].why, utf8_valid(buf_slice(&out)), true);
	buf_clear(&out);
	free((char *)in.p);
}
END_TEST

START_TEST(test_utf8_every_character)
{
	char dst[UTF8_MAX];
	uint32_t cp, back;
	size_t n;

	for (cp = 0; cp < 0x110100; cp++) {
		bool exists = cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);

		n = utf8_encode(cp, dst);
		if (n == 0) {
			if (exists)
				ck_abort_msg("U+%04X is not encoded", cp);
			continue;
		}
		if (!exists || utf8_decode(slice_make(dst, n), &back) != n ||
		    back != cp)
			ck_abort_msg("U+%04X", cp);
		for (size_t i = 1; i < n; i++)
			if (utf8_partial(slice_make(dst, i)) != i)
				ck_abort_msg("U+%04X cut at %zu", cp, i);
		if (utf8_partial(slice_make(dst, n)) != 0)
			ck_abort_msg("U+%04X is whole", cp);
	}
}
END_TEST

START_TEST(test_utf8_truncate)
{
	struct slice s = SLICE_LIT("a\xc3\xa4\xe2\x82\xac");

	ck_assert_uint_eq(utf8_truncate(s, 100).len, 6);
	ck_assert_uint_eq(utf8_truncate(s, 6).len, 6);
	ck_assert_uint_eq(utf8_truncate(s, 5).len, 3);
	ck_assert_uint_eq(utf8_truncate(s, 4).len, 3);
	ck_assert_uint_eq(utf8_truncate(s, 3).len, 3);
	ck_assert_uint_eq(utf8_truncate(s, 2).len, 1);
	ck_assert_uint_eq(utf8_truncate(s, 0).len, 0);
}
END_TEST

Suite *
suite_utf8(void)
{
	Suite *s = suite_create("utf8");
	TCase *tc = tcase_create("utf8");

	tcase_add_loop_test(tc, test_utf8_clean_and_valid, 0, NROWS(texts));
	tcase_add_test(tc, test_utf8_every_character);
	tcase_add_test(tc, test_utf8_truncate);
	suite_add_tcase(s, tc);
	return s;
}
