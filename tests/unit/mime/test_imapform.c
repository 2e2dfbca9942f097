/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * ENVELOPE, BODYSTRUCTURE and BODY as text (RFC 3501, 7.4.2).  The suite mime
 * has whole messages; this one has the strings, and what a caller may give.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "storage/mime/imapform.h"
#include "storage/mime/varint.h"
#include "tests/unit/util.h"

#define NIL7	" NIL NIL NIL NIL NIL NIL NIL"

/*
 * A field body: as text for people, which has its white space made one space,
 * and as a value, which is only unfolded.
 */
static const struct {
	struct slice	 in;
	const char	*text;		/* as Subject */
	const char	*value;		/* as Message-ID */
	const char	*why;
} strings[] = {
	{ { NULL, 0 }, "NIL", "NIL", "absent" },
	{ LIT(""), "\"\"", "\"\"", "empty" },
	{ LIT("a b"), "\"a b\"", "\"a b\"", "as it is" },
	{ LIT(" "), "\"\"", "\" \"", "a blank alone" },
	{ LIT(" a"), "\"a\"", "\" a\"", "a blank before" },
	{ LIT("a "), "\"a\"", "\"a \"", "a blank behind" },
	{ LIT("a  b"), "\"a b\"", "\"a  b\"", "two blanks" },
	{ LIT("a\tb"), "\"a b\"", "\"a\tb\"", "a tab" },
	{ LIT("a\r\n b"), "\"a b\"", "\"a b\"", "folded with a blank" },
	{ LIT("a\n\tb"), "\"a b\"", "\"a\tb\"", "folded with a tab" },
	{ LIT("a\r\n  \r\n b"), "\"a b\"", "\"a   b\"", "folded twice" },
	{ LIT("\r\n"), "\"\"", "\"\"", "a line end alone" },
	{ LIT("a\rb"), "\"a b\"", "\"ab\"", "a bare CR" },
	{ LIT("\"\\"), "\"\\\"\\\\\"", "\"\\\"\\\\\"", "escapes" },
	{ LIT("a \"  b"), "\"a \\\" b\"", "\"a \\\"  b\"",
	    "escapes after blanks were cut" },
	{ LIT("\xc3\xa9"), "{2}\r\n\xc3\xa9", "{2}\r\n\xc3\xa9",
	    "8-bit makes a literal" },
	{ LIT("\x7f\x01"), "\"\x7f\x01\"", "\"\x7f\x01\"",
	    "other control characters may be quoted" },
	{ LIT("\x80"), "{1}\r\n\x80", "{1}\r\n\x80", "the least of 8-bit" },
	{ LIT("a\0"), "{4}\r\na\xef\xbf\xbd", "{4}\r\na\xef\xbf\xbd",
	    "NUL becomes U+FFFD (CHAR8)" },
	{ LIT("\0\0b"), "{7}\r\n\xef\xbf\xbd\xef\xbf\xbd" "b",
	    "{7}\r\n\xef\xbf\xbd\xef\xbf\xbd" "b", "several of them" },
};

START_TEST(test_imapform_strings)
{
	struct mime_envelope env = { .subject = strings[_i].in,
	    .message_id = strings[_i].in };
	struct buf out, want;

	buf_init(&out, 1024);
	buf_init(&want, 1024);
	ck_assert_int_eq(imapform_envelope(&out, &env), 0);
	(void)buf_add_fmt(&want, "(NIL %s" NIL7 " %s)", strings[_i].text,
	    strings[_i].value);
	ck_row_eq(strings[_i].in, strings[_i].why, buf_slice(&out),
	    buf_slice(&want));
	buf_clear(&out);
	buf_clear(&want);
}
END_TEST

/* Each member has its place, and is printed as text or value. */
START_TEST(test_imapform_envelope_order)
{
	struct address a[] = {
		{ .name = SLICE_LIT("n  n"), .route = SLICE_LIT("r  r"),
		    .mailbox = SLICE_LIT("m  m"), .host = SLICE_LIT("h  h") },
		{ .mailbox = SLICE_LIT("2") }, { .mailbox = SLICE_LIT("3") },
		{ .mailbox = SLICE_LIT("4") }, { .mailbox = SLICE_LIT("5") },
		{ .mailbox = SLICE_LIT("6") }, { .mailbox = SLICE_LIT("7") },
	};
	struct mime_envelope env = {
		.date = SLICE_LIT("d  d"),
		.subject = SLICE_LIT("s  s"),
		.from = { &a[0], &a[0] },
		.sender = { &a[1], &a[1] },
		.reply_to = { &a[2], &a[2] },
		.to = { &a[3], &a[3] },
		.cc = { &a[4], &a[4] },
		.bcc = { &a[5], &a[6] },
		.in_reply_to = SLICE_LIT("i  i"),
		.message_id = SLICE_LIT("x  x"),
	};
	struct buf out;

	a[5].next = &a[6];
	buf_init(&out, 1024);
	ck_assert_int_eq(imapform_envelope(&out, &env), 0);
	ck_slice_eq(buf_slice(&out), "(\"d  d\" \"s s\" "
	    "((\"n n\" \"r  r\" \"m  m\" \"h  h\")) ((NIL NIL \"2\" NIL)) "
	    "((NIL NIL \"3\" NIL)) ((NIL NIL \"4\" NIL)) "
	    "((NIL NIL \"5\" NIL)) ((NIL NIL \"6\" NIL)(NIL NIL \"7\" NIL)) "
	    "\"i  i\" \"x  x\")");
	/* Sender and Reply-To default to From (RFC 3501, 7.4.2). */
	env.sender.first = env.reply_to.first = NULL;
	env.from.first = &a[1];
	env.to.first = env.cc.first = env.bcc.first = NULL;
	buf_reset(&out, 1024);
	ck_assert_int_eq(imapform_envelope(&out, &env), 0);
	ck_slice_eq(buf_slice(&out), "(\"d  d\" \"s s\" "
	    "((NIL NIL \"2\" NIL)) ((NIL NIL \"2\" NIL)) "
	    "((NIL NIL \"2\" NIL)) NIL NIL NIL \"i  i\" \"x  x\")");
	buf_clear(&out);
}
END_TEST

