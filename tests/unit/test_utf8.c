/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* UTF-8, modified UTF-7 and case folding. */
#include "config.h"

#include <stdlib.h>

#include "common/base/casefold.h"
#include "common/base/compat.h"
#include "common/base/mutf7.h"
#include "common/base/utf8.h"
#include "tests/unit/util.h"

#define R	"\xef\xbf\xbd"

static const struct {
	struct slice	in, clean;
} texts[] = {
	{ LIT(""), LIT("") },
	{ LIT("plain ASCII of some length"),
	  LIT("plain ASCII of some length") },
	{ LIT("a\0b"), LIT("a\0b") },
	{ LIT("\x7f\xc2\x80\xdf\xbf"), LIT("\x7f\xc2\x80\xdf\xbf") },
	{ LIT("\xe0\xa0\x80\xef\xbf\xbf"), LIT("\xe0\xa0\x80\xef\xbf\xbf") },
	{ LIT("\xed\x9f\xbf\xee\x80\x80"), LIT("\xed\x9f\xbf\xee\x80\x80") },
	{ LIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
	  LIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf") },
	{ LIT("\x80"), LIT(R) },
	{ LIT("\xc0\x80"), LIT(R R) },		/* long NUL */
	{ LIT("\xc1\xbf"), LIT(R R) },
	{ LIT("\xe0\x9f\xbf"), LIT(R R R) },
	{ LIT("\xf0\x8f\xbf\xbf"), LIT(R R R R) },
	{ LIT("\xed\xa0\x80"), LIT(R R R) },	/* surrogate */
	{ LIT("\xf4\x90\x80\x80"), LIT(R R R R) },	/* over U+10FFFF */
	{ LIT("\xf5\x80"), LIT(R R) },
	{ LIT("\xff\xfe"), LIT(R R) },
	{ LIT("a\xc3"), LIT("a" R) },		/* truncated */
	{ LIT("a\xe2\x82"), LIT("a" R) },
	{ LIT("a\xf0\x9f\x98"), LIT("a" R) },
	{ LIT("\xc3(\xe2\x82(\xf0\x9f\x98("), LIT(R "(" R "(" R "(") },
	{ LIT("0123456\xc3\xa4 0123456\xff 01234567"),
	  LIT("0123456\xc3\xa4 0123456" R " 01234567") },
};

START_TEST(test_utf8_clean_and_valid)
{
	struct slice	in = unit_tight(texts[_i].in);
	struct buf	out;

	buf_init(&out, 100);
	ck_assert_int_eq(utf8_clean(&out, in), 0);
	ck_slice_eq(buf_slice(&out), texts[_i].clean);
	ck_assert_int_eq(utf8_valid(in), slice_eq(in, texts[_i].clean));
	ck_assert(utf8_valid(buf_slice(&out)));
	buf_clear(&out);
	free((char *)in.p);
}
END_TEST

START_TEST(test_utf8_every_character)
{
	char		dst[UTF8_MAX];
	uint32_t	cp, back;
	size_t		n;

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

static const struct {
	struct slice	utf7, utf8;
} names[] = {
	{ LIT(""), LIT("") },
	{ LIT("INBOX/a b"), LIT("INBOX/a b") },
	{ LIT("a&-b"), LIT("a&b") },
	{ LIT("&-&-"), LIT("&&") },
	{ LIT("&AOQ-"), LIT("\xc3\xa4") },
	{ LIT("&AOQ-&-"), LIT("\xc3\xa4&") },
	{ LIT("&-&AOQ-"), LIT("&\xc3\xa4") },
	{ LIT("&AOQA5A-"), LIT("\xc3\xa4\xc3\xa4") },
	{ LIT("&AOQA5ADk-"), LIT("\xc3\xa4\xc3\xa4\xc3\xa4") },
	{ LIT("&AOQ--"), LIT("\xc3\xa4-") },
	/* RFC 3501, section 5.1.3 */
	{ LIT("~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
	  LIT("~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/"
	    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e") },
	{ LIT("&2D3eAA-"), LIT("\xf0\x9f\x98\x80") },	/* a pair */
	{ LIT("&AAo-"), LIT("\n") },
	{ LIT("&AH8-"), LIT("\x7f") },
};

START_TEST(test_mutf7_both_ways)
{
	struct buf out;

	buf_init(&out, 100);
	ck_assert(mutf7_valid(names[_i].utf7));
	ck_assert_int_eq(mutf7_decode(&out, names[_i].utf7), 0);
	ck_slice_eq(buf_slice(&out), names[_i].utf8);
	buf_reset(&out, 100);
	ck_assert_int_eq(mutf7_encode(&out, names[_i].utf8), 0);
	ck_slice_eq(buf_slice(&out), names[_i].utf7);
	buf_clear(&out);
}
END_TEST

static const struct slice bad_utf7[] = {
	LIT("&"),			/* no end */
	LIT("a&AOQ"),
	LIT("&AOQA"),
	LIT("&AAA-"),			/* NUL */
	LIT("&AOR-"),			/* bits left over */
	LIT("&AOQA-"),			/* six bits too many */
	LIT("&AOQAA-"),
	LIT("&A-"),
	LIT("&AA-"),
	LIT("&AGE-"),			/* "a" encoded */
	LIT("&ACY-"),			/* "&" encoded */
	LIT("&AOQAYQ-"),		/* "a" behind another */
	LIT("&AOQ-&AOQ-"),		/* null shift, 5.1.3 */
	LIT("&2D0-"),			/* half a pair */
	LIT("&3gA-"),
	LIT("&3gDYPQ-"),		/* the wrong way round */
	LIT("&2D3YPQ-"),
	LIT("&2D0A5A-"),
	LIT("&AO/-"),			/* "/" of plain base64 */
	LIT("&AO Q-"),
	LIT("&AOQ=-"),
	LIT("\xc3\xa4"),
	LIT("a\nb"),
	LIT("a\0b"),
	LIT("\x7f"),
};

START_TEST(test_mutf7_refused)
{
	struct buf out;

	buf_init(&out, 100);
	buf_addc(&out, 'x');
	ck_assert_int_eq(mutf7_decode(&out, bad_utf7[_i]), -1);
	ck_slice_eq(buf_slice(&out), SLICE_LIT("x"));
	ck_assert(!mutf7_valid(bad_utf7[_i]));
	buf_clear(&out);
}
END_TEST

START_TEST(test_mutf7_encode_refuses)
{
	struct buf out;

	buf_init(&out, 100);
	ck_assert_int_eq(mutf7_encode(&out, SLICE_LIT("a\xff")), -1);
	ck_assert_int_eq(mutf7_encode(&out, SLICE_LIT("a\0")), -1);
	ck_assert_int_eq(mutf7_encode(&out, SLICE_LIT("\xed\xa0\x80")), -1);
	ck_assert_uint_eq(buf_len(&out), 0);
	buf_clear(&out);
	buf_init(&out, 4);
	ck_assert_int_eq(mutf7_encode(&out, SLICE_LIT("\xc3\xa4")), -1);
	ck_assert_uint_eq(buf_len(&out), 0);
	buf_clear(&out);
}
END_TEST

static const struct {
	struct slice	in, want;
} folds[] = {
	{ LIT(""), LIT("") },
	{ LIT("Hello, world 09"), LIT("HELLO, WORLD 09") },
	{ LIT("[@`{az"), LIT("[@`{AZ") },
	{ LIT("\xc3\xa4"), LIT("A\xcc\x88") },
	{ LIT("\xc3\x84x"), LIT("A\xcc\x88X") },
	{ LIT("A\xcc\x88"), LIT("A\xcc\x88") },
	{ LIT("\xc7\x84"), LIT("Dz\xcc\x8c") },		/* RFC 5051, 2 */
	{ LIT("\xef\xac\x81"), LIT("fi") },		/* ligature fi */
	{ LIT("\xe2\x84\xab"), LIT("A\xcc\x8a") },	/* Angstrom */
	{ LIT("\xce\xb1"), LIT("\xce\x91") },
	{ LIT("\xcf\x82\xcf\x83"), LIT("\xce\xa3\xce\xa3") },
	{ LIT("\xea\xb0\x80"), LIT("\xe1\x84\x80\xe1\x85\xa1") },
	{ LIT("a\0b"), LIT("A" R "B") },
	{ LIT("a\xc3"), LIT("A" R) },
	{ LIT("\xc3\xc3\xa4"), LIT(R "A\xcc\x88") },
	{ LIT("\xe2\x82z\xf0\x9f\xf0\x9f\x98\x80"),
	  LIT(R "Z" R "\xf0\x9f\x98\x80") },
};

struct fold {
	struct casefold_stream	st;
	struct buf		out;
};

static int
feed_fold(void *ctx, struct slice in)
{
	struct fold *f = ctx;

	return casefold_stream_feed(&f->st, in, &f->out);
}

START_TEST(test_casefold)
{
	struct slice	in = folds[_i].in;
	struct fold	f;

	buf_init(&f.out, 1000);
	ck_assert_int_eq(casefold_add(&f.out, in), 0);
	ck_slice_eq(buf_slice(&f.out), folds[_i].want);
	for (size_t n = 0; n <= in.len; n++) {
		buf_reset(&f.out, 1000);
		casefold_stream_init(&f.st);
		ck_assert_int_eq(unit_feed(feed_fold, &f, in, n), 0);
		ck_assert_int_eq(casefold_stream_finish(&f.st, &f.out), 0);
		ck_slice_eq(buf_slice(&f.out), folds[_i].want);
		buf_reset(&f.out, 1000);
		casefold_stream_init(&f.st);
		ck_assert_int_eq(unit_feed_cut(feed_fold, &f, in, n), 0);
		ck_assert_int_eq(casefold_stream_finish(&f.st, &f.out), 0);
		ck_slice_eq(buf_slice(&f.out), folds[_i].want);
	}
	buf_clear(&f.out);
}
END_TEST

START_TEST(test_casefold_every_character_is_stable)
{
	uint32_t one[CASEFOLD_MAX], again[CASEFOLD_MAX];

	/* A decomposition decomposes no further. */
	for (uint32_t cp = 1; cp < 0x110000; cp++) {
		size_t n = casefold_char(cp, one);

		if (n < 1 || n > CASEFOLD_MAX)
			ck_abort_msg("U+%04X: %zu", cp, n);
		for (size_t i = 0; i < n; i++)
			if (one[i] == 0 || one[i] > 0x10ffff ||
			    (one[i] == cp && (casefold_char(one[i],
			    again) != 1 || again[0] != cp)))
				ck_abort_msg("U+%04X", cp);
	}
}
END_TEST

START_TEST(test_casefold_cap_leaves_out_unchanged)
{
	struct fold f;

	buf_init(&f.out, 4);
	casefold_stream_init(&f.st);
	ck_assert_int_eq(casefold_add(&f.out, SLICE_LIT("ab\xc3\xa4")), -1);
	ck_assert_int_eq(feed_fold(&f, SLICE_LIT("ab\xc3\xa4\xc3")), -1);
	ck_assert_uint_eq(buf_len(&f.out), 0);
	ck_assert_uint_eq(f.st.n, 0);
	buf_clear(&f.out);
}
END_TEST

Suite *
suite_utf8(void)
{
	Suite	*s = suite_create("utf8");
	TCase	*tc = tcase_create("utf8, mutf7 and casefold");

	tcase_add_loop_test(tc, test_utf8_clean_and_valid, 0, NROWS(texts));
	tcase_add_test(tc, test_utf8_every_character);
	tcase_add_test(tc, test_utf8_truncate);
	tcase_add_loop_test(tc, test_mutf7_both_ways, 0, NROWS(names));
	tcase_add_loop_test(tc, test_mutf7_refused, 0, NROWS(bad_utf7));
	tcase_add_test(tc, test_mutf7_encode_refuses);
	tcase_add_loop_test(tc, test_casefold, 0, NROWS(folds));
	tcase_add_test(tc, test_casefold_every_character_is_stable);
	tcase_add_test(tc, test_casefold_cap_leaves_out_unchanged);
	suite_add_tcase(s, tc);
	return s;
}
