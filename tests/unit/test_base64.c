/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Base64 and quoted-printable. */
#include "config.h"

#include <stdlib.h>

#include "common/base/base64.h"
#include "common/base/compat.h"
#include "common/base/qp.h"
#include "tests/unit/util.h"

/* RFC 4648, section 10, and what a strict decoder has to refuse. */
static const struct {
	struct slice	in;
	const char	*want;		/* NULL: refused */
} strict[] = {
	{ LIT(""), "" },
	{ LIT("Zg=="), "f" },
	{ LIT("Zm8="), "fo" },
	{ LIT("Zm9v"), "foo" },
	{ LIT("Zm9vYg=="), "foob" },
	{ LIT("Zm9vYmFy"), "foobar" },
	{ LIT("/+8="), "\xff\xef" },
	{ LIT("Zg"), NULL },		/* no padding */
	{ LIT("Zg="), NULL },
	{ LIT("Zh=="), NULL },		/* bits left over */
	{ LIT("Zm9="), NULL },
	{ LIT("Z==="), NULL },
	{ LIT("===="), NULL },
	{ LIT("="), NULL },
	{ LIT("Zg==Zg=="), NULL },	/* padding within */
	{ LIT("Zm 9v"), NULL },
	{ LIT("Zm9v\r\n"), NULL },
	{ LIT("Zm9\0"), NULL },
	{ LIT("Zm9-"), NULL },		/* the alphabet of URLs */
	{ LIT("Zm9\xc2"), NULL },
};

START_TEST(test_base64_strict)
{
	struct slice	in = unit_tight(strict[_i].in);
	struct buf	out;

	buf_init(&out, 100);
	buf_add_str(&out, "x");
	if (strict[_i].want == NULL) {
		ck_assert_int_eq(base64_decode(&out, in), -1);
		ck_slice_eq(buf_slice(&out), SLICE_LIT("x"));
	} else {
		ck_assert_int_eq(base64_decode(&out, in), 0);
		buf_consume(&out, 1);
		ck_slice_eq(buf_slice(&out), slice_str(strict[_i].want));
		buf_reset(&out, 0);
		ck_assert_int_eq(base64_encode(&out,
		    slice_str(strict[_i].want)), 0);
		ck_slice_eq(buf_slice(&out), in);
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
	struct qp_stream	qp;
	struct buf		out;
};

static int
feed_base64(void *ctx, struct slice in)
{
	struct stream *st = ctx;

	return base64_stream_feed(&st->base64, in, &st->out);
}

static int
feed_qp(void *ctx, struct slice in)
{
	struct stream *st = ctx;

	return qp_stream_feed(&st->qp, in, &st->out);
}

static void
start(struct stream *st)
{
	base64_stream_init(&st->base64);
	qp_stream_init(&st->qp);
	buf_init(&st->out, 10000);
}

/* Whole, in pieces of each size, and cut at each place. */
#define CHECK_STREAM(feed, finish, in, want) do {			\
	struct stream st_;						\
									\
	for (size_t n_ = 0; n_ <= (in).len; n_++) {			\
		start(&st_);						\
		ck_assert_int_eq(unit_feed(feed, &st_, in, n_), 0);	\
		ck_assert_int_eq(finish, 0);				\
		ck_slice_eq(buf_slice(&st_.out), want);			\
		buf_clear(&st_.out);					\
		start(&st_);						\
		ck_assert_int_eq(unit_feed_cut(feed, &st_, in, n_), 0);	\
		ck_assert_int_eq(finish, 0);				\
		ck_slice_eq(buf_slice(&st_.out), want);			\
		buf_clear(&st_.out);					\
	}								\
} while (0)

static const struct {
	struct slice	in, want;
} mime_base64[] = {
	{ LIT(""), LIT("") },
	{ LIT("Zm9vYmFy"), LIT("foobar") },
	{ LIT("Zm9v\r\nYmFy\r\n"), LIT("foobar") },
	{ LIT("Zm9vYg==\r\n"), LIT("foob") },
	{ LIT("Zm9vYg"), LIT("foob") },
	{ LIT("Zm9vYmE"), LIT("fooba") },
	{ LIT("Zm9vY"), LIT("foo") },
	{ LIT("Zg==Zm9v"), LIT("ffoo") },
	{ LIT("===="), LIT("") },
	{ LIT("Z-m!9\0v\xff"), LIT("foo") },
	{ LIT("Zm8=\r\n\r\n--junk"), LIT("fo\x8e\xe9\xe4") },
};

