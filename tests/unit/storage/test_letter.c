/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The letters of keywords, and dovecot-keywords. */
#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/mailbox/keyword.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

#define FILE_NAME	"dovecot-keywords"

static void
path_of(char path[256], const char *name)
{
	ck_assert_int_lt(snprintf(path, 256, "%s/%s", su.root, name), 256);
}

/* Another program writes the file: a new one in its place, as Dovecot does. */
static void
write_file(const char *text)
{
	char path[256], tmp[256];
	FILE *f;

	path_of(path, FILE_NAME);
	path_of(tmp, FILE_NAME ".new");
	f = fopen(tmp, "w");
	ck_assert(f != NULL);
	ck_assert_int_ge(fputs(text, f), 0);
	(void)fclose(f);
	ck_assert_int_eq(rename(tmp, path), 0);
}

static void
check_file(const char *dir, const char *want)
{
	char path[256], name[128], text[4096] = "";
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s%s", dir, FILE_NAME);
	path_of(path, name);
	if ((f = fopen(path, "r")) != NULL) {
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		(void)fclose(f);
	}
	ck_assert_str_eq(text, want);
}

/* Another program renames a file in cur/. */
static void
rename_file(const char *from, const char *to)
{
	char a[256], b[256], name[128];

	(void)snprintf(name, sizeof(name), "cur/%s", from);
	path_of(a, name);
	(void)snprintf(name, sizeof(name), "cur/%s", to);
	path_of(b, name);
	ck_assert_int_eq(rename(a, b), 0);
}

/*
 * Another program adds a keyword after the first scan, and gives it to a
 * message; a client of ours makes a new one.
 */
START_TEST(test_letter_of_another_program)
{
	struct view *v = su_two_messages();

	write_file("0 Work\n");
	rename_file("1000000001.a:2,", "1000000001.a:2,a");
	su_store_one(v, 2, FLAGS_ADD, "Mine", STORE_OK);
	su_refresh(su.proc, v);
	su_check_keywords(v, 1, "Work");
	su_check_keywords(v, 2, "Mine");
	v = su_again(v);
	su_check_keywords(v, 1, "Work");
	su_check_keywords(v, 2, "Mine");
	check_file("", "0 Work\n1 Mine\n");
	ck_assert_int_eq(su_count_names("cur", "a:2,a"), 1);
	ck_assert_int_eq(su_count_names("cur", "b:2,b"), 1);
	view_close(v);
}
END_TEST

/* Each time that the file changes it is read again. */
START_TEST(test_letter_file_is_read_again)
{
	struct view *v = su_two_messages();

	write_file("0 Work\n");
	rename_file("1000000001.a:2,", "1000000001.a:2,a");
	su_refresh(su.proc, v);
	su_check_told(v, true, "KEYWORDS 0;FLAGS 1;");
	write_file("0 Work\n1 Play\n");
	rename_file("1000000002.b:2,", "1000000002.b:2,b");
	rename_file("1000000001.a:2,a", "1000000001.a:2,ab");
	su_refresh(su.proc, v);
	su_check_told(v, true, "KEYWORDS 0;FLAGS 1;FLAGS 2;");
	su_check_keywords(v, 1, "Work Play");
	su_check_keywords(v, 2, "Play");
	rename_file("1000000001.a:2,ab", "1000000001.a:2,b");
	su_refresh(su.proc, v);
	su_check_keywords(v, 1, "Play");
	view_close(v);
}
END_TEST

/* Letters that no line explains stay in names, and are explained later. */
START_TEST(test_letter_letters_without_a_line)
{
	struct view *v = su_two_messages();

	rename_file("1000000001.a:2,", "1000000001.a:2,abz");
	su_refresh(su.proc, v);
	su_check_keywords(v, 1, "");
	su_set_flags(su.proc, v, 1, FLAGS_ADD, FLAG_SEEN, "Mine");
	v = su_again(v);
	su_check_keywords(v, 1, "Mine");
	check_file("", "2 Mine\n");
	ck_assert_int_eq(su_count_names("cur", "a:2,Sabcz"), 1);
	write_file("2 Mine\n1 Work\n");
	/* The scan comes since something else has changed. */
	su_deliver_as("cur", "1000000003.c:2,z", SU_BODY_LF);
	su_refresh(su.proc, v);
	su_check_keywords(v, 1, "Mine Work");
	v = su_again(v);
	su_check_keywords(v, 1, "Mine Work");
	su_check_keywords(v, 3, "");
	view_close(v);
}
END_TEST

/*
 * A program that names the letter after it has renamed the file is noticed at
 * the next look, though cur/ has not changed any more.
 */
