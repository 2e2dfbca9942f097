/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Arguments of IMAP commands, LIST patterns and what reply prints of them. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "imapd/arg.h"
#include "imapd/flag.h"
#include "imapd/list_match.h"
#include "imapd/reply.h"
#include "imapd/section.h"
#include "tests/unit/util.h"

static struct arena arena;

static void
setup(void)
{
	arena_init(&arena, 1024 * 1024);
}

static void
teardown(void)
{
	arena_clear(&arena);
}

static void
add(struct buf *out, struct slice s)
{
	ck_assert_int_eq(buf_add_slice(out, s), 0);
}

/* What a parser made of a text, printed; NULL: refused. */
typedef int parse_fn(struct arg *a, struct buf *out);

static int
parse_astring(struct arg *a, struct buf *out)
{
	struct slice s;

	if (arg_astring(a, &s) == -1)
		return -1;
	add(out, s);
	return 0;
}

static int
parse_nstring(struct arg *a, struct buf *out)
{
	struct slice s;

	if (arg_nstring(a, &s) == -1)
		return -1;
	add(out, s.p == NULL ? slice_str("<nil>") : s);
	return 0;
}

static int
parse_mailbox(struct arg *a, struct buf *out)
{
	struct slice s;

	if (arg_mailbox(a, &s) == -1)
		return -1;
	add(out, s);
	return 0;
}

static int
parse_pattern(struct arg *a, struct buf *out)
{
	struct slice s;

	if (arg_pattern(a, &s) == -1)
		return -1;
	add(out, s);
	return 0;
}

static int
parse_dotted(struct arg *a, struct buf *out)
{
	a->separator = '.';
	return parse_mailbox(a, out);
}

static int
parse_number(struct arg *a, struct buf *out)
{
	uint32_t n;

	return arg_number(a, &n) == -1 ? -1 : buf_add_u64(out, n);
}

static int
parse_modseq(struct arg *a, struct buf *out)
{
	uint64_t n;

	return arg_mod_sequence(a, &n) == -1 ? -1 : buf_add_u64(out, n);
}

static int
parse_set(struct arg *a, struct buf *out)
{
	struct idset set;
	int rv;

	idset_init(&set, IDSET_NOLIMIT);
	rv = arg_sequence_set(a, 9, &set);
	if (rv == 0)
		rv = idset_print(&set, out);
	idset_clear(&set);
	return rv;
}

static int
parse_flags(struct arg *a, struct buf *out)
{
	struct flag_args flags = { 0 };

	if (flag_args_parse_store(a, &flags) == -1)
		return -1;
	ck_assert_int_eq(buf_addf(out, "%" PRIx32, flags.names.system), 0);
	for (size_t i = 0; i < flags.names.nkeywords; i++) {
		ck_assert_int_eq(buf_addc(out, ' '), 0);
		add(out, flags.names.keywords[i]);
	}
	return 0;
}

static int
parse_section(struct arg *a, struct buf *out)
{
	struct section sec;

	if (section_parse(a, &sec) == -1)
		return -1;
	for (size_t i = 0; i < sec.nparts; i++)
		ck_assert_int_eq(buf_addf(out, "%" PRIu32 ".", sec.parts[i]),
		    0);
	ck_assert_int_eq(buf_addf(out, "%d", sec.text), 0);
	for (size_t i = 0; i < sec.nfields; i++) {
		ck_assert_int_eq(buf_addc(out, ' '), 0);
		add(out, sec.fields[i]);
	}
	return 0;
}

static int
parse_date(struct arg *a, struct buf *out)
{
	int32_t day;

	return arg_date(a, &day) == -1 ? -1 : buf_addf(out, "%" PRId32, day);
}

static int
parse_partial(struct arg *a, struct buf *out)
{
	uint32_t off, max;

	return section_partial_parse(a, &off, &max) == -1 ? -1 :
	    buf_addf(out, "%" PRIu32 ",%" PRIu32, off, max);
}

static const struct arg_bit bits[] = { { "A", 1 }, { "B", 2 } };

