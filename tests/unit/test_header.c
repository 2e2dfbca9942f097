/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Header fields, addresses, parameters, encoded words and charsets. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "storage/mime/address.h"
#include "storage/mime/charset.h"
#include "storage/mime/encword.h"
#include "storage/mime/header.h"
#include "storage/mime/param.h"
#include "tests/unit/util.h"

/* Fields of a block as name=value|. */
static const struct {
	struct slice	 block;
	const char	*want;
} blocks[] = {
	{ LIT(""), "" },
	{ LIT("\nA: b\n"), "" },
	{ LIT("\r\nA: b\n"), "" },
	{ LIT("A: b\r\nC:d\n\nE: f\n"), "A= b|C=d|" },
	{ LIT("A: b"), "A= b|" },
	{ LIT("A: b\r"), "A= b\r|" },
	{ LIT("A: b\n c\n\td\nE:\n"), "A= b\n c\n\td|E=|" },
	{ LIT("A : b\nC\t:d\n"), "A= b|C=d|" },
	{ LIT("garbage\nA: b\n"), "garbage|A= b|" },
	{ LIT(" x\nA: b\n"), " x|A= b|" },
	{ LIT("A: b\n \n c\nD: e\n"), "A= b\n \n c|D= e|" },
	{ LIT("A\n :b\n"), "A\n :b|" },
	{ LIT("\r\r\nA: b\n"), "\r|A= b|" },
};

START_TEST(test_header_fields)
{
	struct header_iter it;
	struct header_field f;
	struct buf out;

	buf_init(&out, BUF_NOCAP);
	header_iter_init(&it, blocks[_i].block);
	while (header_next(&it, &f)) {
		(void)buf_add_slice(&out, f.name);
		if (f.value.p != NULL)
			(void)buf_addc(&out, '=');
		(void)buf_add_slice(&out, f.value);
		(void)buf_addc(&out, '|');
	}
	ck_slice_eq(buf_slice(&out), slice_str(blocks[_i].want));
	buf_clear(&out);
}
END_TEST

START_TEST(test_header_select)
{
	static const struct slice names[] = { LIT("subject"), LIT("TO") };
	struct slice block = slice_str("To: a\n b\nFrom: c\nSubject: d\r\n"
	    "DKIM-Signature: x\nX-Priority: 1\nX-Foo: 2\nReceived: r\n\nno\n");
	struct buf out;

	buf_init(&out, BUF_NOCAP);
	ck_assert_int_eq(header_select(&out, block, names, 2, false), 0);
	ck_slice_eq(buf_slice(&out),
	    slice_str("To: a\r\n b\r\nSubject: d\r\n\r\n"));
	buf_truncate(&out, 0);
	ck_assert_int_eq(header_select(&out, slice_str("A: b"), names, 2,
	    true), 0);
	ck_slice_eq(buf_slice(&out), slice_str("A: b\r\n\r\n"));
	buf_truncate(&out, 0);
	ck_assert_int_eq(header_cache(&out, block), 0);
	ck_slice_eq(buf_slice(&out), slice_str("To: a\r\n b\r\nFrom: c\r\n"
	    "Subject: d\r\nX-Priority: 1\r\nReceived: r\r\n\r\n"));
	ck_assert(header_cached(names, 2));
	buf_clear(&out);
}
END_TEST

/* As many names as one likes give what each of them alone would. */
START_TEST(test_header_select_many)
{
	struct slice block = slice_str("n7: a\nN1 : b\nn77: c\nnone\nN20:\n");
	char text[100][8];
	struct slice names[100];
	struct buf out;
	size_t n;

	for (n = 0; n < 100; n++) {
		(void)snprintf(text[n], sizeof(text[n]), "N%zu", 99 - n);
		names[n] = slice_str(text[n]);
	}
	buf_init(&out, BUF_NOCAP);
	for (n = 0; n <= 100; n++) {
		buf_truncate(&out, 0);
		ck_assert_int_eq(header_select(&out, block, names, n, false),
		    0);
		ck_assert_msg(slice_eq_str(buf_slice(&out), n < 23 ? "\r\n" :
		    n < 80 ? "n77: c\r\n\r\n" :
		    n < 93 ? "n77: c\r\nN20:\r\n\r\n" :
		    n < 99 ? "n7: a\r\nn77: c\r\nN20:\r\n\r\n" :
		    "n7: a\r\nN1 : b\r\nn77: c\r\nN20:\r\n\r\n"),
		    "%zu names: %.*s", n, SLICE_ARG(buf_slice(&out)));
	}
	buf_truncate(&out, 0);
	ck_assert_int_eq(header_select(&out, block, names, 100, true), 0);
	ck_slice_eq(buf_slice(&out), slice_str("none\r\n\r\n"));
	buf_clear(&out);
}
END_TEST

