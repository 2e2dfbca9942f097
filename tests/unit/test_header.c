/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Header fields: read, selected, kept. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "storage/mime/header.h"
#include "tests/unit/util.h"

/* Fields of a block as name=value|. */
static const struct {
	struct slice	 block;
	const char	*want;
} blocks[] = {
	{ LIT(""), "" },
	{ LIT("\nA: b\n"), "" },
	{ LIT("\r\nA: b\n"), "" },
	{ LIT("A: b\r\nC:d\n\nE: f\n"), "A= b|C=d|" },
	{ LIT("A: b"), "A= b|" },
	{ LIT("A: b\r"), "A= b\r|" },
	{ LIT("A: b\n c\n\td\nE:\n"), "A= b\n c\n\td|E=|" },
	{ LIT("A : b\nC\t:d\n"), "A= b|C=d|" },
	{ LIT("garbage\nA: b\n"), "garbage|A= b|" },
	{ LIT(" x\nA: b\n"), " x|A= b|" },
	{ LIT("A: b\n \n c\nD: e\n"), "A= b\n \n c|D= e|" },
	{ LIT("A\n :b\n"), "A\n :b|" },
	{ LIT("\r\r\nA: b\n"), "\r|A= b|" },
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
			(void)buf_addc(&out, '=');
		(void)buf_add_slice(&out, f.value);
		(void)buf_addc(&out, '|');
	}
	ck_slice_eq(buf_slice(&out), slice_str(blocks[_i].want));
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

/* As many names as one likes give what each of them alone would. */
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
	bool		 cached;
} cached[] = {
	{ "Received", true }, { "x-priority", true }, { "List-Id", true },
	{ "dkim-signature", false }, { "ARC-Seal", false },
	{ "X-Anything", false }, { "X", true }, { "", true },
};

START_TEST(test_header_cached)
{
	struct slice name = slice_str(cached[_i].name);

	ck_assert_int_eq(header_cached(&name, 1), cached[_i].cached);
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
	suite_add_tcase(s, tc);
	return s;
}
