/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Where IMAP commands begin and end (RFC 3501, 4.3; RFC 7888). */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "imapd/arg.h"
#include "imapd/input.h"
#include "tests/unit/util.h"

#define LINE_MAX_TEST	64
#define LITERAL_MAX_TEST	20

/* A connection that takes literals up to a size and records its input. */
struct trace {
	struct buf	 in;
	struct input	 input;
	struct buf	 out;
	bool		 ended;
};

static void
trace_init(struct trace *t)
{
	buf_init(&t->in, 1024);
	buf_init(&t->out, 4096);
	input_init(&t->input, &t->in, LINE_MAX_TEST);
	t->ended = false;
}

static void
trace_clear(struct trace *t)
{
	buf_clear(&t->in);
	buf_clear(&t->out);
}

/* A literal after "S" is a message, which is handed out as it arrives. */
static bool
streamed(struct slice text)
{
	return slice_find(text, SLICE_LIT("S{")) != SLICE_NONE;
}

static void
trace_literal(struct trace *t)
{
	const struct literal *l = input_literal(&t->input);

	if (!input_may_collect(&t->input, LITERAL_MAX_TEST)) {
		ck_assert_int_eq(buf_add_str(&t->out, "refuse;"), 0);
		input_skip(&t->input);
	} else if (streamed(input_text(&t->input))) {
		ck_assert_int_eq(buf_add_fmt(&t->out, "stream %llu:",
		    (unsigned long long)l->size), 0);
		input_stream(&t->input);
	} else {
		if (!l->nonsync)
			ck_assert_int_eq(buf_add_str(&t->out, "+;"), 0);
		input_collect(&t->input);
	}
}

static int
trace_feed(void *ctx, struct slice piece)
{
	struct trace *t = ctx;

	if (t->ended)
		return 0;
	ck_assert_int_eq(buf_add_slice(&t->in, piece), 0);
	for (;;) {
		struct slice data = input_data(&t->input);

		if (data.len > 0) {
			ck_assert_int_eq(buf_add_slice(&t->out, data), 0);
			input_used(&t->input, data.len);
		}
		switch (input_next(&t->input)) {
		case INPUT_MORE:
			return 0;
		case INPUT_COMMAND:
			ck_assert_int_eq(buf_add_char(&t->out, '['), 0);
			ck_assert_int_eq(buf_add_slice(&t->out,
			    input_text(&t->input)), 0);
			ck_assert_int_eq(buf_add_char(&t->out, ']'), 0);
			input_done(&t->input);
			break;
		case INPUT_LITERAL:
			trace_literal(t);
			break;
		case INPUT_TOOLONG:
			ck_assert_int_eq(buf_add_str(&t->out, "long;"), 0);
			input_skip(&t->input);
			break;
		case INPUT_SKIPPED:
			ck_assert_int_eq(buf_add_str(&t->out, "past;"), 0);
			break;
		case INPUT_FATAL:
			ck_assert_int_eq(buf_add_str(&t->out, "fatal;"), 0);
			t->ended = true;
			return 0;
		}
	}
}

#define X32	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X64	X32 X32

