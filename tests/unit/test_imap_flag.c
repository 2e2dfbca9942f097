/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Flags: what is refused, and how they are printed (RFC 3501, 2.3.2). */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imapd/flag.h"
#include "tests/unit/storeutil.h"
#include "tests/unit/util.h"

/* "(k0 k1 ...)" with n different keywords. */
static void
keywords(struct buf *out, int n)
{
	buf_init(out, 65536);
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(buf_add_fmt(out, "%ck%d", i == 0 ? '(' : ' ',
		    i), 0);
	ck_assert_int_eq(buf_add_char(out, ')'), 0);
}

START_TEST(test_flag_keywords_are_bounded)
{
	struct flag_args flags;
	struct buf text;
	struct arg a;

	for (int n = FLAG_KEYWORDS_MAX; n <= FLAG_KEYWORDS_MAX + 1; n++) {
		flags = (struct flag_args){ 0 };
		keywords(&text, n);
		arg_init(&a, buf_slice(&text), &unit_arena, NULL);
		ck_row_eq(n, "keywords in a command",
		    flag_args_parse(&a, &flags),
		    n <= FLAG_KEYWORDS_MAX ? 0 : -1);
		if (n <= FLAG_KEYWORDS_MAX)
			ck_assert_uint_eq(flags.names.nkeywords, n);
		buf_clear(&text);
	}
}
END_TEST

START_TEST(test_flag_keyword_length_is_bounded)
{
	char text[KEYWORD_LEN_MAX + 4];
	struct flag_args flags;
	struct arg a;

	for (size_t n = KEYWORD_LEN_MAX; n <= KEYWORD_LEN_MAX + 1; n++) {
		flags = (struct flag_args){ 0 };
		memset(text, 'k', n);
		arg_init(&a, slice_make(text, n), &unit_arena, NULL);
		ck_row_eq(n, "octets of a keyword",
		    flag_args_parse_store(&a, &flags),
		    n <= KEYWORD_LEN_MAX ? 0 : -1);
	}
}
END_TEST

/* A keyword that is named twice, in any case, is one keyword. */
START_TEST(test_flag_keyword_twice)
{
	struct flag_args flags = { 0 };
	struct arg a;

	arg_init(&a, SLICE_LIT("($x a $X A b)"), &unit_arena, NULL);
	ck_assert_int_eq(flag_args_parse(&a, &flags), 0);
	ck_assert_uint_eq(flags.names.nkeywords, 3);
	ck_slice_eq(flags.names.keywords[0], "$x");
	ck_slice_eq(flags.names.keywords[2], "b");
}
END_TEST

/* A full arena is NO [LIMIT], not BAD. */
START_TEST(test_flag_memory)
{
	struct flag_args flags = { 0 };
	struct arena none;
	struct arg a;

	arena_init(&none, 0);
	arg_init(&a, SLICE_LIT("(k)"), &none, NULL);
	ck_assert_int_eq(flag_args_parse(&a, &flags), -1);
	ck_assert_int_eq(a.code, CODE_LIMIT);
}
END_TEST

static struct view *view;

/* A mailbox with two messages and the keywords $a, b and c. */
static void
setup_view(void)
{
	static const char *const names[] = { "$a", "b", "c" };

	su_setup();
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	view = su_select(su.proc, su.store, "INBOX");
	for (size_t i = 0; i < NROWS(names); i++)
		su_set_flags(su.proc, view, 1, FLAGS_ADD, 0, names[i]);
}

static void
teardown_view(void)
{
	view_close(view);
	su_teardown();
}