static const struct {
	const char	*name;
	bool		 cached;
} cached[] = {
	{ "Received", true }, { "x-priority", true }, { "List-Id", true },
	{ "dkim-signature", false }, { "ARC-Seal", false },
	{ "X-Anything", false }, { "X", true }, { "", true },
};

START_TEST(test_header_cached)
{
	struct slice name = slice_str(cached[_i].name);

	ck_assert_int_eq(header_cached(&name, 1), cached[_i].cached);
}
END_TEST

/* name|route|mailbox|host; with - for absent. */
static const struct {
	struct slice	 in;
	const char	*want;
	const char	*why;
} lists[] = {
	{ LIT(""), "", "" },
	{ LIT("a@b"), "-|-|a|b;", "" },
	{ LIT("A B <a@b>"), "A B|-|a|b;", "" },
	{ LIT("\"A, \\\"B\\\"\" <a@b>"), "A, \"B\"|-|a|b;", "quoted" },
	{ LIT("A.B. C <a@b>"), "A.B. C|-|a|b;", "dots in names" },
	{ LIT("\"A\r\n B\" <a@b>"), "A B|-|a|b;", "folded" },
	{ LIT("a@b (C (D) \\) E)"), "C (D) ) E|-|a|b;", "comment as name" },
	{ LIT("<@x,@y:a@b>"), "-|@x,@y|a|b;", "RFC 5322, 4.4: route" },
	{ LIT("g: a@b, c@d;, e@f"),
	    "-|-|g|-;-|-|a|b;-|-|c|d;-|-|-|-;-|-|e|f;", "group" },
	{ LIT("undisclosed recipients:;"),
	    "-|-|undisclosed recipients|-;-|-|-|-;", "empty group" },
	{ LIT("g: a@b"), "-|-|g|-;-|-|a|b;-|-|-|-;", "unended group" },
	{ LIT("a@b,, ,c@d,"), "-|-|a|b;-|-|c|d;",
	    "RFC 5322, 4.4: empty members" },
	{ LIT("a . b @ c . d"), "-|-|a.b|c.d;", "RFC 822 white space" },
	{ LIT("\"a b\"@c"), "-|-|a b|c;", "quoted local part" },
	{ LIT("a@[1.2.3.4]"), "-|-|a|[1.2.3.4];", "domain literal" },
	{ LIT("a"), "-|-|a|MISSING_DOMAIN;", "" },
	{ LIT("@b"), "-|-|MISSING_MAILBOX|b;", "" },
	{ LIT("A B"), "A B|-|MISSING_MAILBOX|MISSING_DOMAIN;", "" },
	{ LIT("A <a@b"), "A|-|a|SYNTAX_ERROR;", "" },
	{ LIT("\"a"), "-|-|MISSING_MAILBOX|MISSING_DOMAIN;", "no end" },
	{ LIT("a@b (x\\"), "x|-|a|MISSING_DOMAIN;",
	    "comment ending in a backslash" },
	{ LIT("((((a"), "", "comments that do not end" },
	{ LIT("\xc3\xa9 <\xc3\xa9@b>"), "\xc3\xa9|-|\xc3\xa9|b;", "8-bit" },
};

static void
show(struct buf *out, struct slice s, char end)
{
	(void)(s.p == NULL ? buf_addc(out, '-') : buf_add_slice(out, s));
	(void)buf_addc(out, end);
}

START_TEST(test_address_list)
{
	struct address_list list = { NULL, NULL };
	struct buf out, scratch;
	struct address *ad;
	struct arena a;
	struct slice in;
	size_t left = ADDRESS_MAX;

	arena_init(&a, 1 << 20);
	buf_init(&out, BUF_NOCAP);
	buf_init(&scratch, BUF_NOCAP);
	in = unit_tight(lists[_i].in);
	ck_assert_int_eq(address_parse(&a, in, &left, &scratch, &list), 0);
	for (ad = list.first; ad != NULL; ad = ad->next) {
		show(&out, ad->name, '|');
		show(&out, ad->route, '|');
		show(&out, ad->mailbox, '|');
		show(&out, ad->host, ';');
	}
	ck_slice_eq(buf_slice(&out), slice_str(lists[_i].want));
	buf_clear(&out);
	buf_clear(&scratch);
	arena_clear(&a);
	free((void *)(uintptr_t)in.p);
}
END_TEST

