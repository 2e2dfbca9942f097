/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Arguments of IMAP commands (RFC 3501, 9). */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "imapd/arg.h"
#include "imapd/flag.h"
#include "imapd/input.h"
#include "imapd/section.h"
#include "tests/unit/util.h"

static void
add(struct buf *out, struct slice s)
{
	ck_assert_int_eq(buf_add_slice(out, s), 0);
}

/* Parses an argument and prints it to out; -1: refused. */
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

static const struct name_style dotted = { .separator = '.' };
static const struct name_style utf8 = { .separator = '.', .utf8 = true };

static int
parse_dotted(struct arg *a, struct buf *out)
{
	a->names = &dotted;
	return parse_mailbox(a, out);
}

static int
parse_utf8(struct arg *a, struct buf *out)
{
	a->names = &utf8;
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
	ck_assert_int_eq(buf_add_fmt(out, "%" PRIx32, flags.names.system), 0);
	for (size_t i = 0; i < flags.names.nkeywords; i++) {
		ck_assert_int_eq(buf_add_char(out, ' '), 0);
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
		ck_assert_int_eq(buf_add_fmt(out, "%" PRIu32 ".", sec.parts[i]),
		    0);
	ck_assert_int_eq(buf_add_fmt(out, "%d", sec.text), 0);
	for (size_t i = 0; i < sec.nfields; i++) {
		ck_assert_int_eq(buf_add_char(out, ' '), 0);
		add(out, sec.fields[i]);
	}
	return 0;
}

static int
parse_date(struct arg *a, struct buf *out)
{
	int32_t day;

	return arg_date(a, &day) == -1 ? -1 : buf_add_fmt(out, "%" PRId32, day);
}

static int
parse_partial(struct arg *a, struct buf *out)
{
	uint32_t off, max;

	return section_partial_parse(a, &off, &max) == -1 ? -1 :
	    buf_add_fmt(out, "%" PRIu32 ",%" PRIu32, off, max);
}

static int
parse_tag(struct arg *a, struct buf *out)
{
	struct slice s;

	if (arg_tag(a, &s) == -1)
		return -1;
	add(out, s);
	return 0;
}

static int
parse_atom(struct arg *a, struct buf *out)
{
	struct slice s;

	if (arg_atom(a, &s) == -1)
		return -1;
	add(out, s);
	return 0;
}

static int
parse_word(struct arg *a, struct buf *out)
{
	struct slice s;

	if (arg_word(a, &s) == -1)
		return -1;
	add(out, s);
	return 0;
}

/* A word, then the rest of the text in brackets. */
static int
parse_rest(struct arg *a, struct buf *out)
{
	struct slice rest;

	if (parse_word(a, out) == -1)
		return -1;
	rest = arg_rest(a);
	return buf_add_fmt(out, "[%.*s]", SLICE_ARG(rest));
}

static int
parse_date_time(struct arg *a, struct buf *out)
{
	int64_t when;

	return arg_date_time(a, &when) == -1 ? -1 :
	    buf_add_fmt(out, "%" PRId64, when);
}

static const struct arg_bit bits[] = { { "A", 1 }, { "B", 2 } };

/* A list of the words A and B; it may be empty. */
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
	return rc == -1 ? -1 : buf_add_fmt(out, "%zu %" PRIu32, n, found);
}

static int
parse_modifier(struct arg *a, struct buf *out)
{
	uint64_t modseq;

	return arg_modifier(a, "SINCE", "Unknown", &modseq) == -1 ? -1 :
	    buf_add_u64(out, modseq);
}

