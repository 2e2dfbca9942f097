/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The header of a message as SEARCH HEADER asks for it. */
#include "config.h"

#include "storage/read/search_header.h"
#include "tests/unit/util.h"

#define HEADER								\
	"Subject: One\r\nX-A: two\r\n\tthree\r\nx-a: =?utf-8?q?f=6Fur?=\r\n" \
	"no colon\r\nX-B: five\r\nX-Empty:\r\nX-A : six\r\n\r\nX-A: body\r\n"

static const struct {
	const char	*name;
	const char	*text;
	bool		 want;
	const char	*why;
} rows[] = {
	{ "X-A", "TWO THREE", true, "unfolded" },
	{ "x-a", "FOUR", true, "another field of the name, decoded" },
	{ "x-A", "SIX", true, "a blank before the colon" },
	{ "X-A", "FIVE", false, "a field of another name" },
	{ "X-A", "THREE FOUR", false, "not over two fields" },
	{ "X-A", "BODY", false, "not in the body" },
	{ "X-Empty", "", true, "any value, even none" },
	{ "X-None", "", false, "no field" },
	{ "no colon", "", false, "a line without a colon has no name" },
};

START_TEST(test_search_header)
{
	struct search_header h;
	struct slice name = slice_str(rows[_i].name);

	search_header_init(&h);
	search_header_want(&h, SLICE_LIT("X-B"));
	search_header_want(&h, name);
	search_header_want(&h, SLICE_LIT("a"));
	search_header_want(&h, name);
	ck_assert_uint_eq(h.nnames, 3);
	for (int again = 0; again < 2; again++) {
		ck_assert(!search_header_is_small(&h));
		ck_assert(search_header_load(&h, slice_str(HEADER),
		    UINT64_MAX));
		ck_assert(search_header_is_small(&h));
		ck_row_eq(rows[_i].text, rows[_i].why, search_header_has(&h,
		    name, slice_str(rows[_i].text)), rows[_i].want);
		search_header_reset(&h);
		ck_assert(!search_header_has(&h, name, SLICE_EMPTY));
	}
	search_header_clear(&h);
}
END_TEST

/* Fields are decoded until the slice is used up, and only those asked for. */
START_TEST(test_search_header_in_slices)
{
	struct search_header h;
	struct buf b;
	int stops = 0;

	buf_init(&b, BUF_NOCAP);
	for (int i = 0; i < 1000; i++)
		(void)buf_add_fmt(&b, "X-%d: value %d\r\n", i % 10, i);
	(void)buf_add_str(&b, "\r\n");
	search_header_init(&h);
	search_header_want(&h, SLICE_LIT("x-3"));
	while (!search_header_load(&h, buf_slice(&b), 0))
		stops++;
	ck_assert_int_ge(stops, 100);
	ck_assert_uint_eq(h.nvalues, 100);
	ck_assert(search_header_has(&h, SLICE_LIT("x-3"),
	    SLICE_LIT("VALUE 993")));
	ck_assert(search_header_is_small(&h));

	/* A thousand fields of one name are no small header. */
	search_header_reset(&h);
	buf_truncate(&b, 0);
	for (int i = 0; i < 1000; i++)
		(void)buf_add_str(&b, "X-3:\r\n");
	ck_assert(search_header_load(&h, buf_slice(&b), UINT64_MAX));
	ck_assert(!search_header_is_small(&h));
	search_header_clear(&h);
	buf_clear(&b);
}
END_TEST

Suite *
suite_search_header(void)
{
	Suite *s = suite_create("search_header");
	TCase *tc = tcase_create("search_header");

	tcase_add_loop_test(tc, test_search_header, 0, NROWS(rows));
	tcase_add_test(tc, test_search_header_in_slices);
	suite_add_tcase(s, tc);
	return s;
}
