/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Files of a Maildir: names, the flags in them, and folders. */
#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/maildir/expunged.h"
#include "storage/maildir/maildir.h"
#include "storage/types.h"
#include "tests/unit/util.h"

static const struct {
	const char	*in;
	const char	*base;
	const char	*info;		/* NULL: none */
	const char	*why;
} names[] = {
	{ "1.M2.h", "1.M2.h", NULL, "a delivery" },
	{ "1.M2.h:2,S", "1.M2.h", "2,S", "seen" },
	{ "1.M2.h:2,", "1.M2.h", "2,", "no flags" },
	{ "1.M2.h:", "1.M2.h", "", "an empty info" },
	{ "a:b:c", "a", "b:c", "the first colon counts" },
	{ ":2,S", "", "2,S", "no base" },
	{ "", "", NULL, "nothing" },
};

START_TEST(test_maildir_split)
{
	struct slice in = unit_tight(slice_str(names[_i].in)), base, info;

	maildir_split(in, &base, &info);
	ck_row_eq(in, names[_i].why, base, names[_i].base);
	ck_row_eq(in, names[_i].why, info.p != NULL, names[_i].info != NULL);
	ck_row_eq(in, names[_i].why, info, slice_str(names[_i].info));
	free((char *)in.p);
}
END_TEST

#define BIT(letter)	(1U << ((letter) - 'a'))

static const struct {
	const char	*info;
	uint32_t	 system, keywords;
	const char	*again;		/* printed with info as the old one */
	const char	*why;
} infos[] = {
	{ "2,", 0, 0, "2,", "no flags" },
	{ "2,DFRST", FLAG_DRAFT | FLAG_FLAGGED | FLAG_ANSWERED | FLAG_SEEN |
	    FLAG_DELETED, 0, "2,DFRST", "all system flags" },
	{ "2,SF", FLAG_FLAGGED | FLAG_SEEN, 0, "2,FS",
	    "they are written in the order of ASCII" },
	{ "2,SS", FLAG_SEEN, 0, "2,S", "a letter twice" },
	{ "2,az", 0, BIT('a') | BIT('z'), "2,az", "keywords" },
	{ "2,Sab", FLAG_SEEN, BIT('a') | BIT('b'), "2,Sab", "both" },
	{ "2,PS", FLAG_SEEN, 0, "2,PS", "what we do not know is kept" },
	{ "2,S\x01 \xff", FLAG_SEEN, 0, "2,S",
	    "but no control, blank or 8-bit" },
	{ "1,S", 0, 0, "2,", "another version says nothing" },
	{ "2", 0, 0, "2,", "nor does half of it" },
	{ "", 0, 0, "2,", "nor nothing" },
};

START_TEST(test_maildir_info_both_ways)
{
	struct slice in = unit_tight(slice_str(infos[_i].info));
	const char *why = infos[_i].why;
	uint32_t system, keywords;
	struct buf out;

	buf_init(&out, 256);
	maildir_info_parse(in, &system, &keywords);
	ck_row_eq(in, why, system, infos[_i].system);
	ck_row_eq(in, why, keywords, infos[_i].keywords);
	ck_row_eq(in, why, maildir_info_print(in, system, keywords,
	    UINT32_MAX, &out), 0);
	ck_row_eq(in, why, buf_slice(&out), infos[_i].again);
	buf_clear(&out);
	free((char *)in.p);
}
END_TEST

START_TEST(test_maildir_info_print_replaces_flags)
{
	struct buf out;

	buf_init(&out, 256);
	ck_assert_int_eq(maildir_info_print(SLICE_LIT("2,DPXabz"), FLAG_SEEN,
	    BIT('b') | BIT('c'), BIT('a') | BIT('b') | BIT('c'), &out), 0);
	ck_slice_eq(buf_slice(&out), "2,PSXbcz");
	buf_clear(&out);
}
END_TEST