/* A word and an optional second argument. */
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
	const char	*why;
} rows[] = {
	{ parse_astring, LIT("abc"), "abc", "an atom" },
	{ parse_astring, LIT("a]b"), "a]b", "] is in astring-char" },
	{ parse_astring, LIT("\"abc\""), "abc", "a quoted string" },
	{ parse_astring, LIT("\"\""), "", "an empty quoted string" },
	{ parse_astring, LIT("\"a b\\\"c\\\\\""), "a b\"c\\", "escapes" },
	{ parse_astring, LIT("\"\xc3\xa4\""), "\xc3\xa4",
	    "8-bit in quotes, against RFC 3501: clients do it" },
	{ parse_astring, LIT("{3}\r\nabc"), "abc", "a literal" },
	{ parse_astring, LIT("{3+}\r\na\r\n"), "a\r\n",
	    "a line end in a literal (RFC 7888)" },
	{ parse_astring, LIT("{0}\r\n"), "", "an empty literal" },
	{ parse_astring, LIT("{3}\r\nab"), NULL,
	    "a literal that is too short" },
	{ parse_astring, LIT("{3}\r\na\0c"), NULL, "a NUL in a literal" },
	{ parse_astring, LIT("{99999999999999999999}\r\na"), NULL,
	    "a size that does not fit" },
	{ parse_astring, LIT("{3}"), NULL, "a literal without its line end" },
	{ parse_astring, LIT("{3"), NULL, "half of an announcement" },
	{ parse_astring, LIT("\"abc"), NULL,
	    "a quoted string without its end" },
	{ parse_astring, LIT("\"a\\bc\""), NULL, "an escape of a letter" },
	{ parse_astring, LIT("\"a\\"), NULL, "half of an escape" },
	{ parse_astring, LIT("\"a\0\""), NULL, "a NUL in quotes" },
	{ parse_astring, LIT("\"a\r\""), NULL, "a CR in quotes" },
	{ parse_astring, LIT("\xc3\xa4"), NULL, "8-bit in an atom" },
	{ parse_astring, LIT(""), NULL, "nothing" },
	{ parse_astring, LIT("(a"), NULL, "a parenthesis" },
	{ parse_astring, LIT("a*"), NULL, "* is left over" },
	{ parse_tag, LIT("a]0"), "a]0", "a tag is made of ASTRING-CHAR" },
	{ parse_tag, LIT("+"), NULL, "but has no +" },
	{ parse_tag, LIT("a+b"), NULL, "+ is left over" },
	{ parse_tag, LIT("\"a\""), NULL, "a quoted tag" },
	{ parse_tag, LIT(""), NULL, "no tag" },
	{ parse_atom, LIT("a+b&~!#$'/.:;<=>?@[^_`|}"),
	    "a+b&~!#$'/.:;<=>?@[^_`|}", "all of ATOM-CHAR but digits" },
	{ parse_atom, LIT("a]"), NULL, "] is in resp-specials" },
	{ parse_atom, LIT("a\x7f"), NULL, "DEL is in CTL" },
	{ parse_atom, LIT("a\x1f"), NULL, "the last of CTL below a blank" },
	{ parse_atom, LIT("a%"), NULL, "% is in list-wildcards" },
	{ parse_atom, LIT("a\\"), NULL, "a backslash is in quoted-specials" },
	{ parse_atom, LIT("a{"), NULL, "{ is in atom-specials" },
	{ parse_word, LIT("azAZ09.-_"), "azAZ09.-_", "a word" },
	{ parse_word, LIT("a/"), NULL, "the octet after ." },
	{ parse_word, LIT("a@"), NULL, "the octet before A" },
	{ parse_word, LIT("a["), NULL, "the octet after Z" },
	{ parse_word, LIT("a`"), NULL, "the octet before a" },
	{ parse_word, LIT("a:"), NULL, "the octet after 9" },
	{ parse_rest, LIT("a"), "a[]", "nothing is left" },
	{ parse_rest, LIT("a  b c "), "a[b c]", "blanks around it are cut" },
	{ parse_date_time, LIT("\" 1-Jan-1970 00:00:01 +0000\""), "1",
	    "date-time" },
	{ parse_date_time, LIT("\"01-Jan-1970 01:00:00 +0100\""), "0",
	    "with its zone" },
	{ parse_date_time, LIT("01-Jan-1970"), NULL, "not in quotes" },
	{ parse_date_time, LIT("\"01-Jan-1970\""), NULL, "a date alone" },
	{ parse_date_time, LIT("{26}\r\n01-Jan-1970 00:00:00 +0000"), NULL,
	    "in a literal" },
	{ parse_nstring, LIT("NIL"), "<nil>", "NIL" },
	{ parse_nstring, LIT("nil"), "<nil>", "NIL has no case" },
	{ parse_nstring, LIT("\"NIL\""), "NIL", "a string NIL" },
	{ parse_nstring, LIT("abc"), NULL, "an atom is no nstring" },
	{ parse_mailbox, LIT("INBOX"), "INBOX", "INBOX" },
	{ parse_mailbox, LIT("\"a b/c\""), "a b/c", "in quotes" },
	{ parse_mailbox, LIT("Entw&APw-rfe"), "Entw\xc3\xbcrfe",
	    "modified UTF-7" },
	{ parse_mailbox, LIT("a&-b"), "a&b", "an ampersand" },
	{ parse_mailbox, LIT("a&b"), NULL, "modified UTF-7 without its end" },
	{ parse_mailbox, LIT("\"\xc3\xa4\""), NULL, "8-bit" },
	{ parse_dotted, LIT("a.b"), "a/b", "a dot between levels" },
	{ parse_dotted, LIT("a/b.c"), "a.b/c",
	    "a slash in a name, when dots separate" },
	{ parse_utf8, LIT("\"\xc3\xa4.b\""), "\xc3\xa4/b", "UTF-8" },
	{ parse_utf8, LIT("a&-b"), "a&-b", "not modified UTF-7" },
	{ parse_utf8, LIT("\"\xc3\""), NULL, "half a character" },
	{ parse_utf8, LIT("\"\xed\xa0\x80\""), NULL, "a surrogate" },
	{ parse_pattern, LIT("*"), "*", "everything" },
	{ parse_pattern, LIT("a/%"), "a/%", "a level" },
	{ parse_pattern, LIT("\"%\""), "%", "in quotes" },
	{ parse_pattern, LIT("\"\""), "", "the empty pattern" },
	{ parse_number, LIT("0"), "0", "the least" },
	{ parse_number, LIT("4294967295"), "4294967295", "the most" },
	{ parse_number, LIT("4294967296"), NULL, "does not fit 32 bits" },
	{ parse_number, LIT("-1"), NULL, "a sign" },
	{ parse_number, LIT(""), NULL, "nothing" },
	{ parse_modseq, LIT("9223372036854775807"), "9223372036854775807",
	    "63 bits (RFC 7162)" },
	{ parse_modseq, LIT("9223372036854775808"), NULL, "64 bits" },
	{ parse_set, LIT("1:3,5"), "1:3,5", "ranges" },
	{ parse_set, LIT("*"), "9", "the last message" },
	{ parse_set, LIT("0"), NULL, "nz-number" },
	{ parse_set, LIT("1,"), NULL, "nothing after a comma" },
	{ parse_set, LIT("1:2:3"), NULL, "three ends" },
	{ parse_set, LIT("a"), NULL, "letters" },
	{ parse_flags, LIT("(\\Seen \\deleted $Forwarded)"),
	    "9 $Forwarded", "system flags have no case, a keyword has" },
	{ parse_flags, LIT("\\Seen \\Draft"), "11", "without parentheses" },
	{ parse_flags, LIT("()"), "0", "an empty list" },
	{ parse_flags, LIT("(a A b)"), "0 a b", "a keyword twice" },
	{ parse_flags, LIT("(\\Recent)"), NULL, "\\Recent cannot be set" },
	{ parse_flags, LIT("(\\Unknown)"), NULL, "no such system flag" },
	{ parse_flags, LIT("(\\Seen"), NULL, "no end" },
	{ parse_flags, LIT("(a  b)"), NULL, "two blanks" },
	{ parse_flags, LIT("((a))"), NULL, "a list in a list" },
	{ parse_flags, LIT("(\"a\")"), NULL, "a quoted flag" },
	{ parse_section, LIT("[]"), "0", "all" },
	{ parse_section, LIT("[HEADER]"), "1", "the header" },
	{ parse_section, LIT("[text]"), "4", "a word has no case" },
	{ parse_section, LIT("[1]"), "1.0", "a part" },
	{ parse_section, LIT("[1.2.3]"), "1.2.3.0", "a part of a part" },
	{ parse_section, LIT("[1.MIME]"), "1.5", "the MIME header of a part" },
	{ parse_section, LIT("[4.2.HEADER]"), "4.2.1", "the header of a part" },
	{ parse_section, LIT("[HEADER.FIELDS (From To)]"), "2 From To",
	    "fields" },
	{ parse_section, LIT("[HEADER.FIELDS.NOT (From)]"), "3 From",
	    "all fields but these" },
	{ parse_section, LIT("[2.HEADER.FIELDS ({4}\r\nDate \"X\")]"),
	    "2.2 Date X", "fields of a part, in a literal and in quotes" },
	{ parse_section, LIT("[" SECTION_P100 SECTION_P100 "1]"), NULL,
	    "deeper than messages are" },
	{ parse_section, LIT("[MIME]"), NULL, "MIME needs a part" },
	{ parse_section, LIT("[0]"), NULL, "part numbers begin with 1" },
	{ parse_section, LIT("[1.]"), NULL, "nothing after the dot" },
	{ parse_section, LIT("[1..2]"), NULL, "nothing between dots" },
	{ parse_section, LIT("[1.FOO]"), NULL, "no such word" },
	{ parse_section, LIT("[HEADER.FIELDS]"), NULL, "no list of fields" },
	{ parse_section, LIT("[HEADER.FIELDS ()]"), NULL,
	    "an empty list of fields" },
	{ parse_section, LIT("[HEADER"), NULL, "no end" },
	{ parse_section, LIT("[4294967296]"), NULL, "does not fit 32 bits" },
	{ parse_date, LIT("1-Jan-1970"), "0", "a date" },
	{ parse_date, LIT("\"2-Jan-1970\""), "1", "in quotes" },
	{ parse_date, LIT("\"2-Jan-1970"), NULL, "a quotation mark too few" },
	{ parse_date, LIT("30-Feb-2020"), NULL, "no such day" },
	{ parse_partial, LIT(""), "0,0", "no partial" },
	{ parse_partial, LIT("<0.10>"), "0,10", "a partial" },
	{ parse_partial, LIT("<10.0>"), NULL, "no octets" },
	{ parse_partial, LIT("<1>"), NULL, "no length" },
	{ parse_partial, LIT("<1.2"), NULL, "no end" },
	{ parse_list, LIT("()"), "0 0", "an empty list" },
	{ parse_list, LIT("(a)"), "1 1", "one word, which has no case" },
	{ parse_list, LIT("(A B A)"), "3 3", "a word twice" },
	{ parse_list, LIT("(A  B)"), NULL, "two blanks" },
	{ parse_list, LIT("( A)"), NULL, "a blank before the words" },
	{ parse_list, LIT("(A )"), NULL, "a blank after the words" },
	{ parse_list, LIT("(A"), NULL, "no end" },
	{ parse_list, LIT("A)"), NULL, "no beginning" },
	{ parse_list, LIT("(AB)"), NULL, "no such word" },
	{ parse_list, LIT("( )"), NULL, "a list of a blank" },
	{ parse_modifier, LIT("(since 12)"), "12",
	    "a modifier, which has no case" },
	{ parse_modifier, LIT("(SINCE 12 13)"), NULL, "two numbers" },
	{ parse_modifier, LIT("(UNTIL 12)"), NULL, "another modifier" },
	{ parse_modifier, LIT("(SINCE)"), NULL, "no number" },
	{ parse_optional, LIT("a"), "", "nothing follows" },
	{ parse_optional, LIT("a "), "", "a blank at the end is forgiven" },
	{ parse_optional, LIT("a b"), "b", "an argument" },
	{ parse_optional, LIT("a  b"), NULL, "two blanks" },
	{ parse_optional, LIT("a("), NULL, "no blank" },
};

