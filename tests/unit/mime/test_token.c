/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Tokens of header fields (RFC 5322, 3.2; RFC 2045, 5.1). */
#include "config.h"

#include <stdlib.h>

#include "storage/mime/token.h"
#include "tests/unit/util.h"

typedef int read_fn(struct token *t, struct buf *out);

static int
skip(struct token *t, struct buf *out)
{
	(void)out;
	return token_skip(t);
}

static const struct {
	read_fn		*read;
	struct slice	 in;
	int		 ret;		/* 1: more; 0: at the end; -1: error */
	const char	*want;		/* text appended */
	const char	*rest;		/* unread input; NULL: anything */
	const char	*why;
} rows[] = {
	{ skip, LIT(""), 0, "", "", "nothing" },
	{ skip, LIT(" \t\r\n "), 0, "", "", "white space to the end" },
	{ skip, LIT(" a"), 1, "", "a", "white space" },
	{ skip, LIT("(c)a"), 1, "", "a", "a comment" },
	{ skip, LIT(" (c (d) e) (f) a"), 1, "", "a", "nested, and two" },
	{ skip, LIT("(\\)) a"), 1, "", "a", "an escaped parenthesis" },
	{ skip, LIT("(c"), -1, "", NULL, "a comment without its end" },
	{ skip, LIT("(\\"), -1, "", NULL, "half of an escape" },
	{ token_atom, LIT("abc def"), 1, "abc", "def", "white space ends it" },
	{ token_atom, LIT("abc"), 0, "abc", "", "to the end" },
	{ token_atom, LIT("a(c)"), 0, "a", "", "a comment goes along" },
	{ token_atom, LIT("!#$%&'*+-/=?^_`{|}~"), 0, "!#$%&'*+-/=?^_`{|}~",
	    "", "all atext but letters and digits (RFC 5322, 3.2.3)" },
	{ token_atom, LIT("a.b"), 1, "a", ".b", "a dot is no atext" },
	{ token_atom, LIT("\xc3\xa9"), 0, "\xc3\xa9", "", "RFC 6532" },
	{ token_atom, LIT(""), -1, "", "", "nothing" },
	{ token_atom, LIT("\"a\""), -1, "", "\"a\"", "a quoted string" },
	{ token_atom, LIT("a\0b"), 1, "a", NULL, "a NUL is no atext" },
	{ token_dot_atom, LIT("a.b.c"), 0, "a.b.c", "", "dots" },
	{ token_dot_atom, LIT("a . (x) b c"), 1, "a.b", "c",
	    "RFC 822: white space around dots" },
	{ token_dot_atom, LIT("a."), 0, "a.", "", "ends in a dot" },
	{ token_dot_atom, LIT(".a"), -1, "", ".a", "begins with a dot" },
	{ token_quoted, LIT("\"a b\" c"), 1, "a b", "c", "quoted" },
	{ token_quoted, LIT("\"\""), 0, "", "", "empty" },
	{ token_quoted, LIT("\"a\\\"\\\\b\""), 0, "a\"\\b", "", "escapes" },
	{ token_quoted, LIT("\"a\r\n b\""), 0, "a b", "", "unfolded" },
	{ token_quoted, LIT("\"a\n\tb\""), 0, "a\tb", "",
	    "unfolded, a bare LF" },
	{ token_quoted, LIT("\"a(b)\""), 0, "a(b)", "", "no comment here" },
	{ token_quoted, LIT("\"a"), -1, "", NULL, "no end" },
	{ token_quoted, LIT("\"a\\"), -1, "", NULL, "half of an escape" },
	{ token_quoted, LIT("\"a\\\""), -1, "", NULL, "an escaped end" },
	{ token_phrase, LIT("A B <x>"), 1, "A B", "<x>", "words" },
	{ token_phrase, LIT("A  \"B  C\"(x)D"), 0, "A B  C D", "",
	    "one space for all that is between words" },
	{ token_phrase, LIT("A. B.C"), 0, "A. B.C", "", "dots in words" },
	{ token_phrase, LIT(".A"), -1, "", ".A", "begins with a dot" },
	{ token_phrase, LIT(""), 0, "", "", "nothing" },
	{ token_domain, LIT("@a.b"), 0, "a.b", "", "a domain" },
	{ token_domain, LIT("@ a . b>"), 1, "a.b", ">", "white space" },
	{ token_domain, LIT("@[1.2.3.4] x"), 1, "[1.2.3.4]", "x",
	    "a literal" },
	{ token_domain, LIT("@[a\\]b]"), 0, "[a\\]b]", "",
	    "an escape in a literal" },
	{ token_domain, LIT("@[a"), -1, "", NULL, "a literal without its end" },
	{ token_domain, LIT("@[a\\"), -1, "", NULL, "half of an escape" },
	{ token_domain, LIT("@"), -1, "", "", "nothing" },
	{ token_mime, LIT("text/plain"), 1, "text", "/plain",
	    "/ is a tspecial (RFC 2045, 5.1)" },
	{ token_mime, LIT("a.b=c"), 1, "a.b", "=c", "= too, a dot is none" },
	{ token_mime, LIT("a (c);"), 1, "a", ";", "a comment goes along" },
	{ token_mime, LIT(";"), 1, "", ";", "perhaps empty" },
};

