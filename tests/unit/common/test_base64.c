/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Base64 (RFC 4648, RFC 2045). */
#include "config.h"

#include <stdlib.h>

#include "common/base/base64.h"
#include "tests/unit/util.h"

static const struct {
	struct slice	 in;
	const char	*want;		/* NULL: refused */
	const char	*why;
} strict[] = {
	{ LIT(""), "", "RFC 4648, 10" },
	{ LIT("Zg=="), "f", "RFC 4648, 10" },
	{ LIT("Zm8="), "fo", "RFC 4648, 10" },
	{ LIT("Zm9v"), "foo", "RFC 4648, 10" },
	{ LIT("Zm9vYg=="), "foob", "RFC 4648, 10" },
	{ LIT("Zm9vYmFy"), "foobar", "RFC 4648, 10" },
	{ LIT("/+8="), "\xff\xef", "the last two letters of the alphabet" },
	{ LIT("Zg"), NULL, "no padding" },
	{ LIT("Zg="), NULL, "half of the padding" },
	{ LIT("Zh=="), NULL, "bits left over, after one octet" },
	{ LIT("Zm9="), NULL, "bits left over, after two octets" },
	{ LIT("Z==="), NULL, "six bits are no octet" },
	{ LIT("===="), NULL, "padding of nothing" },
	{ LIT("="), NULL, "padding of nothing" },
	{ LIT("Zg==Zg=="), NULL, "padding within" },
	{ LIT("Zm 9v"), NULL, "a blank (RFC 4648, 3.3)" },
	{ LIT("Zm9v\r\n"), NULL, "a line end (RFC 4648, 3.3)" },
	{ LIT("Zm9\0"), NULL, "a NUL" },
	{ LIT("Zm9-"), NULL, "the alphabet for URLs (RFC 4648, 5)" },
	{ LIT("Zm9\xc2"), NULL, "an octet over 127" },
};

START_TEST(test_base64_strict)
{
	struct slice in = unit_tight(strict[_i].in);
	struct buf out;

	const char *why = strict[_i].why;

	buf_init(&out, 100);
	buf_add_str(&out, "x");
	if (strict[_i].want == NULL) {
		ck_row_eq(in, why, base64_decode(&out, in), -1);
		ck_row_eq(in, why, buf_slice(&out), "x");
	} else {
		ck_row_eq(in, why, base64_decode(&out, in), 0);
		buf_consume(&out, 1);
		ck_row_eq(in, why, buf_slice(&out), strict[_i].want);
		buf_reset(&out, 0);
		ck_row_eq(strict[_i].want, why, base64_encode(&out,
		    slice_str(strict[_i].want)), 0);
		ck_row_eq(strict[_i].want, why, buf_slice(&out), in);
	}
	buf_clear(&out);
	free((char *)in.p);
}
END_TEST

START_TEST(test_base64_cap)
{
	struct buf out;

	buf_init(&out, 3);
	ck_assert_int_eq(base64_decode(&out, SLICE_LIT("Zm9vYg==")), -1);
	ck_assert_int_eq(base64_encode(&out, SLICE_LIT("f")), -1);
	ck_assert_int_eq(base64_decode(&out, SLICE_LIT("Zm9v")), 0);
	buf_clear(&out);
}
END_TEST

struct stream {
	struct base64_stream	base64;
	struct buf		out;
};

static int
feed(void *ctx, struct slice in)
{
	struct stream *st = ctx;

	return base64_stream_feed(&st->base64, in, &st->out);
}

static const struct {
	struct slice	 in, want;
	const char	*why;
} mime_base64[] = {
	{ LIT(""), LIT(""), "nothing" },
	{ LIT("Zm9vYmFy"), LIT("foobar"), "one line without its end" },
	{ LIT("Zm9v\r\nYmFy\r\n"), LIT("foobar"), "line ends mean nothing" },
	{ LIT("Zm9vYg==\r\n"), LIT("foob"), "padding" },
	{ LIT("Zm9vYg"), LIT("foob"), "cut before two pads" },
	{ LIT("Zm9vYmE"), LIT("fooba"), "cut before one pad" },
	{ LIT("Zm9vY"), LIT("foo"), "cut: six bits are no octet" },
	{ LIT("Zg==Zm9v"), LIT("ffoo"), "two encodings, one after the other" },
	{ LIT("===="), LIT(""), "padding of nothing" },
	{ LIT("Z-m!9\0v\xff"), LIT("foo"),
	    "other characters are ignored (RFC 2045, 6.8)" },
	{ LIT("Zm8=\r\n\r\n--junk"), LIT("fo\x8e\xe9\xe4"),
	    "letters after the end are data" },
};

/* Octets after the slice do not matter, and a length cannot wrap. */
START_TEST(test_base64_encode_ends_with_the_slice)
{
	struct buf out;

	buf_init(&out, 100);
	ck_assert_int_eq(base64_encode(&out, slice_make("f\xff\xff", 1)), 0);
	ck_assert_int_eq(base64_encode(&out, slice_make("fo\xff", 2)), 0);
	ck_slice_eq(buf_slice(&out), "Zg==Zm8=");
	ck_assert_int_eq(base64_encode(&out, slice_make("", SIZE_MAX)), -1);
	ck_assert_int_eq(base64_encode(&out, slice_make("", SIZE_MAX - 1)),
	    -1);
	buf_clear(&out);
}
END_TEST

/* The result is the same whole, in pieces of each size, and cut anywhere. */
START_TEST(test_base64_stream)
{
	struct slice in = mime_base64[_i].in;
	const char *why = mime_base64[_i].why;
	struct stream st;

	for (size_t n = 0; n <= 2 * in.len; n++) {
		base64_stream_init(&st.base64);
		buf_init(&st.out, 10000);
		ck_row_eq(in, why, n <= in.len ? unit_feed(feed, &st, in, n) :
		    unit_feed_cut(feed, &st, in, n - in.len), 0);
		ck_row_eq(in, why,
		    base64_stream_finish(&st.base64, &st.out), 0);
		ck_row_eq(in, why, buf_slice(&st.out), mime_base64[_i].want);
		buf_clear(&st.out);
	}
}
END_TEST

Suite *
suite_base64(void)
{
	Suite *s = suite_create("base64");
	TCase *tc = tcase_create("base64");

	tcase_add_loop_test(tc, test_base64_strict, 0, NROWS(strict));
	tcase_add_test(tc, test_base64_cap);
	tcase_add_test(tc, test_base64_encode_ends_with_the_slice);
	tcase_add_loop_test(tc, test_base64_stream, 0, NROWS(mime_base64));
	suite_add_tcase(s, tc);
	return s;
}
