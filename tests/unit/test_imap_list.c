/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* LIST: its arguments, and which mailboxes they select (RFC 5258). */
#include "config.h"

#include <stdlib.h>

#include "imapd/list_args.h"
#include "imapd/list_select.h"
#include "imapd/status_items.h"
#include "tests/unit/util.h"

static const struct {
	struct slice	 in;
	const char	*want;		/* NULL: refused */
	const char	*why;
} rows[] = {
	{ LIT(" \"\" *"), "s0 r0 ref= *", "RFC 3501, 6.3.8" },
	{ LIT(" a/ %"), "s0 r0 ref=a/ %", "a reference" },
	{ LIT(" \"\" \"\""), "s0 r0 ref= ", "the empty pattern" },
	{ LIT(" \"\" (a b)"), "s0 r0 ref= a b +", "two patterns" },
	{ LIT(" () \"\" a"), "s0 r0 ref= a +", "no selection options" },
	{ LIT(" (SUBSCRIBED) \"\" a"), "s1 r0 ref= a +", "subscribed ones" },
	{ LIT(" (subscribed RemoTe) \"\" a"), "s3 r0 ref= a +",
	    "options have no case" },
	{ LIT(" (SPECIAL-USE) \"\" a"), "s8 r0 ref= a +", "RFC 6154, 5.2" },
	{ LIT(" (RECURSIVEMATCH SUBSCRIBED) \"\" a"), "s5 r0 ref= a +",
	    "in any order" },
	{ LIT(" (RECURSIVEMATCH) \"\" a"), NULL,
	    "RFC 5258, 3: it needs another option" },
	{ LIT(" (RECURSIVEMATCH REMOTE) \"\" a"), NULL, "REMOTE is none" },
	{ LIT(" (CHILDREN) \"\" a"), NULL, "only to be returned" },
	{ LIT(" (X) \"\" a"), NULL, "no such option" },
	{ LIT(" \"\" a RETURN ()"), "s0 r0 ref= a +", "nothing to return" },
	{ LIT(" \"\" a RETURN (SUBSCRIBED CHILDREN)"), "s0 r17 ref= a +",
	    "two return options" },
	{ LIT(" \"\" a return (STATUS (MESSAGES UNSEEN))"),
	    "s0 r32 st17 ref= a +", "RFC 5819" },
	{ LIT(" \"\" a RETURN (STATUS (MESSAGES) SPECIAL-USE)"),
	    "s0 r40 st1 ref= a +", "an option after STATUS" },
	{ LIT(" \"\" a RETURN (STATUS)"), NULL, "STATUS of nothing" },
	{ LIT(" \"\" a RETURN (STATUS ())"), NULL, "no items" },
	{ LIT(" \"\" a RETURN (X)"), NULL, "no such option" },
	{ LIT(" \"\" a RETURN"), NULL, "no list" },
	{ LIT(" \"\" a FOO (X)"), NULL, "not RETURN" },
	{ LIT(" \"\" ()"), NULL, "no patterns" },
	{ LIT(" \"\" (a"), NULL, "no end" },
	{ LIT(" \"\""), NULL, "no pattern" },
	{ LIT(""), NULL, "nothing" },
};

static int
parse(struct slice in, struct list_args *l, struct slice *text)
{
	struct arg a;
	int rc;

	*text = unit_tight(in);
	*l = (struct list_args){ 0 };
	arg_init(&a, *text, &unit_arena, NULL);
	if ((rc = list_args_parse(&a, l)) == 0)
		rc = arg_end(&a);
	ck_row(in, "says why", rc == 0 || a.error != NULL);
	return rc;
}

