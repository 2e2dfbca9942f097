/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The gist, which holds what most searches look at: written and read back. */
#include "config.h"

#include <stdlib.h>

#include "storage/mime/charset.h"
#include "storage/mime/gist.h"
#include "tests/unit/util.h"

/* The Date field is passed apart from the header block, as in the envelope. */
static const struct {
	const char	*headers;
	const char	*want;		/* of each: number, '=', value, ';' */
	const char	*why;
} rows[] = {
	{ "Subject: one\r\n\r\n", "0= ONE;", "folded" },
	{ "subject: =?utf-8?q?=C3=A9?=\r\n\r\n", "0= E\xcc\x81;",
	    "decoded; names in any case" },
	{ "From: a\r\nTo: b\r\nCc: c\r\nBcc: d\r\nMessage-ID: <e>\r\n\r\n",
	    "1= A;2= B;3= C;4= D;5= <E>;", "all that are kept" },
	{ "To: a\r\nX-To: b\r\nSubjects: c\r\nTo:\r\n\r\n", "2= A;2=;",
	    "no others; again and empty" },
	{ "Subject\r\nSubject : s\r\n\r\n", "0= S;", "without a colon" },
	{ "To: a,\r\n\tb\r\n\r\n", "2= A, B;", "unfolded" },
	{ "\r\n", "", "an empty header has them all" },
};

static void
fields_print(const struct gist *g, struct buf *out)
{
	struct slice fields = g->fields, value;
	uint64_t name;

	while (gist_next(&fields, &name, &value)) {
		(void)buf_add_u64(out, name);
		(void)buf_add_char(out, '=');
		(void)buf_add_slice(out, value);
		(void)buf_add_char(out, ';');
	}
}

START_TEST(test_gist_fields)
{
	struct buf out, text;
	struct gist g;

	buf_init(&out, BUF_NOCAP);
	buf_init(&text, BUF_NOCAP);
	ck_assert_int_eq(gist_put(&out, slice_str(rows[_i].headers),
	    SLICE_EMPTY), 0);
	ck_assert_int_eq(gist_open(&g, buf_slice(&out)), 0);
	ck_assert(g.has_fields && !g.has_date);
	fields_print(&g, &text);
	ck_row_eq(rows[_i].headers, rows[_i].why, buf_slice(&text),
	    rows[_i].want);
	buf_clear(&out);
	buf_clear(&text);
}
END_TEST

/* A gist that is cut says less or nothing, and no byte beyond it is read. */
START_TEST(test_gist_cut)
{
	struct buf out, text;
	struct gist g;
	struct slice s;

	buf_init(&out, BUF_NOCAP);
	buf_init(&text, BUF_NOCAP);
	ck_assert_int_eq(gist_put(&out, SLICE_LIT("To: a\r\nCc: b\r\n\r\n"),
	    SLICE_LIT("Mon, 7 Feb 1994 21:52:25 -0800")), 0);
	for (size_t i = 0; i <= buf_len(&out); i++) {
		s = unit_tight(slice_sub(buf_slice(&out), 0, i));
		if (gist_open(&g, s) == 0)
			fields_print(&g, &text);
		free((char *)(uintptr_t)s.p);
	}
	ck_assert_int_eq(gist_open(&g, buf_slice(&out)), 0);
	ck_assert(g.has_date && g.has_fields);
	ck_assert_int_eq(g.date, 760686745);
	ck_assert_int_eq(g.zone_min, -480);
	buf_clear(&out);
	buf_clear(&text);
}
END_TEST

START_TEST(test_gist_too_long_is_left_out)
{
	struct buf out, headers;
	struct gist g;

	buf_init(&out, BUF_NOCAP);
	buf_init(&headers, BUF_NOCAP);
	for (int i = 0; i < 2000; i++)
		(void)buf_add_fmt(&headers, "To: user%d@example.org\r\n", i);
	(void)buf_add_str(&headers, "\r\n");
	ck_assert_int_eq(gist_put(&out, buf_slice(&headers),
	    SLICE_LIT("no date")), 0);
	ck_assert_int_eq(gist_open(&g, buf_slice(&out)), 0);
	ck_assert(!g.has_fields && !g.has_date);
	/* A gist that keeps no header. */
	buf_truncate(&out, 0);
	ck_assert_int_eq(gist_put(&out, slice_make("", 0), SLICE_EMPTY), 0);
	ck_assert_int_eq(gist_open(&g, buf_slice(&out)), 0);
	ck_assert(!g.has_fields);
	ck_assert_int_eq(gist_open(&g, SLICE_LIT("\x7f")), -1);
	buf_clear(&out);
	buf_clear(&headers);
}
END_TEST

START_TEST(test_gist_names)
{
	ck_assert_uint_eq(gist_name(SLICE_LIT("SUBJECT")), 0);
	ck_assert_uint_eq(gist_name(SLICE_LIT("message-id")), 5);
	ck_assert_uint_eq(gist_name(SLICE_LIT("Received")), GIST_NONE);
	ck_assert_uint_eq(gist_name(SLICE_LIT("")), GIST_NONE);
}
END_TEST

/*
 * Fields in too many charsets are left out, whether one of them has these or
 * all of them together: they are decoded in one go.
 */
START_TEST(test_gist_charsets)
{
	unsigned int before = unit_iconv_opens;
	struct buf in, out;
	struct gist g;

	buf_init(&in, BUF_NOCAP);
	buf_init(&out, BUF_NOCAP);
	for (int i = 0; i < CHARSET_SET_MAX + _i; i++)
		(void)buf_add_fmt(&in, "%s =?nonesuch-%d?q?x?=\r\n",
		    i % 4 == 0 ? "To:" : "", i);
	(void)buf_add_str(&in, "\r\n");
	ck_assert_int_eq(gist_put(&out, buf_slice(&in), SLICE_EMPTY), 0);
	ck_assert_int_eq(gist_open(&g, buf_slice(&out)), 0);
	ck_assert_int_eq(g.has_fields, _i == 0);
	ck_assert_uint_le(unit_iconv_opens - before, CHARSET_SET_MAX);
	buf_clear(&in);
	buf_clear(&out);
}
END_TEST

Suite *
suite_gist(void)
{
	Suite *s = suite_create("gist");
	TCase *tc = tcase_create("gist");

	tcase_add_loop_test(tc, test_gist_fields, 0, NROWS(rows));
	tcase_add_test(tc, test_gist_cut);
	tcase_add_test(tc, test_gist_too_long_is_left_out);
	tcase_add_test(tc, test_gist_names);
	tcase_add_loop_test(tc, test_gist_charsets, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