START_TEST(test_arg)
{
	struct slice text = unit_tight(rows[_i].in);
	struct buf out;
	struct arg a;
	int rv;

	buf_init(&out, 4096);
	arg_init(&a, text, &unit_arena, NULL);
	rv = rows[_i].parse(&a, &out);
	if (rv == 0)
		rv = arg_end(&a);
	ck_row_eq(text, "an error says why", a.error != NULL, rv == -1);
	if (rows[_i].want == NULL) {
		ck_row_eq(text, rows[_i].why, rv, -1);
		ck_row(text, rows[_i].why, a.error != NULL);
	} else {
		ck_row_eq(text, rows[_i].why, a.error, (const char *)NULL);
		ck_row_eq(text, rows[_i].why, buf_slice(&out), rows[_i].want);
	}
	buf_clear(&out);
	free((void *)(uintptr_t)text.p);
}
END_TEST

/*
 * Read a line with this argument, which arrives in pieces of chunk bytes or in
 * two pieces, and store the command that the reader makes of it.
 */
static void
read_in_pieces(struct slice in, size_t chunk, size_t cut, struct buf *command)
{
	struct buf line, fed;
	struct input input;
	struct slice all;
	size_t n;

	buf_init(&line, 8192);
	buf_init(&fed, 8192);
	input_init(&input, &fed, 4096);
	ck_assert_int_eq(buf_add_slice(&line, in), 0);
	ck_assert_int_eq(buf_add_str(&line, "\r\n"), 0);
	for (all = buf_slice(&line); all.len > 0; all = slice_from(all, n)) {
		n = chunk != 0 ? chunk : cut != 0 ? cut : all.len;
		if (n > all.len)
			n = all.len;
		cut = 0;
		ck_assert_int_eq(buf_add(&fed, all.p, n), 0);
		while (input_next(&input) == INPUT_LITERAL)
			input_collect(&input);
	}
	ck_assert_int_eq(input_next(&input), INPUT_COMMAND);
	ck_assert_int_eq(buf_add_slice(command, input_text(&input)), 0);
	ck_assert_int_eq(buf_len(&fed), buf_len(&line));
	buf_clear(&line);
	buf_clear(&fed);
}

