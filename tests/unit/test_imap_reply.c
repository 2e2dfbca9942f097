/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Strings in IMAP responses (RFC 3501, 9: astring, string). */
#include "config.h"

#include "imapd/flag.h"
#include "imapd/reply.h"
#include "tests/unit/util.h"

static const struct {
	struct slice	 in;
	const char	*astring;
	const char	*string;
	const char	*why;
} printed[] = {
	{ LIT("abc"), "abc", "\"abc\"", "an atom" },
	{ LIT(""), "\"\"", "\"\"", "nothing is no atom" },
	{ LIT("a b"), "\"a b\"", "\"a b\"", "a blank" },
	{ LIT("a\"b\\"), "\"a\\\"b\\\\\"", "\"a\\\"b\\\\\"", "escapes" },
	{ LIT("a\r\nb"), "{4}\r\na\r\nb", "{4}\r\na\r\nb",
	    "a line end needs a literal" },
	{ LIT("\xc3\xa4"), "{2}\r\n\xc3\xa4", "{2}\r\n\xc3\xa4",
	    "8-bit needs a literal" },
	{ LIT("nil"), "\"nil\"", "\"nil\"", "NIL would be none" },
	{ LIT("a%"), "\"a%\"", "\"a%\"", "a wildcard" },
	{ LIT("a]"), "\"a]\"", "\"a]\"",
	    "] could stay, but old clients do not know it" },
	{ LIT("{3}"), "\"{3}\"", "\"{3}\"", "no literal" },
};

START_TEST(test_reply_strings)
{
	struct reply r;
	struct buf out;

	buf_init(&out, 1024);
	reply_init(&r, &out);
	reply_astring(&r, printed[_i].in);
	ck_row_eq(printed[_i].in, printed[_i].why, buf_slice(&out),
	    printed[_i].astring);
	buf_reset(&out, 1024);
	reply_string(&r, printed[_i].in);
	ck_row_eq(printed[_i].in, printed[_i].why, buf_slice(&out),
	    printed[_i].string);
	ck_assert(!r.failed);
	buf_clear(&out);
}
END_TEST

/* Complete responses. */
START_TEST(test_reply_responses)
{
	static const char want[] = "* LIST ()\r\n* 5 EXISTS\r\n"
	    "a NO [LIMIT] No.\r\n* OK Yes.\r\n* OK [UIDNEXT 7] Next\r\n"
	    "a OK [CAPABILITY X Y] Done.\r\n* BYE [UNAVAILABLE] Bye.\r\n"
	    "+ go on\r\n{3}\r\n";
	const struct slice none = { NULL, 0 };
	struct reply r;
	struct buf out;

	buf_init(&out, 1024);
	reply_init(&r, &out);
	reply_untagged(&r, "LIST");
	reply_str(&r, " ()");
	reply_end(&r);
	reply_untagged_number(&r, 5, "EXISTS");
	reply_end(&r);
	reply_status(&r, SLICE_LIT("a"), STATUS_NO, CODE_LIMIT, none,
	    SLICE_LIT("No."));
	reply_ok(&r, CODE_NONE, none, "Yes.");
	reply_ok_number(&r, CODE_UIDNEXT, 7, "Next");
	reply_ok_begin(&r, SLICE_LIT("a"), CODE_CAPABILITY);
	reply_str(&r, "X Y");
	reply_ok_end(&r, "Done.");
	reply_bye(&r, CODE_UNAVAILABLE, "Bye.");
	reply_continue(&r, SLICE_LIT("go on"));
	reply_literal_size(&r, 3);
	ck_slice_eq(buf_slice(&out), slice_str(want));
	ck_assert(!r.failed);
	buf_clear(&out);
}
END_TEST

START_TEST(test_reply_failed_when_full)
{
	struct reply r;
	struct buf out;

	buf_init(&out, 4);
	reply_init(&r, &out);
	reply_str(&r, "12345");
	ck_assert(r.failed);
	buf_clear(&out);
}
END_TEST

/* What would fit after something that did not would be taken for its end. */
START_TEST(test_reply_has_no_hole)
{
	static const struct flags flags = { .system = FLAG_SEEN };
	struct idset set;
	struct reply r;
	struct buf out;

	idset_init(&set, IDSET_NOLIMIT);
	ck_assert_int_eq(idset_add(&set, 7), 0);
	buf_init(&out, 1024);
	reply_init(&r, &out);
	reply_str(&r, "* 1 FETCH (BODY[] {2000}\r\n");
	for (size_t i = 0; i < 20; i++)
		reply_str(&r, "0123456789012345678901234567890123456789"
		    "012345678901234567890123456789");
	ck_assert(r.failed);
	buf_truncate(&out, 10);
	reply_char(&r, ')');
	reply_number(&r, 1);
	reply_string(&r, SLICE_LIT("x"));
	reply_idset(&r, &set);
	flag_print(&r, NULL, &flags, true);
	reply_end(&r);
	ck_slice_eq(buf_slice(&out), slice_str("* 1 FETCH "));
	idset_clear(&set);
	buf_clear(&out);
}
END_TEST

Suite *
suite_imap_reply(void)
{
	Suite *s = suite_create("imap_reply");
	TCase *tc = tcase_create("imap_reply");

	tcase_add_loop_test(tc, test_reply_strings, 0, NROWS(printed));
	tcase_add_test(tc, test_reply_responses);
	tcase_add_test(tc, test_reply_failed_when_full);
	tcase_add_test(tc, test_reply_has_no_hole);
	suite_add_tcase(s, tc);
	return s;
}