static const struct {
	const char	*base;
	int64_t		 want;
	const char	*why;
} times[] = {
	{ "12.M3.h,S=45,W=67", 12, "a time" },
	{ "0.x", 0, "the first second" },
	{ "4294967295.x", 4294967295, "the last second" },
	{ "4294967296.x", 0, "one more" },
	{ "12", 0, "no dot after the time" },
	{ "x.12", 0, "no time" },
	{ ".12", 0, "an empty time" },
	{ "-1.x", 0, "a sign" },
};

START_TEST(test_maildir_name_time)
{
	struct slice in = unit_tight(slice_str(times[_i].base));

	ck_row_eq(in, times[_i].why, maildir_name_time(in), times[_i].want);
	free((char *)in.p);
}
END_TEST

START_TEST(test_maildir_new_base_is_new)
{
	struct slice base, info;
	struct buf a, b;
	int64_t now = maildir_now() / 1000000000;

	buf_init(&a, 256);
	buf_init(&b, 256);
	maildir_new_base(&a);
	maildir_new_base(&b);
	ck_assert(!slice_eq(buf_slice(&a), buf_slice(&b)));
	ck_assert_int_eq(maildir_add_sizes(&a, 12, 34), 0);
	maildir_split(buf_slice(&a), &base, &info);
	ck_assert_ptr_null(info.p);
	ck_assert(slice_chr(base, '/') == SLICE_NONE && base.p[0] != '.');
	ck_assert_int_ge(maildir_name_time(base), now);
	ck_assert(slice_ends(base, SLICE_LIT(",S=12,W=34")));
	buf_clear(&a);
	buf_clear(&b);
}
END_TEST

static int	dir_fd;

static void
setup(void)
{
	dir_fd = open(unit_dir(), O_RDONLY | O_DIRECTORY);
	ck_assert_int_ne(dir_fd, -1);
}

static void
teardown(void)
{
	(void)close(dir_fd);
}

static void
make(const char *name, const char *text)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static const char *
text_of(const char *name)
{
	static struct buf b;

	buf_clear(&b);
	buf_init(&b, 1000000);
	if (maildir_read_file(dir_fd, name, 1000, &b) == -1)
		return NULL;
	(void)buf_add_char(&b, '\0');
	return buf_slice(&b).p;
}