START_TEST(test_letter_line_that_comes_late)
{
	struct view *v = su_two_messages();

	rename_file("1000000001.a:2,", "1000000001.a:2,b");
	su_refresh(su.proc, v);
	su_refresh(su.proc, v);
	write_file("1 Work\n");
	su_refresh(su.proc, v);
	su_check_keywords(v, 1, "Work");
	view_close(v);
}
END_TEST

/* Names that IMAP does not have are not told; their lines and letters stay. */
static const char	strange[] =
	"0 with space\n1 (x\n2 caf\303\251\n3 foo]bar\n"
	"4 \n5 \\Seen\n6 ok\n7 a\"b\n8 50%\n";

START_TEST(test_letter_names_are_data)
{
	struct view *v = su_two_messages();
	char want[256];

	write_file(strange);
	rename_file("1000000001.a:2,", "1000000001.a:2,abcdefghi");
	su_refresh(su.proc, v);
	su_check_keywords(v, 1, "ok");
	su_store_one(v, 1, FLAGS_REPLACE, "Mine", STORE_OK);
	su_store_one(v, 2, FLAGS_ADD, "ok", STORE_OK);
	v = su_again(v);
	su_check_keywords(v, 1, "Mine");
	su_check_keywords(v, 2, "ok");
	for (unsigned int i = 0; i < view_keywords(v); i++)
		ck_assert(keywords_usable(view_keyword(v, i)));
	(void)snprintf(want, sizeof(want), "%s9 Mine\n", strange);
	check_file("", want);
	ck_assert_int_eq(su_count_names("cur", "a:2,abcdefhij"), 1);
	ck_assert_int_eq(su_count_names("cur", "b:2,g"), 1);
	view_close(v);
}
END_TEST

/* An error is not absence: nothing changes until the file can be read. */
START_TEST(test_letter_file_that_cannot_be_read)
{
	static const struct {
		int		 errnum;
		enum store_err	 want;
	} errnums[] = {
		{ EIO, STORE_ERR_IO }, { EMFILE, STORE_ERR_LIMIT },
		{ EACCES, STORE_ERR_NOPERM }, { ESTALE, STORE_ERR_IO },
	};
	unsigned int calls = _i % 2 == 0 ? SHIM_OPEN : SHIM_READ;
	struct view *v = su_two_messages();
	struct shim_rule rule = { .calls = calls, .path = FILE_NAME,
		.errnum = errnums[_i / 2].errnum };

	write_file("0 Work\n1 Play\n");
	rename_file("1000000001.a:2,", "1000000001.a:2,b");
	shim_set(&rule);
	su_do(select_refresh_new(v), errnums[_i / 2].want);
	ck_assert_uint_gt(shim_clear(), 0);
	su_check_keywords(v, 1, "");
	su_refresh(su.proc, v);
	su_check_keywords(v, 1, "Play");
	view_close(v);
}
END_TEST

/* When the index is lost, keywords come back by their letters. */
START_TEST(test_letter_without_an_index)
{
	struct view *v = su_two_messages();
	char path[256];

	write_file("3 Work\n");
	rename_file("1000000001.a:2,", "1000000001.a:2,d");
	su_refresh(su.proc, v);
	su_store_one(v, 1, FLAGS_ADD, "Mine", STORE_OK);
	su_store_one(v, 2, FLAGS_ADD, "Play", STORE_OK);
	view_close(v);
	su_restart();
	store_close(su.store);
	su_process_free(su.proc);
	path_of(path, "penfold/index.db");
	ck_assert_int_eq(unlink(path), 0);
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	v = su_select(su.proc, su.store, "INBOX");
	su_check_keywords(v, 1, "Mine Work");
	su_check_keywords(v, 2, "Play");
	view_close(v);
}
END_TEST

/* A file that is gone is written again, with the letters that names have. */
START_TEST(test_letter_file_that_is_gone)
{
	struct view *v = su_two_messages();
	char path[256];

	write_file("0 Gone\n1 Work\n");
	rename_file("1000000001.a:2,", "1000000001.a:2,b");
	su_refresh(su.proc, v);
	v = su_again(v);
	path_of(path, FILE_NAME);
	ck_assert_int_eq(unlink(path), 0);
	su_deliver_as("cur", "1000000003.c:2,b", SU_BODY_LF);
	su_refresh(su.proc, v);
	su_sync(v);
	su_check_keywords(v, 3, "Work");
	v = su_again(v);
	check_file("", "0 Gone\n1 Work\n");
	view_close(v);
}
END_TEST

