/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Numbers. */
#include "config.h"

#include "common/base/num.h"
#include "tests/unit/util.h"

#define BAD	UINT64_C(0xbad)

static const struct {
	struct slice	in;
	uint64_t	u32, u64, nz;	/* BAD: refused */
} numbers[] = {
	{ LIT("0"), 0, 0, BAD },
	{ LIT("00"), 0, 0, BAD },
	{ LIT("1"), 1, 1, 1 },
	{ LIT("01"), 1, 1, BAD },
	{ LIT("4294967295"), 4294967295, 4294967295, 4294967295 },
	{ LIT("4294967296"), BAD, 4294967296, BAD },
	{ LIT("18446744073709551615"), BAD, UINT64_MAX, BAD },
	{ LIT("18446744073709551616"), BAD, BAD, BAD },
	{ LIT("99999999999999999999999"), BAD, BAD, BAD },
	{ LIT(""), BAD, BAD, BAD },
	{ LIT("-1"), BAD, BAD, BAD },
	{ LIT("+1"), BAD, BAD, BAD },
	{ LIT(" 1"), BAD, BAD, BAD },
	{ LIT("1 "), BAD, BAD, BAD },
	{ LIT("1\0"), BAD, BAD, BAD },
	{ LIT("0x1"), BAD, BAD, BAD },
	{ LIT("1/"), BAD, BAD, BAD },
	{ LIT("1:"), BAD, BAD, BAD },
	{ LIT("\xb1"), BAD, BAD, BAD },
};

START_TEST(test_num_parse)
{
	struct slice	s = numbers[_i].in;
	uint32_t	v32;
	uint64_t	v64;

	v64 = num_parse_u32(s, &v32) == 0 ? v32 : BAD;
	ck_assert_uint_eq(v64, numbers[_i].u32);
	v64 = num_parse_nz(s, &v32) == 0 ? v32 : BAD;
	ck_assert_uint_eq(v64, numbers[_i].nz);
	if (num_parse_u64(s, &v64) == -1)
		v64 = BAD;
	ck_assert_uint_eq(v64, numbers[_i].u64);
}
END_TEST

START_TEST(test_num_range_includes_its_ends)
{
	uint64_t v;

	ck_assert_int_eq(num_parse_range(SLICE_LIT("5"), 5, 7, &v), 0);
	ck_assert_int_eq(num_parse_range(SLICE_LIT("7"), 5, 7, &v), 0);
	ck_assert_int_eq(num_parse_range(SLICE_LIT("4"), 5, 7, &v), -1);
	ck_assert_int_eq(num_parse_range(SLICE_LIT("8"), 5, 7, &v), -1);
	ck_assert_int_eq(num_parse_nz64(SLICE_LIT("0"), &v), -1);
	ck_assert_int_eq(num_parse_nz64(SLICE_LIT("4294967296"), &v), 0);
}
END_TEST

START_TEST(test_num_overflow_is_told)
{
	size_t		s;
	uint32_t	u;
	uint64_t	l;

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

START_TEST(test_num_print)
{
	static const uint64_t	 values[] = {
		0, 9, 10, 4294967295, 10000000000, UINT64_MAX
	};
	static const char	*const want[] = {
		"0", "9", "10", "4294967295", "10000000000",
		"18446744073709551615"
	};
	char			 dst[NUM_PRINT_MAX];

	ck_assert_uint_eq(num_print(dst, values[_i]), strlen(want[_i]));
	ck_assert_str_eq(dst, want[_i]);
}
END_TEST

Suite *
suite_num(void)
{
	Suite	*s = suite_create("num");
	TCase	*tc = tcase_create("num");

	tcase_add_loop_test(tc, test_num_parse, 0, NROWS(numbers));
	tcase_add_test(tc, test_num_range_includes_its_ends);
	tcase_add_test(tc, test_num_overflow_is_told);
	tcase_add_loop_test(tc, test_num_print, 0, 6);
	suite_add_tcase(s, tc);
	return s;
}
