/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Header fields: parsed, selected, kept. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "storage/mime/header.h"
#include "tests/unit/util.h"

/* want lists the fields of the block as name=value|. */
static const struct {
	struct slice	 block;
	const char	*want;
	const char	*why;
} blocks[] = {
	{ LIT(""), "", "no header" },
	{ LIT("\nA: b\n"), "", "an empty line ends it at once" },
	{ LIT("\r\nA: b\n"), "", "the same with CRLF" },
	{ LIT("A: b\r\nC:d\n\nE: f\n"), "A= b|C=d|",
	    "both line ends; what follows the empty line is no header" },
	{ LIT("A: b"), "A= b|", "no line end" },
	{ LIT("A: b\r"), "A= b\r|", "half a line end" },
	{ LIT("A: b\n c\n\td\nE:\n"), "A= b\n c\n\td|E=|",
	    "RFC 5322, 2.2.3: folding is part of the value; an empty value" },
	{ LIT("A : b\nC\t:d\n"), "A= b|C=d|",
	    "white space before the colon (RFC 5322, 4.5)" },
	{ LIT("garbage\nA: b\n"), "garbage|A= b|", "a line without a colon" },
	{ LIT(" x\nA: b\n"), " x|A= b|", "a continuation of nothing" },
	{ LIT("A: b\n \n c\nD: e\n"), "A= b\n \n c|D= e|",
	    "a continuation of white space alone" },
	{ LIT("A\n :b\n"), "A\n :b|", "a fold before the colon" },
	{ LIT("\r\r\nA: b\n"), "\r|A= b|", "a CR alone is no empty line" },
};

START_TEST(test_header_fields)
{
	struct header_iter it;
	struct header_field f;
	struct buf out;

	buf_init(&out, BUF_NOCAP);
	header_iter_init(&it, blocks[_i].block);
	while (header_next(&it, &f)) {
		(void)buf_add_slice(&out, f.name);
		if (f.value.p != NULL)
			(void)buf_add_char(&out, '=');
		(void)buf_add_slice(&out, f.value);
		(void)buf_add_char(&out, '|');
	}
	ck_row_eq(blocks[_i].block, blocks[_i].why, buf_slice(&out),
	    blocks[_i].want);
	buf_clear(&out);
}
END_TEST

START_TEST(test_header_select)
{
	static const struct slice names[] = { LIT("subject"), LIT("TO") };
	struct slice block = slice_str("To: a\n b\nFrom: c\nSubject: d\r\n"
	    "DKIM-Signature: x\nX-Priority: 1\nX-Foo: 2\nReceived: r\n\nno\n");
	struct buf out;

	buf_init(&out, BUF_NOCAP);
	ck_assert_int_eq(header_select(&out, block, names, 2, false), 0);
	ck_slice_eq(buf_slice(&out),
	    slice_str("To: a\r\n b\r\nSubject: d\r\n\r\n"));
	buf_truncate(&out, 0);
	ck_assert_int_eq(header_select(&out, slice_str("A: b"), names, 2,
	    true), 0);
	ck_slice_eq(buf_slice(&out), slice_str("A: b\r\n\r\n"));
	buf_truncate(&out, 0);
	ck_assert_int_eq(header_cache(&out, block), 0);
	ck_slice_eq(buf_slice(&out), slice_str("To: a\r\n b\r\nFrom: c\r\n"
	    "Subject: d\r\nX-Priority: 1\r\nReceived: r\r\n\r\n"));
	ck_assert(header_cached(names, 2));
	buf_clear(&out);
}
END_TEST

