/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* SipHash-2-4, and random bytes. */
#include "config.h"

#include <string.h>

#include "common/base/hash.h"
#include "common/base/random.h"
#include "tests/unit/util.h"

/* The reference vectors of SipHash-2-4: key 00..0f, input 00, 00 01, ... */
START_TEST(test_hash_siphash)
{
	static const struct {
		size_t		len;	/* of the input */
		uint64_t	want;
	} rows[] = {
		{ 0, 0x726fdb47dd0e0e31ULL },
		{ 1, 0x74f839c593dc67fdULL },
		{ 7, 0xab0200f58b01d137ULL },
		{ 8, 0x93f5f5799a932462ULL },
		{ 15, 0xa129ca6149be45e5ULL },
		{ 63, 0x958a324ceb064572ULL },
	};
	struct hash_key key = { 0x0706050403020100ULL,
			    0x0f0e0d0c0b0a0908ULL };
	char in[64];

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (char)i;
	for (size_t i = 0; i < NROWS(rows); i++)
		ck_row_eq(slice_make(in, rows[i].len), "reference vector",
		    hash_slice(&key, slice_make(in, rows[i].len)),
		    rows[i].want);
}
END_TEST

START_TEST(test_hash_depends_on_all_of_the_key)
{
	struct hash_key a, b;
	uint64_t want;

	hash_key_init(&a);
	want = hash_slice(&a, SLICE_LIT("alice"));
	ck_assert_uint_eq(hash_bytes(&a, "alice", 5), want);
	for (int bit = 0; bit < 64; bit++) {
		b = a;
		b.k0 ^= UINT64_C(1) << bit;
		ck_assert_uint_ne(hash_slice(&b, SLICE_LIT("alice")), want);
		b = a;
		b.k1 ^= UINT64_C(1) << bit;
		ck_assert_uint_ne(hash_slice(&b, SLICE_LIT("alice")), want);
	}
	hash_key_init(&b);
	ck_assert_mem_ne(&a, &b, sizeof(a));
}
END_TEST

START_TEST(test_random_hex)
{
	struct buf a, b;

	buf_init(&a, 32);
	buf_init(&b, 31);
	ck_assert_int_eq(random_hex(&a, 16), 0);
	ck_assert_uint_eq(buf_len(&a), 32);
	for (size_t i = 0; i < 32; i++)
		ck_row(buf_slice(&a), "hexadecimal in small letters",
		    strchr("0123456789abcdef", buf_slice(&a).p[i]) != NULL);
	ck_assert_int_eq(random_hex(&a, 1), -1);
	ck_assert_int_eq(random_hex(&b, 16), -1);
	ck_assert_uint_eq(buf_len(&b), 0);
	ck_assert_int_eq(random_hex(&b, 15), 0);
	ck_assert(!slice_starts(buf_slice(&a), buf_slice(&b)));
	buf_clear(&a);
	buf_clear(&b);
}
END_TEST

Suite *
suite_hash(void)
{
	Suite *s = suite_create("hash");
	TCase *tc = tcase_create("hash");

	tcase_add_test(tc, test_hash_siphash);
	tcase_add_test(tc, test_hash_depends_on_all_of_the_key);
	tcase_add_test(tc, test_random_hex);
	suite_add_tcase(s, tc);
	return s;
}
