/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Helpers of the unit tests: cases as rows, and input in pieces.
 */
#ifndef TESTS_UNIT_UTIL_H
#define TESTS_UNIT_UTIL_H

#include <check.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/* The suites, suite_NAME() of each test_NAME.c. */
#define SUITE(name)	Suite *suite_##name(void);
#include "tests/unit/suites.h"
#undef SUITE

/*
 * Add a test to a test case, unless the command line names others.  Check
 * itself cannot run a single test.
 */
void	 unit_add(TCase *tc, const TTest *test, int start, int end);

#undef tcase_add_test
#define tcase_add_test(tc, test)	unit_add((tc), (test), 0, 1)
#undef tcase_add_loop_test
#define tcase_add_loop_test(tc, test, start, end)			\
	unit_add((tc), (test), (start), (end))

/* Rows of a table. */
#define NROWS(t)	((int)(sizeof(t) / sizeof((t)[0])))

/* A slice of a literal that may hold NULs. */
#define LIT(s)		{ "" s, sizeof(s) - 1 }

/* Fail unless the slice holds just these bytes, and show both. */
#define ck_slice_eq(got, want) do {					\
	struct slice got_ = (got), want_ = (want);			\
	ck_assert_msg(slice_eq(got_, want_), "got \"%.*s\" (%zu), "	\
	    "want \"%.*s\" (%zu)", SLICE_ARG(got_), got_.len,		\
	    SLICE_ARG(want_), want_.len);				\
} while (0)

/* Feed a piece to the parser under test; -1 stops. */
typedef int unit_feed_fn(void *ctx, struct slice piece);

/*
 * Feed the input in pieces of chunk bytes; 0 feeds it whole.  Each piece lies
 * in memory of just its size, so that ASan sees a read beyond it.  Returns 0,
 * or -1 when the parser did.
 */
int	 unit_feed(unit_feed_fn *feed, void *ctx, struct slice in,
	    size_t chunk);

/* Feed the input in two pieces, cut at a position. */
int	 unit_feed_cut(unit_feed_fn *feed, void *ctx, struct slice in,
	    size_t at);

/* A heap copy of just the size, for the same reason; the caller frees p. */
struct slice	 unit_tight(struct slice s);

#endif