static const struct {
	struct slice	 in, want;
	const char	*why;
} rows[] = {
	{ LIT("a noop\r\n"), LIT("[a noop]"), "a line" },
	{ LIT("a noop\n"), LIT("[a noop]"), "LF alone" },
	{ LIT("a\r\nb\r\n"), LIT("[a][b]"), "two lines" },
	{ LIT("\r\n"), LIT("[]"), "an empty line" },
	{ LIT("a noop"), LIT(""), "a line without its end is none" },
	{ LIT("a {3}\r\nabc\r\n"), LIT("+;[a {3}\r\nabc]"), "a literal" },
	{ LIT("a {3+}\r\nabc\r\n"), LIT("[a {3+}\r\nabc]"),
	    "a literal that does not wait (RFC 7888)" },
	{ LIT("a {0}\r\n\r\n"), LIT("+;[a {0}\r\n]"), "an empty literal" },
	{ LIT("a {3+}\r\nab"), LIT(""), "a literal that is cut is none" },
	{ LIT("a {2+}\r\n\r\n\r\n"), LIT("[a {2+}\r\n\r\n]"),
	    "a literal of line ends" },
	{ LIT("a {4+}\r\n{9+}\r\n"), LIT("[a {4+}\r\n{9+}]"),
	    "an announcement amid a literal" },
	{ LIT("a {3+}\r\n{9+}\r\n"), LIT("[a {3+}\r\n{9+}]"),
	    "a literal that is an announcement: its octets announce nothing" },
	{ LIT("a {1+}\r\nx {1+}\r\ny\r\n"), LIT("[a {1+}\r\nx {1+}\r\ny]"),
	    "two literals" },
	{ LIT("a {x}\r\n"), LIT("[a {x}]"), "no number" },
	{ LIT("a {-1}\r\n"), LIT("[a {-1}]"), "a sign" },
	{ LIT("a {}\r\n"), LIT("[a {}]"), "no digit" },
	{ LIT("a {+}\r\n"), LIT("[a {+}]"), "no digit" },
	{ LIT("a 3}\r\n"), LIT("[a 3}]"), "no beginning" },
	{ LIT("}\r\n"), LIT("[}]"), "half of an announcement" },
	{ LIT("{3}\r\nabc\r\n"), LIT("+;[{3}\r\nabc]"), "a literal at once" },
	{ LIT("a {99}\r\nb noop\r\n"), LIT("refuse;past;[b noop]"),
	    "too big: refused before it is sent" },
	{ LIT("a {21+}\r\n123456789012345678901 x\r\nb\r\n"),
	    LIT("refuse;past;[b]"), "too big: swallowed" },
	{ LIT("a {21+}\r\nb noop\r\nc noop\r\n12345\r\nb\r\n"),
	    LIT("refuse;past;[b]"), "too big: swallowed, whatever it holds" },
	{ LIT("a {15+}\r\n123456789012345 {6+}\r\nb noop z\r\nb\r\n"),
	    LIT("refuse;past;[b]"), "two that are too big together" },
	{ LIT("a {21+}\r\n123456789012345678901 {3+}\r\nabc\r\nb\r\n"),
	    LIT("refuse;past;[b]"), "all that follows is swallowed, too" },
	{ LIT("a {21+}\r\n123456789012345678901 {3}\r\nb\r\n"),
	    LIT("refuse;past;[b]"), "nobody asks for what follows" },
	{ LIT("a {99999999999999999999999}\r\nb\r\n"),
	    LIT("refuse;past;[b]"),
	    "a size that does not fit, and the client waits" },
	{ LIT("a {99999999999999999999999+}\r\nb\r\n"), LIT("fatal;"),
	    "a size that does not fit, and the client does not" },
	{ LIT("a {18446744073709551615+}\r\nb\r\n"), LIT("fatal;"),
	    "the same with 64 bits" },
	{ LIT("a S{5}\r\nhello\r\nb\r\n"), LIT("stream 5:hello[][b]"),
	    "a stream" },
	{ LIT("a S{5+}\r\nhello x\r\nb\r\n"), LIT("stream 5:hello[ x][b]"),
	    "a stream that does not wait" },
	{ LIT("a S{0+}\r\n\r\n"), LIT("stream 0:[]"), "an empty stream" },
	{ LIT("a S{3+}\r\nabc S{2+}\r\nde\r\n"),
	    LIT("stream 3:abcstream 2:de[]"), "two streams" },
	{ LIT("a S{4+}\r\n{9+}\r\nb\r\n"), LIT("stream 4:{9+}[][b]"),
	    "a stream that is an announcement" },
	{ LIT("a " X64 "\r\nb\r\n"), LIT("long;past;[b]"),
	    "a line that is too long" },
	{ LIT("a " X64 X64 X64 "\r\nb\r\n"), LIT("long;past;[b]"),
	    "a line that is far too long" },
	{ LIT("a " X64 " {3+}\r\nb\r\n\r\nc\r\n"), LIT("long;past;[c]"),
	    "its literal is swallowed" },
	{ LIT("a " X64 " {3}\r\nb\r\n"), LIT("long;past;[b]"),
	    "its literal will not come" },
	{ LIT("a {3+}\r\nabc" X64 "\r\nb\r\n"), LIT("long;past;[b]"),
	    "a line that is too long after a literal" },
	{ LIT("a \0 b\r\n"), LIT("[a \0 b]"),
	    "a NUL is the parser's business" },
};

static void
check_row(int i, size_t chunk, size_t cut)
{
	struct trace t;

	trace_init(&t);
	if (cut > 0)
		ck_assert_int_eq(unit_feed_cut(trace_feed, &t, rows[i].in,
		    cut), 0);
	else
		ck_assert_int_eq(unit_feed(trace_feed, &t, rows[i].in,
		    chunk), 0);
	ck_row_eq(rows[i].in, rows[i].why, buf_slice(&t.out), rows[i].want);
	trace_clear(&t);
}

START_TEST(test_input_whole)
{
	check_row(_i, 0, 0);
}
END_TEST