/* A list of A and B, which may be empty. */
static int
parse_list(struct arg *a, struct buf *out)
{
	uint32_t found = 0;
	size_t n = 0;
	int rc = 0;

	if (!arg_if_empty_list(a))
		while ((rc = arg_list_next(a, &n)) == 1)
			if (arg_bits(a, bits, 2, "Unknown", &found) == -1)
				return -1;
	return rc == -1 ? -1 : buf_addf(out, "%zu %" PRIu32, n, found);
}

static int
parse_modifier(struct arg *a, struct buf *out)
{
	uint64_t modseq;

	return arg_modifier(a, "SINCE", "Unknown", &modseq) == -1 ? -1 :
	    buf_add_u64(out, modseq);
}

/* A word, and another argument that may be left out. */
static int
parse_optional(struct arg *a, struct buf *out)
{
	struct slice word;

	if (arg_word(a, &word) == -1)
		return -1;
	if (!arg_if_more(a))
		return 0;
	if (arg_word(a, &word) == -1)
		return -1;
	add(out, word);
	return 0;
}

#define SECTION_P100	"1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1." \
			"1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1."

static const struct {
	parse_fn	*parse;
	struct slice	 in;
	const char	*want;		/* NULL: refused */
} rows[] = {
	{ parse_astring, LIT("abc"), "abc" },
	{ parse_astring, LIT("a]b"), "a]b" },
	{ parse_astring, LIT("\"abc\""), "abc" },
	{ parse_astring, LIT("\"\""), "" },
	{ parse_astring, LIT("\"a b\\\"c\\\\\""), "a b\"c\\" },
	{ parse_astring, LIT("\"\xc3\xa4\""), "\xc3\xa4" },
	{ parse_astring, LIT("{3}\r\nabc"), "abc" },
	{ parse_astring, LIT("{3+}\r\na\r\n"), "a\r\n" },
	{ parse_astring, LIT("{0}\r\n"), "" },
	{ parse_astring, LIT("{3}\r\nab"), NULL },
	{ parse_astring, LIT("{3}\r\na\0c"), NULL },
	{ parse_astring, LIT("{99999999999999999999}\r\na"), NULL },
	{ parse_astring, LIT("{3}"), NULL },
	{ parse_astring, LIT("{3"), NULL },
	{ parse_astring, LIT("\"abc"), NULL },
	{ parse_astring, LIT("\"a\\bc\""), NULL },
	{ parse_astring, LIT("\"a\\"), NULL },
	{ parse_astring, LIT("\"a\0\""), NULL },
	{ parse_astring, LIT("\"a\r\""), NULL },
	{ parse_astring, LIT("\xc3\xa4"), NULL },
	{ parse_astring, LIT(""), NULL },
	{ parse_astring, LIT("(a"), NULL },
	{ parse_astring, LIT("a*"), NULL },		/* "*" is left over */
	{ parse_nstring, LIT("NIL"), "<nil>" },
	{ parse_nstring, LIT("nil"), "<nil>" },
	{ parse_nstring, LIT("\"NIL\""), "NIL" },
	{ parse_nstring, LIT("abc"), NULL },
	{ parse_mailbox, LIT("INBOX"), "INBOX" },
	{ parse_mailbox, LIT("\"a b/c\""), "a b/c" },
	{ parse_mailbox, LIT("Entw&APw-rfe"), "Entw\xc3\xbcrfe" },
	{ parse_mailbox, LIT("a&-b"), "a&b" },
	{ parse_mailbox, LIT("a&b"), NULL },
	{ parse_mailbox, LIT("\"\xc3\xa4\""), NULL },
	{ parse_dotted, LIT("a.b"), "a/b" },
	{ parse_dotted, LIT("a/b.c"), "a.b/c" },
	{ parse_pattern, LIT("*"), "*" },
	{ parse_pattern, LIT("a/%"), "a/%" },
	{ parse_pattern, LIT("\"%\""), "%" },
	{ parse_pattern, LIT("\"\""), "" },
	{ parse_number, LIT("0"), "0" },
	{ parse_number, LIT("4294967295"), "4294967295" },
	{ parse_number, LIT("4294967296"), NULL },
	{ parse_number, LIT("-1"), NULL },
	{ parse_number, LIT(""), NULL },
	{ parse_modseq, LIT("9223372036854775807"), "9223372036854775807" },
	{ parse_modseq, LIT("9223372036854775808"), NULL },
	{ parse_set, LIT("1:3,5"), "1:3,5" },
	{ parse_set, LIT("*"), "9" },
	{ parse_set, LIT("0"), NULL },
	{ parse_set, LIT("1,"), NULL },
	{ parse_set, LIT("1:2:3"), NULL },
	{ parse_set, LIT("a"), NULL },
	{ parse_flags, LIT("(\\Seen \\deleted $Forwarded)"),
	    "9 $Forwarded" },
	{ parse_flags, LIT("\\Seen \\Draft"), "11" },
	{ parse_flags, LIT("()"), "0" },
	{ parse_flags, LIT("(a A b)"), "0 a b" },
	{ parse_flags, LIT("(\\Recent)"), NULL },
	{ parse_flags, LIT("(\\Unknown)"), NULL },
	{ parse_flags, LIT("(\\Seen"), NULL },
	{ parse_flags, LIT("(a  b)"), NULL },
	{ parse_flags, LIT("((a))"), NULL },
	{ parse_flags, LIT("(\"a\")"), NULL },
	{ parse_section, LIT("[]"), "0" },
	{ parse_section, LIT("[HEADER]"), "1" },
	{ parse_section, LIT("[text]"), "4" },
	{ parse_section, LIT("[1]"), "1.0" },
	{ parse_section, LIT("[1.2.3]"), "1.2.3.0" },
	{ parse_section, LIT("[1.MIME]"), "1.5" },
	{ parse_section, LIT("[4.2.HEADER]"), "4.2.1" },
	{ parse_section, LIT("[HEADER.FIELDS (From To)]"), "2 From To" },
	{ parse_section, LIT("[HEADER.FIELDS.NOT (From)]"), "3 From" },
	{ parse_section, LIT("[2.HEADER.FIELDS ({4}\r\nDate \"X\")]"),
	    "2.2 Date X" },
	{ parse_section, LIT("[" SECTION_P100 SECTION_P100 "1]"), NULL },
	{ parse_section, LIT("[MIME]"), NULL },
	{ parse_section, LIT("[0]"), NULL },
	{ parse_section, LIT("[1.]"), NULL },
	{ parse_section, LIT("[1..2]"), NULL },
	{ parse_section, LIT("[1.FOO]"), NULL },
	{ parse_section, LIT("[HEADER.FIELDS]"), NULL },
	{ parse_section, LIT("[HEADER.FIELDS ()]"), NULL },
	{ parse_section, LIT("[HEADER"), NULL },
	{ parse_section, LIT("[4294967296]"), NULL },
	{ parse_date, LIT("1-Jan-1970"), "0" },
	{ parse_date, LIT("\"2-Jan-1970\""), "1" },
	{ parse_date, LIT("\"2-Jan-1970"), NULL },
	{ parse_date, LIT("30-Feb-2020"), NULL },
	{ parse_partial, LIT(""), "0,0" },
	{ parse_partial, LIT("<0.10>"), "0,10" },
	{ parse_partial, LIT("<10.0>"), NULL },
	{ parse_partial, LIT("<1>"), NULL },
	{ parse_partial, LIT("<1.2"), NULL },
	{ parse_list, LIT("()"), "0 0" },
	{ parse_list, LIT("(a)"), "1 1" },
	{ parse_list, LIT("(A B A)"), "3 3" },
	{ parse_list, LIT("(A  B)"), NULL },		/* one space */
	{ parse_list, LIT("( A)"), NULL },
	{ parse_list, LIT("(A )"), NULL },
	{ parse_list, LIT("(A"), NULL },
	{ parse_list, LIT("A)"), NULL },
	{ parse_list, LIT("(AB)"), NULL },		/* not a row */
	{ parse_list, LIT("( )"), NULL },
	{ parse_modifier, LIT("(since 12)"), "12" },
	{ parse_modifier, LIT("(SINCE 12 13)"), NULL },
	{ parse_modifier, LIT("(UNTIL 12)"), NULL },
	{ parse_modifier, LIT("(SINCE)"), NULL },
	{ parse_optional, LIT("a"), "" },
	{ parse_optional, LIT("a "), "" },		/* forgiven */
	{ parse_optional, LIT("a b"), "b" },
	{ parse_optional, LIT("a  b"), NULL },
	{ parse_optional, LIT("a("), NULL },
};

