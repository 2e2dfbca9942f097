/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The faults that other tests rely on: the store's calls, and SQLite's, come
 * through the shim and fail where a test says so.
 */

#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

/* The n-th matching call fails, those before and after it don't. */
START_TEST(test_nth_call_fails)
{
	struct stat st;

	shim_set(&(struct shim_rule){ .calls = SHIM_STAT, .path = su.root,
	    .skip = 1, .count = 1, .errnum = EIO });
	ck_assert_int_eq(stat(su.root, &st), 0);
	ck_assert_int_eq(stat("/", &st), 0);	/* another path */
	ck_assert_int_eq(stat(su.root, &st), -1);
	ck_assert_int_eq(errno, EIO);
	ck_assert_int_eq(stat(su.root, &st), 0);
	ck_assert_uint_eq(shim_seen(), 3);
	ck_assert_uint_eq(shim_clear(), 1);
	ck_assert_int_eq(stat(su.root, &st), 0);
}
END_TEST

START_TEST(test_short_read)
{
	char path[128], buf[8];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/file", su.root);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, "12345678", 8), 8);
	shim_set(&(struct shim_rule){ .calls = SHIM_READ, .path = "/file",
	    .short_len = 3 });
	ck_assert_int_eq(pread(fd, buf, sizeof(buf), 0), 3);
	(void)shim_clear();
	ck_assert_int_eq(pread(fd, buf, sizeof(buf), 0), 8);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

/* Counts calls by kind. */
static int
count_call(const struct shim_event *ev, void *arg)
{
	unsigned int *n = arg;

	for (unsigned int i = 0; i < 32; i++)
		if (ev->call == 1U << i)
			n[i]++;
	return 0;
}

static unsigned int
count_of(const unsigned int *n, unsigned int call)
{
	unsigned int i = 0;

	while (call != 1U << i)
		i++;
	return n[i];
}

/* An APPEND makes calls of these kinds, SQLite's in index.db among them. */
START_TEST(test_calls_of_an_append_are_seen)
{
	unsigned int n[32] = { 0 }, sql[32] = { 0 };

	shim_hook(SHIM_ALL, su.root, count_call, n);
	su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	(void)shim_clear();
	ck_assert_uint_gt(count_of(n, SHIM_OPEN), 0);
	ck_assert_uint_gt(count_of(n, SHIM_WRITE), 0);
	ck_assert_uint_gt(count_of(n, SHIM_SYNC), 2);
	ck_assert_uint_gt(count_of(n, SHIM_RENAME) +
	    count_of(n, SHIM_LINK), 0);
	shim_hook(SHIM_ALL, "index.db-wal", count_call, sql);
	su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	(void)shim_clear();
	ck_assert_uint_gt(count_of(sql, SHIM_WRITE), 0);
	ck_assert_uint_gt(count_of(sql, SHIM_SYNC), 0);
}
END_TEST

/* A write of SQLite that fails is an error of the operation. */
START_TEST(test_full_disk_in_sqlite_fails_subscribe)
{
	shim_set(&(struct shim_rule){ .calls = SHIM_WRITE,
	    .path = "index.db-wal", .errnum = ENOSPC });
	su_do(folder_subscribe_new(su.store, SLICE_LIT("Sent"), false),
	    STORE_ERR_OVERQUOTA);
	ck_assert_uint_gt(shim_clear(), 0);
}
END_TEST

static void
add(TCase *tc, bool slices)
{
	if (slices)
		return;
	tcase_add_test(tc, test_nth_call_fails);
	tcase_add_test(tc, test_short_read);
	tcase_add_test(tc, test_calls_of_an_append_are_seen);
	tcase_add_test(tc, test_full_disk_in_sqlite_fails_subscribe);
}

Suite *
suite_shim(void)
{
	return su_suite("shim", add);
}