#define CT	"Content-Type: "
#define MULTI	CT "multipart/x; boundary=b; c=d\n\n"
#define TEXT	"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL " \
		"\"7bit\" "

/* BODY is BODYSTRUCTURE without extension data, at every level. */
static const struct {
	const char	*msg;
	const char	*body;
	const char	*structure;
	const char	*why;
} bodies[] = {
	{ "\nx\n", TEXT "3 1)", TEXT "3 1 NIL NIL NIL NIL)", "a text" },
	{ CT "a/b\n\nx\n", "(\"a\" \"b\" NIL NIL NIL \"7bit\" 3)",
	    "(\"a\" \"b\" NIL NIL NIL \"7bit\" 3 NIL NIL NIL NIL)",
	    "something else has no lines" },
	{ CT "text/x; a=b\n\n", "(\"text\" \"x\" (\"a\" \"b\" \"charset\" "
	    "\"us-ascii\") NIL NIL \"7bit\" 0 0)",
	    "(\"text\" \"x\" (\"a\" \"b\" \"charset\" \"us-ascii\") NIL NIL "
	    "\"7bit\" 0 0 NIL NIL NIL NIL)",
	    "the default charset comes after parameters" },
	{ CT "text/x; Charset=b\n\n", "(\"text\" \"x\" (\"Charset\" \"b\") "
	    "NIL NIL \"7bit\" 0 0)",
	    "(\"text\" \"x\" (\"Charset\" \"b\") NIL NIL \"7bit\" 0 0 NIL "
	    "NIL NIL NIL)", "a charset has no case" },
	{ CT "a/b\nContent-MD5: m\nContent-Disposition: inline\n"
	    "Content-Language: en\nContent-Location: l\n\n",
	    "(\"a\" \"b\" NIL NIL NIL \"7bit\" 0)",
	    "(\"a\" \"b\" NIL NIL NIL \"7bit\" 0 \"m\" (\"inline\" NIL) "
	    "(\"en\") \"l\")", "all extension data" },
	{ MULTI "--b\n\nx\n--b\n\ny\n--b--\n",
	    "(" TEXT "1 0)" TEXT "1 0) \"x\")",
	    "(" TEXT "1 0 NIL NIL NIL NIL)" TEXT "1 0 NIL NIL NIL NIL) "
	    "\"x\" (\"boundary\" \"b\" \"c\" \"d\") NIL NIL NIL)",
	    "parts, and parameters of a multipart, which are extension data" },
	{ MULTI, "(" TEXT "0 0) \"x\")",
	    "(" TEXT "0 0 NIL NIL NIL NIL) \"x\" (\"boundary\" \"b\" \"c\" "
	    "\"d\") NIL NIL NIL)", "no parts: the grammar requires one" },
	{ CT "message/rfc822\n\n" CT "a/b\n\n", "(\"message\" \"rfc822\" NIL "
	    "NIL NIL \"7bit\" 21 (NIL NIL" NIL7 " NIL) (\"a\" \"b\" NIL NIL "
	    "NIL \"7bit\" 0) 2)",
	    "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 21 (NIL NIL" NIL7
	    " NIL) (\"a\" \"b\" NIL NIL NIL \"7bit\" 0 NIL NIL NIL NIL) 2 "
	    "NIL NIL NIL NIL)", "a message has its envelope and its body" },
};

START_TEST(test_imapform_body)
{
	struct slice msg = slice_str(bodies[_i].msg), text;
	struct mime_message *m = unit_mime(&unit_arena, msg);
	struct buf out, spans, body;

	ck_assert_ptr_nonnull(m);
	buf_init(&out, BUF_NOCAP);
	buf_init(&spans, BUF_NOCAP);
	buf_init(&body, BUF_NOCAP);
	/* The text may begin after others. */
	ck_assert_int_eq(buf_add_str(&out, "before"), 0);
	ck_assert_int_eq(imapform_structure(&out, m->root, &spans), 0);
	text = slice_from(buf_slice(&out), 6);
	ck_row_eq(msg, bodies[_i].why, text, bodies[_i].structure);
	ck_assert_int_eq(imapform_body(&body, text, buf_slice(&spans)), 0);
	ck_row_eq(msg, bodies[_i].why, buf_slice(&body), bodies[_i].body);
	/* Whoever wants no BODY gives no spans. */
	buf_reset(&out, BUF_NOCAP);
	ck_assert_int_eq(imapform_structure(&out, m->root, NULL), 0);
	ck_row_eq(msg, bodies[_i].why, buf_slice(&out), bodies[_i].structure);
	buf_clear(&out);
	buf_clear(&spans);
	buf_clear(&body);
}
END_TEST