START_TEST(test_maildir_move_replaces_nothing)
{
	make("a", "one");
	make("b", "two");
	ck_assert_int_eq(maildir_move(dir_fd, "a", dir_fd, "b"), -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_str_eq(text_of("a"), "one");
	ck_assert_str_eq(text_of("b"), "two");
	ck_assert_int_eq(maildir_move(dir_fd, "a", dir_fd, "c"), 0);
	ck_assert_str_eq(text_of("c"), "one");
	ck_assert_ptr_null(text_of("a"));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(maildir_move(dir_fd, "a", dir_fd, "d"), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(test_maildir_open_takes_regular_files_only)
{
	struct stat sb;
	int fd;

	make("file", "text");
	ck_assert_int_eq(symlinkat("file", dir_fd, "link"), 0);
	ck_assert_int_eq(mkfifoat(dir_fd, "fifo", 0600), 0);
	ck_assert_int_eq(mkdirat(dir_fd, "dir", 0700), 0);
	fd = maildir_open(dir_fd, "file", &sb);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(sb.st_size, 4);
	(void)close(fd);
	ck_assert_int_eq(maildir_open(dir_fd, "link", &sb), -1);
	ck_assert_int_eq(maildir_open(dir_fd, "fifo", &sb), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(maildir_open(dir_fd, "dir", &sb), -1);
	ck_assert_int_eq(maildir_open(dir_fd, "none", &sb), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(test_maildir_read_file_is_bounded)
{
	static char text[200001];
	struct buf out;

	memset(text, 'x', sizeof(text) - 1);
	make("file", text);
	buf_init(&out, 1000000);
	ck_assert_int_eq(maildir_read_file(dir_fd, "file", 200000, &out), 0);
	ck_assert_uint_eq(buf_len(&out), 200000);
	buf_reset(&out, 0);
	ck_assert_int_eq(maildir_read_file(dir_fd, "file", 199999, &out), -1);
	ck_assert_int_eq(errno, EFBIG);
	buf_reset(&out, 0);
	ck_assert_int_eq(maildir_read_head(dir_fd, "file", 100000, &out), 0);
	ck_assert_uint_eq(buf_len(&out), 100000);
	ck_assert_int_eq(maildir_read_file(dir_fd, "none", 1, &out), -1);
	ck_assert_int_eq(errno, ENOENT);
	buf_clear(&out);
	/* A part of a file is never taken for the whole. */
	buf_init(&out, 100000);
	ck_assert_int_eq(maildir_read_file(dir_fd, "file", 200000, &out), -1);
	ck_assert_int_eq(errno, EFBIG);
	buf_clear(&out);
}
END_TEST

START_TEST(test_maildir_make_and_unmake)
{
	struct stat sb;

	ck_assert_int_eq(maildir_make(dir_fd, ".a"), 0);
	ck_assert_int_eq(fstatat(dir_fd, ".a/cur", &sb, 0), 0);
	ck_assert_int_eq(fstatat(dir_fd, ".a/new", &sb, 0), 0);
	ck_assert_int_eq(fstatat(dir_fd, ".a/tmp", &sb, 0), 0);
	ck_assert_int_eq(sb.st_mode & 0777, 0700);
	ck_assert_int_eq(maildir_make(dir_fd, ".a"), 0);
	make(".a/cur/mail", "x");
	maildir_unmake(dir_fd, ".a");
	ck_assert_str_eq(text_of(".a/cur/mail"), "x");
	ck_assert_int_eq(fstatat(dir_fd, ".a/new", &sb, 0), 0);
	ck_assert_int_eq(unlinkat(dir_fd, ".a/cur/mail", 0), 0);
	make(".a/new/mail", "x");
	maildir_unmake(dir_fd, ".a");
	ck_assert_str_eq(text_of(".a/new/mail"), "x");
	ck_assert_int_eq(fstatat(dir_fd, ".a/cur", &sb, 0), 0);
	ck_assert_int_eq(unlinkat(dir_fd, ".a/new/mail", 0), 0);
	maildir_unmake(dir_fd, ".a");
	ck_assert_int_eq(fstatat(dir_fd, ".a", &sb, 0), -1);
}
END_TEST

START_TEST(test_maildir_make_aside_is_old_and_new)
{
	int64_t mtime = 0;

	ck_assert_int_eq(mkdirat(dir_fd, "aside", 0700), 0);
	ck_assert_int_eq(maildir_make_aside(dir_fd, ".a", dir_fd, &mtime), 0);
	ck_assert_int_eq(maildir_mtime(dir_fd, ".a/cur"), mtime);
	ck_assert_int_eq(maildir_mtime(dir_fd, ".a/new"), mtime);
	ck_assert(!maildir_racy(mtime, maildir_now()));
	/*
	 * An existing folder is not replaced, and no temporary folder remains.
	 */
	ck_assert_int_eq(maildir_make_aside(dir_fd, ".a", dir_fd, &mtime),
	    -1);
	ck_assert_int_eq(errno, EEXIST);
	ck_assert_int_eq(maildir_mtime(dir_fd, "folder.new"), -1);
}
END_TEST

START_TEST(test_maildir_gone_is_said_by_two_errors)
{
	ck_assert(maildir_gone(ENOENT));
	ck_assert(maildir_gone(ENOTDIR));
	for (int i = 1; i < 134; i++)
		if (i != ENOENT && i != ENOTDIR)
			ck_assert_msg(!maildir_gone(i), "%s", strerror(i));
}
END_TEST

START_TEST(test_maildir_next_tells_an_error_from_the_end)
{
	struct dirent *e;
	DIR *dir;

	ck_assert_int_eq(maildir_make(dir_fd, ".n"), 0);
	dir = maildir_open_names(dir_fd, ".n");
	ck_assert_ptr_nonnull(dir);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(maildir_next(dir, &e), 1);
		ck_assert_int_ne(e->d_name[0], '.');
	}
	errno = EIO;
	ck_assert_int_eq(maildir_next(dir, &e), 0);
	(void)closedir(dir);
	dir = maildir_open_names(dir_fd, ".n");
	ck_assert_ptr_nonnull(dir);
	(void)close(dirfd(dir));
	ck_assert_int_eq(maildir_next(dir, &e), -1);
	ck_assert_int_eq(errno, EBADF);
	(void)closedir(dir);
	ck_assert_ptr_null(maildir_open_names(dir_fd, ".none"));
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(test_maildir_racy)
{
	int64_t now = 1000000000000;

	ck_assert(maildir_racy(now, now));
	ck_assert(maildir_racy(now - 1999999999, now));
	ck_assert(!maildir_racy(now - 2000000000, now));
	ck_assert(maildir_racy(now + 1, now));
}
END_TEST

START_TEST(test_expunged_names_tell_all_apart)
{
	char a[EXPUNGE_NAME_MAX], b[EXPUNGE_NAME_MAX], grave[GRAVE_NAME_MAX];

	expunged_file_name(1, 23, a);
	expunged_file_name(12, 3, b);
	ck_assert_str_ne(a, b);
	expunged_file_name(UINT32_MAX, UINT32_MAX, b);
	ck_assert_str_eq(b, "message.4294967295.4294967295");
	/* All names of expunged files have the same length. */
	ck_assert_uint_eq(strlen(a), strlen(b));
	expunged_folder_name(UINT32_MAX, grave);
	ck_assert_str_eq(grave, "mailbox.4294967295");
}
END_TEST

static const struct {
	struct timespec	 mtime;
	int64_t		 want;
	const char	*why;
} file_times[] = {
	{ { 1, 5 }, 1000000005, "seconds and nanoseconds" },
	{ { 0, 0 }, 1, "0 stands for no time" },
	{ { -1, 999999999 }, 1, "so does -1" },
	{ { -2, 1 }, -1999999999, "before 1970" },
	{ { INT64_MAX, 0 }, INT64_MAX, "too late" },
	{ { INT64_MIN, 0 }, INT64_MIN, "too early" },
	{ { 9223372036, 0 }, INT64_MAX, "the first second that is too late" },
	{ { 9223372035, 7 }, 9223372035000000007, "the one before it" },
};

START_TEST(test_maildir_file_time_is_never_that_of_none)
{
	struct stat sb = { .st_mtim = file_times[_i].mtime };

	ck_row_eq((int64_t)file_times[_i].mtime.tv_sec, file_times[_i].why,
	    maildir_file_time(&sb), file_times[_i].want);
}
END_TEST

Suite *
suite_maildir(void)
{
	Suite *s = suite_create("maildir");
	TCase *tc = tcase_create("maildir");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_maildir_split, 0, NROWS(names));
	tcase_add_loop_test(tc, test_maildir_info_both_ways, 0, NROWS(infos));
	tcase_add_test(tc, test_maildir_info_print_replaces_flags);
	tcase_add_loop_test(tc, test_maildir_name_time, 0, NROWS(times));
	tcase_add_test(tc, test_maildir_new_base_is_new);
	tcase_add_test(tc, test_maildir_move_replaces_nothing);
	tcase_add_test(tc, test_maildir_open_takes_regular_files_only);
	tcase_add_test(tc, test_maildir_read_file_is_bounded);
	tcase_add_test(tc, test_maildir_make_and_unmake);
	tcase_add_test(tc, test_maildir_make_aside_is_old_and_new);
	tcase_add_test(tc, test_maildir_gone_is_said_by_two_errors);
	tcase_add_test(tc, test_maildir_next_tells_an_error_from_the_end);
	tcase_add_test(tc, test_maildir_racy);
	tcase_add_loop_test(tc, test_maildir_file_time_is_never_that_of_none,
	    0, NROWS(file_times));
	tcase_add_test(tc, test_expunged_names_tell_all_apart);
	suite_add_tcase(s, tc);
	return s;
}