/* Selecting by many names gives all that each of them alone would. */
START_TEST(test_header_select_many)
{
	struct slice block = slice_str("n7: a\nN1 : b\nn77: c\nnone\nN20:\n");
	char text[100][8];
	struct slice names[100];
	struct buf out;
	size_t n;

	for (n = 0; n < 100; n++) {
		(void)snprintf(text[n], sizeof(text[n]), "N%zu", 99 - n);
		names[n] = slice_str(text[n]);
	}
	buf_init(&out, BUF_NOCAP);
	for (n = 0; n <= 100; n++) {
		buf_truncate(&out, 0);
		ck_assert_int_eq(header_select(&out, block, names, n, false),
		    0);
		ck_assert_msg(slice_eq_str(buf_slice(&out), n < 23 ? "\r\n" :
		    n < 80 ? "n77: c\r\n\r\n" :
		    n < 93 ? "n77: c\r\nN20:\r\n\r\n" :
		    n < 99 ? "n7: a\r\nn77: c\r\nN20:\r\n\r\n" :
		    "n7: a\r\nN1 : b\r\nn77: c\r\nN20:\r\n\r\n"),
		    "%zu names: %.*s", n, SLICE_ARG(buf_slice(&out)));
	}
	buf_truncate(&out, 0);
	ck_assert_int_eq(header_select(&out, block, names, 100, true), 0);
	ck_slice_eq(buf_slice(&out), slice_str("none\r\n\r\n"));
	buf_clear(&out);
}
END_TEST

static const struct {
	const char	*name;
	bool		 want;
	const char	*why;
} cached[] = {
	{ "Received", true, "all but those below" },
	{ "List-Id", true, "filters ask for it" },
	{ "x-priority", true, "of X-, this is asked for by Thunderbird" },
	{ "X-Anything", false, "other X- fields are not kept" },
	{ "X", true, "only X- is" },
	{ "dkim-signature", false, "long, and no client shows it" },
	{ "ARC-Seal", false, "the same" },
	{ "", true, "an empty name is in no header" },
};

START_TEST(test_header_cached)
{
	struct slice name = slice_str(cached[_i].name);

	ck_row_eq(name, cached[_i].why, header_cached(&name, 1),
	    cached[_i].want);
}
END_TEST

/* What most fields mean: no white space in front, and no line ends. */
START_TEST(test_header_value_and_unfold)
{
	static const struct {
		struct slice	 in;
		const char	*value, *unfolded, *why;
	} rows[] = {
		{ LIT("A: b"), "b", "b", "a blank in front" },
		{ LIT("A:b"), "b", "b", "no blank" },
		{ LIT("A:\t \r\n b"), "\r\n b", " b",
		    "a fold in front stays" },
		{ LIT("A: b\r\n c"), "b\r\n c", "b c", "CRLF" },
		{ LIT("A: b\n\tc\n d"), "b\n\tc\n d", "b\tc d", "LF" },
		{ LIT("A:"), "", "", "nothing" },
		{ LIT("A: b\rc"), "b\rc", "b\rc", "CR alone is no line end" },
	};
	struct header_iter it;
	struct header_field f;
	struct buf out;

	for (size_t i = 0; i < NROWS(rows); i++) {
		buf_init(&out, 256);
		header_iter_init(&it, rows[i].in);
		ck_assert(header_next(&it, &f));
		ck_row_eq(rows[i].in, rows[i].why, header_value(&f),
		    rows[i].value);
		ck_row_eq(rows[i].in, rows[i].why,
		    header_unfold(&out, header_value(&f)), 0);
		ck_row_eq(rows[i].in, rows[i].why, buf_slice(&out),
		    rows[i].unfolded);
		buf_clear(&out);
	}
}
END_TEST

Suite *
suite_header(void)
{
	Suite *s = suite_create("header");
	TCase *tc = tcase_create("header");

	tcase_add_loop_test(tc, test_header_fields, 0, NROWS(blocks));
	tcase_add_test(tc, test_header_select);
	tcase_add_test(tc, test_header_select_many);
	tcase_add_loop_test(tc, test_header_cached, 0, NROWS(cached));
	tcase_add_test(tc, test_header_value_and_unfold);
	suite_add_tcase(s, tc);
	return s;
}
