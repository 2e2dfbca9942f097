/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Numbers of variable length in the index. */
#include "config.h"

#include <stdlib.h>

#include "storage/mime/varint.h"
#include "tests/unit/util.h"

static const struct {
	uint64_t	 n;
	struct slice	 want;
	const char	*why;
} rows[] = {
	{ 0, LIT("\0"), "zero has an octet" },
	{ 1, LIT("\x01"), "one" },
	{ 127, LIT("\x7f"), "the last of one octet" },
	{ 128, LIT("\x80\x01"), "the first of two" },
	{ 16383, LIT("\xff\x7f"), "the last of two" },
	{ 16384, LIT("\x80\x80\x01"), "the first of three" },
	{ UINT32_MAX, LIT("\xff\xff\xff\xff\x0f"), "32 bits" },
	{ UINT64_C(1) << 63, LIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
	    "the last bit" },
	{ UINT64_MAX, LIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
	    "64 bits" },
};

START_TEST(test_varint_both_ways)
{
	struct slice rest, tight;
	struct buf out;
	uint64_t n;

	buf_init(&out, 16);
	ck_row_eq(rows[_i].n, rows[_i].why, varint_put(&out, rows[_i].n), 0);
	ck_row_eq(rows[_i].n, rows[_i].why, buf_slice(&out), rows[_i].want);
	(void)buf_add_char(&out, 'x');
	rest = buf_slice(&out);
	ck_row_eq(rows[_i].n, rows[_i].why, varint_parse(&rest, &n), 0);
	ck_row_eq(rows[_i].n, rows[_i].why, n, rows[_i].n);
	ck_row_eq(rows[_i].n, "what follows is left", rest, "x");
	for (size_t len = 0; len < rows[_i].want.len; len++) {
		rest = tight = unit_tight(slice_sub(rows[_i].want, 0, len));
		ck_row_eq(rows[_i].n, "incomplete", varint_parse(&rest, &n),
		    -1);
		free((char *)tight.p);
	}
	buf_clear(&out);
}
END_TEST

static const struct {
	struct slice	 in;
	const char	*why;
} bad[] = {
	{ LIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "65 bits" },
	{ LIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x01"), "66 bits" },
	{ LIT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
	    "too many zeros" },
};

START_TEST(test_varint_refused)
{
	struct slice in = unit_tight(bad[_i].in), rest = in;
	uint64_t n;

	ck_row_eq(in, bad[_i].why, varint_parse(&rest, &n), -1);
	free((char *)in.p);
}
END_TEST

START_TEST(test_varint_cap)
{
	struct buf out;

	buf_init(&out, 2);
	ck_assert_int_eq(varint_put(&out, 16384), -1);
	buf_clear(&out);
}
END_TEST

START_TEST(test_varint_zigzag)
{
	static const int64_t numbers[] = { 0, -1, 1, -2, 2, INT64_MAX,
	    INT64_MIN };

	ck_assert_uint_eq(varint_zigzag(0), 0);
	ck_assert_uint_eq(varint_zigzag(-1), 1);
	ck_assert_uint_eq(varint_zigzag(1), 2);
	ck_assert_uint_eq(varint_zigzag(INT64_MIN), UINT64_MAX);
	for (size_t i = 0; i < NROWS(numbers); i++)
		ck_row_eq(numbers[i], "and back",
		    varint_unzigzag(varint_zigzag(numbers[i])), numbers[i]);
}
END_TEST

Suite *
suite_varint(void)
{
	Suite *s = suite_create("varint");
	TCase *tc = tcase_create("varint");

	tcase_add_loop_test(tc, test_varint_both_ways, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_varint_refused, 0, NROWS(bad));
	tcase_add_test(tc, test_varint_cap);
	tcase_add_test(tc, test_varint_zigzag);
	suite_add_tcase(s, tc);
	return s;
}