START_TEST(test_address_bound)
{
	struct address_list list = { NULL, NULL };
	struct buf in, scratch;
	struct arena a;
	size_t left = 10, i;

	arena_init(&a, 1 << 20);
	buf_init(&in, BUF_NOCAP);
	buf_init(&scratch, BUF_NOCAP);
	for (i = 0; i < 1000; i++)
		(void)buf_add_str(&in, "a,");
	ck_assert_int_eq(address_parse(&a, buf_slice(&in), &left, &scratch,
	    &list), 0);
	ck_assert_uint_eq(left, 0);
	buf_clear(&in);
	buf_clear(&scratch);
	arena_clear(&a);
}
END_TEST

static const struct {
	const char	*in;
	const char	*name;
	const char	*want;
} params[] = {
	{ "; a=b; c=\"d e\"", "c", "d e" },
	{ "; A=b", "a", "b" },
	{ "; a=b", "c", NULL },
	{ "; n*=utf-8''%C3%A9", "n", "\xc3\xa9" },
	{ "; n*=iso-8859-1'de'%E9", "n", "\xc3\xa9" },
	{ "; n=x; n*=utf-8''y", "n", "y" },
	{ "; n*0*=utf-8''%C3; n*1*=%A9; n*2=%41", "n", "\xc3\xa9%41" },
	{ "; n=\"=?utf-8?q?=C3=A9?=\"", "n", "\xc3\xa9" },
	{ "; n==?utf-8?q?=C3=A9?=; x=y", "n", "\xc3\xa9" },
	{ "; n*=x", "n", "x" },
	{ "; n*=utf-8''%C3%", "n", "\xef\xbf\xbd%" },
	{ ";;; =; n=x", "n", "x" },
	{ "; n=\"x", "n", NULL },
};

START_TEST(test_param_get)
{
	struct buf out, scratch;
	struct param *pa;
	struct arena a;
	struct token t;
	size_t n, left = 100;
	int ret;

	arena_init(&a, 1 << 20);
	buf_init(&out, BUF_NOCAP);
	buf_init(&scratch, BUF_NOCAP);
	token_init(&t, slice_str(params[_i].in), NULL);
	ck_assert_int_eq(param_parse(&t, &a, &left, &scratch, &pa, &n),
	    0);
	ret = param_get(&out, pa, n, params[_i].name);
	ck_assert_int_eq(ret, params[_i].want != NULL);
	ck_slice_eq(buf_slice(&out), slice_str(params[_i].want));
	buf_clear(&out);
	buf_clear(&scratch);
	arena_clear(&a);
}
END_TEST

START_TEST(test_param_bound)
{
	struct buf in, scratch;
	struct param *pa;
	struct arena a;
	struct token t;
	size_t i, n, left = PARAM_MAX + 10;

	arena_init(&a, 1 << 20);
	buf_init(&in, BUF_NOCAP);
	buf_init(&scratch, BUF_NOCAP);
	for (i = 0; i < 5000; i++)
		(void)buf_addf(&in, "; n*%zu=x; m%zu=y", i, i);
	token_init(&t, buf_slice(&in), NULL);
	ck_assert_int_eq(param_parse(&t, &a, &left, &scratch, &pa, &n), 0);
	ck_assert_uint_le(n, PARAM_MAX);
	ck_assert_uint_eq(left, 10);
	token_init(&t, buf_slice(&in), NULL);
	ck_assert_int_eq(param_parse(&t, &a, &left, &scratch, &pa, &n), 0);
	ck_assert_uint_le(n, 10);
	ck_assert_uint_eq(left, 0);
	buf_clear(&in);
	buf_clear(&scratch);
	arena_clear(&a);
}
END_TEST

static const struct {
	const char	*in, *want, *why;
} words[] = {
	{ "plain", "plain", "" },
	{ "=?utf-8?q?a=C3=A9_b?=", "a\xc3\xa9 b", "Q" },
	{ "=?UTF-8?B?w6k=?=", "\xc3\xa9", "B" },
	{ "=?iso-8859-1?q?=E9?= x", "\xc3\xa9 x", "charset" },
	{ "=?utf-8?q?a?= =?utf-8?q?b?=", "ab", "RFC 2047, 6.2" },
	{ "=?utf-8?q?a?=\r\n\t=?utf-8?b?Yg==?= c", "ab c", "folded" },
	{ "=?utf-8?q?=C3?= =?utf-8?q?=A9?=", "\xc3\xa9", "cut character" },
	{ "=?utf-8?q?=C3?= =?iso-8859-1?q?=A9?=", "\xef\xbf\xbd\xc2\xa9",
	    "not over charsets" },
	{ "x=?utf-8?q?a?=y", "xay", "without white space" },
	{ "=?utf-8*de?q?a?=", "a", "RFC 2231, 5" },
	{ "=?utf-8?x?a?=", "=?utf-8?x?a?=", "no encoding" },
	{ "=?utf-8?q?a", "=?utf-8?q?a", "no end" },
	{ "=?=?=?=?utf-8?q?a?=", "=?=?=?a", "false starts" },
	{ "=?utf-8?q?a b?=", "a b", "space inside" },
	{ "=?utf-8?q?a?" "?=", "a?", "question mark inside" },
	{ "a\xff""b", "a\xef\xbf\xbd""b", "8-bit that is no UTF-8" },
	{ "=?nonesuch?q?=C3=A9=E9?=", "\xc3\xa9\xc3\xa9", "guessed" },
	{ "a\r\n b", "a b", "unfolded" },
	{ "a \n\t  b\n \n c", "a b c", "however it was folded" },
	{ "=?utf-8?q?a?=\r\n\tb", "a b", "behind a word" },
	{ "\n a", " a", "nothing in front" },
};

