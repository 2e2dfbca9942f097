/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Files that another program changes in place: other contents are another
 * message (RFC 3501, 2.3.1.1).
 */
#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/view_state.h"
#include "storage/store.h"
#include "tests/unit/storeutil.h"

#define NAME		"1000000000.a:2,"
/* As long as SU_BODY_LF. */
#define OTHER_BODY	"From: b@example.org\nSubject: two words\n\n"	\
			"line\nLINE\n"

/* Write a file of INBOX in place, with a time of its own. */
static void
write_in_place(const char *text, int64_t mtime)
{
	struct timespec times[2] = {
		{ .tv_sec = (time_t)mtime }, { .tv_sec = (time_t)mtime },
	};
	size_t len = strlen(text);
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/cur/" NAME, su.root);
	fd = open(path, O_WRONLY | O_TRUNC);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	ck_assert_int_eq(futimens(fd, times), 0);
	ck_assert_int_eq(close(fd), 0);
}

/* Read a message to which something may have happened. */
static enum run
read_file(struct view *v, uint32_t uid, enum store_err *err)
{
	const struct message *m;
	struct reader *r;
	struct idset set;
	enum run run;

	idset_init(&set, 10);
	(void)idset_add(&set, uid);
	r = reader_new(v, &set, NEED_SIZE | NEED_FILE);
	while ((run = reader_next(r, &m)) == RUN_WAIT)
		su_turn_all();
	*err = reader_error(r)->kind;
	reader_free(r);
	idset_clear(&set);
	return run;
}

static void
check_body(struct view *v, uint32_t uid, const char *want)
{
	struct buf b;

	buf_init(&b, 10000);
	su_body(v, uid, &b);
	ck_assert(slice_eq_str(buf_slice(&b), want));
	buf_clear(&b);
}

static const struct {
	const char	*text;
	int64_t		 mtime;
	bool		 changed;
	const char	*why;
} changes[] = {
	{ SU_BODY_CRLF, 1000000000, true, "another size" },
	{ "", 1000000000, true, "nothing is left" },
	{ OTHER_BODY, 1000000001, true, "the same size" },
	{ SU_BODY_LF, 1000000001, false, "the same contents" },
	{ SU_BODY_LF, 0, false, "a time of zero" },
};

START_TEST(test_other_contents_are_another_message)
{
	struct view *v;
	enum store_err err;
	bool changed = changes[_i].changed;

	su_deliver_as("cur", NAME, SU_BODY_LF);
	su_deliver_as("cur", "1000000001.b:2,", SU_BODY_LF);
	write_in_place(SU_BODY_LF, 1000000000);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_int_eq(read_file(v, 1, &err), RUN_DONE);

	write_in_place(changes[_i].text, changes[_i].mtime);
	ck_assert_msg(read_file(v, 1, &err) ==
	    (changed ? RUN_FAIL : RUN_DONE), "%s", changes[_i].why);
	if (changed)
		ck_assert_int_eq(err, STORE_ERR_EXPUNGED);
	su_check_told(v, true, changed ? "EXPUNGE 1;EXISTS 2;RECENT 2;" : "");
	ck_assert_uint_eq(view_uid(v, 1), changed ? 2 : 1);
	ck_assert_uint_eq(view_uid(v, 2), changed ? 3 : 2);
	ck_assert_int_eq(read_file(v, changed ? 3 : 1, &err), RUN_DONE);
	view_close(v);
}
END_TEST

/*
 * Another program's message in the same file has the flags of the former one,
 * whether or not the name shows them already.
 */