START_TEST(test_token_read)
{
	struct slice in = unit_tight(rows[_i].in);
	struct buf out;
	struct token t;

	buf_init(&out, 1000);
	token_init(&t, in, NULL);
	ck_row_eq(in, rows[_i].why, rows[_i].read(&t, &out), rows[_i].ret);
	ck_row_eq(in, rows[_i].why, buf_slice(&out), rows[_i].want);
	if (rows[_i].rest != NULL)
		ck_row_eq(in, rows[_i].why,
		    slice_make(t.p, (size_t)(t.end - t.p)), rows[_i].rest);
	buf_clear(&out);
	free((char *)in.p);
}
END_TEST

/*
 * Wherever the input is cut, the parser ends within its bytes and reports it.
 */
START_TEST(test_token_cut)
{
	struct buf out;

	buf_init(&out, 1000);
	for (size_t n = 1; n < rows[_i].in.len; n++) {
		struct slice in = unit_tight(slice_sub(rows[_i].in, 0, n));
		struct token t;
		int ret;

		token_init(&t, in, NULL);
		ret = rows[_i].read(&t, &out);
		ck_row(in, rows[_i].why, t.p <= t.end);
		ck_row(in, rows[_i].why, ret != 1 || t.p < t.end);
		ck_row(in, rows[_i].why, ret != 0 || t.p == t.end);
		free((char *)in.p);
	}
	buf_clear(&out);
}
END_TEST

START_TEST(test_token_keeps_the_last_comment)
{
	struct buf comment;
	struct token t;

	buf_init(&comment, 1000);
	token_init(&t, SLICE_LIT("(first)(a (b) \\) c) x"), &comment);
	ck_assert_int_eq(token_skip(&t), 1);
	ck_slice_eq(buf_slice(&comment), "a (b) ) c");
	buf_clear(&comment);
}
END_TEST

START_TEST(test_token_is_atext)
{
	static const char specials[] = "()<>[]:;@\\,.\" \t\r\n\x7f";

	for (size_t i = 0; i < sizeof(specials); i++)
		ck_row(slice_make(specials + i, 1), "RFC 5322, 3.2.3",
		    !token_is_atext((unsigned char)specials[i]));
	for (unsigned int c = 0; c < 32; c++)
		ck_assert(!token_is_atext((unsigned char)c));
	for (unsigned int c = 128; c < 256; c++)
		ck_assert(token_is_atext((unsigned char)c));
	ck_assert(token_is_atext('a') && token_is_atext('0'));
}
END_TEST

Suite *
suite_token(void)
{
	Suite *s = suite_create("token");
	TCase *tc = tcase_create("token");

	tcase_add_loop_test(tc, test_token_read, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_token_cut, 0, NROWS(rows));
	tcase_add_test(tc, test_token_keeps_the_last_comment);
	tcase_add_test(tc, test_token_is_atext);
	suite_add_tcase(s, tc);
	return s;
}
