/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* A growing array. */
#include "config.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <stdlib.h>
#include <unistd.h>

#include "common/base/xmalloc.h"
#include "tests/unit/util.h"

START_TEST(test_xgrow_keeps_the_elements)
{
	uint32_t *v = NULL;
	size_t size = 0, before, moves = 0;

	for (size_t n = 0; n < 10000; n++) {
		before = size;
		v = xgrow(v, n, &size, sizeof(*v));
		ck_assert_uint_gt(size, n);
		moves += size != before;
		v[n] = (uint32_t)n;
	}
	for (size_t n = 0; n < 10000; n++)
		ck_assert_uint_eq(v[n], n);
	/* Doubled each time, so that adding costs the same in any array. */
	ck_assert_uint_lt(moves, 14);
	free(v);
}
END_TEST

START_TEST(test_xgrow_overflow_is_fatal)
{
	size_t size = SIZE_MAX / 2 + 1;
	int status;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		(void)close(STDERR_FILENO);
		(void)xgrow(NULL, size, &size, 1);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 1);
}
END_TEST

Suite *
suite_xmalloc(void)
{
	Suite *s = suite_create("xmalloc");
	TCase *tc = tcase_create("xmalloc");

	tcase_add_test(tc, test_xgrow_keeps_the_elements);
	tcase_add_test(tc, test_xgrow_overflow_is_fatal);
	suite_add_tcase(s, tc);
	return s;
}
