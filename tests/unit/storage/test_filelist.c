/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Lists of message files. */
#include "config.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/maildir/filelist.h"
#include "tests/unit/util.h"

static void
fill(struct filelist *l, int n)
{
	char name[64];

	for (int i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "%d.x:2,S",
		    i * 7919 % n);
		filelist_set(l, filelist_add(l), slice_str(name));
	}
}

/* Any number of items is sorted, at once or in slices. */
START_TEST(test_filelist_sort)
{
	static const int sizes[] = { 0, 1, 2, 3, 255, 256, 257, 1000, 5000 };
	struct filelist l;
	enum run run;
	int more;

	for (size_t i = 0; i < NROWS(sizes); i++)
		for (int slices = 0; slices < 2; slices++) {
			filelist_init(&l);
			fill(&l, sizes[i]);
			for (more = 0; (run = filelist_sort(&l,
			    filelist_by_base, slices ? 0 : UINT64_MAX)) ==
			    RUN_MORE; more++)
				continue;
			ck_assert_int_eq(run, RUN_DONE);
			ck_row_eq(sizes[i], "items", l.n, sizes[i]);
			ck_row_eq(sizes[i], "slices", more > 0,
			    slices && sizes[i] > 256);
			for (size_t k = 1; k < l.n; k++)
				ck_row(sizes[i], "order",
				    filelist_by_base(filelist_at(&l, k - 1),
				    filelist_at(&l, k)) < 0);
			filelist_clear(&l);
		}
}
END_TEST

START_TEST(test_filelist_find)
{
	struct filelist l;
	const struct file *f;

	filelist_init(&l);
	ck_assert_ptr_null(filelist_find(&l, SLICE_LIT("a")));
	fill(&l, 1000);
	ck_assert_int_eq(filelist_sort(&l, filelist_by_base, UINT64_MAX),
	    RUN_DONE);
	f = filelist_find(&l, SLICE_LIT("77.x"));
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(f->name, "77.x:2,S");
	ck_assert_ptr_null(filelist_find(&l, SLICE_LIT("77")));
	ck_assert_ptr_null(filelist_find(&l, SLICE_LIT("77.x:2,S")));
	ck_assert_ptr_null(filelist_find(&l, SLICE_LIT("")));
	ck_assert_ptr_null(filelist_find(&l, SLICE_LIT("zzz")));
	filelist_clear(&l);
}
END_TEST

/* In sorted order: each row is less than all that follow. */
static const struct {
	const char	*name;
	uint32_t	 uid;
	const char	*why;
} arrivals[] = {
	{ "9.x", 3, "the lowest UID" },
	{ "1.x", 4, "a higher UID, whatever its name" },
	{ "x", 0, "no UID and no time" },
	{ "2.b", 0, "the earlier time" },
	{ "10.a", 0, "a later time, by number" },
	{ "10.b", 0, "the same time: by name" },
};

START_TEST(test_filelist_order_of_arrival)
{
	struct filelist l;

	filelist_init(&l);
	for (size_t i = 0; i < NROWS(arrivals); i++) {
		filelist_set(&l, filelist_add(&l),
		    slice_str(arrivals[i].name));
		l.items[i].uid = arrivals[i].uid;
	}
	for (size_t i = (size_t)_i + 1; i < NROWS(arrivals); i++) {
		ck_row_eq(arrivals[i].name, arrivals[_i].why,
		    filelist_by_arrival(&l.items[_i], &l.items[i]), -1);
		ck_row_eq(arrivals[i].name, arrivals[_i].why,
		    filelist_by_arrival(&l.items[i], &l.items[_i]), 1);
	}
	filelist_clear(&l);
}
END_TEST

static const struct {
	const char	*name;
	char		 type;		/* f, d, l, p */
	bool		 want;
	const char	*why;
} entries[] = {
	{ "1.a", 'f', true, "a delivery" },
	{ "1.b:2,S", 'f', true, "a message with flags" },
	{ "a b", 'f', true, "a blank" },
	{ "\xff", 'f', true, "8-bit" },
	{ ".hidden", 'f', false, "a dot file" },
	{ "a\nb", 'f', false, "a line end, which no list can hold" },
	{ "dir", 'd', false, "a folder" },
	{ "link", 'l', false, "a link" },
	{ "fifo", 'p', false, "a FIFO" },
};

START_TEST(test_filelist_read_dir)
{
	int fd = open(unit_dir(), O_RDONLY | O_DIRECTORY), rc, n = 0;
	struct filelist l;
	char name[256];
	DIR *dir;

	for (size_t i = 0; i < NROWS(entries); i++) {
		const char *path = entries[i].name;

		rc = entries[i].type == 'd' ? mkdirat(fd, path, 0700) :
		    entries[i].type == 'l' ? symlinkat("1.a", fd, path) :
		    entries[i].type == 'p' ? mkfifoat(fd, path, 0600) :
		    close(openat(fd, path, O_WRONLY | O_CREAT, 0600));
		ck_assert_int_eq(rc, 0);
		n += entries[i].want;
	}
	/* The longest name there is. */
	memset(name, 'a', sizeof(name));
	name[255] = '\0';
	ck_assert_int_eq(close(openat(fd, name, O_WRONLY | O_CREAT, 0600)),
	    0);
	n++;
	dir = fdopendir(fd);
	ck_assert_ptr_nonnull(dir);
	filelist_init(&l);
	ck_assert_int_eq(filelist_read_dir(&l, dir, true, UINT64_MAX),
	    RUN_DONE);
	for (size_t i = 0; i < NROWS(entries); i++) {
		bool got = false;

		for (size_t k = 0; k < l.n; k++)
			got = got || (strcmp(l.items[k].name,
			    entries[i].name) == 0 && l.items[k].in_new);
		ck_row_eq(entries[i].name, entries[i].why, got,
		    entries[i].want);
	}
	ck_assert_uint_eq(l.n, n);
	filelist_clear(&l);
	(void)closedir(dir);
}
END_TEST

/* Names that are no messages take time, too. */
START_TEST(test_filelist_read_dir_in_slices)
{
	int fd = open(unit_dir(), O_RDONLY | O_DIRECTORY), more = 0;
	struct filelist l;
	char name[64];
	enum run run;
	DIR *dir;

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), ".%d", i);
		ck_assert_int_eq(close(openat(fd, name, O_WRONLY | O_CREAT,
		    0600)), 0);
	}
	dir = fdopendir(fd);
	ck_assert_ptr_nonnull(dir);
	filelist_init(&l);
	while ((run = filelist_read_dir(&l, dir, true, 0)) == RUN_MORE)
		more++;
	ck_assert_int_eq(run, RUN_DONE);
	ck_assert_int_ge(more, 3);
	ck_assert_uint_eq(l.n, 0);
	filelist_clear(&l);
	(void)closedir(dir);
}
END_TEST

Suite *
suite_filelist(void)
{
	Suite *s = suite_create("filelist");
	TCase *tc = tcase_create("filelist");

	tcase_add_test(tc, test_filelist_sort);
	tcase_add_test(tc, test_filelist_find);
	tcase_add_loop_test(tc, test_filelist_order_of_arrival, 0,
	    NROWS(arrivals));
	tcase_add_test(tc, test_filelist_read_dir);
	tcase_add_test(tc, test_filelist_read_dir_in_slices);
	suite_add_tcase(s, tc);
	return s;
}