START_TEST(test_input_in_pieces)
{
	for (size_t chunk = 1; chunk < 8; chunk++)
		check_row(_i, chunk, 0);
}
END_TEST

START_TEST(test_input_cut)
{
	for (size_t at = 1; at < rows[_i].in.len; at++)
		check_row(_i, 0, at);
}
END_TEST

/*
 * Announcements of literals.  The code that reads lines, the code that skips
 * long ones and the argument parser must agree on each of them; otherwise the
 * bytes of a literal would run as commands.
 */
enum kind {
	ANNOUNCES_NONE,
	ANNOUNCES_FIVE,		/* {5} */
	ANNOUNCES_FIVE_NONSYNC,	/* {5+} */
	ANNOUNCES_TOO_MUCH,	/* too big; the client waits */
	ANNOUNCES_FATAL		/* too big; the client sends on */
};

#define ZEROS	"0000000000000000000000000000000000000000"

static const struct {
	const char	*text;
	enum kind	 kind;
	const char	*why;
} announcements[] = {
	{ "{5}", ANNOUNCES_FIVE, "literal" },
	{ "{5+}", ANNOUNCES_FIVE_NONSYNC, "RFC 7888" },
	{ "~{5}", ANNOUNCES_FIVE, "literal8" },
	{ "~{5+}", ANNOUNCES_FIVE_NONSYNC, "literal8" },
	{ "{05}", ANNOUNCES_FIVE, "number64 is 1*DIGIT" },
	{ "{05+}", ANNOUNCES_FIVE_NONSYNC, "number64 is 1*DIGIT" },
	{ "{0000000000000000005+}", ANNOUNCES_FIVE_NONSYNC, "19 digits" },
	{ "{00000000000000000005+}", ANNOUNCES_FIVE_NONSYNC, "20 digits" },
	{ "{" ZEROS "5}", ANNOUNCES_FIVE, "41 digits" },
	{ "{" ZEROS "5+}", ANNOUNCES_FIVE_NONSYNC, "41 digits" },
	{ "{9223372036854775807}", ANNOUNCES_TOO_MUCH, "63 bits" },
	{ "{9223372036854775808}", ANNOUNCES_TOO_MUCH, "64 bits" },
	{ "{9223372036854775808+}", ANNOUNCES_FATAL, "64 bits" },
	{ "{10000000000000000000+}", ANNOUNCES_FATAL, "20 digits" },
	{ "{18446744073709551621+}", ANNOUNCES_FATAL, "5 modulo 2^64" },
	{ "{1" ZEROS "}", ANNOUNCES_TOO_MUCH, "41 digits" },
	{ "{1" ZEROS "+}", ANNOUNCES_FATAL, "41 digits" },
	{ "{5-}", ANNOUNCES_NONE, "LITERAL- is the name of a capability" },
	{ "{}", ANNOUNCES_NONE, "no digit" },
	{ "{+}", ANNOUNCES_NONE, "no digit" },
	{ "{+5}", ANNOUNCES_NONE, "a sign" },
	{ "{-5}", ANNOUNCES_NONE, "a sign" },
	{ "{5++}", ANNOUNCES_NONE, "one + too many" },
	{ "{5 }", ANNOUNCES_NONE, "a space" },
	{ "{ 5}", ANNOUNCES_NONE, "a space" },
	{ "{5", ANNOUNCES_NONE, "does not end" },
	{ "{5+", ANNOUNCES_NONE, "does not end" },
	{ "5}", ANNOUNCES_NONE, "does not begin" },
	{ "x" ZEROS "5+}", ANNOUNCES_NONE, "does not begin" },
	{ "{5}}", ANNOUNCES_NONE, "more than its end" },
	{ "{5} ", ANNOUNCES_NONE, "more than its end" },
	{ "{5}\r", ANNOUNCES_NONE, "two CR" },
	{ "{0x5}", ANNOUNCES_NONE, "hexadecimal" },
	{ "{{5}", ANNOUNCES_FIVE, "the last brace counts" },
	{ "{9+}{5+}", ANNOUNCES_FIVE_NONSYNC, "the last brace counts" },
};

