/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Conversion of text in any charset to UTF-8. */
#include "config.h"

#include "storage/mime/charset.h"
#include "tests/unit/util.h"

static const struct {
	const char	*charset;
	struct slice	 in;
	const char	*want;
	const char	*why;
} rows[] = {
	{ "", LIT("abc"), "abc", "none is US-ASCII" },
	{ "us-ascii", LIT("\xc3\xa9\xff"), "\xc3\xa9\xef\xbf\xbd",
	    "US-ASCII is read as UTF-8" },
	{ "utf-8", LIT(""), "", "nothing" },
	{ "utf-8", LIT("a\xe2\x82\xac\xe2\x82"), "a\xe2\x82\xac\xef\xbf\xbd",
	    "cut within a character" },
	{ "utf-8", LIT("\xe2\x82" "a"), "\xef\xbf\xbd" "a",
	    "broken within a character" },
	{ "utf-8", LIT("\xc0\xaf\xed\xa0\x80"),
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	    "overlong and surrogate" },
	{ "UTF8", LIT("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80",
	    "another name; four octets" },
	{ " utf-8 ", LIT("\xc3\xa9"), "\xc3\xa9", "blanks around the name" },
	{ "iso-8859-1", LIT("\xe9\x80"), "\xc3\xa9\xe2\x82\xac",
	    "as windows-1252 (WHATWG)" },
	{ "windows-1252", LIT("\x93q\x94"), "\xe2\x80\x9cq\xe2\x80\x9d",
	    "quotation marks" },
	{ "iso-8859-15", LIT("\xa4"), "\xe2\x82\xac", "iconv: one octet" },
	{ "koi8-r", LIT("\xf0\xd2\xc9"), "\xd0\x9f\xd1\x80\xd0\xb8",
	    "iconv: Cyrillic" },
	{ "shift_jis", LIT("\x82\xa0" "a"), "\xe3\x81\x82" "a",
	    "iconv: two octets" },
	{ "iso-2022-jp", LIT("\x1b$B$\"\x1b(Bx"), "\xe3\x81\x82" "x",
	    "iconv: shifts" },
	{ "gb2312", LIT("\xc4\xe3\xba\xc3"), "\xe4\xbd\xa0\xe5\xa5\xbd",
	    "GB 2312 as what contains it" },
	{ "utf-16le", LIT("a\0b\0"), "ab", "NULs that are none" },
	{ "gb2312", LIT("\xc4"), "\xef\xbf\xbd", "half a character" },
	{ "nonesuch", LIT("\xe9\xc3\xa9"), "\xc3\xa9\xc3\xa9",
	    "a charset that nobody knows is guessed" },
	{ "utf-8//IGNORE", LIT("a\xff"), "a\xc3\xbf",
	    "no option reaches iconv" },
	{ "../../tmp/x", LIT("\xe9"), "\xc3\xa9", "no path reaches iconv" },
};

static int
feed(void *ctx, struct slice piece)
{
	void **p = ctx;

	return charset_feed(p[0], piece, p[1]);
}

/* The result is the same whole, in pieces of each size, and cut anywhere. */
START_TEST(test_charset_pieces)
{
	struct slice in = rows[_i].in;
	struct charset cs;
	struct buf out;
	void *ctx[2] = { &cs, &out };

	for (size_t n = 0; n <= 2 * in.len; n++) {
		buf_init(&out, BUF_NOCAP);
		charset_open(&cs, slice_str(rows[_i].charset));
		ck_row_eq(in, rows[_i].why, n <= in.len ?
		    unit_feed(feed, ctx, in, n) :
		    unit_feed_cut(feed, ctx, in, n - in.len), 0);
		ck_row_eq(in, rows[_i].why, charset_finish(&cs, &out), 0);
		ck_row_eq(in, rows[_i].why, buf_slice(&out), rows[_i].want);
		charset_close(&cs);
		buf_clear(&out);
	}
	buf_init(&out, BUF_NOCAP);
	ck_assert_int_eq(charset_decode(&out, slice_str(rows[_i].charset),
	    in), 0);
	ck_row_eq(in, rows[_i].why, buf_slice(&out), rows[_i].want);
	buf_clear(&out);
}
END_TEST

/*
 * After the end of a text, the next one starts in the charset's initial state.
 */
START_TEST(test_charset_begins_anew)
{
	struct charset cs;
	struct buf out;

	buf_init(&out, BUF_NOCAP);
	charset_open(&cs, SLICE_LIT("iso-2022-jp"));
	ck_assert_int_eq(charset_feed(&cs, SLICE_LIT("\x1b$B$\""), &out), 0);
	ck_assert_int_eq(charset_finish(&cs, &out), 0);
	ck_assert_int_eq(charset_feed(&cs, SLICE_LIT("$\""), &out), 0);
	ck_assert_int_eq(charset_finish(&cs, &out), 0);
	ck_slice_eq(buf_slice(&out), "\xe3\x81\x82$\"");
	charset_close(&cs);
	buf_clear(&out);
}
END_TEST

START_TEST(test_charset_known)
{
	static const struct {
		const char	*name;
		bool		 want;
	} names[] = {
		{ "", true }, { "us-ascii", true }, { "UTF-8", true },
		{ "latin1", true }, { "koi8-r", true },
		{ "iso-8859-8-i", true }, { "nonesuch", false },
		{ "utf-8//TRANSLIT", false }, { "x y", false },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};

	for (size_t i = 0; i < NROWS(names); i++)
		ck_row_eq(names[i].name, "charset_known",
		    charset_known(slice_str(names[i].name)), names[i].want);
}
END_TEST

START_TEST(test_charset_cap)
{
	static const char *const	charsets[] = {
		"utf-8", "iso-8859-1", "koi8-r", "nonesuch"
	};
	struct charset cs;
	struct buf out;

	buf_init(&out, 3);
	charset_open(&cs, slice_str(charsets[_i]));
	ck_row_eq(charsets[_i], "four characters do not fit three octets",
	    charset_feed(&cs, SLICE_LIT("\xc1\xc1\xc1\xc1"), &out), -1);
	charset_close(&cs);
	buf_clear(&out);
}
END_TEST

static const char *const many[] = {
	"koi8-r", "cp1251", "big5", "euc-jp", "CP1255", "tis-620", "cp1250",
	"cp1253", "cp1254", "cp1256", "cp1257", "cp850", "cp852", "cp866",
	"iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6",
	"iso-8859-7", "iso-8859-8", "iso-8859-9", "iso-8859-10", "iso-8859-13",
	"iso-8859-14", "iso-8859-15", "iso-8859-16", "utf-16", "utf-32",
	"gb18030", "cp949", "cp932", "koi8-u", "cp437", "macintosh", "utf-7",
};

/* Text that goes round many charsets does not open them again and again. */
START_TEST(test_charset_converters_are_kept)
{
	unsigned int before = unit_iconv_opens;
	struct charset cs;

	for (size_t i = 0; i < 20 * 24; i++) {
		charset_open(&cs, slice_str(many[i % 24]));
		ck_assert_int_eq(cs.kind, CHARSET_ICONV);
		charset_close(&cs);
	}
	ck_assert_uint_le(unit_iconv_opens - before, 24);
	/* More are not kept for ever. */
	before = unit_iconv_opens;
	for (size_t i = 0; i < 2 * NROWS(many); i++) {
		charset_open(&cs, slice_str(many[i % NROWS(many)]));
		charset_close(&cs);
	}
	ck_assert_uint_gt(unit_iconv_opens - before, NROWS(many));
}
END_TEST

/* A converter that is taken again knows nothing of the text before. */
START_TEST(test_charset_converters_are_reset)
{
	struct charset cs, other;
	struct buf out;

	buf_init(&out, BUF_NOCAP);
	charset_open(&cs, SLICE_LIT("iso-2022-jp"));
	ck_assert_int_eq(charset_feed(&cs, SLICE_LIT("\x1b$B$\""), &out), 0);
	/* Two conversions at once have a converter each. */
	charset_open(&other, SLICE_LIT("iso-2022-jp"));
	ck_assert_int_eq(charset_feed(&other, SLICE_LIT("$\""), &out), 0);
	charset_close(&other);
	charset_close(&cs);
	charset_open(&cs, SLICE_LIT("iso-2022-jp"));
	ck_assert_int_eq(charset_feed(&cs, SLICE_LIT("$\""), &out), 0);
	ck_slice_eq(buf_slice(&out), "\xe3\x81\x82$\"$\"");
	charset_close(&cs);
	buf_clear(&out);
}
END_TEST

Suite *
suite_charset(void)
{
	Suite *s = suite_create("charset");
	TCase *tc = tcase_create("charset");

	tcase_add_loop_test(tc, test_charset_pieces, 0, NROWS(rows));
	tcase_add_test(tc, test_charset_begins_anew);
	tcase_add_test(tc, test_charset_known);
	tcase_add_loop_test(tc, test_charset_cap, 0, 4);
	tcase_add_test(tc, test_charset_converters_are_kept);
	tcase_add_test(tc, test_charset_converters_are_reset);
	suite_add_tcase(s, tc);
	return s;
}
