/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Mailbox names on the wire (RFC 3501, 5.1.3; RFC 9051, 5.1). */
#include "config.h"

#include <stdlib.h>

#include "imapd/name_style.h"
#include "tests/unit/util.h"

static const struct name_style slash = { .separator = '/' };
static const struct name_style dot = { .separator = '.' };
static const struct name_style utf8 = { .separator = '/', .utf8 = true };
static const struct name_style utf8_dot = { .separator = '.', .utf8 = true };

static const struct {
	const struct name_style *style;
	struct slice	 wire;
	const char	*name;		/* NULL: refused */
	const char	*why;
} rows[] = {
	{ &slash, LIT("a/b.c"), "a/b.c", "nothing to swap" },
	{ &dot, LIT("a.b"), "a/b", "a dot between levels" },
	{ &dot, LIT("a/b.c"), "a.b/c",
	    "a slash becomes a dot: different names stay different" },
	{ &dot, LIT("..//"), "//..", "each is swapped" },
	{ &slash, LIT(""), "", "an empty name" },
	{ &slash, LIT("&APw-"), "\xc3\xbc", "modified UTF-7" },
	{ &slash, LIT("a&-b"), "a&b", "an ampersand" },
	{ &dot, LIT("&APw-.x"), "\xc3\xbc/x", "modified UTF-7, then a level" },
	{ &slash, LIT("&APw"), NULL, "modified UTF-7 without its end" },
	{ &slash, LIT("\xc3\xbc"), NULL, "8-bit is no modified UTF-7" },
	{ &utf8, LIT("\xc3\xbc/&APw-"), "\xc3\xbc/&APw-",
	    "UTF-8, where & is a letter like others" },
	{ &utf8_dot, LIT("\xc3\xbc.x"), "\xc3\xbc/x", "UTF-8 with dots" },
	{ &utf8, LIT("\xc3"), NULL, "half a character" },
	{ &utf8, LIT("\xc0\xaf"), NULL, "an overlong slash" },
};

/* Names are decoded and encoded after what is in the buffer already. */
START_TEST(test_name_style_both_ways)
{
	struct slice wire = unit_tight(rows[_i].wire);
	const char *why = rows[_i].why;
	struct buf out, again;
	int rv;

	buf_init(&out, 1024);
	buf_init(&again, 1024);
	ck_assert_int_eq(buf_add_str(&out, "./"), 0);
	rv = name_style_decode(rows[_i].style, &out, wire);
	ck_row_eq(wire, why, rv, rows[_i].name == NULL ? -1 : 0);
	ck_row_eq(wire, why, slice_sub(buf_slice(&out), 0, 2), "./");
	if (rv == 0) {
		struct slice name = slice_from(buf_slice(&out), 2);

		ck_row_eq(wire, why, name, rows[_i].name);
		ck_assert_int_eq(buf_add_str(&again, "./"), 0);
		ck_row_eq(wire, why, name_style_encode(rows[_i].style,
		    &again, name), 0);
		ck_row_eq(wire, why, slice_sub(buf_slice(&again), 0, 2),
		    "./");
		ck_row_eq(wire, why, slice_from(buf_slice(&again), 2), wire);
	}
	buf_clear(&out);
	buf_clear(&again);
	free((char *)wire.p);
}
END_TEST

/* A name that does not fit is refused, in either encoding. */
START_TEST(test_name_style_full)
{
	const struct name_style *styles[] = { &slash, &utf8 };
	struct buf out;

	for (size_t i = 0; i < NROWS(styles); i++) {
		buf_init(&out, 2);
		ck_assert_int_eq(name_style_decode(styles[i], &out,
		    SLICE_LIT("abc")), -1);
		buf_clear(&out);
		buf_init(&out, 2);
		ck_assert_int_eq(name_style_encode(styles[i], &out,
		    SLICE_LIT("abc")), -1);
		buf_clear(&out);
	}
}
END_TEST

Suite *
suite_imap_name_style(void)
{
	Suite *s = suite_create("imap_name_style");
	TCase *tc = tcase_create("imap_name_style");

	tcase_add_loop_test(tc, test_name_style_both_ways, 0, NROWS(rows));
	tcase_add_test(tc, test_name_style_full);
	suite_add_tcase(s, tc);
	return s;
}
