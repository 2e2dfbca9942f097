/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The pipes through which children log, whatever a child writes. */

#include "config.h"

#include <sys/ioctl.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/xmalloc.h"
#include "common/parent/parent_ctx.h"
#include "common/parent/parent_log.h"
#include "tests/unit/util.h"

static struct parent_log	*kid;
static int			 kid_fd;	/* the child's end */
static int			 fds[2];	/* the log */

static void
setup(void)
{
	int ends[2];

	memset(&parent, 0, sizeof(parent));
	parent.base = event_base_new();
	ck_assert_ptr_nonnull(parent.base);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	log_init("parent", LOG_DEST_FD, fds[1], LOG_LEVEL_INFO);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	kid_fd = ends[1];
	kid = parent_log_new("kid", 17, ends[0]);
}

static void
teardown(void)
{
	parent_log_free(kid);
	kid = NULL;
	(void)close(kid_fd);
	(void)close(fds[0]);
	(void)close(fds[1]);
	log_init("unit", LOG_DEST_FD, STDERR_FILENO, LOG_LEVEL_WARN);
	event_base_free(parent.base);
	memset(&parent, 0, sizeof(parent));
}

static void
child_writes(const char *text, size_t len)
{
	ck_assert_int_eq(write(kid_fd, text, len), (ssize_t)len);
}

static void
turn(void)
{
	ck_assert_int_ne(event_base_loop(parent.base, EVLOOP_ONCE |
	    EVLOOP_NONBLOCK), -1);
}

/* What is in the log now, without the times of its lines. */
static const char *
logged(void)
{
	static char out[65536];
	char got[65536], *save, *line;
	ssize_t n = read(fds[0], got, sizeof(got) - 1);

	out[0] = '\0';
	if (n <= 0)
		return out;
	got[n] = '\0';
	for (line = strtok_r(got, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		ck_assert_ptr_nonnull(strstr(line, "Z kid[17]: "));
		(void)strlcat(out, strstr(line, "Z kid[17]: ") + 11,
		    sizeof(out));
		(void)strlcat(out, "\n", sizeof(out));
	}
	return out;
}

START_TEST(test_lines_in_any_pieces)
{
	static const char text[] = "2 one\n1 two\n\n2 2026-11-27T12:00:00.000Z "
	    "imapd[1]: stopped\n";
	static const char want[] = "one\nwarning: two\nwarning: \n"
	    "2026-11-27T12:00:00.000Z imapd[1]: stopped\n";

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		child_writes(text, cut);
		turn();
		child_writes(text + cut, sizeof(text) - 1 - cut);
		turn();
		ck_assert_str_eq(logged(), want);
	}
}
END_TEST

START_TEST(test_last_words)
{
	child_writes("2 one\nfree(): invalid", 21);
	parent_log_free(kid);
	kid = NULL;
	ck_assert_str_eq(logged(), "one\nwarning: free(): invalid\n");
}
END_TEST

/* A line without an end costs no memory, and no line after it. */
START_TEST(test_line_without_end)
{
	char text[20000];
	const char *p;
	size_t n = 0;

	memset(text, 'x', sizeof(text));
	child_writes(text, sizeof(text));
	child_writes("\n2 two\n", 7);
	for (int i = 0; i < 10; i++)
		turn();
	p = logged();
	ck_assert_str_eq(p + strlen(p) - 5, "\ntwo\n");
	for (; *p != '\0'; p++)
		n += *p == '\n';
	ck_assert_uint_eq(n, 6);
}
END_TEST

/* A child that writes without end gets no more of a turn than others. */
START_TEST(test_flood_of_lines)
{
	char text[16384];
	int left;

	memset(text, '\n', sizeof(text));
	child_writes(text, sizeof(text));
	/* Most of it is lost: the log is a pipe here, which nobody reads. */
	ck_assert_int_eq(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	turn();
	ck_assert_int_eq(ioctl(kid_fd, FIONREAD, &left), 0);
	ck_assert_int_eq(left, (int)sizeof(text) - 4096);
	(void)logged();
}
END_TEST

/* After the end of the child, the loop has nothing to do. */
START_TEST(test_end)
{
	child_writes("2 one\n", 6);
	(void)close(kid_fd);
	kid_fd = -1;
	turn();
	turn();
	ck_assert_str_eq(logged(), "one\n");
	ck_assert_int_eq(event_base_loop(parent.base, EVLOOP_NONBLOCK), 1);
}
END_TEST

Suite *
suite_parent_log(void)
{
	TCase *tc = tcase_create("parent_log");
	Suite *s = suite_create("parent_log");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_lines_in_any_pieces);
	tcase_add_test(tc, test_last_words);
	tcase_add_test(tc, test_line_without_end);
	tcase_add_test(tc, test_flood_of_lines);
	tcase_add_test(tc, test_end);
	suite_add_tcase(s, tc);
	return s;
}
