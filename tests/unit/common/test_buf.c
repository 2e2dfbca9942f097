/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Buffers and arenas: what they hold, and what they refuse. */
#include "config.h"

#include <stdalign.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/compat.h"
#include "tests/unit/util.h"

START_TEST(test_buf_cap_leaves_content)
{
	struct buf b;
	char *room;

	buf_init(&b, 5);
	ck_assert_int_eq(buf_add_str(&b, "abc"), 0);
	ck_assert_int_eq(buf_add_str(&b, "def"), -1);
	ck_assert_int_eq(buf_add_fmt(&b, "%d", 100), -1);
	ck_assert_int_eq(buf_add_u64(&b, 100), -1);
	ck_assert_int_eq(buf_reserve(&b, 3, &room), -1);
	ck_assert_int_eq(buf_reserve(&b, SIZE_MAX, &room), -1);
	ck_slice_eq(buf_slice(&b), SLICE_LIT("abc"));
	ck_assert_int_eq(buf_add_u64(&b, 42), 0);
	ck_assert_int_eq(buf_add_char(&b, 'x'), -1);
	ck_slice_eq(buf_slice(&b), SLICE_LIT("abc42"));

	/* The cap counts unread bytes only: consumed ones make room. */
	buf_consume(&b, 2);
	ck_assert_int_eq(buf_add_str(&b, "xy"), 0);
	ck_slice_eq(buf_slice(&b), SLICE_LIT("c42xy"));
	buf_truncate(&b, 3);
	buf_truncate(&b, 9);
	ck_slice_eq(buf_slice(&b), SLICE_LIT("c42"));
	buf_clear(&b);
	ck_assert_uint_eq(buf_len(&b), 0);
	ck_assert_int_eq(buf_add_str(&b, "abcde"), 0);
	buf_clear_secret(&b);
}
END_TEST

START_TEST(test_buf_is_a_queue)
{
	struct buf b;
	unsigned char in = 0, out = 0;

	/* These lengths make the buffer move, grow and run empty. */
	buf_init(&b, 4096);
	for (int round = 0; round < 2000; round++) {
		size_t n = (size_t)rand() % 100, m;

		for (size_t i = 0; i < n; i++) {
			if (buf_add_char(&b, (char)in) == -1)
				break;
			in++;
		}
		m = (size_t)rand() % 110;
		for (size_t i = 0; i < m && buf_len(&b) > 0; i++) {
			if ((unsigned char)buf_slice(&b).p[0] != out++)
				ck_abort_msg("round %d: byte %zu", round, i);
			buf_consume(&b, 1);
		}
		ck_assert_uint_le(buf_len(&b), 4096);
	}
	ck_assert_uint_le(b.size, 4 * 4096);
	buf_reset(&b, 16);
	ck_assert_ptr_null(b.p);
	buf_clear(&b);
}
END_TEST

START_TEST(test_buf_addf_longer_than_the_stack_buffer)
{
	struct buf b;

	buf_init(&b, 1000);
	ck_assert_int_eq(buf_add_fmt(&b, "%0999d.", 7), 0);
	ck_assert_uint_eq(buf_len(&b), 1000);
	ck_assert_int_eq(buf_slice(&b).p[999], '.');
	ck_assert_int_eq(buf_slice(&b).p[998], '7');
	ck_assert_int_eq(buf_add_fmt(&b, "%s", ""), 0);
	buf_clear(&b);
}
END_TEST

START_TEST(test_arena_limit)
{
	struct arena a;

	arena_init(&a, 10000);
	ck_assert_ptr_null(arena_alloc(&a, 10001));
	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
	ck_assert_ptr_null(arena_array(&a, SIZE_MAX / 2, 3));
	ck_assert_ptr_null(arena_calloc(&a, SIZE_MAX, SIZE_MAX));
	ck_assert_ptr_null(arena_slice(&a, slice_make("", SIZE_MAX)));
	for (size_t total = 0; total < 100000; total += 100)
		if (arena_alloc(&a, 100) == NULL) {
			ck_assert_uint_ge(total, 8000);
			ck_assert_uint_le(total, 10000);
			break;
		}
	ck_assert_ptr_null(arena_alloc(&a, 2000));
	arena_reset(&a);
	ck_assert_ptr_nonnull(arena_alloc(&a, 5000));
	arena_clear(&a);
	ck_assert_ptr_nonnull(arena_alloc(&a, 10000));
	arena_clear(&a);
}
END_TEST

START_TEST(test_arena_memory_is_aligned_and_apart)
{
	struct arena a;
	char *p[200];

	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < 200; i++) {
		p[i] = arena_calloc(&a, i, 1);
		ck_assert_ptr_nonnull(p[i]);
		ck_assert_uint_eq((uintptr_t)p[i] % alignof(max_align_t), 0);
		memset(p[i], (int)i, i);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_int_eq((unsigned char)p[i][j], (int)i);
	ck_assert_str_eq(arena_strndup(&a, "abc\0def", 7), "abc");
	ck_assert_str_eq(arena_strndup(&a, "abcdef", 2), "ab");
	ck_assert_str_eq(arena_slice(&a, SLICE_LIT("xyz")), "xyz");
	arena_clear(&a);
}
END_TEST

Suite *
suite_buf(void)
{
	Suite *s = suite_create("buf");
	TCase *tc = tcase_create("buf and arena");

	tcase_add_test(tc, test_buf_cap_leaves_content);
	tcase_add_test(tc, test_buf_is_a_queue);
	tcase_add_test(tc, test_buf_addf_longer_than_the_stack_buffer);
	tcase_add_test(tc, test_arena_limit);
	tcase_add_test(tc, test_arena_memory_is_aligned_and_apart);
	suite_add_tcase(s, tc);
	return s;
}
