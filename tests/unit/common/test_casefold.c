/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Case folding for comparison (RFC 5051: i;unicode-casemap). */
#include "config.h"

#include "common/base/casefold.h"
#include "tests/unit/util.h"

#define R	"\xef\xbf\xbd"	/* U+FFFD */

static const struct {
	struct slice	 in, want;
	const char	*why;
} folds[] = {
	{ LIT(""), LIT(""), "nothing" },
	{ LIT("Hello, world 09"), LIT("HELLO, WORLD 09"), "ASCII" },
	{ LIT("[@`{az"), LIT("[@`{AZ"), "next to the letters of ASCII" },
	{ LIT("\xc3\xa4"), LIT("A\xcc\x88"), "a letter is decomposed" },
	{ LIT("\xc3\x84x"), LIT("A\xcc\x88X"), "a capital, too" },
	{ LIT("A\xcc\x88"), LIT("A\xcc\x88"), "decomposed already" },
	{ LIT("\xc7\x84"), LIT("Dz\xcc\x8c"),
	    "titlecase, not uppercase (RFC 5051, 2)" },
	{ LIT("\xef\xac\x81"), LIT("fi"), "the ligature fi" },
	{ LIT("\xe2\x84\xab"), LIT("A\xcc\x8a"),
	    "the Angstrom sign is a letter" },
	{ LIT("\xce\xb1"), LIT("\xce\x91"), "Greek" },
	{ LIT("\xcf\x82\xcf\x83"), LIT("\xce\xa3\xce\xa3"), "final sigma" },
	{ LIT("\xea\xb0\x80"), LIT("\xe1\x84\x80\xe1\x85\xa1"),
	    "a Hangul syllable" },
	{ LIT("a\0b"), LIT("A" R "B"), "a NUL is replaced" },
	{ LIT("a\xc3"), LIT("A" R), "cut in a character" },
	{ LIT("\xc3\xc3\xa4"), LIT(R "A\xcc\x88"), "broken in a character" },
	{ LIT("\xe2\x82z\xf0\x9f\xf0\x9f\x98\x80"),
	  LIT(R "Z" R "\xf0\x9f\x98\x80"), "broken in longer characters" },
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
	struct slice in = folds[_i].in;
	const char *why = folds[_i].why;
	struct fold f;

	buf_init(&f.out, 1000);
	ck_row_eq(in, why, casefold_add(&f.out, in), 0);
	ck_row_eq(in, why, buf_slice(&f.out), folds[_i].want);
	for (size_t n = 0; n <= 2 * in.len; n++) {
		buf_reset(&f.out, 1000);
		casefold_stream_init(&f.st);
		ck_row_eq(in, why, n <= in.len ?
		    unit_feed(feed_fold, &f, in, n) :
		    unit_feed_cut(feed_fold, &f, in, n - in.len), 0);
		ck_row_eq(in, why, casefold_stream_finish(&f.st, &f.out), 0);
		ck_row_eq(in, why, buf_slice(&f.out), folds[_i].want);
	}
	buf_clear(&f.out);
}
END_TEST

START_TEST(test_casefold_every_character_is_stable)
{
	uint32_t one[CASEFOLD_MAX], again[CASEFOLD_MAX];

	/* A decomposition does not decompose any further. */
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
	/* Half a character that was held before is still held after that. */
	buf_init(&f.out, 16);
	ck_assert_int_eq(feed_fold(&f, SLICE_LIT("\xc3")), 0);
	ck_assert_int_eq(feed_fold(&f, SLICE_LIT("\xa4" "bcdefghijklmnopq")),
	    -1);
	ck_assert_uint_eq(buf_len(&f.out), 0);
	ck_assert_int_eq(feed_fold(&f, SLICE_LIT("\xa4")), 0);
	ck_slice_eq(buf_slice(&f.out), "A\xcc\x88");
	buf_clear(&f.out);
}
END_TEST

Suite *
suite_casefold(void)
{
	Suite *s = suite_create("casefold");
	TCase *tc = tcase_create("casefold");

	tcase_add_loop_test(tc, test_casefold, 0, NROWS(folds));
	tcase_add_test(tc, test_casefold_every_character_is_stable);
	tcase_add_test(tc, test_casefold_cap_leaves_out_unchanged);
	suite_add_tcase(s, tc);
	return s;
}
