/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* ID (RFC 2971). */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "imapd/id.h"
#include "tests/unit/util.h"

#define X10	"xxxxxxxxxx"
#define PAIR	" \"a\" \"b\""
#define PAIRS_10	PAIR PAIR PAIR PAIR PAIR PAIR PAIR PAIR PAIR PAIR

static const struct {
	struct slice	 in;
	const char	*want;		/* text for the log; NULL: refused */
	const char	*why;
} rows[] = {
	{ LIT("NIL"), "", "nothing is told" },
	{ LIT("nil"), "", "NIL has no case" },
	{ LIT("()"), "", "an empty list (RFC 2971, 4)" },
	{ LIT("(\"name\" \"x\")"), "name=x", "a field" },
	{ LIT("(\"name\" \"x\" \"version\" \"1\")"), "name=x version=1",
	    "two fields" },
	{ LIT("(\"name\" NIL \"os\" \"y\")"), "os=y",
	    "a field that is not told" },
	{ LIT("({4}\r\nname {1+}\r\nx)"), "name=x", "literals" },
	{ LIT("(\"\" \"\")"), "=", "empty strings" },
	{ LIT("(\"" X10 X10 X10 "\" \"x\")"), X10 X10 X10 "=x",
	    "30 octets of a name (RFC 2971, 3.3)" },
	{ LIT("(\"" X10 X10 X10 "x\" \"x\")"), NULL, "31 octets" },
	{ LIT("(" "\"a\" \"b\"" PAIRS_10 PAIRS_10 PAIRS_10 ")"), NULL,
	    "31 fields (RFC 2971, 3.3)" },
	{ LIT("(name \"x\")"), NULL, "a name that is no string" },
	{ LIT("(\"name\" x)"), NULL, "a value that is no string" },
	{ LIT("(\"name\")"), NULL, "a name without a value" },
	{ LIT("(\"name\" \"x\""), NULL, "no end" },
	{ LIT("(\"name\"  \"x\")"), NULL, "two blanks" },
	{ LIT("\"name\" \"x\""), NULL, "no list" },
	{ LIT(""), NULL, "nothing" },
};

static int
parse(struct slice in, struct arena *arena, struct buf *out)
{
	struct slice text = unit_tight(in);
	struct arg a;
	int rc;

	arg_init(&a, text, arena, NULL);
	if ((rc = id_parse(&a, out)) == 0)
		rc = arg_end(&a);
	ck_row(in, "says why", rc == 0 || a.error != NULL);
	free((char *)text.p);
	return rc;
}

START_TEST(test_id_parse)
{
	struct arena arena;
	struct buf out;

	arena_init(&arena, 1 << 20);
	buf_init(&out, 4096);
	ck_row_eq(rows[_i].in, rows[_i].why, parse(rows[_i].in, &arena, &out),
	    rows[_i].want == NULL ? -1 : 0);
	if (rows[_i].want != NULL)
		ck_row_eq(rows[_i].in, rows[_i].why, buf_slice(&out),
		    rows[_i].want);
	for (size_t n = 0; n < rows[_i].in.len; n++)
		(void)parse(slice_sub(rows[_i].in, 0, n), &arena, &out);
	buf_clear(&out);
	arena_clear(&arena);
}
END_TEST

/*
 * The log gets as much as fits; parameters that do not fit are still accepted.
 */
START_TEST(test_id_that_does_not_fit)
{
	struct arena arena;
	struct buf out;

	arena_init(&arena, 1 << 20);
	buf_init(&out, 10);
	ck_assert_int_eq(parse(SLICE_LIT("(\"name\" \"x\" \"long\" "
	    "\"0123456789\" \"a\" \"b\")"), &arena, &out), 0);
	ck_slice_eq(buf_slice(&out), "name=x a=b");
	buf_clear(&out);
	arena_clear(&arena);
}
END_TEST

START_TEST(test_id_value_of_1024_octets)
{
	struct arena arena;
	struct buf in, out;
	char x[1025];

	memset(x, 'x', sizeof(x));
	arena_init(&arena, 1 << 20);
	buf_init(&out, 4096);
	for (int len = 1024; len <= 1025; len++) {
		buf_init(&in, 4096);
		(void)buf_add_fmt(&in, "(\"a\" \"%.*s\")", len, x);
		ck_assert_int_eq(parse(buf_slice(&in), &arena, &out),
		    len == 1024 ? 0 : -1);
		buf_clear(&in);
	}
	buf_clear(&out);
	arena_clear(&arena);
}
END_TEST

START_TEST(test_id_print)
{
	struct conf *conf = conf_new();
	struct reply r;
	struct buf out;

	buf_init(&out, 4096);
	reply_init(&r, &out);
	conf->id_fields = 0;
	id_print(&r, conf);
	ck_slice_eq(buf_slice(&out), "* ID NIL\r\n");
	buf_reset(&out, 4096);
	conf->id_fields = CONF_ID_NAME | CONF_ID_VENDOR;
	id_print(&r, conf);
	ck_slice_eq(buf_slice(&out), "* ID (\"name\" \"Penfold\" \"vendor\" "
	    "\"The Penfold maintainers\")\r\n");
	buf_clear(&out);
	conf_free(conf);
}
END_TEST

Suite *
suite_imap_id(void)
{
	Suite *s = suite_create("imap_id");
	TCase *tc = tcase_create("imap_id");

	tcase_add_loop_test(tc, test_id_parse, 0, NROWS(rows));
	tcase_add_test(tc, test_id_that_does_not_fit);
	tcase_add_test(tc, test_id_value_of_1024_octets);
	tcase_add_test(tc, test_id_print);
	suite_add_tcase(s, tc);
	return s;
}
