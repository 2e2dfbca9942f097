/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Keywords of IMAP: special uses, STATUS items, response codes. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "imapd/respcode.h"
#include "imapd/special_use.h"
#include "imapd/status_items.h"
#include "storage/store.h"
#include "tests/unit/util.h"

static const struct {
	struct slice	 in;
	uint32_t	 want;		/* 0: refused */
	const char	*again;		/* the value printed again */
	const char	*why;
} uses[] = {
	{ LIT("\\Sent"), MAILBOX_USE_SENT, "\\Sent", "RFC 6154, 2" },
	{ LIT("\\sENT"), MAILBOX_USE_SENT, "\\Sent", "it has no case" },
	{ LIT("\\Important"), MAILBOX_USE_IMPORTANT, "\\Important",
	    "RFC 8457" },
	{ LIT("\\All"), MAILBOX_USE_ALL, "\\All", "the first" },
	{ LIT("\\Foo"), SPECIAL_USE_UNKNOWN, "",
	    "not known, but no error of syntax" },
	{ LIT("Sent"), 0, NULL, "no backslash" },
	{ LIT("\\"), 0, NULL, "a backslash alone" },
	{ LIT("\\ Sent"), 0, NULL, "a blank" },
	{ LIT(""), 0, NULL, "nothing" },
};

START_TEST(test_special_use_both_ways)
{
	struct slice text = unit_tight(uses[_i].in);
	bool first = true;
	struct reply r;
	struct buf out;
	struct arg a;
	uint32_t use = 0;

	arg_init(&a, text, &unit_arena, NULL);
	ck_row_eq(text, uses[_i].why, special_use_parse(&a, &use),
	    uses[_i].want == 0 ? -1 : 0);
	ck_row_eq(text, uses[_i].why, use, uses[_i].want);
	if (use != 0) {
		buf_init(&out, 256);
		reply_init(&r, &out);
		special_use_print(&r, use, &first);
		ck_row_eq(text, uses[_i].why, buf_slice(&out),
		    uses[_i].again);
		buf_clear(&out);
	}
	free((char *)text.p);
}
END_TEST

START_TEST(test_special_use_print_several)
{
	bool first = false;
	struct reply r;
	struct buf out;

	buf_init(&out, 256);
	reply_init(&r, &out);
	special_use_print(&r, MAILBOX_USE_TRASH | MAILBOX_USE_ARCHIVE,
	    &first);
	ck_slice_eq(buf_slice(&out), " \\Archive \\Trash");
	buf_clear(&out);
}
END_TEST

static const struct {
	struct slice	 in;
	uint32_t	 want;		/* 0: refused */
	const char	*why;
} items[] = {
	{ LIT("(MESSAGES)"), STATUS_MESSAGES, "RFC 3501, 6.3.10" },
	{ LIT("(recent UidNext)"), STATUS_RECENT | STATUS_UIDNEXT,
	    "items have no case" },
	{ LIT("(UIDVALIDITY UNSEEN HIGHESTMODSEQ)"), STATUS_UIDVALIDITY |
	    STATUS_UNSEEN | STATUS_HIGHESTMODSEQ, "RFC 7162, 3.1.7" },
	{ LIT("(MESSAGES MESSAGES)"), STATUS_MESSAGES, "an item twice" },
	{ LIT("()"), 0, "no items" },
	{ LIT("MESSAGES"), 0, "no list" },
	{ LIT("(MESSAGES"), 0, "no end" },
	{ LIT("(MESSAGES  UNSEEN)"), 0, "two blanks" },
	{ LIT("(FOO)"), 0, "no such item" },
	{ LIT(""), 0, "nothing" },
};

START_TEST(test_status_items_parse)
{
	struct slice text = unit_tight(items[_i].in);
	uint32_t got = 0;
	struct arg a;

	arg_init(&a, text, &unit_arena, NULL);
	ck_row_eq(text, items[_i].why, status_items_parse(&a, &got),
	    items[_i].want == 0 ? -1 : 0);
	if (items[_i].want != 0)
		ck_row_eq(text, items[_i].why, got, items[_i].want);
	free((char *)text.p);
}
END_TEST

/* Each item is printed with its number, in any order (RFC 3501, 7.2.4). */
START_TEST(test_status_items_print)
{
	struct mailbox_status st = {
		.messages = 1, .recent = 2, .uidnext = 3, .uidvalidity = 4,
		.unseen = 5, .highestmodseq = UINT64_C(1) << 60
	};
	struct session s = { .names = name_style_default };
	struct buf out;

	buf_init(&out, 1024);
	reply_init(&s.reply, &out);
	status_items_print(&s, SLICE_LIT("a b"), UINT32_MAX, &st);
	ck_slice_eq(buf_slice(&out), "* STATUS \"a b\" (MESSAGES 1 RECENT 2 "
	    "UIDNEXT 3 UIDVALIDITY 4 UNSEEN 5 HIGHESTMODSEQ "
	    "1152921504606846976)\r\n");
	buf_reset(&out, 1024);
	status_items_print(&s, SLICE_LIT("INBOX"), STATUS_UNSEEN, &st);
	ck_slice_eq(buf_slice(&out), "* STATUS INBOX (UNSEEN 5)\r\n");
	buf_clear(&out);
}
END_TEST

START_TEST(test_respcode_names)
{
	ck_assert_str_eq(respcode_name(CODE_NONE), "");
	for (int c = CODE_NONE + 1; c < CODE_MAX; c++) {
		const char *name = respcode_name((enum respcode)c);

		ck_assert_ptr_nonnull(name);
		ck_row(name, "capitals and hyphens (RFC 3501, 9: atom)",
		    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") ==
		    strlen(name));
		for (int d = CODE_NONE; d < c; d++)
			ck_assert_str_ne(name,
			    respcode_name((enum respcode)d));
	}
}
END_TEST

Suite *
suite_imap_words(void)
{
	Suite *s = suite_create("imap_words");
	TCase *tc = tcase_create("imap_words");

	tcase_add_checked_fixture(tc, unit_arena_setup,
	    unit_arena_teardown);
	tcase_add_loop_test(tc, test_special_use_both_ways, 0, NROWS(uses));
	tcase_add_test(tc, test_special_use_print_several);
	tcase_add_loop_test(tc, test_status_items_parse, 0, NROWS(items));
	tcase_add_test(tc, test_status_items_print);
	tcase_add_test(tc, test_respcode_names);
	suite_add_tcase(s, tc);
	return s;
}