static const struct {
	struct flags	 flags;
	bool		 recent;
	const char	*want;
	const char	*why;
} printed[] = {
	{ { 0, 0 }, false, "()", "none" },
	{ { FLAG_SEEN, 0 }, false, "(\\Seen)", "a system flag" },
	{ { FLAG_ALL, 0 }, false,
	    "(\\Seen \\Answered \\Flagged \\Deleted \\Draft)",
	    "all system flags" },
	{ { 0, 0 }, true, "(\\Recent)", "\\Recent is no flag of the store" },
	{ { FLAG_DRAFT, 0 }, true, "(\\Draft \\Recent)", "it comes last" },
	{ { 0, 1 << 0 }, false, "($a)", "a keyword" },
	{ { 0, 1 << 2 }, false, "(c)", "a keyword by its number" },
	{ { 0, 7 }, false, "($a b c)", "all keywords" },
	{ { FLAG_SEEN, 1 << 1 }, false, "(\\Seen b)", "both kinds" },
	{ { FLAG_ALL, 7 }, true, "(\\Seen \\Answered \\Flagged \\Deleted "
	    "\\Draft \\Recent $a b c)", "everything" },
};

START_TEST(test_flag_print)
{
	struct reply r;
	struct buf out;

	buf_init(&out, 1024);
	reply_init(&r, &out);
	flag_print(&r, view, &printed[_i].flags, printed[_i].recent);
	ck_row_eq(printed[_i].flags.system, printed[_i].why,
	    buf_slice(&out), printed[_i].want);
	ck_assert(!r.failed);
	buf_clear(&out);
}
END_TEST

/* A list that does not fit is not printed in part. */
START_TEST(test_flag_print_when_full)
{
	struct flags flags = { .system = FLAG_SEEN };
	struct reply r;
	struct buf out;

	buf_init(&out, 3);
	reply_init(&r, &out);
	flag_print(&r, view, &flags, false);
	ck_assert(r.failed);
	ck_assert_uint_eq(buf_len(&out), 0);
	buf_clear(&out);
}
END_TEST

#define SYSTEM	"\\Seen \\Answered \\Flagged \\Deleted \\Draft"

static const char *
all(const struct view *v, bool permanent)
{
	static char got[512];
	struct reply r;
	struct buf out;

	buf_init(&out, sizeof(got) - 1);
	reply_init(&r, &out);
	flag_print_all(&r, v, permanent);
	ck_assert(!r.failed);
	(void)snprintf(got, sizeof(got), "%.*s", SLICE_ARG(buf_slice(&out)));
	buf_clear(&out);
	return got;
}

/* FLAGS and PERMANENTFLAGS (RFC 3501, 7.2.6 and 7.1). */
START_TEST(test_flag_print_all)
{
	struct op *op = select_new(su.store, SLICE_LIT("INBOX"),
	    VIEW_READONLY);
	struct view *readonly;
	char name[16];

	ck_assert_str_eq(all(view, false), "(" SYSTEM " $a b c)");
	ck_assert_str_eq(all(view, true), "(" SYSTEM " $a b c \\*)");
	su_must(su.proc, op);
	readonly = select_result(op);
	op_free(op);
	ck_assert_str_eq(all(readonly, false), "(" SYSTEM " $a b c)");
	/* After EXAMINE nothing can be changed for good. */
	ck_assert_str_eq(all(readonly, true), "()");
	view_close(readonly);
	for (int i = 3; i < KEYWORD_MAX; i++) {
		(void)snprintf(name, sizeof(name), "k%d", i);
		su_set_flags(su.proc, view, 1, FLAGS_ADD, 0, name);
	}
	/* No room for another keyword: no \*. */
	ck_assert_ptr_nonnull(strstr(all(view, true), " k63)"));
}
END_TEST

Suite *
suite_imap_flag(void)
{
	Suite *s = suite_create("imap_flag");
	TCase *tc = tcase_create("parse");

	tcase_add_checked_fixture(tc, unit_arena_setup,
	    unit_arena_teardown);
	tcase_add_test(tc, test_flag_keywords_are_bounded);
	tcase_add_test(tc, test_flag_keyword_length_is_bounded);
	tcase_add_test(tc, test_flag_keyword_twice);
	tcase_add_test(tc, test_flag_memory);
	suite_add_tcase(s, tc);
	tc = tcase_create("print");
	tcase_add_checked_fixture(tc, setup_view, teardown_view);
	tcase_add_loop_test(tc, test_flag_print, 0, NROWS(printed));
	tcase_add_test(tc, test_flag_print_when_full);
	tcase_add_test(tc, test_flag_print_all);
	suite_add_tcase(s, tc);
	return s;
}