/* Text that does not fit is an error, wherever the room ends. */
START_TEST(test_imapform_full)
{
	static const char msg[] = MULTI
	    "--b\nContent-Type: text/x; a=b\nContent-ID: i\n"
	    "Content-Description: d\nContent-Transfer-Encoding: 8bit\n"
	    "Content-MD5: m\nContent-Disposition: inline; f=g\n"
	    "Content-Language: en, de\nContent-Location: l\n\n\n"
	    "--b\n" CT "message/rfc822\n\nFrom: a <b@c>\nTo: d: e@f;\n"
	    "Subject: x  y\nMessage-ID: z\n \xc3\xa9\n\n--b--\n";
	struct mime_message *m = unit_mime(&unit_arena, slice_str(msg));
	struct buf out, spans, body, whole;

	buf_init(&whole, BUF_NOCAP);
	buf_init(&spans, BUF_NOCAP);
	ck_assert_int_eq(imapform_structure(&whole, m->root, &spans), 0);
	for (size_t cap = 0; cap <= buf_len(&whole); cap++) {
		buf_init(&out, cap);
		ck_row_eq(cap, "octets of room",
		    imapform_structure(&out, m->root, NULL),
		    cap == buf_len(&whole) ? 0 : -1);
		buf_clear(&out);
		buf_init(&body, cap);
		if (imapform_body(&body, buf_slice(&whole),
		    buf_slice(&spans)) == 0)
			break;
		buf_clear(&body);
	}
	ck_assert_uint_lt(buf_len(&body), buf_len(&whole));
	buf_clear(&body);
	for (size_t cap = 0; cap < buf_len(&spans); cap++) {
		struct buf few;

		buf_init(&few, cap);
		buf_init(&out, BUF_NOCAP);
		ck_assert_int_eq(imapform_structure(&out, m->root, &few), -1);
		buf_clear(&few);
		buf_clear(&out);
	}
	buf_clear(&whole);
	buf_clear(&spans);
}
END_TEST

/* Spans come from the index, which may be damaged. */
static const struct {
	uint64_t	 gap;
	uint64_t	 len;
	size_t		 cut;		/* octets missing at the end */
	const char	*want;		/* of "abcdef"; NULL: refused */
	const char	*why;
} damaged[] = {
	{ 2, 3, 0, "abf", "a span" },
	{ 0, 6, 0, "", "all of the text" },
	{ 6, 0, 0, "abcdef", "nothing at the end" },
	{ 0, 7, 0, NULL, "too long" },
	{ 7, 0, 0, NULL, "too far" },
	{ 4, 3, 0, NULL, "both together too long" },
	{ UINT64_MAX, 3, 0, NULL, "a sum that would wrap" },
	{ 3, UINT64_MAX, 0, NULL, "a length that would wrap" },
	{ 2, 3, 1, NULL, "a gap without its length" },
};

START_TEST(test_imapform_body_of_damaged_spans)
{
	struct buf out, spans;

	buf_init(&out, 64);
	buf_init(&spans, 64);
	ck_assert_int_eq(varint_put(&spans, damaged[_i].gap), 0);
	ck_assert_int_eq(varint_put(&spans, damaged[_i].len), 0);
	ck_row_eq(damaged[_i].gap, damaged[_i].why,
	    imapform_body(&out, SLICE_LIT("abcdef"),
	    slice_sub(buf_slice(&spans), 0, buf_len(&spans) -
	    damaged[_i].cut)), damaged[_i].want == NULL ? -1 : 0);
	if (damaged[_i].want != NULL)
		ck_row_eq(damaged[_i].gap, damaged[_i].why, buf_slice(&out),
		    damaged[_i].want);
	buf_clear(&out);
	buf_clear(&spans);
}
END_TEST

Suite *
suite_imapform(void)
{
	Suite *s = suite_create("imapform");
	TCase *tc = tcase_create("imapform");

	tcase_add_checked_fixture(tc, unit_arena_setup,
	    unit_arena_teardown);
	tcase_add_loop_test(tc, test_imapform_strings, 0, NROWS(strings));
	tcase_add_test(tc, test_imapform_envelope_order);
	tcase_add_loop_test(tc, test_imapform_body, 0, NROWS(bodies));
	tcase_add_test(tc, test_imapform_full);
	tcase_add_loop_test(tc, test_imapform_body_of_damaged_spans, 0,
	    NROWS(damaged));
	suite_add_tcase(s, tc);
	return s;
}
