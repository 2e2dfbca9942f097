/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* UTF-8 (RFC 3629). */
#include "config.h"

#include <stdlib.h>

#include "common/base/compat.h"
#include "common/base/utf8.h"
#include "tests/unit/util.h"

static const struct {
	struct slice	in;
	bool		valid;
	const char	*why;
} texts[] = {
	{ LIT(""), true, "nothing" },
	{ LIT("plain ASCII of some length"), true,
	    "ASCII, longer than a word" },
	{ LIT("a\0b"), true, "a NUL is a character" },
	{ LIT("\x7f\xc2\x80\xdf\xbf"), true,
	    "the last of one octet, the ends of two" },
	{ LIT("\xe0\xa0\x80\xef\xbf\xbf"), true, "the ends of three octets" },
	{ LIT("\xed\x9f\xbf\xee\x80\x80"), true, "next to the surrogates" },
	{ LIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true,
	    "the ends of four octets" },
	{ LIT("\x80"), false, "a continuation without a start" },
	{ LIT("\xc0\x80"), false, "an overlong NUL" },
	{ LIT("\xc1\xbf"), false, "the last overlong one of two octets" },
	{ LIT("\xe0\x9f\xbf"), false, "the last overlong one of three" },
	{ LIT("\xf0\x8f\xbf\xbf"), false, "the last overlong one of four" },
	{ LIT("\xed\xa0\x80"), false, "a surrogate" },
	{ LIT("\xf4\x90\x80\x80"), false, "over U+10FFFF" },
	{ LIT("\xf5\x80"), false, "a start that no character has" },
	{ LIT("\xff\xfe"), false, "octets that no character has" },
	{ LIT("a\xc3"), false, "cut in a character of two octets" },
	{ LIT("a\xe2\x82"), false, "cut in one of three" },
	{ LIT("a\xf0\x9f\x98"), false, "cut in one of four" },
	{ LIT("\xc3(\xe2\x82(\xf0\x9f\x98("), false, "broken by ASCII" },
	{ LIT("0123456\xc3\xa4 0123456\xff 01234567"), false,
	    "after runs of ASCII" },
};

START_TEST(test_utf8_valid)
{
	struct slice in = unit_tight(texts[_i].in);

	ck_row_eq(in, texts[_i].why, utf8_valid(in), texts[_i].valid);
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

Suite *
suite_utf8(void)
{
	Suite *s = suite_create("utf8");
	TCase *tc = tcase_create("utf8");

	tcase_add_loop_test(tc, test_utf8_valid, 0, NROWS(texts));
	tcase_add_test(tc, test_utf8_every_character);
	suite_add_tcase(s, tc);
	return s;
}
