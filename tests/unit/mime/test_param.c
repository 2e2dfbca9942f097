/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Parameters of MIME fields (RFC 2045, 5.1; RFC 2231). */
#include "config.h"

#include <stdlib.h>

#include "storage/mime/param.h"
#include "tests/unit/util.h"

/* want lists name=value; of each parameter, as BODYSTRUCTURE shows them. */
static const struct {
	struct slice	 in;
	const char	*want;
	const char	*why;
} lists[] = {
	{ LIT(""), "", "none" },
	{ LIT("; a=b"), "a=b;", "a token" },
	{ LIT(" ; a=b"), "a=b;", "what is no parameter is passed over" },
	{ LIT("; a=b; c=\"d e\""), "a=b;c=d e;", "a quoted string" },
	{ LIT("; a=\"b\\\"c\\\\\""), "a=b\"c\\;", "escapes" },
	{ LIT(";a=b;c=d"), "a=b;c=d;", "no white space" },
	{ LIT(";\r\n\ta=b (no)\r\n ;c (e) = d"), "a=b;c=d;",
	    "folding and comments" },
	{ LIT("; A=B"), "A=B;", "case is kept" },
	{ LIT("; a=b; a=c"), "a=b;a=c;", "the same name again" },
	{ LIT(";; a=b; c=d"), "c=d;",
	    "so does a semicolon of nothing" },
	{ LIT("; =; n=x"), "=;n=x;", "no name" },
	{ LIT("; a="), "a=;", "an empty value" },
	{ LIT("; a=; c=d"), "a=;c=d;", "an empty value amid others" },
	{ LIT("; a"), "", "no value" },
	{ LIT("; a; c=d; e=f"), "e=f;",
	    "a name without a value takes the next one along, as in Dovecot" },
	{ LIT("; n=\"x"), "", "a quoted string without its end" },
	{ LIT("; n==?utf-8?q?=C3=A9?=; x=y"), "n==?utf-8?q?=C3=A9?=;x=y;",
	    "an encoded word, against RFC 2047, 5" },
	{ LIT("; n*0=a; n*1=b"), "n=ab;", "RFC 2231, 3: a continuation" },
	{ LIT("; n*1=b; n*0=a"), "n=ab;", "in any order" },
	{ LIT("; x=1; n*0=a; y=2; n*1=b"), "x=1;y=2;n=ab;",
	    "others between" },
	{ LIT("; n*0=a; N*1=b"), "n=ab;", "names have no case" },
	{ LIT("; n*0=a; n*2=c"), "n*0=a;n*2=c;", "a gap: nothing is joined" },
	{ LIT("; n*0=a; n*0=b"), "n*0=a;n*0=b;", "a number twice" },
	{ LIT("; n*=utf-8''%41"), "n*=utf-8''%41;",
	    "RFC 2231, 4: an extended value" },
	{ LIT("; n*0*=utf-8''%41; n*1=%"), "n*=utf-8''%41%25;",
	    "a plain piece of an extended value is escaped" },
	{ LIT("; n*0=a; n*1*=%41"), "n*=''a%41;",
	    "extended without a charset" },
	{ LIT("; n*x=a"), "n*x=a;", "no number" },
	{ LIT("; n*99999999999999999999=a"), "n*999=a;",
	    "a number that no field reaches is cut" },
	{ LIT("; \xc3\xa9=\xc3\xa9"), "\xc3\xa9=\xc3\xa9;", "8-bit" },
	{ LIT("; a=b\0c; d=e"), "a=b;d=e;", "a NUL ends a token" },
};

struct parsed {
	struct arena	 arena;
	struct slice	 text;
	struct param	*params;
	size_t		 n;
};

static void
parse(struct parsed *pa, struct slice in)
{
	struct buf scratch;
	struct token t;
	size_t left = 1000;

	arena_init(&pa->arena, 1 << 20);
	buf_init(&scratch, BUF_NOCAP);
	pa->text = unit_tight(in);
	token_init(&t, pa->text, NULL);
	ck_assert_int_eq(param_parse(&t, &pa->arena, &left, &scratch,
	    &pa->params, &pa->n), 0);
	ck_assert_int_eq(pa->params == NULL, pa->n == 0);
	buf_clear(&scratch);
}

