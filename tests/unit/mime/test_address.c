/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Address lists (RFC 5322, 3.4 and 4.4; RFC 3501, 7.4.2). */
#include "config.h"

#include <stdlib.h>

#include "storage/mime/address.h"
#include "tests/unit/util.h"

/*
 * want is name|route|mailbox|host; for each address, with - for what is absent.
 */
static const struct {
	struct slice	 in;
	const char	*want;
	const char	*why;
} lists[] = {
	{ LIT(""), "", "nobody" },
	{ LIT(" \r\n\t"), "", "nothing but folding" },
	{ LIT("a@b"), "-|-|a|b;", "addr-spec" },
	{ LIT("<a@b>"), "-|-|a|b;", "angle-addr without a name" },
	{ LIT("A B <a@b>"), "A B|-|a|b;", "name-addr" },
	{ LIT("\"A, \\\"B\\\"\" <a@b>"), "A, \"B\"|-|a|b;",
	    "a quoted name, without its escapes" },
	{ LIT("A.B. C <a@b>"), "A.B. C|-|a|b;",
	    "dots in a name (RFC 5322, 4.1: obs-phrase)" },
	{ LIT("\"A\r\n B\" <a@b>"), "A B|-|a|b;", "a quoted name, unfolded" },
	{ LIT("A\r\n\tB <a@b>"), "A B|-|a|b;", "a name, unfolded" },
	{ LIT("=?utf-8?q?=C3=A9?= <a@b>"), "=?utf-8?q?=C3=A9?=|-|a|b;",
	    "encoded words stay as they are" },
	{ LIT("a@b (C (D) \\) E)"), "C (D) ) E|-|a|b;",
	    "without a name the comment is it" },
	{ LIT("A <a@b> (C)"), "A|-|a|b;", "a comment beside a name" },
	{ LIT("<@x,@y:a@b>"), "-|@x,@y|a|b;",
	    "RFC 5322, 4.4: a route" },
	{ LIT("a@b, c@d"), "-|-|a|b;-|-|c|d;", "two mailboxes" },
	{ LIT("g: a@b, c@d;, e@f"),
	    "-|-|g|-;-|-|a|b;-|-|c|d;-|-|-|-;-|-|e|f;",
	    "a group has a first and a last member" },
	{ LIT("undisclosed recipients:;"),
	    "-|-|undisclosed recipients|-;-|-|-|-;", "an empty group" },
	{ LIT("g: a@b"), "-|-|g|-;-|-|a|b;-|-|-|-;",
	    "a group without its end gets one" },
	{ LIT("a@b,, ,c@d,"), "-|-|a|b;-|-|c|d;",
	    "RFC 5322, 4.4: empty members" },
	{ LIT("a . b @ c . d"), "-|-|a.b|c.d;",
	    "RFC 5322, 4.4: white space around dots" },
	{ LIT("\"a b\"@c"), "-|-|a b|c;", "a quoted local part" },
	{ LIT("a@[1.2.3.4]"), "-|-|a|[1.2.3.4];", "a domain literal" },
	{ LIT("a"), "-|-|a|MISSING_DOMAIN;", "no domain" },
	{ LIT("@b"), "-|-|MISSING_MAILBOX|b;", "no local part" },
	{ LIT("A B"), "A B|-|MISSING_MAILBOX|MISSING_DOMAIN;",
	    "two words are a name" },
	{ LIT("A <a@b"), "A|-|a|SYNTAX_ERROR;", "< without >" },
	{ LIT("\"a"), "-|-|MISSING_MAILBOX|MISSING_DOMAIN;",
	    "a quoted string without its end" },
	{ LIT("a@b (x\\"), "x|-|a|MISSING_DOMAIN;",
	    "a comment that ends in a backslash" },
	{ LIT("((((a"), "", "comments that do not end" },
	{ LIT("\xc3\xa9 <\xc3\xa9@b>"), "\xc3\xa9|-|\xc3\xa9|b;",
	    "RFC 6532: UTF-8" },
	{ LIT("a\0b@c"), "-|-|a|MISSING_DOMAIN;",
	    "a NUL is in no atom and ends the list" },
};

static void
show(struct buf *out, struct slice s, char end)
{
	(void)(s.p == NULL ? buf_add_char(out, '-') : buf_add_slice(out, s));
	(void)buf_add_char(out, end);
}

/* Print the addresses of a field body. */
static void
print(struct slice in, struct buf *out)
{
	struct address_list list = { NULL, NULL };
	struct buf scratch;
	struct arena a;
	size_t left = ADDRESS_MAX;

	arena_init(&a, 1 << 20);
	buf_init(&scratch, BUF_NOCAP);
	ck_assert_int_eq(address_parse(&a, in, &left, &scratch, &list), 0);
	for (struct address *ad = list.first; ad != NULL; ad = ad->next) {
		ck_assert(ad->next != NULL || ad == list.last);
		show(out, ad->name, '|');
		show(out, ad->route, '|');
		show(out, ad->mailbox, '|');
		show(out, ad->host, ';');
	}
	buf_clear(&scratch);
	arena_clear(&a);
}