START_TEST(test_other_contents_keep_the_flags)
{
	struct flags flags;
	struct view *v;
	enum store_err err;
	uint64_t modseq;

	su_deliver_as("cur", NAME, SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_int_eq(read_file(v, 1, &err), RUN_DONE);
	su_set_flags(su.proc, v, 1, FLAGS_ADD, FLAG_FLAGGED, "Work");
	su_sync(v);
	/* As after another process has changed all names that it knows of. */
	view_mailbox(v)->row.renames = false;
	write_in_place(OTHER_BODY, 1);
	ck_assert_int_eq(read_file(v, 1, &err), RUN_FAIL);
	su_check_told(v, true, "EXPUNGE 1;EXISTS 1;RECENT 1;");
	ck_assert(view_mailbox(v)->row.renames);
	ck_assert_uint_eq(view_uid(v, 1), 2);
	view_flags(v, 1, &flags, &modseq);
	ck_assert_uint_eq(flags.system, FLAG_FLAGGED);
	su_check_keywords(v, 1, "Work");
	view_close(v);
}
END_TEST

/* What a scan has compared is not compared again. */
START_TEST(test_new_time_is_noted)
{
	const struct message *m;
	struct reader *r;
	struct idset set;
	struct view *v;
	enum store_err err;

	su_deliver_as("cur", NAME, SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_int_eq(read_file(v, 1, &err), RUN_DONE);
	write_in_place(SU_BODY_LF, 1);
	idset_init(&set, 10);
	(void)idset_add(&set, 1);
	r = reader_new(v, &set, NEED_FILE);
	ck_assert_int_eq(reader_next(r, &m), RUN_WAIT);
	while (reader_next(r, &m) == RUN_WAIT)
		su_turn_all();
	reader_free(r);
	r = reader_new(v, &set, NEED_FILE);
	ck_assert_int_eq(reader_next(r, &m), RUN_DONE);
	reader_free(r);
	idset_clear(&set);
	view_close(v);
}
END_TEST

/* The list of another server must not give the new message the old UID. */
START_TEST(test_changed_message_has_a_new_uid_without_index)
{
	struct view *v;
	enum store_err err;
	char path[256];

	su.delays.list_ms = su.delays.list_soon_ms = 0;
	su_restart();
	su_deliver_as("cur", NAME, SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_int_eq(read_file(v, 1, &err), RUN_DONE);
	su_turn_until(view_mailbox(v)->row.listuid == 1 &&
	    view_mailbox(v)->list.job == NULL);
	write_in_place(OTHER_BODY, 1);
	ck_assert_int_eq(read_file(v, 1, &err), RUN_FAIL);
	su_turn_until(view_mailbox(v)->row.listuid == 2);
	view_close(v);
	store_close(su.store);
	su_process_free(su.proc);
	(void)snprintf(path, sizeof(path), "%s/penfold/index.db", su.root);
	ck_assert_int_eq(unlink(path), 0);
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 1);
	ck_assert_uint_eq(view_uid(v, 1), 2);
	check_body(v, 2, "From: b@example.org\r\nSubject: two words\r\n\r\n"
	    "line\r\nLINE\r\n");
	view_close(v);
}
END_TEST

/* Append a text to all files of a folder. */
static void
append_to_files(const char *dir, const char *text)
{
	struct dirent *e;
	char path[256];
	DIR *d;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", su.root, dir);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		fd = openat(dirfd(d), e->d_name, O_WRONLY | O_APPEND);
		ck_assert_int_ne(fd, -1);
		ck_assert_int_eq(write(fd, text, strlen(text)),
		    (ssize_t)strlen(text));
		ck_assert_int_eq(close(fd), 0);
	}
	ck_assert_int_eq(closedir(d), 0);
}

/* Copies are links to one file: each is another message. */
START_TEST(test_copies_of_a_changed_file)
{
	struct view *v, *w;
	struct idset set;
	enum store_err err;

	ck_assert_uint_eq(su_append(su.proc, su.store, "INBOX",
	    SU_BODY_CRLF, 0), 1);
	v = su_select(su.proc, su.store, "INBOX");
	idset_init(&set, 10);
	(void)idset_add(&set, 1);
	su_do(copy_new(v, &set, SLICE_LIT("Sent"), false), STORE_OK);
	idset_clear(&set);
	w = su_select(su.proc, su.store, "Sent");
	ck_assert_int_eq(read_file(w, 1, &err), RUN_DONE);
	append_to_files("cur", "x\n");
	ck_assert_int_eq(read_file(v, 1, &err), RUN_FAIL);
	ck_assert_int_eq(read_file(w, 1, &err), RUN_FAIL);
	su_check_told(v, true, "EXPUNGE 1;EXISTS 1;RECENT 1;");
	su_check_told(w, true, "EXPUNGE 1;EXISTS 1;RECENT 1;");
	check_body(v, 2, SU_BODY_CRLF "x\r\n");
	check_body(w, 2, SU_BODY_CRLF "x\r\n");
	view_close(v);
	view_close(w);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	(void)slices;
	tcase_add_loop_test(tc, test_other_contents_are_another_message, 0,
	    NROWS(changes));
	tcase_add_test(tc, test_other_contents_keep_the_flags);
	tcase_add_test(tc, test_new_time_is_noted);
	tcase_add_test(tc, test_changed_message_has_a_new_uid_without_index);
	tcase_add_test(tc, test_copies_of_a_changed_file);
}

Suite *
suite_scan_compare(void)
{
	return su_suite("scan_compare", add_tests);
}