static void
end(struct parsed *pa)
{
	arena_clear(&pa->arena);
	free((char *)pa->text.p);
}

START_TEST(test_param_parse)
{
	struct parsed pa;
	struct buf out;

	buf_init(&out, BUF_NOCAP);
	parse(&pa, lists[_i].in);
	for (size_t i = 0; i < pa.n; i++)
		ck_assert_int_eq(buf_add_fmt(&out, "%.*s=%.*s;",
		    SLICE_ARG(pa.params[i].name),
		    SLICE_ARG(pa.params[i].value)), 0);
	end(&pa);
	ck_row_eq(lists[_i].in, lists[_i].why, buf_slice(&out),
	    lists[_i].want);
	/* Wherever the field is cut, the parser ends within its bytes. */
	for (size_t n = 0; n < lists[_i].in.len; n++) {
		parse(&pa, slice_sub(lists[_i].in, 0, n));
		end(&pa);
	}
	buf_clear(&out);
}
END_TEST

START_TEST(test_param_find_wants_the_exact_name)
{
	struct parsed pa;

	parse(&pa, SLICE_LIT("; n*=x; Na=1; n=y"));
	ck_slice_eq(param_find(pa.params, pa.n, "N")->value, "y");
	ck_slice_eq(param_find(pa.params, pa.n, "na")->value, "1");
	ck_assert_ptr_null(param_find(pa.params, pa.n, "nan"));
	ck_assert_ptr_null(param_find(NULL, 0, "n"));
	end(&pa);
}
END_TEST

/* The parameters of a field and those of a message are bounded. */
START_TEST(test_param_bound)
{
	struct buf in, scratch;
	struct param *pa;
	struct arena a;
	struct token t;
	size_t n, left = PARAM_MAX + 10;

	arena_init(&a, 1 << 20);
	buf_init(&in, BUF_NOCAP);
	buf_init(&scratch, BUF_NOCAP);
	for (int i = 0; i < 5000; i++)
		(void)buf_add_fmt(&in, "; n*%d=x; m%d=y", i, i);
	token_init(&t, buf_slice(&in), NULL);
	ck_assert_int_eq(param_parse(&t, &a, &left, &scratch, &pa, &n), 0);
	ck_assert_uint_le(n, PARAM_MAX);
	ck_assert_uint_eq(left, 10);
	token_init(&t, buf_slice(&in), NULL);
	ck_assert_int_eq(param_parse(&t, &a, &left, &scratch, &pa, &n), 0);
	ck_assert_uint_le(n, 10);
	ck_assert_uint_eq(left, 0);
	token_init(&t, buf_slice(&in), NULL);
	ck_assert_int_eq(param_parse(&t, &a, &left, &scratch, &pa, &n), 0);
	ck_assert_uint_eq(n, 0);
	buf_clear(&in);
	buf_clear(&scratch);
	arena_clear(&a);
}
END_TEST

START_TEST(test_param_arena_is_full)
{
	struct buf scratch;
	struct param *pa;
	struct arena a;
	struct token t;
	size_t n, left;
	int ret = 0;

	arena_init(&a, 4096);
	buf_init(&scratch, BUF_NOCAP);
	for (int i = 0; i < 4096 && ret == 0; i++) {
		left = 100;
		token_init(&t, SLICE_LIT("; n*0=a; n*1=b; c=d"), NULL);
		ret = param_parse(&t, &a, &left, &scratch, &pa, &n);
	}
	ck_assert_int_eq(ret, -1);
	buf_clear(&scratch);
	arena_clear(&a);
}
END_TEST

Suite *
suite_param(void)
{
	Suite *s = suite_create("param");
	TCase *tc = tcase_create("param");

	tcase_add_loop_test(tc, test_param_parse, 0, NROWS(lists));
	tcase_add_test(tc, test_param_find_wants_the_exact_name);
	tcase_add_test(tc, test_param_bound);
	tcase_add_test(tc, test_param_arena_is_full);
	suite_add_tcase(s, tc);
	return s;
}
