/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Announcements of literals (RFC 3501 and RFC 9051, 9: literal; RFC 7888). */
#include "config.h"

#include <stdlib.h>

#include "imapd/literal.h"
#include "tests/unit/util.h"

#define NONE	UINT64_C(0x4e4f4e45)	/* no row has this size */

struct row {
	struct slice	 in;		/* a line */
	uint64_t	 size;		/* NONE: announces nothing */
	bool		 nonsync;
	const char	*why;
};

static const struct row lines[] = {
	{ LIT("a LOGIN {3}\r\n"), 3, false, "a literal" },
	{ LIT("a LOGIN {3}\n"), 3, false, "a line that ends with LF" },
	{ LIT("a LOGIN {3}"), 3, false, "a line whose end was left out" },
	{ LIT("a LOGIN {3+}\r\n"), 3, true, "RFC 7888" },
	{ LIT("{0}\r\n"), 0, false, "an empty literal" },
	{ LIT("{0003}\r\n"), 3, false, "number64 may begin with 0" },
	{ LIT("{9223372036854775807}\r\n"), INT64_MAX, false, "63 bits" },
	{ LIT("{9223372036854775808}\r\n"), LITERAL_IMPOSSIBLE, false,
	    "64 bits" },
	{ LIT("{18446744073709551619+}\r\n"), LITERAL_IMPOSSIBLE, true,
	    "more than 64 bits, which would wrap to 3" },
	{ LIT("{99999999999999999999990}\r\n"), LITERAL_IMPOSSIBLE, false,
	    "it stays impossible" },
	{ LIT("{{3}\r\n"), 3, false, "the last { counts" },
	{ LIT("{3}{4+}\r\n"), 4, true, "the last announcement counts" },
	{ LIT("{3+} {4}\r\n"), 4, false, "and so does its sign" },
	{ LIT("a NOOP\r\n"), NONE, false, "none" },
	{ LIT(""), NONE, false, "nothing" },
	{ LIT("{}\r\n"), NONE, false, "no digits" },
	{ LIT("{+}\r\n"), NONE, false, "a sign alone" },
	{ LIT("{3\r\n"), NONE, false, "no end" },
	{ LIT("3}\r\n"), NONE, false, "no beginning" },
	{ LIT("{3}x\r\n"), NONE, false, "something after it" },
	{ LIT("{3} \r\n"), NONE, false, "a blank after it" },
	{ LIT("{3}\r"), NONE, false, "a line without its LF" },
	{ LIT("{3}\r\r\n"), NONE, false, "two CR" },
	{ LIT("{3}\r\n\n"), NONE, false, "an empty line after it" },
	{ LIT("{ 3}\r\n"), NONE, false, "a blank" },
	{ LIT("{-3}\r\n"), NONE, false, "another sign" },
	{ LIT("{3-}\r\n"), NONE, false, "LITERAL- has the sign + as well" },
	{ LIT("{3++}\r\n"), NONE, false, "two signs" },
	{ LIT("{3+4}\r\n"), NONE, false, "digits after the sign" },
	{ LIT("{+3}\r\n"), NONE, false, "a sign before the digits" },
	{ LIT("{x}\r\n"), NONE, false, "a letter" },
	{ LIT("{3/}\r\n"), NONE, false, "the octet before 0" },
	{ LIT("{3:}\r\n"), NONE, false, "the octet after 9" },
	{ LIT("{3\0}\r\n"), NONE, false, "a NUL" },
};

static void
check(const struct row *row, bool announced, const struct literal *got)
{
	ck_row_eq(row->in, row->why, announced, row->size != NONE);
	if (announced) {
		ck_row_eq(row->in, row->why, got->size, row->size);
		ck_row_eq(row->in, row->why, got->nonsync, row->nonsync);
	}
}

static int
feed(void *ctx, struct slice piece)
{
	literal_feed(ctx, piece);
	return 0;
}

/* A line is read the same whole, byte by byte and cut anywhere. */
START_TEST(test_literal_announced)
{
	const struct row *row = &lines[_i];
	struct literal_reader r;
	struct literal got;

	for (size_t cut = 0; cut <= row->in.len + 1; cut++) {
		literal_reset(&r);
		if (cut > row->in.len)
			(void)unit_feed(feed, &r, row->in, 1);
		else
			(void)unit_feed_cut(feed, &r, row->in, cut);
		check(row, literal_announced(&r, &got), &got);
	}
}
END_TEST

/* A reader forgets the line before. */
START_TEST(test_literal_reset)
{
	struct literal_reader r;
	struct literal got;

	literal_reset(&r);
	literal_feed(&r, SLICE_LIT("{12+}\r\n"));
	ck_assert(literal_announced(&r, &got));
	literal_reset(&r);
	ck_assert(!literal_announced(&r, &got));
	literal_feed(&r, SLICE_LIT("a NOOP\r\n"));
	ck_assert(!literal_announced(&r, &got));
	literal_reset(&r);
	literal_feed(&r, SLICE_LIT("{3}\r\n"));
	ck_assert(literal_announced(&r, &got));
	ck_assert_uint_eq(got.size, 3);
	ck_assert(!got.nonsync);
}
END_TEST

/* Texts that must be an announcement and nothing else. */
static const struct row texts[] = {
	{ LIT("{3}"), 3, false, "an announcement" },
	{ LIT("{3+}\r\n"), 3, true, "with its line end" },
	{ LIT("x{3}"), NONE, false, "something before it" },
	{ LIT("{3}{3}"), NONE, false, "two" },
	{ LIT("{{3}"), NONE, false, "two {" },
	{ LIT("{3}x"), NONE, false, "something after it" },
	{ LIT("{3"), NONE, false, "no end" },
	{ LIT(""), NONE, false, "nothing" },
};

START_TEST(test_literal_parse)
{
	struct slice text = unit_tight(texts[_i].in);
	struct literal got;

	check(&texts[_i], literal_parse(text, &got) == 0, &got);
	free((char *)text.p);
}
END_TEST

Suite *
suite_imap_literal(void)
{
	Suite *s = suite_create("imap_literal");
	TCase *tc = tcase_create("imap_literal");

	tcase_add_loop_test(tc, test_literal_announced, 0, NROWS(lines));
	tcase_add_test(tc, test_literal_reset);
	tcase_add_loop_test(tc, test_literal_parse, 0, NROWS(texts));
	suite_add_tcase(s, tc);
	return s;
}