/* Another file is put in its place: it is right, and names follow. */
START_TEST(test_letter_file_that_contradicts)
{
	struct view *v = su_two_messages();

	su_store_one(v, 1, FLAGS_ADD, "Mine", STORE_OK);
	v = su_again(v);
	check_file("", "0 Mine\n");
	ck_assert_int_eq(su_count_names("cur", "a:2,a"), 1);
	write_file("0 Work\n");
	rename_file("1000000002.b:2,", "1000000002.b:2,a");
	su_refresh(su.proc, v);
	su_check_keywords(v, 1, "Mine");
	su_check_keywords(v, 2, "Work");
	v = su_again(v);
	v = su_again(v);
	su_check_keywords(v, 1, "Mine");
	su_check_keywords(v, 2, "Work");
	check_file("", "0 Work\n1 Mine\n");
	ck_assert_int_eq(su_count_names("cur", "a:2,b"), 1);
	ck_assert_int_eq(su_count_names("cur", "b:2,a"), 1);
	view_close(v);
}
END_TEST

/* While another program has the lock, no letter is given. */
START_TEST(test_letter_letters_wait_for_the_lock)
{
	struct view *v = su_two_messages();
	char path[256];
	int fd;

	path_of(path, "dovecot-uidlist.lock");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ne(fd, -1);
	(void)close(fd);
	su_store_one(v, 1, FLAGS_ADD, "Mine", STORE_OK);
	v = su_again(v);
	su_check_keywords(v, 1, "Mine");
	check_file("", "");
	ck_assert_int_eq(su_count_names("cur", "a:2,a"), 0);
	/* Its owner writes the file and releases the lock. */
	write_file("0 Work\n");
	ck_assert_int_eq(unlink(path), 0);
	su_deliver_as("cur", "1000000003.c:2,a", SU_BODY_LF);
	su_refresh(su.proc, v);
	su_sync(v);
	su_check_keywords(v, 3, "Work");
	v = su_again(v);
	check_file("", "0 Work\n1 Mine\n");
	ck_assert_int_eq(su_count_names("cur", "a:2,b"), 1);
	view_close(v);
}
END_TEST

/*
 * The file has changed when it is to be written, and the scan comes first: a
 * letter that is taken is not given again.
 */
START_TEST(test_letter_line_that_comes_first)
{
	struct view *v = su_two_messages();

	su_store_one(v, 1, FLAGS_ADD, "Mine", STORE_OK);
	rename_file("1000000002.b:2,", "1000000002.b:2,a");
	write_file("0 Work\n");
	v = su_again(v);
	check_file("", "0 Work\n");
	v = su_again(v);
	su_check_keywords(v, 1, "Mine");
	su_check_keywords(v, 2, "Work");
	check_file("", "0 Work\n1 Mine\n");
	view_close(v);
}
END_TEST

/* A new file has a later mtime, in seconds, even if the clock stands still. */
START_TEST(test_letter_file_has_a_new_mtime)
{
	struct view *v = su_two_messages();
	struct timespec times[2] = { { 4000000000, 5 }, { 4000000000, 5 } };
	struct stat sb;
	char path[256];

	write_file("0 Work\n");
	path_of(path, FILE_NAME);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
	su_store_one(v, 1, FLAGS_ADD, "Work", STORE_OK);
	su_store_one(v, 1, FLAGS_ADD, "Mine", STORE_OK);
	rename_file("1000000002.b:2,", "1000000002.b:2,a");
	su_refresh(su.proc, v);
	v = su_again(v);
	check_file("", "0 Work\n1 Mine\n");
	ck_assert_int_eq(stat(path, &sb), 0);
	ck_assert_int_gt(sb.st_mtim.tv_sec, 4000000000);
	view_close(v);
}
END_TEST

/* The file is in its place before a name has a letter of it. */
static int
see_rename(const struct shim_event *ev, void *arg)
{
	int *placed = arg;

	if (strstr(ev->to, FILE_NAME) != NULL)
		*placed = 1;
	else if (strstr(ev->path, "/cur/") != NULL)
		ck_assert_int_eq(*placed, 1);
	return 0;
}

START_TEST(test_letter_file_comes_before_names)
{
	struct view *v = su_two_messages();
	int placed = 0;

	su_store_one(v, 1, FLAGS_ADD, "Mine", STORE_OK);
	view_close(v);
	shim_hook(SHIM_RENAME, NULL, see_rename, &placed);
	su_restart();
	(void)shim_clear();
	ck_assert_int_eq(placed, 1);
	ck_assert_int_eq(su_count_names("cur", "a:2,a"), 1);
	check_file("", "0 Mine\n");
}
END_TEST