START_TEST(test_base64_stream)
{
	CHECK_STREAM(feed_base64,
	    base64_stream_finish(&st_.base64, &st_.out),
	    mime_base64[_i].in, mime_base64[_i].want);
}
END_TEST

static const struct {
	struct slice	in, want;
} mime_qp[] = {
	{ LIT(""), LIT("") },
	{ LIT("plain text\r\n"), LIT("plain text\r\n") },
	{ LIT("a=3Db=C3=a4"), LIT("a=b\xc3\xa4") },
	{ LIT("soft=\r\nbreak"), LIT("softbreak") },
	{ LIT("soft=\nbreak"), LIT("softbreak") },
	{ LIT("soft= \t\r\nbreak"), LIT("softbreak") },
	{ LIT("blank \t \r\nends"), LIT("blank\r\nends") },
	{ LIT("blank \nends"), LIT("blank\nends") },
	{ LIT("blank=20\r\nstays"), LIT("blank \r\nstays") },
	{ LIT("end of data  "), LIT("end of data") },
	{ LIT("end of data="), LIT("end of data") },
	{ LIT("end of data=4"), LIT("end of data=4") },
	{ LIT("not =XY hex =4 =G1"), LIT("not =XY hex =4 =G1") },
	{ LIT("a==41=="), LIT("a=A=") },
	{ LIT("a= b"), LIT("a= b") },
	{ LIT("cr \r x=\rz\r\r\n"), LIT("cr \r x=\rz\r\r\n") },
	{ LIT("nul\0=00."), LIT("nul\0\0.") },
};

START_TEST(test_qp_stream)
{
	CHECK_STREAM(feed_qp, qp_stream_finish(&st_.qp, &st_.out),
	    mime_qp[_i].in, mime_qp[_i].want);
}
END_TEST

/* More white space than can be held must not depend on the pieces either. */
START_TEST(test_qp_long_blanks)
{
	char		blanks[400];
	struct slice	in = { blanks, sizeof(blanks) };
	struct stream	st;
	struct buf	whole;

	for (size_t i = 0; i < sizeof(blanks); i++)
		blanks[i] = i % 3 == 0 ? '\t' : ' ';
	blanks[_i] = '=';
	blanks[399] = '\n';
	start(&st);
	ck_assert_int_eq(feed_qp(&st, in), 0);
	ck_assert_int_eq(qp_stream_finish(&st.qp, &st.out), 0);
	whole = st.out;
	for (size_t n = 1; n < 200; n += 7) {
		start(&st);
		ck_assert_int_eq(unit_feed(feed_qp, &st, in, n), 0);
		ck_assert_int_eq(qp_stream_finish(&st.qp, &st.out), 0);
		ck_slice_eq(buf_slice(&st.out), buf_slice(&whole));
		buf_clear(&st.out);
	}
	buf_clear(&whole);
}
END_TEST

static const struct {
	struct slice	in, want;
} words[] = {
	{ LIT(""), LIT("") },
	{ LIT("a_b=5F=20c"), LIT("a b_ c") },
	{ LIT("=E4=e4"), LIT("\xe4\xe4") },
	{ LIT("=E"), LIT("=E") },
	{ LIT("="), LIT("=") },
	{ LIT("=ZZ_"), LIT("=ZZ ") },
};

START_TEST(test_qp_word)
{
	struct slice	in = unit_tight(words[_i].in);
	struct buf	out;

	buf_init(&out, 100);
	ck_assert_int_eq(qp_decode_word(&out, in), 0);
	ck_slice_eq(buf_slice(&out), words[_i].want);
	buf_clear(&out);
	free((char *)in.p);
}
END_TEST

Suite *
suite_base64(void)
{
	Suite	*s = suite_create("base64");
	TCase	*tc = tcase_create("base64 and quoted-printable");

	tcase_add_loop_test(tc, test_base64_strict, 0, NROWS(strict));
	tcase_add_test(tc, test_base64_cap);
	tcase_add_loop_test(tc, test_base64_stream, 0, NROWS(mime_base64));
	tcase_add_loop_test(tc, test_qp_stream, 0, NROWS(mime_qp));
	tcase_add_loop_test(tc, test_qp_long_blanks, 0, 100);
	tcase_add_loop_test(tc, test_qp_word, 0, NROWS(words));
	suite_add_tcase(s, tc);
	return s;
}