/* An argument is the same whole, byte by byte and cut anywhere. */
START_TEST(test_arg_in_pieces)
{
	struct slice in = rows[_i].in;
	struct buf command, out;
	struct arg a;

	if (rows[_i].want == NULL)
		return;
	for (size_t n = 0; n <= in.len + 1; n++) {
		buf_init(&command, 8192);
		buf_init(&out, 8192);
		read_in_pieces(in, n == 1 ? 1 : 0, n, &command);
		arg_init(&a, buf_slice(&command), &unit_arena, NULL);
		ck_row_eq(in, rows[_i].why, rows[_i].parse(&a, &out), 0);
		ck_row_eq(in, rows[_i].why, buf_slice(&out), rows[_i].want);
		buf_clear(&command);
		buf_clear(&out);
	}
}
END_TEST

/*
 * Arguments with errors other than of syntax give NO, with the first error's
 * code.
 */
START_TEST(test_arg_codes)
{
	struct arena small;
	struct slice name;
	struct arg a;

	arg_init(&a, SLICE_LIT("&"), &unit_arena, NULL);
	ck_assert_int_eq(arg_mailbox(&a, &name), -1);
	ck_assert_int_eq(a.code, CODE_CANNOT);
	arg_init(&a, SLICE_LIT("\"a"), &unit_arena, NULL);
	ck_assert_int_eq(arg_mailbox(&a, &name), -1);
	ck_assert_int_eq(arg_memory(&a), -1);
	ck_assert_int_eq(a.code, CODE_NONE);
	arena_init(&small, 1);
	arg_init(&a, SLICE_LIT("\"\\\"\""), &small, NULL);
	ck_assert_int_eq(arg_astring(&a, &name), -1);
	ck_assert_int_eq(a.code, CODE_LIMIT);
	ck_assert_str_eq(a.error, ARG_MEMORY);
	arena_clear(&small);
}
END_TEST

/* Every prefix of an argument is parsed or refused without reading past it. */
START_TEST(test_arg_cut)
{
	for (size_t len = 0; len < rows[_i].in.len; len++) {
		struct slice text = unit_tight(slice_sub(rows[_i].in, 0,
		    len));
		struct buf out;
		struct arg a;

		buf_init(&out, 4096);
		arg_init(&a, text, &unit_arena, NULL);
		ck_row_eq(text, "an error says why",
		    rows[_i].parse(&a, &out) == -1, a.error != NULL);
		ck_row(text, rows[_i].why, a.p <= a.end);
		buf_clear(&out);
		free((void *)(uintptr_t)text.p);
	}
}
END_TEST

Suite *
suite_imap_arg(void)
{
	Suite *s = suite_create("imap_arg");
	TCase *tc = tcase_create("arg");

	tcase_add_checked_fixture(tc, unit_arena_setup,
	    unit_arena_teardown);
	tcase_add_loop_test(tc, test_arg, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_arg_cut, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_arg_in_pieces, 0, NROWS(rows));
	tcase_add_test(tc, test_arg_codes);
	suite_add_tcase(s, tc);
	return s;
}
