/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The log: the format of its lines, and what clients can't put into them. */
#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/table.h"
#include "tests/unit/util.h"

static int	 fds[2];

static void
setup(void)
{
	ck_assert_int_eq(pipe(fds), 0);
	log_init("tester", LOG_DEST_FD, fds[1], LOG_LEVEL_INFO);
}

static void
teardown(void)
{
	close(fds[0]);
	close(fds[1]);
}

/* Everything logged so far, NUL-terminated. */
static const char *
written(void)
{
	static char got[16384];
	ssize_t n;

	ck_assert_int_eq(write(fds[1], "", 1), 1);
	n = read(fds[0], got, sizeof(got));
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(got[n - 1], '\0');
	return got;
}

START_TEST(test_log_line)
{
	char want[128];

	errno = ENOENT;
	log_info("session %d opened: %m", 3);
	ck_assert_int_eq(errno, ENOENT);
	/* Also the second time, when the process id is known. */
	log_info("session %d opened: %m", 3);
	(void)snprintf(want, sizeof(want), "Z tester[%ld]: session 3 opened: "
	    "No such file or directory\n", (long)getpid());
	ck_assert_ptr_nonnull(strstr(written(), want));
}
END_TEST

START_TEST(test_log_level)
{
	log_debug("no");
	log_init("tester", LOG_DEST_FD, fds[1], LOG_LEVEL_WARN);
	log_info("no");
	ck_assert_str_eq(written(), "");
	log_warn("yes");
	ck_assert_ptr_nonnull(strstr(written(), "]: warning: yes\n"));
	log_init("tester", LOG_DEST_FD, fds[1], LOG_LEVEL_DEBUG);
	log_debug("all");
	ck_assert_ptr_nonnull(strstr(written(), "]: debug: all\n"));
}
END_TEST

START_TEST(test_log_long_line_is_cut_and_ends)
{
	const char *got;

	log_info("%05000d", 1);
	got = written();
	ck_assert_uint_eq(strlen(got), 1024);
	ck_assert_int_eq(got[1023], '\n');
}
END_TEST

