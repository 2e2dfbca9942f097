/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* What is read from a dovecot-uidlist of version 3. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "storage/maildir/uidlist.h"
#include "tests/unit/util.h"

/*
 * want is UIDVALIDITY, the next UID and the one that the first line promised;
 * then the lines, sorted by name, as base=uid or base=uid/uidl.
 */
static const struct {
	struct slice	 in;
	const char	*want;
	const char	*why;
} rows[] = {
	{ LIT("3 V5 N10 Gabc\n"), "5 10 10", "no messages" },
	{ LIT("3 V5 N10\n7 :b\n9 :a\n"), "5 10 10 a=9 b=7",
	    "two messages, sorted by name" },
	{ LIT("3 V5 N10\n7 :a:2,S\n"), "5 10 10 a=7",
	    "flags are no part of a name" },
	{ LIT("3 V5 N10\n7 P0x12 S34 W56 :a\n"), "5 10 10 a=7/0x12",
	    "a UIDL of POP3 among other fields" },
	{ LIT("3 V5 N10\n7 Pa Pb :a\n"), "5 10 10 a=7/a",
	    "the first UIDL counts" },
	{ LIT("3 V5 N10\n12 :a\n"), "5 13 10 a=12",
	    "a line beyond the promise" },
	{ LIT("3 V5 N10\n7 :a\n7 :b\n6 :c\n8 :d\n"), "5 10 10 a=7 d=8",
	    "a UID that does not rise is passed over" },
	{ LIT("3 V5 N10\n7 :a\n8 :b"), "5 10 10 a=7",
	    "a line that is being written" },
	{ LIT("3 V5 N10\n0 :a\n4294967295 :b\n4294967296 :c\nx :d\n :e\n"
	    "8 :f\n"), "5 10 10 f=8", "numbers that are no UID" },
	{ LIT("3 V5 N10\n7 a\n8 :\n9 ::x\n10 :b\n"), "5 11 10 b=10",
	    "lines without a name" },
	{ LIT("3 V5 N10\n7 :a\0b\n8 :c\n"), NULL, "a NUL" },
	{ LIT("3 V5\n7 :a\n"), "5 8 0 a=7", "no promise" },
	{ LIT("3 N10 V5\n"), "5 10 10", "the first line in any order" },
	{ LIT("3 V4294967295 N4294967295\n"),
	    "4294967295 4294967295 4294967295", "the greatest numbers" },
	{ LIT("3 V0 N10\n7 :a\n"), "0 0 0", "no UIDVALIDITY" },
	{ LIT("3 V4294967296 N10\n7 :a\n"), "0 0 0",
	    "a UIDVALIDITY over 32 bits" },
	{ LIT("1 5 10\n7 a\n"), "0 0 0", "version 1" },
	{ LIT("4 V5 N10\n7 :a\n"), "0 0 0", "a version to come" },
	{ LIT("3 V5 N10"), "0 0 0", "a first line that is being written" },
	{ LIT("\n3 V5 N10\n"), "0 0 0", "an empty first line" },
	{ LIT(""), "0 0 0", "an empty file" },
};

static int
folder_with(struct slice text)
{
	int fd, dir_fd = open(unit_dir(), O_RDONLY | O_DIRECTORY);

	ck_assert_int_ne(dir_fd, -1);
	fd = openat(dir_fd, UIDLIST_NAME, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, text.p, text.len), (ssize_t)text.len);
	(void)close(fd);
	return dir_fd;
}

/* Read a list in slices that end at until_ns, and print it. */
static void
list_print(int dir_fd, uint64_t until_ns, struct buf *out)
{
	struct uidlist list;

	uidlist_init(&list);
	ck_assert_int_eq(uidlist_open(&list, dir_fd), 0);
	while (uidlist_read(&list, until_ns) == RUN_MORE)
		continue;
	(void)buf_add_fmt(out, "%u %u %u", list.uidvalidity, list.next,
	    list.promised);
	for (size_t i = 0; i < list.files.n; i++) {
		struct file *f = filelist_at(&list.files, i);

		(void)buf_add_fmt(out, " %.*s=%u%s%s", SLICE_ARG(file_base(f)),
		    f->uid, f->info == NULL ? "" : "/",
		    f->info == NULL ? "" : f->info);
		ck_assert_ptr_eq(filelist_find(&list.files, file_base(f)), f);
	}
	uidlist_clear(&list);
}

START_TEST(test_uidlist_read)
{
	struct buf out;
	uint32_t validity;
	int dir_fd = folder_with(rows[_i].in);

	/* In a single slice, and in as many slices as possible. */
	for (int slices = 0; slices < 2; slices++) {
		buf_init(&out, 4096);
		list_print(dir_fd, slices ? 0 : UINT64_MAX, &out);
		if (rows[_i].want != NULL)
			ck_row_eq(rows[_i].in, rows[_i].why, buf_slice(&out),
			    rows[_i].want);
		ck_assert_int_eq(uidlist_validity(dir_fd, &validity), 0);
		ck_row_eq(rows[_i].in, rows[_i].why, validity,
		    (uint32_t)strtoul(buf_slice(&out).p, NULL, 10));
		buf_clear(&out);
	}
	(void)close(dir_fd);
}
END_TEST

