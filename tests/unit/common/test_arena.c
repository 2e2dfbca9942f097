/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Memory of a command: its limit, its alignment, and when it ends. */
#include "config.h"

#include <stdalign.h>
#include <string.h>

#include "common/base/arena.h"
#include "tests/unit/util.h"

#define LIMIT	(64 * 1024)

static struct arena a;

static void
setup(void)
{
	arena_init(&a, LIMIT);
}

static void
teardown(void)
{
	arena_clear(&a);
}

/* Objects of any size are aligned for any type, and do not overlap. */
START_TEST(test_arena_alignment)
{
	unsigned char *p[100];

	for (size_t i = 0; i < NROWS(p); i++) {
		p[i] = arena_alloc(&a, i);
		ck_assert_ptr_nonnull(p[i]);
		ck_assert_uint_eq((uintptr_t)p[i] % alignof(max_align_t), 0);
		memset(p[i], (int)i, i);
	}
	for (size_t i = 0; i < NROWS(p); i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_eq(p[i][j], i);
}
END_TEST

/* An object may have all of the limit, and not an octet more. */
START_TEST(test_arena_limit)
{
	void *p;

	ck_assert_ptr_null(arena_alloc(&a, LIMIT + 1));
	p = arena_alloc(&a, LIMIT);
	ck_assert_ptr_nonnull(p);
	memset(p, 'x', LIMIT);
	ck_assert_ptr_null(arena_alloc(&a, 1));
	ck_assert_uint_eq(a.used, LIMIT);
}
END_TEST

/* Many small objects end at the limit, too. */
START_TEST(test_arena_limit_of_many)
{
	size_t n = 0;

	while (arena_alloc(&a, 100) != NULL)
		ck_assert_uint_lt(++n, LIMIT / 100 + 1);
	/* Alignment and the ends of blocks cost a part. */
	ck_assert_uint_gt(n, LIMIT / 100 * 8 / 10);
	ck_assert_uint_le(a.used, LIMIT);
}
END_TEST

START_TEST(test_arena_set_limit)
{
	ck_assert_ptr_nonnull(arena_alloc(&a, LIMIT));
	arena_set_limit(&a, LIMIT + 100);
	ck_assert_ptr_null(arena_alloc(&a, 101));
	ck_assert_ptr_nonnull(arena_alloc(&a, 100));
	/* What is over a smaller limit stays, but nothing is added. */
	arena_set_limit(&a, 10);
	ck_assert_ptr_null(arena_alloc(&a, 1));
}
END_TEST

START_TEST(test_arena_arrays)
{
	static const char zero[70];
	char *p;

	ck_assert_ptr_null(arena_array(&a, SIZE_MAX / 2, 3));
	ck_assert_ptr_null(arena_calloc(&a, SIZE_MAX / 2, 3));
	p = arena_array(&a, 7, 10);
	ck_assert_ptr_nonnull(p);
	memset(p, 'x', 70);
	/* The same memory again, now zeroed. */
	arena_reset(&a);
	ck_assert_ptr_eq(p, arena_calloc(&a, 7, 10));
	ck_assert_mem_eq(p, zero, 70);
	ck_assert_ptr_nonnull(arena_array(&a, 0, 10));
}
END_TEST

START_TEST(test_arena_copies)
{
	struct slice s;
	char *p;

	p = arena_strndup(&a, "abc", 2);
	ck_assert_str_eq(p, "ab");
	p = arena_strndup(&a, "abc", 9);
	ck_assert_str_eq(p, "abc");
	p = arena_slice(&a, SLICE_LIT("a\0b"));
	ck_assert_mem_eq(p, "a\0b", 4);
	s = arena_dup(&a, SLICE_LIT("a\0b"));
	ck_slice_eq(s, SLICE_LIT("a\0b"));
	ck_assert_int_eq(s.p[3], '\0');
	s = arena_dup(&a, SLICE_EMPTY);
	ck_assert_ptr_nonnull(s.p);
	ck_assert_uint_eq(s.len, 0);
}
END_TEST

START_TEST(test_arena_copies_over_the_limit)
{
	struct slice s;

	arena_set_limit(&a, 4);
	/* The NUL counts. */
	ck_assert_ptr_null(arena_slice(&a, SLICE_LIT("abcd")));
	ck_assert_ptr_null(arena_strndup(&a, "abcd", 4));
	s = arena_dup(&a, SLICE_LIT("abcd"));
	ck_assert_ptr_null(s.p);
	ck_assert_uint_eq(s.len, 0);
	ck_assert_ptr_nonnull(arena_slice(&a, SLICE_LIT("abc")));
}
END_TEST

/* A small command keeps one small block; a large one gives all back. */
START_TEST(test_arena_reset)
{
	void *p = arena_alloc(&a, 10);

	ck_assert_uint_le(a.used, 1024);
	for (int i = 0; i < 20; i++)
		ck_assert_ptr_nonnull(arena_alloc(&a, 1000));
	arena_reset(&a);
	ck_assert_uint_le(a.used, 1024);
	ck_assert_ptr_eq(arena_alloc(&a, 10), p);
	arena_clear(&a);
	ck_assert_uint_eq(a.used, 0);
	ck_assert_ptr_nonnull(arena_alloc(&a, 1025));
	arena_reset(&a);
	ck_assert_uint_eq(a.used, 0);
	ck_assert_ptr_nonnull(arena_alloc(&a, LIMIT));
}
END_TEST

/* Blocks grow, so that many objects cost few calls of malloc(3). */
START_TEST(test_arena_blocks_grow)
{
	size_t blocks = 0, used = 0;

	arena_set_limit(&a, 1 << 20);
	for (int i = 0; i < 5000; i++) {
		ck_assert_ptr_nonnull(arena_alloc(&a, 100));
		blocks += a.used != used;
		used = a.used;
	}
	ck_assert_uint_le(blocks, 16);
	/* Not so large that most of a block is unused. */
	ck_assert_uint_lt(a.used, 5000 * 112 + 64 * 1024);
}
END_TEST

Suite *
suite_arena(void)
{
	Suite *s = suite_create("arena");
	TCase *tc = tcase_create("arena");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_arena_alignment);
	tcase_add_test(tc, test_arena_limit);
	tcase_add_test(tc, test_arena_limit_of_many);
	tcase_add_test(tc, test_arena_set_limit);
	tcase_add_test(tc, test_arena_arrays);
	tcase_add_test(tc, test_arena_copies);
	tcase_add_test(tc, test_arena_copies_over_the_limit);
	tcase_add_test(tc, test_arena_reset);
	tcase_add_test(tc, test_arena_blocks_grow);
	suite_add_tcase(s, tc);
	return s;
}
