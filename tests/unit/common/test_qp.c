/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Quoted-printable (RFC 2045, 6.7; RFC 2047, 4.2). */
#include "config.h"

#include <stdlib.h>

#include "common/base/qp.h"
#include "tests/unit/util.h"

struct stream {
	struct qp_stream	qp;
	struct buf		out;
};

static void
start(struct stream *st)
{
	qp_stream_init(&st->qp);
	buf_init(&st->out, 10000);
}

static int
feed(void *ctx, struct slice in)
{
	struct stream *st = ctx;

	return qp_stream_feed(&st->qp, in, &st->out);
}

static const struct {
	struct slice	 in, want;
	const char	*why;
} rows[] = {
	{ LIT(""), LIT(""), "nothing" },
	{ LIT("plain text\r\n"), LIT("plain text\r\n"), "nothing encoded" },
	{ LIT("a=3Db=C3=a4"), LIT("a=b\xc3\xa4"),
	    "small hexadecimal digits are taken, too" },
	{ LIT("=0A=AF=9f=fa"), LIT("\n\xaf\x9f\xfa"),
	    "the first and the last of the digits" },
	{ LIT("=/0=:0=@0=G0=`0=g0"), LIT("=/0=:0=@0=G0=`0=g0"),
	    "the octets around them are none" },
	{ LIT("soft=\r\nbreak"), LIT("softbreak"), "a soft line break" },
	{ LIT("soft=\nbreak"), LIT("softbreak"), "the same with a bare LF" },
	{ LIT("soft= \t\r\nbreak"), LIT("softbreak"),
	    "transport may have added blanks (RFC 2045, 6.7 (3))" },
	{ LIT("blank \t \r\nends"), LIT("blank\r\nends"),
	    "blanks before a line end go (RFC 2045, 6.7 (3))" },
	{ LIT("blank \nends"), LIT("blank\nends"), "the same with a bare LF" },
	{ LIT("blank=20\r\nstays"), LIT("blank \r\nstays"),
	    "an encoded blank stays" },
	{ LIT("end of data  "), LIT("end of data"), "the end is a line end" },
	{ LIT("end of data="), LIT("end of data"), "a soft break at the end" },
	{ LIT("end of data=4"), LIT("end of data=4"), "half an octet" },
	{ LIT("not =XY hex =4 =G1"), LIT("not =XY hex =4 =G1"),
	    "what is not encoded is left alone (RFC 2045, 6.7)" },
	{ LIT("half=4\nline"), LIT("half=4\nline"),
	    "half an octet before a bare LF is no soft break" },
	{ LIT("half=4\r\nline"), LIT("half=4\r\nline"),
	    "nor before CRLF" },
	{ LIT("half=4 \nline"), LIT("half=4\nline"),
	    "nor before a blank at a line's end" },
	{ LIT("a==41=="), LIT("a=A="), "= before an encoded octet" },
	{ LIT("a= b"), LIT("a= b"), "a blank, but no line end" },
	{ LIT("cr \r x=\rz\r\r\n"), LIT("cr \r x=\rz\r\r\n"),
	    "a bare CR ends no line" },
	{ LIT("nul\0=00."), LIT("nul\0\0."), "NULs" },
};

/* The result is the same whole, in pieces of each size, and cut anywhere. */
START_TEST(test_qp_stream)
{
	struct slice in = rows[_i].in;
	const char *why = rows[_i].why;
	struct stream st;

	for (size_t n = 0; n <= 2 * in.len; n++) {
		start(&st);
		ck_row_eq(in, why, n <= in.len ? unit_feed(feed, &st, in, n) :
		    unit_feed_cut(feed, &st, in, n - in.len), 0);
		ck_row_eq(in, why, qp_stream_finish(&st.qp, &st.out), 0);
		ck_row_eq(in, why, buf_slice(&st.out), rows[_i].want);
		buf_clear(&st.out);
	}
}
END_TEST

/* Nor may white space too long to be held depend on the pieces. */
START_TEST(test_qp_long_blanks)
{
	char blanks[400];
	struct slice in = { blanks, sizeof(blanks) };
	struct stream st;
	struct buf whole;

	for (size_t i = 0; i < sizeof(blanks); i++)
		blanks[i] = i % 3 == 0 ? '\t' : ' ';
	blanks[_i] = '=';
	blanks[399] = '\n';
	start(&st);
	ck_assert_int_eq(feed(&st, in), 0);
	ck_assert_int_eq(qp_stream_finish(&st.qp, &st.out), 0);
	whole = st.out;
	for (size_t n = 1; n < 200; n += 7) {
		start(&st);
		ck_assert_int_eq(unit_feed(feed, &st, in, n), 0);
		ck_assert_int_eq(qp_stream_finish(&st.qp, &st.out), 0);
		ck_slice_eq(buf_slice(&st.out), buf_slice(&whole));
		buf_clear(&st.out);
	}
	buf_clear(&whole);
}
END_TEST

static const struct {
	struct slice	 in, want;
	const char	*why;
} words[] = {
	{ LIT(""), LIT(""), "nothing" },
	{ LIT("a_b=5F=20c"), LIT("a b_ c"), "_ is a blank (RFC 2047, 4.2)" },
	{ LIT("=E4=e4"), LIT("\xe4\xe4"), "small hexadecimal digits" },
	{ LIT("=E"), LIT("=E"), "half an octet" },
	{ LIT("="), LIT("="), "no octet" },
	{ LIT("=ZZ_"), LIT("=ZZ "), "not encoded" },
};

START_TEST(test_qp_word)
{
	struct slice in = unit_tight(words[_i].in);
	struct buf out;

	buf_init(&out, 100);
	ck_row_eq(in, words[_i].why, qp_decode_word(&out, in), 0);
	ck_row_eq(in, words[_i].why, buf_slice(&out), words[_i].want);
	buf_clear(&out);
	free((char *)in.p);
}
END_TEST


START_TEST(test_qp_cap)
{
	struct stream st;

	start(&st);
	buf_clear(&st.out);
	buf_init(&st.out, QP_HELD_MAX + 2);
	ck_assert_int_eq(qp_stream_feed(&st.qp, SLICE_LIT("a=3"), &st.out),
	    -1);
	/* The input that was refused is not consumed. */
	ck_assert_int_eq(qp_stream_feed(&st.qp, SLICE_LIT("3D"), &st.out), 0);
	ck_slice_eq(buf_slice(&st.out), "3D");
	buf_clear(&st.out);
	buf_init(&st.out, 2);
	ck_assert_int_eq(qp_decode_word(&st.out, SLICE_LIT("abc")), -1);
	ck_assert_uint_eq(buf_len(&st.out), 0);
	buf_clear(&st.out);
}
END_TEST

Suite *
suite_qp(void)
{
	Suite *s = suite_create("qp");
	TCase *tc = tcase_create("qp");

	tcase_add_loop_test(tc, test_qp_stream, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_qp_long_blanks, 0, 100);
	tcase_add_loop_test(tc, test_qp_word, 0, NROWS(words));
	tcase_add_test(tc, test_qp_cap);
	suite_add_tcase(s, tc);
	return s;
}
