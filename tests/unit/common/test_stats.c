/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Counters that a child shares with the parent. */

#include "config.h"

#include <sys/types.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/proc/shm.h"
#include "common/proc/stats.h"
#include "tests/unit/util.h"

START_TEST(test_stats_rows_have_a_name_and_a_text)
{
	for (int i = 0; i < STAT_MAX; i++) {
		ck_assert_ptr_nonnull(stats_rows[i].name);
		ck_assert_ptr_nonnull(stats_rows[i].text);
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(stats_rows[i].name,
			    stats_rows[j].name);
	}
}
END_TEST

/* Fork a child that counts and is then killed. */
static void
child(int fd, uint64_t before, uint64_t after, uint64_t gauge)
{
	int status;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		stats_add(STAT_COMMANDS, before);
		if (stats_share(fd) == -1)
			_exit(1);
		stats_add(STAT_COMMANDS, after);
		stats_set(STAT_SESSIONS_OPEN, gauge);
		(void)kill(getpid(), SIGKILL);
		_exit(1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status), "status %d", status);
	(void)close(fd);
}

START_TEST(test_stats_of_a_killed_child_stay)
{
	uint64_t sum[STAT_MAX] = { 0 };
	const struct stats *s;
	int fd;

	ck_assert_ptr_nonnull(s = stats_open(&fd));
	child(fd, 3, 4, 2);
	stats_sum(sum, s, false);
	ck_assert_uint_eq(sum[STAT_COMMANDS], 7);
	ck_assert_uint_eq(sum[STAT_SESSIONS_OPEN], 2);
	stats_sum(sum, s, true);
	ck_assert_uint_eq(sum[STAT_COMMANDS], 14);
	/* The gauges of a process that died do not count. */
	ck_assert_uint_eq(sum[STAT_SESSIONS_OPEN], 2);
	stats_close(s);
	stats_close(NULL);
}
END_TEST

/* The lowest descriptor that is free. */
static int
free_fd(void)
{
	int fd = dup(STDIN_FILENO);

	ck_assert_int_ne(fd, -1);
	(void)close(fd);
	return fd;
}

/* A table takes two descriptors; with none or one left, none stays open. */
START_TEST(test_stats_without_descriptors)
{
	int fd, first = free_fd();
	const struct stats *s;
	struct rlimit was, now;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	now = was;
	for (int left = 0; left < 2; left++) {
		now.rlim_cur = (rlim_t)(first + left);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &now), 0);
		s = stats_open(&fd);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
		ck_assert_ptr_null(s);
		ck_assert_int_eq(fd, -1);
		ck_assert_int_eq(free_fd(), first);
	}
}
END_TEST

START_TEST(test_stats_memory_that_is_too_short_is_refused)
{
	int fd;

	ck_assert_int_ne(fd = shm_make(8, NULL), -1);
	errno = 0;
	ck_assert_int_eq(stats_share(fd), -1);
	ck_assert_int_eq(errno, EINVAL);
	/* The process goes on, with counters that it does not share. */
	stats_add(STAT_COMMANDS, 0);
	ck_assert_int_eq(close(fd), -1);
}
END_TEST

Suite *
suite_stats(void)
{
	Suite *s = suite_create("stats");
	TCase *t = tcase_create("stats");

	tcase_add_test(t, test_stats_rows_have_a_name_and_a_text);
	tcase_add_test(t, test_stats_of_a_killed_child_stay);
	tcase_add_test(t, test_stats_without_descriptors);
	tcase_add_test(t, test_stats_memory_that_is_too_short_is_refused);
	suite_add_tcase(s, t);
	return s;
}
