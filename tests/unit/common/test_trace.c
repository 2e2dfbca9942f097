/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Whose dialogue is logged, and how a line of it looks. */
#include "config.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/proc/trace.h"
#include "tests/unit/util.h"

static const struct {
	const char	*for_user;	/* trace user; NULL: not set */
	const char	*for_address;	/* trace address; NULL: not set */
	const char	*user;		/* NULL: nobody has logged in */
	const char	*peer;
	bool		 want;
	const char	*why;
} wanted[] = {
	{ NULL, NULL, "a", "192.0.2.1:1", false, "nothing is traced" },
	{ "a", NULL, "a", "", true, "the user" },
	{ "a", NULL, "A", "", false, "a name has its case" },
	{ "a", NULL, "ab", "", false, "a longer name" },
	{ "a", NULL, NULL, "192.0.2.1:1", false, "before login" },
	{ NULL, "192.0.2.1", NULL, "192.0.2.1:4711", true, "the address" },
	{ NULL, "192.0.2.1", "a", "192.0.2.1:1", true,
	    "the address, after login, too" },
	{ NULL, "192.0.2.1", NULL, "192.0.2.11:1", false, "a longer one" },
	{ NULL, "192.0.2.1", NULL, "192.0.2.2:1", false, "another one" },
	{ NULL, "2001:db8::1", NULL, "[2001:db8::1]:4711", true, "IPv6" },
	{ NULL, "2001:DB8:0:0::1", NULL, "[2001:db8::1]:1", true,
	    "the same address, written in another way" },
	{ NULL, "2001:db8::1", NULL, "[2001:db8::2]:1", false,
	    "another of its net" },
	{ NULL, "2001:db8::1", NULL, "[2001:db8::1%eth0]:1", false,
	    "a scope is no part of an address" },
	{ NULL, "0.0.0.0", NULL, "", false, "no address is not 0" },
	{ NULL, "192.0.2.1", NULL, "192.0.2.1", false, "no port" },
	{ NULL, "192.0.2.1", NULL, ":1", false, "no host" },
	{ NULL, "::", NULL, "[]:1", false, "an empty host" },
	{ NULL, "192.0.2.1", NULL, "local", false, "no address at all" },
	{ NULL, "192.0.2.1", NULL, "1111:2222:3333:4444:5555:6666:7777:8888:"
	    "9999:1", false, "longer than any address" },
	{ "a", "192.0.2.1", "a", "192.0.2.9:1", true, "either is enough" },
	{ "a", "192.0.2.1", "b", "192.0.2.1:1", true, "or the other" },
	{ "a", "192.0.2.1", "b", "192.0.2.9:1", false, "neither" },
};

START_TEST(test_trace_wanted)
{
	const struct conf conf = {
		.trace_user = (char *)(uintptr_t)wanted[_i].for_user,
		.trace_address = (char *)(uintptr_t)wanted[_i].for_address,
	};

	ck_row_eq(wanted[_i].peer, wanted[_i].why, trace_wanted(&conf,
	    wanted[_i].user, slice_str(wanted[_i].peer)), wanted[_i].want);
}
END_TEST

static int	 fds[2];

static void
setup(void)
{
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	log_init("tester", LOG_DEST_FD, fds[1], LOG_LEVEL_INFO);
}

static void
teardown(void)
{
	close(fds[0]);
	close(fds[1]);
	log_init("unit", LOG_DEST_FD, STDERR_FILENO, LOG_LEVEL_WARN);
}

/* The one line that was logged, from the second ": " on. */
static struct slice
logged(void)
{
	static char got[4096];
	struct slice s;
	size_t at;
	ssize_t n;

	n = read(fds[0], got, sizeof(got));
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(got[n - 1], '\n');
	s = slice_make(got, (size_t)n - 1);
	ck_assert_uint_eq(slice_chr(s, '\n'), SLICE_NONE);
	at = slice_find(s, SLICE_LIT("]: "));
	ck_assert_uint_ne(at, SLICE_NONE);
	return slice_from(s, at + 3);
}

#define X50	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X196	X50 X50 X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	struct slice	 in;
	const char	*want;
	const char	*why;
} lines[] = {
	{ LIT("a FETCH 1 (UID)"), "7 S: a FETCH 1 (UID)", "a line" },
	{ LIT(""), "7 S: ", "an empty line" },
	{ LIT("\"a\" \\"), "7 S: \"a\" \\",
	    "the text ends the line: no escape for quotes" },
	{ LIT("a\r\nb\tc"), "7 S: a\\x0d\\x0ab\\x09c",
	    "no line end gets into the log" },
	{ LIT("\x1f\x7f\xc3\xa9 ~"), "7 S: \\x1f\\x7f\\xc3\\xa9 ~",
	    "only printable ASCII" },
	{ LIT("\0"), "7 S: \\x00", "a NUL" },
	{ LIT(X50 X50 X50 X50), "7 S: " X50 X50 X50 X50,
	    "TRACE_LINE_MAX octets" },
	{ LIT(X50 X50 X50 X50 "y"), "7 S: " X50 X50 X50 X50 "...",
	    "one more" },
	{ LIT(X196 "\xff"), "7 S: " X196 "\\xff", "an escape at the end" },
	{ LIT(X196 "x\xff"), "7 S: " X196 "x...", "no half of an escape" },
};

START_TEST(test_trace_line)
{
	struct slice text = unit_tight(lines[_i].in);

	trace_line("7", TRACE_SERVER, text);
	ck_row_eq(text, lines[_i].why, logged(), lines[_i].want);
	free((char *)text.p);
}
END_TEST

START_TEST(test_trace_hidden)
{
	trace_hidden("peer x", TRACE_CLIENT, "LOGIN", 42);
	ck_slice_eq(logged(), "peer x C: LOGIN (42 octets)");
	trace_hidden("peer x", TRACE_CLIENT, NULL, 0);
	ck_slice_eq(logged(), "peer x C: ? (0 octets)");
}
END_TEST

Suite *
suite_trace(void)
{
	Suite *s = suite_create("trace");
	TCase *tc = tcase_create("wanted");

	tcase_add_loop_test(tc, test_trace_wanted, 0, NROWS(wanted));
	suite_add_tcase(s, tc);
	tc = tcase_create("lines");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_trace_line, 0, NROWS(lines));
	tcase_add_test(tc, test_trace_hidden);
	suite_add_tcase(s, tc);
	return s;
}