START_TEST(test_encword)
{
	struct buf out;

	buf_init(&out, BUF_NOCAP);
	ck_assert_int_eq(encword_decode(&out, slice_str(words[_i].in)), 0);
	ck_slice_eq(buf_slice(&out), slice_str(words[_i].want));
	buf_clear(&out);
}
END_TEST

static const struct {
	const char	*charset;
	struct slice	 in;
	const char	*want;
} texts[] = {
	{ "", LIT("abc"), "abc" },
	{ "us-ascii", LIT("\xc3\xa9\xff"), "\xc3\xa9\xef\xbf\xbd" },
	{ "utf-8", LIT("a\xe2\x82\xac\xe2\x82"), "a\xe2\x82\xac\xef\xbf\xbd" },
	{ "UTF8", LIT("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80" },
	{ "iso-8859-1", LIT("\xe9\x80"), "\xc3\xa9\xe2\x82\xac" },
	{ "windows-1252", LIT("\x93q\x94"), "\xe2\x80\x9cq\xe2\x80\x9d" },
	{ "iso-8859-15", LIT("\xa4"), "\xe2\x82\xac" },
	{ "koi8-r", LIT("\xf0\xd2\xc9"), "\xd0\x9f\xd1\x80\xd0\xb8" },
	{ "shift_jis", LIT("\x82\xa0" "a"), "\xe3\x81\x82" "a" },
	{ "iso-2022-jp", LIT("\x1b$B$\"\x1b(Bx"), "\xe3\x81\x82" "x" },
	{ "gb2312", LIT("\xc4\xe3\xba\xc3"), "\xe4\xbd\xa0\xe5\xa5\xbd" },
	{ "utf-16le", LIT("a\0b\0"), "ab" },
	{ "gb2312", LIT("\xc4"), "\xef\xbf\xbd" },
	{ "nonesuch", LIT("\xe9\xc3\xa9"), "\xc3\xa9\xc3\xa9" },
	{ "utf-8//IGNORE", LIT("a\xff"), "a\xc3\xbf" },
};

static int
charset_piece(void *ctx, struct slice piece)
{
	void **p = ctx;

	return charset_feed(p[0], piece, p[1]);
}

START_TEST(test_charset)
{
	struct charset cs;
	struct buf out;
	void *ctx[2] = { &cs, &out };

	for (size_t n = 0; n <= texts[_i].in.len; n++) {
		buf_init(&out, BUF_NOCAP);
		charset_open(&cs, slice_str(texts[_i].charset));
		ck_assert_int_eq(unit_feed(charset_piece, ctx, texts[_i].in,
		    n), 0);
		ck_assert_int_eq(charset_finish(&cs, &out), 0);
		ck_slice_eq(buf_slice(&out), slice_str(texts[_i].want));
		charset_close(&cs);
		buf_clear(&out);
	}
}
END_TEST

Suite *
suite_header(void)
{
	Suite *s = suite_create("header");
	TCase *tc = tcase_create("header");

	tcase_add_loop_test(tc, test_header_fields, 0, NROWS(blocks));
	tcase_add_test(tc, test_header_select);
	tcase_add_test(tc, test_header_select_many);
	tcase_add_loop_test(tc, test_header_cached, 0, NROWS(cached));
	tcase_add_loop_test(tc, test_address_list, 0, NROWS(lists));
	tcase_add_test(tc, test_address_bound);
	tcase_add_loop_test(tc, test_param_get, 0, NROWS(params));
	tcase_add_test(tc, test_param_bound);
	tcase_add_loop_test(tc, test_encword, 0, NROWS(words));
	tcase_add_loop_test(tc, test_charset, 0, NROWS(texts));
	suite_add_tcase(s, tc);
	return s;
}