START_TEST(test_arg)
{
	struct slice text = unit_tight(rows[_i].in);
	struct buf out;
	struct arg a;
	int rv;

	buf_init(&out, 4096);
	arg_init(&a, text, &arena, '/');
	rv = rows[_i].parse(&a, &out);
	if (rv == 0)
		rv = arg_end(&a);
	if (rows[_i].want == NULL) {
		ck_assert_int_eq(rv, -1);
		ck_assert_ptr_nonnull(a.error);
	} else {
		ck_assert_msg(rv == 0, "refused: %s", a.error);
		ck_slice_eq(buf_slice(&out), slice_str(rows[_i].want));
	}
	buf_clear(&out);
	free((void *)(uintptr_t)text.p);
}
END_TEST

/* What is no fault of syntax is answered NO, with the code of the first. */
START_TEST(test_arg_codes)
{
	struct arena small;
	struct slice name;
	struct arg a;

	arg_init(&a, SLICE_LIT("&"), &arena, '/');
	ck_assert_int_eq(arg_mailbox(&a, &name), -1);
	ck_assert_int_eq(a.code, CODE_CANNOT);
	arg_init(&a, SLICE_LIT("\"a"), &arena, '/');
	ck_assert_int_eq(arg_mailbox(&a, &name), -1);
	ck_assert_int_eq(arg_memory(&a), -1);
	ck_assert_int_eq(a.code, CODE_NONE);
	arena_init(&small, 1);
	arg_init(&a, SLICE_LIT("\"\\\"\""), &small, '/');
	ck_assert_int_eq(arg_astring(&a, &name), -1);
	ck_assert_int_eq(a.code, CODE_LIMIT);
	ck_assert_str_eq(a.error, ARG_MEMORY);
	arena_clear(&small);
}
END_TEST