/* If it cannot be synced, no name gets the letter. */
START_TEST(test_letter_file_that_cannot_be_synced)
{
	struct view *v = su_two_messages();
	char path[256];
	struct shim_rule rule = { .calls = SHIM_SYNC, .path = path,
		.errnum = EIO };

	path_of(path, "tmp/");
	su_store_one(v, 1, FLAGS_ADD, "Mine", STORE_OK);
	shim_set(&rule);
	v = su_again(v);
	ck_assert_uint_gt(shim_clear(), 0);
	su_check_keywords(v, 1, "Mine");
	check_file("", "");
	ck_assert_int_eq(su_count_names("cur", "a:2,a"), 0);
	v = su_again(v);
	check_file("", "0 Mine\n");
	ck_assert_int_eq(su_count_names("cur", "a:2,a"), 1);
	view_close(v);
}
END_TEST

/*
 * A keyword that comes with a message, to a mailbox that nobody has selected,
 * reaches the name of its file, too.
 */
START_TEST(test_letter_reaches_names_in_any_mailbox)
{
	struct view *v = su_two_messages();
	struct idset set = su_one(1);
	struct op *op;

	su_store_one(v, 1, FLAGS_ADD, "Mine", STORE_OK);
	op = copy_new(v, &set, SLICE_LIT("Sent"), false);
	su_must(su.proc, op);
	op_free(op);
	idset_clear(&set);
	view_close(v);
	su_restart();
	check_file(".Sent/", "0 Mine\n");
	ck_assert_int_eq(su_count_names(".Sent/cur", ":2,a"), 1);
}
END_TEST

/* Only 26 keywords have letters, and the others are kept in the index. */
START_TEST(test_letter_without_a_letter)
{
	struct view *v = su_two_messages();

	su_store_numbered(v, 1, 0, 26);
	v = su_again(v);
	ck_assert_int_eq(su_count_names("cur",
	    "a:2,abcdefghijklmnopqrstuvwxyz"), 1);
	su_store_numbered(v, 2, 25, 28);
	v = su_again(v);
	su_check_keywords(v, 2, "k25 k26 k27");
	ck_assert_int_eq(su_count_names("cur", "b:2,z"), 1);
	view_close(v);
}
END_TEST

/* A second letter of a keyword counts, stays, and goes with the keyword. */
START_TEST(test_letter_with_two_letters)
{
	struct view *v = su_two_messages();

	write_file("0 Work\n1 work\n");
	rename_file("1000000001.a:2,", "1000000001.a:2,ab");
	rename_file("1000000002.b:2,", "1000000002.b:2,b");
	su_refresh(su.proc, v);
	su_check_keywords(v, 1, "Work");
	su_check_keywords(v, 2, "Work");
	rename_file("1000000001.a:2,ab", "1000000001.a:2,b");
	su_refresh(su.proc, v);
	su_check_keywords(v, 1, "Work");
	su_store_one(v, 2, FLAGS_REMOVE, "WORK", STORE_OK);
	v = su_again(v);
	su_check_keywords(v, 1, "Work");
	su_check_keywords(v, 2, "");
	ck_assert_int_eq(su_count_names("cur", "b:2,b"), 0);
	check_file("", "0 Work\n1 work\n");
	view_close(v);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_letter_of_another_program);
	tcase_add_test(tc, test_letter_file_is_read_again);
	tcase_add_test(tc, test_letter_letters_without_a_line);
	tcase_add_test(tc, test_letter_line_that_comes_late);
	tcase_add_test(tc, test_letter_names_are_data);
	tcase_add_loop_test(tc, test_letter_file_that_cannot_be_read, 0, 8);
	tcase_add_test(tc, test_letter_without_an_index);
	tcase_add_test(tc, test_letter_file_that_is_gone);
	tcase_add_test(tc, test_letter_file_that_contradicts);
	tcase_add_test(tc, test_letter_letters_wait_for_the_lock);
	tcase_add_test(tc, test_letter_line_that_comes_first);
	tcase_add_test(tc, test_letter_file_has_a_new_mtime);
	tcase_add_test(tc, test_letter_file_comes_before_names);
	tcase_add_test(tc, test_letter_file_that_cannot_be_synced);
	tcase_add_test(tc, test_letter_reaches_names_in_any_mailbox);
	tcase_add_test(tc, test_letter_without_a_letter);
	tcase_add_test(tc, test_letter_with_two_letters);
	(void)slices;
}

Suite *
suite_letter(void)
{
	return su_suite("letter", add_tests);
}