START_TEST(test_log_limited_tells_what_was_dropped)
{
	struct log_limit limit = { 0, 0, 0 };
	const char *p;
	int lines = 0;

	for (int i = 0; i < 1000; i++)
		log_limited_at(&limit, LOG_LEVEL_INFO, "noise");
	for (p = written(); (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	ck_assert_int_eq(lines, LOG_LIMIT_LINES);
	limit.start_ms -= LOG_LIMIT_PERIOD_MS;
	log_limited_at(&limit, LOG_LEVEL_INFO, "noise");
	ck_assert_ptr_nonnull(strstr(written(),
	    "noise (repeated 990 times)\n"));
}
END_TEST

static const struct {
	struct slice	 in;
	const char	*want;		/* NULL: not logged */
	const char	*why;
} lines_of_children[] = {
	{ LIT("2 session 3 opened"), "session 3 opened", "information" },
	{ LIT("1 disk full"), "warning: disk full", "a warning" },
	{ LIT("0 gone"), "fatal: gone", "the last line" },
	{ LIT("3 detail"), NULL, "a level that is not logged" },
	{ LIT("4 what"), "warning: 4 what", "no level" },
	{ LIT("2what"), "warning: 2what", "no level" },
	{ LIT(""), "warning: ", "nothing" },
	{ LIT("2"), "warning: 2", "only a digit" },
	{ LIT("2 "), "", "only a level" },
	{ LIT("free(): invalid pointer"), "warning: free(): invalid pointer",
	    "a message of libc" },
	{ LIT("2 a\r\x1b[0m\0\xff\\x0a \"q\""),
	    "a\\x0d\\x1b[0m\\x00\\xff\\x0a \"q\"",
	    "what does not print; what is escaped is not escaped again" },
};

START_TEST(test_log_child)
{
	const char *want = lines_of_children[_i].want;
	char line[256] = "";

	log_child("kid", 17, lines_of_children[_i].in);
	if (want != NULL)
		(void)snprintf(line, sizeof(line), "Z kid[17]: %s\n", want);
	ck_row_eq(lines_of_children[_i].in, lines_of_children[_i].why,
	    want == NULL ? written() : strchr(written(), 'Z'), line);
}
END_TEST

/* What a child writes is understood by its parent, whole. */
START_TEST(test_log_child_of_a_pipe)
{
	char text[1024], got[2048];
	ssize_t n;
	int saved = dup(STDERR_FILENO);

	memset(text, 'x', sizeof(text));
	ck_assert_int_ne(saved, -1);
	ck_assert_int_eq(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	log_init("kid", LOG_DEST_PIPE, -1, LOG_LEVEL_INFO);
	log_warn("%.1021s", text);
	ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	ck_assert_int_eq(close(saved), 0);
	n = read(fds[0], got, sizeof(got));
	ck_assert_int_eq(n, 1024);
	ck_assert_int_eq(got[1023], '\n');
	log_init("tester", LOG_DEST_FD, fds[1], LOG_LEVEL_INFO);
	log_child("kid", 17, slice_make(got, 1023));
	(void)snprintf(got, sizeof(got), "Z kid[17]: warning: %.1021s\n",
	    text);
	ck_assert_str_eq(strchr(written(), 'Z'), got);
}
END_TEST

static const struct {
	struct slice	 in;
	const char	*want;
	const char	*why;
} escapes[] = {
	{ LIT(""), "", "nothing" },
	{ LIT("plain text"), "plain text", "nothing to escape" },
	{ LIT("a\r\nb"), "a\\x0d\\x0ab", "no line break gets into the log" },
	{ LIT("\0"), "\\x00", "a NUL" },
	{ LIT("\"\\"), "\\x22\\x5c",
	    "quotes, as values are quoted, and backslashes" },
	{ LIT("\x1b[31m\x7f\xff"), "\\x1b[31m\\x7f\\xff",
	    "no escape sequence reaches a terminal" },
	{ LIT("%s%n"), "%s%n", "no conversion" },
};

START_TEST(test_log_esc)
{
	ck_row_eq(escapes[_i].in, escapes[_i].why, log_esc(escapes[_i].in),
	    escapes[_i].want);
}
END_TEST

/* A log line may have up to eight texts. */
START_TEST(test_log_esc_of_several)
{
	const char *got[8];

	for (int i = 0; i < 8; i++) {
		char c = (char)('a' + i);

		got[i] = log_esc(slice_make(&c, 1));
	}
	for (int i = 0; i < 8; i++) {
		ck_assert_int_eq(got[i][0], 'a' + i);
		ck_assert_int_eq(got[i][1], '\0');
	}
}
END_TEST

START_TEST(test_log_esc_cuts)
{
	char in[200];
	const char *got;

	memset(in, 'a', sizeof(in));
	got = log_esc(slice_make(in, 80));
	ck_assert_uint_eq(strlen(got), 80);
	ck_assert_ptr_null(strstr(got, "..."));
	ck_assert_uint_eq(strlen(log_esc(slice_make(in, 81))), 83);
	memset(in, '\n', sizeof(in));
	got = log_esc(slice_make(in, 200));
	ck_assert_uint_eq(strlen(got), 83);
	ck_assert_str_eq(got + 76, "\\x0a...");
}
END_TEST

START_TEST(test_log_fatal_exits)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		log_fatal("%s", "end");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 1);
	ck_assert_ptr_nonnull(strstr(written(), "fatal: end\n"));
}
END_TEST

Suite *
suite_log(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_log_line);
	tcase_add_test(tc, test_log_level);
	tcase_add_test(tc, test_log_long_line_is_cut_and_ends);
	tcase_add_loop_test(tc, test_log_child, 0,
	    NROWS(lines_of_children));
	tcase_add_test(tc, test_log_child_of_a_pipe);
	tcase_add_test(tc, test_log_limited_tells_what_was_dropped);
	tcase_add_loop_test(tc, test_log_esc, 0, NROWS(escapes));
	tcase_add_test(tc, test_log_esc_of_several);
	tcase_add_test(tc, test_log_esc_cuts);
	tcase_add_test(tc, test_log_fatal_exits);
	suite_add_tcase(s, tc);
	return s;
}