START_TEST(test_list_args)
{
	struct list_args l;
	struct slice text;
	struct buf out;

	buf_init(&out, 4096);
	ck_row_eq(rows[_i].in, rows[_i].why, parse(rows[_i].in, &l, &text),
	    rows[_i].want == NULL ? -1 : 0);
	if (rows[_i].want != NULL) {
		(void)buf_add_fmt(&out, "s%u r%u ", l.select, l.returns);
		if (l.status != 0)
			(void)buf_add_fmt(&out, "st%u ", l.status);
		(void)buf_add_fmt(&out, "ref=%.*s", SLICE_ARG(l.reference));
		for (size_t i = 0; i < l.npatterns; i++)
			(void)buf_add_fmt(&out, " %.*s",
			    SLICE_ARG(l.patterns[i]));
		(void)buf_add_str(&out, l.extended ? " +" : "");
		ck_row_eq(rows[_i].in, rows[_i].why, buf_slice(&out),
		    rows[_i].want);
	}
	free((char *)text.p);
	for (size_t n = 0; n < rows[_i].in.len; n++) {
		(void)parse(slice_sub(rows[_i].in, 0, n), &l, &text);
		free((char *)text.p);
	}
	buf_clear(&out);
}
END_TEST

START_TEST(test_list_args_patterns_are_bounded)
{
	struct list_args l;
	struct slice text;
	struct buf in;

	for (int n = 64; n <= 65; n++) {
		buf_init(&in, 4096);
		(void)buf_add_str(&in, " \"\" (a");
		for (int i = 1; i < n; i++)
			(void)buf_add_str(&in, " a");
		(void)buf_add_char(&in, ')');
		ck_row_eq(n, "patterns", parse(buf_slice(&in), &l, &text),
		    n == 64 ? 0 : -1);
		free((char *)text.p);
		buf_clear(&in);
	}
}
END_TEST

START_TEST(test_list_args_join_puts_the_reference_first)
{
	struct list_args l;
	struct slice text;

	ck_assert_int_eq(parse(SLICE_LIT(" a/ (b \"\" %)"), &l, &text), 0);
	ck_assert_int_eq(list_args_join(&l, &unit_arena), 0);
	ck_slice_eq(l.patterns[0], "a/b");
	ck_slice_eq(l.patterns[1], "a/");
	ck_slice_eq(l.patterns[2], "a/%");
	free((char *)text.p);
}
END_TEST

/* Which mailboxes match which selection options. */
static const struct {
	uint32_t	 select, attrs, use;
	bool		 want;
	const char	*why;
} meets[] = {
	{ 0, 0, 0, true, "a mailbox" },
	{ 0, MAILBOX_NONEXISTENT, 0, false,
	    "a name that is only subscribed" },
	{ 0, MAILBOX_NONEXISTENT | MAILBOX_CHILDREN, 0, true,
	    "a parent that is no mailbox" },
	{ LIST_SUBSCRIBED, 0, 0, false, "not subscribed" },
	{ LIST_SUBSCRIBED, MAILBOX_SUBSCRIBED, 0, true, "subscribed" },
	{ LIST_SUBSCRIBED, MAILBOX_SUBSCRIBED | MAILBOX_NONEXISTENT, 0, true,
	    "subscribed, and not there (RFC 5258, 3)" },
	{ LIST_SPECIAL_USE, 0, 0, false, "no special use" },
	{ LIST_SPECIAL_USE, 0, MAILBOX_USE_SENT, true, "a special use" },
	{ LIST_SPECIAL_USE | LIST_SUBSCRIBED, 0, MAILBOX_USE_SENT, false,
	    "both are wanted" },
	{ LIST_REMOTE, 0, 0, true, "there are no remote ones" },
};

START_TEST(test_list_select_meets)
{
	struct list_args l = { .select = meets[_i].select };
	struct mailbox_info box = { .attrs = meets[_i].attrs,
	    .use = meets[_i].use };

	ck_row_eq(meets[_i].select, meets[_i].why,
	    list_select_meets(&l, &box), meets[_i].want);
}
END_TEST

Suite *
suite_imap_list(void)
{
	Suite *s = suite_create("imap_list");
	TCase *tc = tcase_create("imap_list");

	tcase_add_checked_fixture(tc, unit_arena_setup,
	    unit_arena_teardown);
	tcase_add_loop_test(tc, test_list_args, 0, NROWS(rows));
	tcase_add_test(tc, test_list_args_patterns_are_bounded);
	tcase_add_test(tc, test_list_args_join_puts_the_reference_first);
	tcase_add_loop_test(tc, test_list_select_meets, 0, NROWS(meets));
	suite_add_tcase(s, tc);
	return s;
}