/* Every beginning of an argument is refused or parsed, never overrun. */
START_TEST(test_arg_cut)
{
	for (size_t len = 0; len < rows[_i].in.len; len++) {
		struct slice text = unit_tight(slice_sub(rows[_i].in, 0,
		    len));
		struct buf out;
		struct arg a;

		buf_init(&out, 4096);
		arg_init(&a, text, &arena, '/');
		if (rows[_i].parse(&a, &out) == -1)
			ck_assert_ptr_nonnull(a.error);
		ck_assert(a.p <= a.end);
		buf_clear(&out);
		free((void *)(uintptr_t)text.p);
	}
}
END_TEST

static const struct {
	const char	*pattern;
	const char	*name;
	bool		 want;
} patterns[] = {
	{ "*", "a", true },
	{ "*", "a/b", true },
	{ "%", "a", true },
	{ "%", "a/b", false },
	{ "%/%", "a/b", true },
	{ "%/%", "a/b/c", false },
	{ "a/*", "a/b/c", true },
	{ "a/*", "a", false },
	{ "a*", "a", true },
	{ "*b", "a/b", true },
	{ "%b", "a/b", false },
	{ "*%b", "a/b", true },
	{ "%*b", "a/b", true },
	{ "*/%c", "a/b/c", true },
	{ "*a%", "xa/ay", true },
	{ "%a%b", "aab", true },
	{ "%a%b", "aa/b", false },
	{ "", "", true },
	{ "", "a", false },
	{ "inbox", "INBOX", true },
	{ "In%", "INBOX", true },
	{ "inbox", "INBOX2", false },
	{ "INBOX/%", "INBOX/a", true },
	{ "inbox/%", "INBOX/a", true },
	{ "i%/A", "INBOX/a", false },
	{ "inboxes", "INBOXES", false },
	{ "A", "a", false },
	{ "*************************************************************b",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    false },
};

