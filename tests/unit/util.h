/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Helpers of the unit tests: cases as rows, and input in pieces.
 */
#ifndef TESTS_UNIT_UTIL_H
#define TESTS_UNIT_UTIL_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "common/base/table.h"

/* Declares suite_NAME() of each test_NAME.c. */
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

/* Number of rows in a table. */

/*
 * Make a folder; its path is valid until the next call.  The folder is removed
 * when all tests have run, also after a failed one.
 */
const char *unit_dir(void);

/*
 * The processor time of this thread.  Unlike a wall clock, it does not count
 * what other programs take; what a test compares should still differ by far.
 */
uint64_t unit_cpu_ns(void);

/* How often iconv_open(3) was called so far. */
extern unsigned int unit_iconv_opens;

/* A fixture for parsers: an empty arena that is large enough for anything. */
extern struct arena unit_arena;
void	 unit_arena_setup(void);
void	 unit_arena_teardown(void);

/* A slice of a literal that may contain NULs. */
#define LIT(s)		{ "" s, sizeof(s) - 1 }

/* Fail unless the slice holds exactly these bytes, and show both. */
#define ck_slice_eq(got, want)						\
	ck_values_eq(unit_value_str(NULL), NULL, #got,			\
	    UNIT_VALUE(got), UNIT_VALUE(want))

/*
 * The assertion for a row of a table.  in and why are the row's input and its
 * reason; a failure shows everything about the row:
 *
 *	"0": num(row->in): want 1, got 0: nz-number
 *
 * The values are numbers, strings or slices; got and want may be a slice and
 * a string.  A NULL string equals only NULL, and mostly means that the input is
 * refused.
 */
#define ck_row_eq(in, why, got, want)					\
	ck_values_eq(UNIT_VALUE(in), (why), #got, UNIT_VALUE(got),	\
	    UNIT_VALUE(want))

/* The same for a condition that must be true. */
#define ck_row(in, why, truth)						\
	ck_values_eq(UNIT_VALUE(in), (why), #truth,			\
	    UNIT_VALUE(!!(truth)), UNIT_VALUE(1))

/* A value that can be compared and shown. */
struct unit_value {
	struct slice	text;		/* of a string or a slice */
	bool		is_text;
	bool		is_null;	/* a string pointer that is NULL */
	bool		negative;
	uintmax_t	number;		/* absolute value */
};
struct unit_value	 unit_value_slice(struct slice s);
struct unit_value	 unit_value_str(const char *s);
struct unit_value	 unit_value_int(intmax_t n);
struct unit_value	 unit_value_uint(uintmax_t n);

#define UNIT_VALUE(x) _Generic((x),					\
	struct slice:		unit_value_slice,			\
	char *:			unit_value_str,				\
	const char *:		unit_value_str,				\
	bool:			unit_value_uint,			\
	unsigned char:		unit_value_uint,			\
	unsigned short:		unit_value_uint,			\
	unsigned int:		unit_value_uint,			\
	unsigned long:		unit_value_uint,			\
	unsigned long long:	unit_value_uint,			\
	default:		unit_value_int)(x)

bool		 unit_value_eq(struct unit_value a, struct unit_value b);

/* The text of a failure, in a static buffer that the next call overwrites. */
const char	*unit_failure(struct unit_value in, const char *why,
		    const char *what, struct unit_value got,
		    struct unit_value want);

#define ck_values_eq(in, why, what, got, want) do {			\
	struct unit_value got_ = (got), want_ = (want);			\
	ck_assert_msg(unit_value_eq(got_, want_), "%s",			\
	    unit_failure((in), (why), (what), got_, want_));		\
} while (0)

struct arena;
struct mime_message;

/* Feed a piece to the parser under test; -1 stops the feeding. */
typedef int unit_feed_fn(void *ctx, struct slice piece);

/*
 * Feed the input in pieces of chunk bytes, or whole if chunk is 0.  Each piece
 * is in memory of exactly its size, so that ASan sees a read beyond it.
 * Returns 0, or -1 if feed did.
 */
int	 unit_feed(unit_feed_fn *feed, void *ctx, struct slice in,
	    size_t chunk);

/* Feed the input in two pieces, cut at offset at. */
int	 unit_feed_cut(unit_feed_fn *feed, void *ctx, struct slice in,
	    size_t at);

/* A heap copy of exactly the size of s, also for ASan; the caller frees p. */
struct slice	 unit_tight(struct slice s);

/* The structure of a message, fed whole. */
struct mime_message *unit_mime(struct arena *a, struct slice data);

#endif