/* The result expected for a short or too long line with announcement i. */
static void
announcement_want(int i, bool toolong, struct buf *want)
{
	const char *text = announcements[i].text;
	int r = 0;

	switch (announcements[i].kind) {
	case ANNOUNCES_NONE:
		r = toolong ? buf_add_str(want, "long;past;[hello][b]") :
		    buf_add_fmt(want, "[a %s][hello][b]", text);
		break;
	case ANNOUNCES_FIVE:
		r = toolong ? buf_add_str(want, "long;past;[hello][b]") :
		    buf_add_fmt(want, "+;[a %s\r\nhello][b]", text);
		break;
	case ANNOUNCES_FIVE_NONSYNC:
		r = toolong ? buf_add_str(want, "long;past;[b]") :
		    buf_add_fmt(want, "[a %s\r\nhello][b]", text);
		break;
	case ANNOUNCES_TOO_MUCH:
		r = buf_add_fmt(want, "%s;past;[hello][b]",
		    toolong ? "long" : "refuse");
		break;
	case ANNOUNCES_FATAL:
		r = buf_add_fmt(want, "%sfatal;", toolong ? "long;" : "");
		break;
	}
	ck_assert_int_eq(r, 0);
}

static void
check_announcement(int i, bool toolong, const char *end)
{
	struct buf text, want;
	struct slice in;
	struct trace t;

	buf_init(&text, 1024);
	buf_init(&want, 1024);
	ck_assert_int_eq(buf_add_fmt(&text, "a %s%s%shello%sb%s",
	    toolong ? X64 : "", announcements[i].text, end, end, end), 0);
	announcement_want(i, toolong, &want);
	in = buf_slice(&text);
	for (size_t at = 1; at < in.len; at++) {
		trace_init(&t);
		ck_assert_int_eq(unit_feed_cut(trace_feed, &t, in, at), 0);
		ck_slice_eq(buf_slice(&t.out), buf_slice(&want));
		trace_clear(&t);
	}
	trace_init(&t);
	ck_assert_int_eq(unit_feed(trace_feed, &t, in, 1), 0);
	ck_slice_eq(buf_slice(&t.out), buf_slice(&want));
	trace_clear(&t);
	buf_clear(&text);
	buf_clear(&want);
}

START_TEST(test_input_announcement_in_a_line)
{
	check_announcement(_i, false, "\r\n");
}
END_TEST

START_TEST(test_input_announcement_after_a_long_line)
{
	check_announcement(_i, true, "\r\n");
	check_announcement(_i, true, "\n");
}
END_TEST

/*
 * An announcement at the start of an argument: the parser takes it for a
 * literal if and only if the reader does.
 */
START_TEST(test_input_announcement_as_argument)
{
	enum kind kind = announcements[_i].kind;
	struct arena arena;
	struct slice out;
	struct buf text;
	struct arg a;
	bool want;

	if (announcements[_i].text[0] != '{')
		return;
	/*
	 * Of two braces the last one announces, and the first is a syntax
	 * error.
	 */
	want = (kind == ANNOUNCES_FIVE || kind == ANNOUNCES_FIVE_NONSYNC) &&
	    strrchr(announcements[_i].text, '{') == announcements[_i].text;
	arena_init(&arena, 1024);
	buf_init(&text, 1024);
	ck_assert_int_eq(buf_add_fmt(&text, "%s\r\nhello",
	    announcements[_i].text), 0);
	arg_init(&a, buf_slice(&text), &arena, NULL);
	ck_assert_int_eq(arg_string(&a, &out), want ? 0 : -1);
	if (want)
		ck_slice_eq(out, slice_str("hello"));
	buf_clear(&text);
	arena_clear(&arena);
}
END_TEST

START_TEST(test_input_line_has_no_literals)
{
	struct slice line;
	struct input input;
	struct buf in;

	buf_init(&in, 1024);
	input_init(&input, &in, 16);
	ck_assert_int_eq(buf_add_str(&in, "abc{3}"), 0);
	ck_assert_int_eq(input_line(&input, &line), INPUT_MORE);
	ck_assert_int_eq(buf_add_str(&in, "\r\nDONE\r\n"), 0);
	ck_assert_int_eq(input_line(&input, &line), INPUT_COMMAND);
	ck_slice_eq(line, slice_str("abc{3}"));
	input_done(&input);
	ck_assert_int_eq(input_line(&input, &line), INPUT_COMMAND);
	ck_slice_eq(line, slice_str("DONE"));
	input_done(&input);
	ck_assert_int_eq(buf_add_str(&in, "0123456789abcdef"), 0);
	ck_assert_int_eq(input_line(&input, &line), INPUT_MORE);
	ck_assert_int_eq(buf_add_str(&in, "x"), 0);
	ck_assert_int_eq(input_line(&input, &line), INPUT_TOOLONG);
	buf_reset(&in, 1024);

	/*
	 * A complete line that is too long: the next line is the next command.
	 */
	input_init(&input, &in, 16);
	ck_assert_int_eq(buf_add_str(&in, "0123456789abcdefgh\r\na NOOP\r\n"),
	    0);
	ck_assert_int_eq(input_line(&input, &line), INPUT_TOOLONG);
	input_skip(&input);
	ck_assert_int_eq(input_next(&input), INPUT_SKIPPED);
	ck_assert_int_eq(input_next(&input), INPUT_COMMAND);
	ck_slice_eq(input_text(&input), slice_str("a NOOP"));
	input_done(&input);

	/*
	 * A skipped line can announce no bigger literal than a short line can.
	 */
	ck_assert_int_eq(buf_add_str(&in, "0123456789abcdefgh"), 0);
	ck_assert_int_eq(input_line(&input, &line), INPUT_TOOLONG);
	input_skip(&input);
	ck_assert_int_eq(buf_add_str(&in, "{6+}\r\nb NOOP\r\nc\r\n"), 0);
	ck_assert_int_eq(input_next(&input), INPUT_SKIPPED);
	ck_assert_int_eq(input_next(&input), INPUT_COMMAND);
	ck_slice_eq(input_text(&input), slice_str("b NOOP"));
	buf_clear(&in);
}
END_TEST