START_TEST(test_list_match)
{
	ck_assert_int_eq(list_match(slice_str(patterns[_i].pattern),
	    slice_str(patterns[_i].name)), patterns[_i].want);
}
END_TEST

/* What RFC 3501, 6.3.8, says of wildcards, in so many words. */
static bool
match_plainly(const char *pattern, const char *name)
{
	if (*pattern == '\0')
		return *name == '\0';
	if (*pattern != '*' && *pattern != '%')
		return *pattern == *name &&
		    match_plainly(pattern + 1, name + 1);
	for (;; name++) {
		if (match_plainly(pattern + 1, name))
			return true;
		if (*name == '\0' || (*pattern == '%' && *name == '/'))
			return false;
	}
}

/* The n-th string of those letters; false when it has more than four. */
static bool
nth_string(size_t n, const char *letters, char out[5])
{
	size_t base = strlen(letters), len = 0;

	for (; n > 0; n = (n - 1) / base) {
		if (len == 4)
			return false;
		out[len++] = letters[(n - 1) % base];
	}
	out[len] = '\0';
	return true;
}

START_TEST(test_list_match_everything)
{
	char pattern[5], name[5];

	for (size_t i = 0; nth_string(i, "ab/%*", pattern); i++)
		for (size_t j = 0; nth_string(j, "ab/", name); j++)
			ck_assert_msg(list_match(slice_str(pattern),
			    slice_str(name)) == match_plainly(pattern, name),
			    "\"%s\" \"%s\"", pattern, name);
}
END_TEST

static const struct {
	struct slice	 in;
	const char	*astring;
	const char	*string;
} printed[] = {
	{ LIT("abc"), "abc", "\"abc\"" },
	{ LIT(""), "\"\"", "\"\"" },
	{ LIT("a b"), "\"a b\"", "\"a b\"" },
	{ LIT("a\"b\\"), "\"a\\\"b\\\\\"", "\"a\\\"b\\\\\"" },
	{ LIT("a\r\nb"), "{4}\r\na\r\nb", "{4}\r\na\r\nb" },
	{ LIT("\xc3\xa4"), "{2}\r\n\xc3\xa4", "{2}\r\n\xc3\xa4" },
	{ LIT("nil"), "\"nil\"", "\"nil\"" },
	{ LIT("a%"), "\"a%\"", "\"a%\"" },
};

START_TEST(test_reply_strings)
{
	struct reply r;
	struct buf out;

	buf_init(&out, 1024);
	reply_init(&r, &out);
	reply_astring(&r, printed[_i].in);
	ck_slice_eq(buf_slice(&out), slice_str(printed[_i].astring));
	buf_reset(&out, 1024);
	reply_string(&r, printed[_i].in);
	ck_slice_eq(buf_slice(&out), slice_str(printed[_i].string));
	ck_assert(!r.failed);
	buf_clear(&out);
}
END_TEST

/* Responses as they are put together. */
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

Suite *
suite_imap_arg(void)
{
	Suite *s = suite_create("imap_arg");
	TCase *tc = tcase_create("arg");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_arg, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_arg_cut, 0, NROWS(rows));
	tcase_add_test(tc, test_arg_codes);
	tcase_add_loop_test(tc, test_list_match, 0, NROWS(patterns));
	tcase_add_test(tc, test_list_match_everything);
	tcase_add_loop_test(tc, test_reply_strings, 0, NROWS(printed));
	tcase_add_test(tc, test_reply_responses);
	tcase_add_test(tc, test_reply_failed_when_full);
	suite_add_tcase(s, tc);
	return s;
}