/* The same of a heap copy of exactly its size. */
static void
parse(struct slice in, struct buf *out)
{
	struct slice tight = unit_tight(in);

	print(tight, out);
	free((char *)tight.p);
}

START_TEST(test_address_list)
{
	struct buf out;

	buf_init(&out, BUF_NOCAP);
	parse(lists[_i].in, &out);
	ck_row_eq(lists[_i].in, lists[_i].why, buf_slice(&out),
	    lists[_i].want);
	/* Wherever the list is cut, the parser ends within its bytes. */
	for (size_t n = 0; n < lists[_i].in.len; n++)
		parse(slice_sub(lists[_i].in, 0, n), &out);
	buf_clear(&out);
}
END_TEST

/* Nothing after the field body is looked at, wherever it is cut. */
START_TEST(test_address_list_ends)
{
	static const char after[] = ".\"\\(),:;<>@[] \t\r\nx";
	struct buf out, want, text;

	buf_init(&out, BUF_NOCAP);
	buf_init(&want, BUF_NOCAP);
	buf_init(&text, BUF_NOCAP);
	for (size_t n = 0; n <= lists[_i].in.len; n++) {
		buf_reset(&want, BUF_NOCAP);
		parse(slice_sub(lists[_i].in, 0, n), &want);
		for (const char *c = after; *c != '\0'; c++) {
			buf_reset(&text, BUF_NOCAP);
			buf_reset(&out, BUF_NOCAP);
			ck_assert_int_eq(buf_add(&text, lists[_i].in.p, n), 0);
			ck_assert_int_eq(buf_add_fmt(&text, "%c%c", *c, *c),
			    0);
			print(slice_sub(buf_slice(&text), 0, n), &out);
			ck_row_eq(buf_slice(&text), "before the last two",
			    buf_slice(&out), buf_slice(&want));
		}
	}
	buf_clear(&out);
	buf_clear(&want);
	buf_clear(&text);
}
END_TEST

START_TEST(test_address_list_is_appended_to)
{
	struct address_list list = { NULL, NULL };
	struct buf scratch;
	struct arena a;
	size_t left = ADDRESS_MAX;

	arena_init(&a, 1 << 20);
	buf_init(&scratch, BUF_NOCAP);
	ck_assert_int_eq(address_parse(&a, SLICE_LIT("a@b"), &left, &scratch,
	    &list), 0);
	ck_assert_int_eq(address_parse(&a, SLICE_LIT("c@d, e@f"), &left,
	    &scratch, &list), 0);
	ck_slice_eq(list.first->mailbox, "a");
	ck_slice_eq(list.first->next->mailbox, "c");
	ck_slice_eq(list.last->mailbox, "e");
	ck_assert_uint_eq(left, ADDRESS_MAX - 3);
	buf_clear(&scratch);
	arena_clear(&a);
}
END_TEST

/* Of more addresses than a message may have, only the first are kept. */
START_TEST(test_address_bound)
{
	struct address_list list = { NULL, NULL };
	struct buf in, scratch;
	struct arena a;
	size_t left = 10, n = 0;

	arena_init(&a, 1 << 20);
	buf_init(&in, BUF_NOCAP);
	buf_init(&scratch, BUF_NOCAP);
	for (int i = 0; i < 1000; i++)
		(void)buf_add_str(&in, "a,");
	ck_assert_int_eq(address_parse(&a, buf_slice(&in), &left, &scratch,
	    &list), 0);
	ck_assert_uint_eq(left, 0);
	for (struct address *ad = list.first; ad != NULL; ad = ad->next)
		n++;
	ck_assert_uint_eq(n, 10);
	buf_clear(&in);
	buf_clear(&scratch);
	arena_clear(&a);
}
END_TEST

START_TEST(test_address_arena_is_full)
{
	struct address_list list = { NULL, NULL };
	struct buf scratch;
	struct arena a;
	size_t left = ADDRESS_MAX;
	int ret = 0;

	arena_init(&a, 4096);
	buf_init(&scratch, BUF_NOCAP);
	for (int i = 0; i < 4096 && ret == 0; i++)
		ret = address_parse(&a, SLICE_LIT("name <a@b>"), &left,
		    &scratch, &list);
	ck_assert_int_eq(ret, -1);
	buf_clear(&scratch);
	arena_clear(&a);
}
END_TEST

Suite *
suite_address(void)
{
	Suite *s = suite_create("address");
	TCase *tc = tcase_create("address");

	tcase_add_loop_test(tc, test_address_list, 0, NROWS(lists));
	tcase_add_loop_test(tc, test_address_list_ends, 0, NROWS(lists));
	tcase_add_test(tc, test_address_list_is_appended_to);
	tcase_add_test(tc, test_address_bound);
	tcase_add_test(tc, test_address_arena_is_full);
	suite_add_tcase(s, tc);
	return s;
}