/* A list that is cut is read up to its last complete line. */
START_TEST(test_uidlist_cut)
{
	struct slice in = rows[_i].in;
	struct buf out;

	buf_init(&out, BUF_NOCAP);
	for (size_t n = 0; n < in.len; n++) {
		int dir_fd = folder_with(slice_sub(in, 0, n));

		list_print(dir_fd, UINT64_MAX, &out);
		(void)close(dir_fd);
	}
	buf_clear(&out);
}
END_TEST

START_TEST(test_uidlist_that_is_not_there)
{
	int dir_fd = open(unit_dir(), O_RDONLY | O_DIRECTORY);
	uint32_t validity;
	struct buf out;

	buf_init(&out, 100);
	list_print(dir_fd, UINT64_MAX, &out);
	ck_slice_eq(buf_slice(&out), "0 0 0");
	ck_assert_int_eq(uidlist_validity(dir_fd, &validity), 0);
	ck_assert_uint_eq(validity, 0);
	(void)close(dir_fd);
	buf_clear(&out);
}
END_TEST

/* A list that cannot be read is not one that is not there. */
START_TEST(test_uidlist_that_cannot_be_read)
{
	int dir_fd = open(unit_dir(), O_RDONLY | O_DIRECTORY);
	struct uidlist list;
	uint32_t validity;

	ck_assert_int_ne(dir_fd, -1);
	uidlist_init(&list);
	ck_assert_int_eq(symlinkat("elsewhere", dir_fd, UIDLIST_NAME), 0);
	ck_assert_int_eq(uidlist_open(&list, dir_fd), -1);
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_int_eq(uidlist_validity(dir_fd, &validity), -1);
	ck_assert_int_eq(uidlist_open(&list, -1), -1);
	ck_assert_int_eq(uidlist_validity(-1, &validity), -1);
	uidlist_clear(&list);
	(void)close(dir_fd);
}
END_TEST

/* A list of which only a part can be read. */
START_TEST(test_uidlist_that_became_shorter)
{
	int dir_fd = folder_with(SLICE_LIT("3 V5 N10\n7 :a\n8 :b\n"));
	int fd = openat(dir_fd, UIDLIST_NAME, O_WRONLY);
	struct uidlist list;

	uidlist_init(&list);
	ck_assert_int_eq(uidlist_open(&list, dir_fd), 0);
	ck_assert_int_eq(ftruncate(fd, 14), 0);
	ck_assert_int_eq(uidlist_read(&list, UINT64_MAX), RUN_FAIL);
	ck_assert_int_eq(errno, EIO);
	uidlist_clear(&list);
	(void)close(fd);
	(void)close(dir_fd);
}
END_TEST

/*
 * A list that takes several read(2) calls, with lines across them and names out
 * of order.
 */
START_TEST(test_uidlist_long)
{
	struct uidlist list;
	struct buf text;
	int dir_fd, slices = 0;

	buf_init(&text, BUF_NOCAP);
	(void)buf_add_str(&text, "3 V5 N10\n");
	for (int uid = 1; uid <= 20000; uid++)
		(void)buf_add_fmt(&text, "%d :%d.M%dP1.host,S=100\n", uid,
		    1000000000 + uid * 7919 % 20011, uid);
	dir_fd = folder_with(buf_slice(&text));
	uidlist_init(&list);
	ck_assert_int_eq(uidlist_open(&list, dir_fd), 0);
	while (uidlist_read(&list, 0) == RUN_MORE)
		slices++;
	ck_assert_int_gt(slices, 100);
	ck_assert_uint_eq(list.files.n, 20000);
	ck_assert_uint_eq(list.next, 20001);
	ck_assert_uint_eq(list.last, 20000);
	for (size_t i = 1; i < list.files.n; i++)
		ck_assert_int_lt(filelist_by_base(
		    filelist_at(&list.files, i - 1),
		    filelist_at(&list.files, i)), 0);
	uidlist_clear(&list);
	(void)close(dir_fd);
	buf_clear(&text);
}
END_TEST

/* Behind a line that is longer than any sensible one, UIDs are unknown. */
START_TEST(test_uidlist_line_without_end)
{
	struct uidlist list;
	struct buf text;
	enum run run;
	int dir_fd;

	buf_init(&text, BUF_NOCAP);
	(void)buf_add_str(&text, "3 V5 N10\n1 :a\n2 :");
	for (int i = 0; i < 300000; i++)
		(void)buf_add_char(&text, 'x');
	(void)buf_add_str(&text, "\n3 :c\n");
	dir_fd = folder_with(buf_slice(&text));
	uidlist_init(&list);
	ck_assert_int_eq(uidlist_open(&list, dir_fd), 0);
	while ((run = uidlist_read(&list, 0)) == RUN_MORE)
		continue;
	ck_assert_int_eq(run, RUN_FAIL);
	ck_assert_int_eq(errno, EFBIG);
	uidlist_clear(&list);
	(void)close(dir_fd);
	buf_clear(&text);
}
END_TEST

Suite *
suite_uidlist(void)
{
	Suite *s = suite_create("uidlist");
	TCase *tc = tcase_create("uidlist");

	tcase_add_loop_test(tc, test_uidlist_read, 0, NROWS(rows));
	tcase_add_loop_test(tc, test_uidlist_cut, 0, NROWS(rows));
	tcase_add_test(tc, test_uidlist_that_is_not_there);
	tcase_add_test(tc, test_uidlist_that_cannot_be_read);
	tcase_add_test(tc, test_uidlist_that_became_shorter);
	tcase_add_test(tc, test_uidlist_long);
	tcase_add_test(tc, test_uidlist_line_without_end);
	suite_add_tcase(s, tc);
	return s;
}
