/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The pid file: who holds it, and what is in it. */
#include "config.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/proc/pidlock.h"
#include "tests/unit/util.h"

static char	 dir[64], path[80];

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), "%s", unit_dir());
	(void)snprintf(path, sizeof(path), "%s/pid", dir);
}

static void
put(const char *name, const char *text)
{
	FILE *fp = fopen(name, "w");

	ck_assert_ptr_nonnull(fp);
	ck_assert_int_ge(fputs(text, fp), 0);
	ck_assert_int_eq(fclose(fp), 0);
}

static const char *
get(const char *name)
{
	static char text[128];
	FILE *fp = fopen(name, "r");
	size_t n;

	ck_assert_ptr_nonnull(fp);
	n = fread(text, 1, sizeof(text) - 1, fp);
	text[n] = '\0';
	ck_assert_int_eq(fclose(fp), 0);
	return text;
}

START_TEST(test_pidlock_has_the_process_id)
{
	struct pidlock p = { 0 };
	char want[32];

	ck_assert_int_eq(pidlock_open(&p, path), 0);
	ck_assert_str_eq(get(path), "");
	ck_assert_int_eq(pidlock_write(&p), 0);
	(void)snprintf(want, sizeof(want), "%ld\n", (long)getpid());
	ck_assert_str_eq(get(path), want);
	/* A child must not hold the lock after its parent has died. */
	ck_assert_int_eq(fcntl(p.fd, F_GETFD), FD_CLOEXEC);
	pidlock_close(&p);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

/* A file that a crash left is used again, and nothing of it stays. */
START_TEST(test_pidlock_of_a_crash)
{
	struct pidlock p = { 0 };

	put(path, "99999999999999999999\nand more\n");
	ck_assert_int_eq(pidlock_open(&p, path), 0);
	ck_assert_int_eq(pidlock_write(&p), 0);
	ck_assert_int_eq(strtol(get(path), NULL, 10), getpid());
	ck_assert_uint_lt(strlen(get(path)), 20);
	pidlock_close(&p);
}
END_TEST

/* While a daemon runs, a second one does not start or touch its file. */
START_TEST(test_pidlock_is_held_by_one)
{
	struct pidlock p = { 0 }, second = { 0 };

	ck_assert_int_eq(pidlock_open(&p, path), 0);
	ck_assert_int_eq(pidlock_write(&p), 0);
	ck_assert_int_eq(pidlock_open(&second, path), -1);
	ck_assert_int_eq(second.fd, -1);
	ck_assert_int_eq(strtol(get(path), NULL, 10), getpid());
	pidlock_close(&p);
	ck_assert_int_eq(pidlock_open(&second, path), 0);
	pidlock_close(&second);
}
END_TEST

/* Root follows no link that somebody may have put there. */
START_TEST(test_pidlock_follows_no_link)
{
	struct pidlock p = { 0 };
	char target[80];

	(void)snprintf(target, sizeof(target), "%s/target", dir);
	put(target, "precious");
	ck_assert_int_eq(symlink(target, path), 0);
	ck_assert_int_eq(pidlock_open(&p, path), -1);
	ck_assert_str_eq(get(target), "precious");
}
END_TEST

START_TEST(test_pidlock_without_a_folder)
{
	struct pidlock p = { 0 };
	char none[96];

	(void)snprintf(none, sizeof(none), "%s/none/pid", dir);
	ck_assert_int_eq(pidlock_open(&p, none), -1);
}
END_TEST

/* Without a pid file there is nothing to do. */
START_TEST(test_pidlock_none)
{
	struct pidlock p = { 0 };
	struct stat sb;

	ck_assert_int_eq(pidlock_write(&p), 0);
	pidlock_close(&p);
	/* It did not close descriptor 0. */
	ck_assert_int_eq(fstat(0, &sb), 0);
}
END_TEST

START_TEST(test_pidlock_write_fails)
{
	struct pidlock p = { 0 };
	int fd;

	ck_assert_int_eq(pidlock_open(&p, path), 0);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_ne(dup2(fd, p.fd), -1);
	(void)close(fd);
	ck_assert_int_eq(pidlock_write(&p), -1);
	pidlock_close(&p);
}
END_TEST

Suite *
suite_pidlock(void)
{
	Suite *s = suite_create("pidlock");
	TCase *tc = tcase_create("pidlock");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, test_pidlock_has_the_process_id);
	tcase_add_test(tc, test_pidlock_of_a_crash);
	tcase_add_test(tc, test_pidlock_is_held_by_one);
	tcase_add_test(tc, test_pidlock_follows_no_link);
	tcase_add_test(tc, test_pidlock_without_a_folder);
	tcase_add_test(tc, test_pidlock_none);
	tcase_add_test(tc, test_pidlock_write_fails);
	suite_add_tcase(s, tc);
	return s;
}
