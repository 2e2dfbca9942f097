/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The file of the key of invented SCRAM secrets. */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bounds.h"
#include "common/parent/parent_secret.h"
#include "tests/unit/util.h"

static char	 path[512];
static unsigned char a[FAKES_KEY_LEN], b[FAKES_KEY_LEN];

static void
setup(void)
{
	(void)snprintf(path, sizeof(path), "%s/scram.key", unit_dir());
	(void)unlink(path);
	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
}

/* A file with that text and that mode. */
static void
put(const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	(void)close(fd);
}

START_TEST(test_parent_secret_is_made_and_kept)
{
	struct stat st;

	ck_assert_int_eq(parent_secret_load(path, a), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(st.st_size, FAKES_KEY_LEN);
	ck_assert_mem_ne(a, b, sizeof(a));
	ck_assert_int_eq(parent_secret_load(path, b), 0);
	ck_assert_mem_eq(a, b, sizeof(a));
	/* Another one is another key. */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(parent_secret_load(path, b), 0);
	ck_assert_mem_ne(a, b, sizeof(a));
}
END_TEST

/* A daemon that was killed between making the file and writing it. */
START_TEST(test_parent_secret_in_an_empty_file)
{
	put("", 0600);
	ck_assert_int_eq(parent_secret_load(path, a), 0);
	ck_assert_int_eq(parent_secret_load(path, b), 0);
	ck_assert_mem_eq(a, b, sizeof(a));
}
END_TEST

static void
expect_refused(void)
{
	static const unsigned char zero[FAKES_KEY_LEN];

	ck_assert_int_eq(parent_secret_load(path, a), -1);
	ck_assert_mem_eq(a, zero, sizeof(a));
}

START_TEST(test_parent_secret_that_others_read)
{
	put("0123456789abcdef0123456789abcdef", 0640);
	expect_refused();
	put("0123456789abcdef0123456789abcdef", 0600);
	ck_assert_int_eq(parent_secret_load(path, a), 0);
	ck_assert_mem_eq(a, "0123456789abcdef0123456789abcdef", sizeof(a));
}
END_TEST

START_TEST(test_parent_secret_of_another_length)
{
	put("short", 0600);
	expect_refused();
	put("0123456789abcdef0123456789abcdef!", 0600);
	expect_refused();
}
END_TEST

START_TEST(test_parent_secret_that_is_no_file)
{
	ck_assert_int_eq(symlink("/dev/zero", path), 0);
	expect_refused();
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	expect_refused();
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	expect_refused();
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

Suite *
suite_parent_secret(void)
{
	Suite *s = suite_create("parent_secret");
	TCase *t = tcase_create("file");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, test_parent_secret_is_made_and_kept);
	tcase_add_test(t, test_parent_secret_in_an_empty_file);
	tcase_add_test(t, test_parent_secret_that_others_read);
	tcase_add_test(t, test_parent_secret_of_another_length);
	tcase_add_test(t, test_parent_secret_that_is_no_file);
	suite_add_tcase(s, t);
	return s;
}