/*
 * After a reload changed the limit, a command that has begun keeps the old one.
 */
START_TEST(test_input_other_line_max)
{
	struct input input;
	struct buf in;

	buf_init(&in, 1024);
	input_init(&input, &in, 16);
	input_set_line_max(&input, 8);
	ck_assert_int_eq(buf_add_str(&in, "a NOOP NOOP\r\n"), 0);
	ck_assert_int_eq(input_next(&input), INPUT_TOOLONG);
	input_set_line_max(&input, 16);
	input_skip(&input);
	ck_assert_int_eq(input_next(&input), INPUT_SKIPPED);
	ck_assert_int_eq(buf_add_str(&in, "a NOOP NOOP"), 0);
	ck_assert_int_eq(input_next(&input), INPUT_MORE);
	input_set_line_max(&input, 8);
	ck_assert_int_eq(buf_add_str(&in, "\r\n"), 0);
	ck_assert_int_eq(input_next(&input), INPUT_COMMAND);
	input_done(&input);
	ck_assert_int_eq(buf_add_str(&in, "a NOOP NOOP\r\n"), 0);
	ck_assert_int_eq(input_next(&input), INPUT_TOOLONG);
	input_skip(&input);
	ck_assert_int_eq(input_next(&input), INPUT_SKIPPED);

	/* The new limit applies after a streamed message, in mid-command. */
	input_set_line_max(&input, 16);
	ck_assert_int_eq(buf_add_str(&in, "a 01234 {1}\r\nx"), 0);
	ck_assert_int_eq(input_next(&input), INPUT_LITERAL);
	input_stream(&input);
	input_used(&input, 1);
	ck_assert_int_eq(input_next(&input), INPUT_MORE);
	input_set_line_max(&input, 8);
	ck_assert_int_eq(buf_add_str(&in, "01234567\r\n"), 0);
	ck_assert_int_eq(input_next(&input), INPUT_TOOLONG);
	buf_clear(&in);
}
END_TEST

/* A reload may lower the limit amid a command. */
START_TEST(test_input_other_literal_max)
{
	struct trace t;

	trace_init(&t);
	ck_assert_int_eq(buf_add_str(&t.in, "a {5}\r\nhello {0}\r\n"), 0);
	ck_assert_int_eq(input_next(&t.input), INPUT_LITERAL);
	ck_assert(!input_may_collect(&t.input, 4));
	ck_assert(input_may_collect(&t.input, 5));
	input_collect(&t.input);
	ck_assert_int_eq(input_next(&t.input), INPUT_LITERAL);
	ck_assert(input_may_collect(&t.input, 5));
	ck_assert(!input_may_collect(&t.input, 4));
	trace_clear(&t);
}
END_TEST

Suite *
suite_imap_input(void)
{
	Suite *s = suite_create("imap_input");
	TCase *tc = tcase_create("input");

	tcase_add_loop_test(tc, test_input_whole, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_input_in_pieces, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_input_cut, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_input_announcement_in_a_line, 0,
	    NROWS(announcements));
	tcase_add_loop_test(tc, test_input_announcement_after_a_long_line, 0,
	    NROWS(announcements));
	tcase_add_loop_test(tc, test_input_announcement_as_argument, 0,
	    NROWS(announcements));
	tcase_add_test(tc, test_input_line_has_no_literals);
	tcase_add_test(tc, test_input_other_line_max);
	tcase_add_test(tc, test_input_other_literal_max);
	suite_add_tcase(s, tc);
	return s;
}
