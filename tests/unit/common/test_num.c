/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Numbers in decimal: parsed and bounded. */
#include "config.h"

#include <stdlib.h>

#include "common/base/num.h"
#include "tests/unit/util.h"

#define BAD	UINT64_C(0xbad)

static const struct {
	struct slice	 in;
	uint64_t	 u32, u64, nz;	/* BAD: refused */
	const char	*why;
} numbers[] = {
	{ LIT("0"), 0, 0, BAD, "nz-number does not start with 0" },
	{ LIT("00"), 0, 0, BAD, "number may have leading zeros" },
	{ LIT("1"), 1, 1, 1, "the least nz-number" },
	{ LIT("01"), 1, 1, BAD, "nz-number does not start with 0" },
	{ LIT("4294967295"), 4294967295, 4294967295, 4294967295,
	    "the last of 32 bits" },
	{ LIT("4294967296"), BAD, 4294967296, BAD, "does not fit 32 bits" },
	{ LIT("18446744073709551615"), BAD, UINT64_MAX, BAD,
	    "the last of 64 bits" },
	{ LIT("18446744073709551616"), BAD, BAD, BAD, "one more" },
	{ LIT("99999999999999999999999"), BAD, BAD, BAD, "far more" },
	{ LIT(""), BAD, BAD, BAD, "no digit" },
	{ LIT("-1"), BAD, BAD, BAD, "a sign" },
	{ LIT("+1"), BAD, BAD, BAD, "a sign" },
	{ LIT(" 1"), BAD, BAD, BAD, "a blank before it" },
	{ LIT("1 "), BAD, BAD, BAD, "a blank after it" },
	{ LIT("1\0"), BAD, BAD, BAD, "a NUL is no end" },
	{ LIT("0x1"), BAD, BAD, BAD, "only decimal" },
	{ LIT("1/"), BAD, BAD, BAD, "the character before 0 in ASCII" },
	{ LIT("1:"), BAD, BAD, BAD, "the character after 9 in ASCII" },
	{ LIT("\xb1"), BAD, BAD, BAD, "1 with the high bit set" },
};

START_TEST(test_num_parse)
{
	struct slice s = unit_tight(numbers[_i].in);
	const char *why = numbers[_i].why;
	uint32_t u32, nz;
	uint64_t u64;

	if (num_parse_u64(s, &u64) == -1)
		u64 = BAD;
	ck_row_eq(s, why, u64, numbers[_i].u64);
	ck_row_eq(s, why, num_parse_u32(s, &u32) == 0 ? u32 : BAD,
	    numbers[_i].u32);
	ck_row_eq(s, why, num_parse_nz(s, &nz) == 0 ? nz : BAD,
	    numbers[_i].nz);
	free((char *)s.p);
}
END_TEST

START_TEST(test_num_range_includes_its_ends)
{
	uint64_t v;

	ck_assert_int_eq(num_parse_range(SLICE_LIT("5"), 5, 7, &v), 0);
	ck_assert_int_eq(num_parse_range(SLICE_LIT("7"), 5, 7, &v), 0);
	ck_assert_int_eq(num_parse_range(SLICE_LIT("4"), 5, 7, &v), -1);
	ck_assert_int_eq(num_parse_range(SLICE_LIT("8"), 5, 7, &v), -1);
}
END_TEST

START_TEST(test_num_overflow_is_told)
{
	size_t s;
	uint32_t u;
	uint64_t l;

	ck_assert_int_eq(num_add_size(SIZE_MAX - 1, 1, &s), 0);
	ck_assert_int_eq(num_add_size(SIZE_MAX, 1, &s), -1);
	ck_assert_int_eq(num_mul_size(SIZE_MAX / 2 + 1, 2, &s), -1);
	ck_assert_int_eq(num_sub_size(1, 2, &s), -1);
	ck_assert_int_eq(num_add_u32(UINT32_MAX, 1, &u), -1);
	ck_assert_int_eq(num_mul_u32(65536, 65536, &u), -1);
	ck_assert_int_eq(num_mul_u32(65536, 65535, &u), 0);
	ck_assert_int_eq(num_sub_u32(0, 1, &u), -1);
	ck_assert_int_eq(num_add_u64(UINT64_MAX, 1, &l), -1);
	ck_assert_int_eq(num_mul_u64(UINT64_MAX, 2, &l), -1);
	ck_assert_int_eq(num_sub_u64(0, UINT64_MAX, &l), -1);
}
END_TEST

static const struct {
	uint64_t	 in;
	const char	*want;
	const char	*why;
} printed[] = {
	{ 0, "0", "not the empty string" },
	{ 9, "9", "the last of one digit" },
	{ 10, "10", "the first of two" },
	{ 4294967295, "4294967295", "32 bits" },
	{ 10000000000, "10000000000", "zeros after the first digit" },
	{ UINT64_MAX, "18446744073709551615", "as many digits as fit" },
};

START_TEST(test_num_print)
{
	char dst[NUM_PRINT_MAX];
	size_t len = num_print(dst, printed[_i].in);

	ck_row_eq(printed[_i].in, printed[_i].why, slice_str(dst),
	    printed[_i].want);
	ck_row_eq(printed[_i].in, printed[_i].why, len,
	    strlen(printed[_i].want));
}
END_TEST

Suite *
suite_num(void)
{
	Suite *s = suite_create("num");
	TCase *tc = tcase_create("num");

	tcase_add_loop_test(tc, test_num_parse, 0, NROWS(numbers));
	tcase_add_test(tc, test_num_range_includes_its_ends);
	tcase_add_test(tc, test_num_overflow_is_told);
	tcase_add_loop_test(tc, test_num_print, 0, NROWS(printed));
	suite_add_tcase(s, tc);
	return s;
}
