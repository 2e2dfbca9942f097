/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* dovecot-uidlist on disk, written by us and by another server. */
#include "config.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "storage/store.h"
#include "tests/unit/storeutil.h"

START_TEST(test_uids_of_dovecot_are_kept)
{
	struct view *v;
	char path[256];
	FILE *f;

	su_deliver_as("cur", "1000000005.a:2,Sb", SU_BODY_LF);
	su_deliver_as("cur", "1000000004.b:2,", SU_BODY_LF);
	su_deliver("1000000001.c", SU_BODY_LF);
	(void)snprintf(path, sizeof(path), "%s/dovecot-uidlist", su.root);
	f = fopen(path, "w");
	ck_assert(f != NULL);
	fprintf(f, "3 V12345 N100 G0123\n7 P77 :1000000005.a:2,\n"
	    "12 :1000000004.b\n");
	(void)fclose(f);
	(void)snprintf(path, sizeof(path), "%s/dovecot-keywords", su.root);
	f = fopen(path, "w");
	ck_assert(f != NULL);
	fprintf(f, "0 $Forwarded\n1 Junk\n");
	(void)fclose(f);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_uidvalidity(v), 12345);
	ck_assert_uint_eq(view_exists(v), 3);
	ck_assert_uint_eq(view_uid(v, 1), 7);
	ck_assert_uint_eq(view_uid(v, 2), 12);
	ck_assert_uint_eq(view_uid(v, 3), 100);
	ck_assert(slice_eq_str(view_keyword(v, 1), "Junk"));
	view_close(v);
}
END_TEST

static void
list_path(char path[256], const char *name)
{
	(void)snprintf(path, 256, "%s/%s", su.root, name);
}

static void
write_list(const char *mode, const char *text)
{
	char path[256];
	FILE *f;

	list_path(path, "dovecot-uidlist");
	f = fopen(path, mode);
	ck_assert(f != NULL);
	ck_assert_int_ge(fputs(text, f), 0);
	(void)fclose(f);
}

static void
read_list(char *text, size_t size)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/dovecot-uidlist", su.root);
	f = fopen(path, "r");
	ck_assert(f != NULL);
	text[fread(text, 1, size - 1, f)] = '\0';
	(void)fclose(f);
}

/* Another server has left two UIDs, of which the last is never given out. */
START_TEST(test_no_uid_is_left)
{
	struct view *v, *w;
	struct idset set;
	struct op *op;

	su_deliver_as("cur", "1000000001.a:2,", SU_BODY_LF);
	write_list("w", "3 V12345 N4294967294 G0123\n7 :1000000001.a\n");
	(void)su_append(su.proc, su.store, "Sent", SU_BODY_CRLF, 0);
	(void)su_append(su.proc, su.store, "Sent", SU_BODY_CRLF, 0);
	v = su_select(su.proc, su.store, "INBOX");
	w = su_select(su.proc, su.store, "Sent");
	idset_init(&set, 10);
	ck_assert_int_eq(idset_add_range(&set, 1, 2), 0);
	for (int move = 0; move < 2; move++) {
		op = copy_new(w, &set, SLICE_LIT("INBOX"), move);
		ck_assert(su_finish(su.proc, op) == RUN_FAIL);
		ck_assert_int_eq(op_error(op)->kind, STORE_ERR_LIMIT);
		op_free(op);
	}
	ck_assert_uint_eq(su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
	    0), UINT32_MAX - 1);
	su_deliver("1000000002.b", SU_BODY_LF);
	su_refresh(su.proc, v);
	su_check_told(v, true, "EXISTS 2;RECENT 2;");
	ck_assert_uint_eq(view_uidnext(v), UINT32_MAX);
	su_check_told(w, true, "");
	view_close(v);
	view_close(w);
	idset_clear(&set);
}
END_TEST

/* Check that a text starts with another; a failure shows both. */
static void
check_starts(const char *text, const char *want)
{
	ck_slice_eq(slice_sub(slice_str(text), 0, strlen(want)),
	    slice_str(want));
}

/* A missing list is written at once, an existing one when the process ends. */
START_TEST(test_uidlist_is_appended_to)
{
	static char before[65536], after[262144];
	struct view *v;
	char header[64];
	uint32_t validity;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_turn_until(su_count_names(".", "dovecot-uidlist") == 1 &&
	    su_count_names(".", "dovecot-uidlist.lock") == 0);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	v = su_select(su.proc, su.store, "INBOX");
	validity = view_uidvalidity(v);
	view_close(v);
	su_restart();
	read_list(before, sizeof(before));
	(void)snprintf(header, sizeof(header), "3 V%u N1002\n1 :", validity);
	check_starts(before, header);
	ck_assert(strstr(before, "\n2 :") != NULL);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	read_list(after, sizeof(after));
	check_starts(after, before);
	check_starts(after + strlen(before), "3 :");
	/* The next UID in the first line is raised before it is reached. */
	for (int i = 0; i < 600; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	read_list(after, sizeof(after));
	(void)snprintf(header, sizeof(header), "3 V%u N1641\n1 :", validity);
	check_starts(after, header);
}
END_TEST

START_TEST(test_uidlist_lock_is_respected)
{
	char path[256], text[4096];
	int fd;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	(void)snprintf(path, sizeof(path), "%s/dovecot-uidlist.lock", su.root);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert_int_ne(fd, -1);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	read_list(text, sizeof(text));
	ck_assert(strstr(text, "\n2 :") == NULL);
	/* A lock file that is hours old is a left-over. */
	ck_assert_int_eq(futimens(fd, (struct timespec[]){ { 1000000000, 0 },
	    { 1000000000, 0 } }), 0);
	(void)close(fd);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	read_list(text, sizeof(text));
	ck_assert(strstr(text, "\n2 :") != NULL);
	ck_assert(strstr(text, "\n3 :") != NULL);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(test_uidlist_of_another_program_is_read)
{
	struct view *v;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	/*
	 * The other program gave a UID first: we take it, and count on from it.
	 */
	write_list("a", "1500 P77 :1000000001.z\n");
	su_deliver_as("cur", "1000000001.z:2,S", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 2);
	ck_assert_uint_eq(view_uid(v, 2), 1500);
	ck_assert_uint_eq(view_uidnext(v), 1501);
	/* We gave a UID first, and the other program, unaware, gave another. */
	su_deliver_as("cur", "1000000002.y:2,", SU_BODY_LF);
	su_refresh(su.proc, v);
	su_check_told(v, true, "EXISTS 3;RECENT 3;");
	ck_assert_uint_eq(view_uid(v, 3), 1501);
	write_list("a", "2600 :1000000002.y\n");
	su_deliver_as("cur", "1000000003.x:2,", SU_BODY_LF);
	su_refresh(su.proc, v);
	su_check_told(v, true, "EXPUNGE 3;EXISTS 4;RECENT 4;");
	ck_assert_uint_eq(view_uid(v, 3), 2600);
	ck_assert_uint_eq(view_uid(v, 4), 2601);
	/*
	 * UIDs below our next one are not taken: clients know them as other
	 * messages.
	 */
	write_list("a", "2700 :1000000004.w\n");
	write_list("w", "3 V7 N3000\n1 :1000000003.x\n");
	su_deliver_as("cur", "1000000004.w:2,", SU_BODY_LF);
	su_refresh(su.proc, v);
	su_check_told(v, true, "EXISTS 5;RECENT 5;");
	ck_assert_uint_eq(view_uid(v, 4), 2601);
	ck_assert_uint_eq(view_uid(v, 5), 2602);
	view_close(v);
}
END_TEST

/*
 * What another program makes of "cur/1000000002.y:2,FS" when it gives that
 * message another UID.  In the index it has \Deleted and a keyword and lacks
 * \Flagged, which its name does not show yet.
 */
static const struct {
	const char	*to;
	uint32_t	 want;
	const char	*name;		/* in the end */
} renumbered[] = {
	{ NULL, FLAG_SEEN | FLAG_DELETED, "y:2,STa" },
	{ "cur/1000000002.y:2,FR", FLAG_ANSWERED | FLAG_DELETED, "y:2,RTa" },
	{ "cur/1000000002.y:2,FSD", FLAG_SEEN | FLAG_DELETED | FLAG_DRAFT,
	    "y:2,DSTa" },
	{ "new/1000000002.y", FLAG_DELETED, "y:2,Ta" },
};

/* A message that gets the UID of the list keeps the flags that STORE set. */
START_TEST(test_uid_of_the_list_keeps_flags)
{
	struct flags flags;
	struct view *v;
	uint64_t modseq;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	su_deliver_as("cur", "1000000002.y:2,FS", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	su_set_flags(su.proc, v, 2, FLAGS_ADD, FLAG_DELETED, "Work");
	su_set_flags(su.proc, v, 2, FLAGS_REMOVE, FLAG_FLAGGED, NULL);
	su_sync(v);
	if (renumbered[_i].to != NULL)
		su_move("cur/1000000002.y:2,FS", renumbered[_i].to);
	write_list("a", "2600 :1000000002.y\n");
	su_deliver_as("cur", "1000000003.x:2,", SU_BODY_LF);
	for (int i = 0; i < 2; i++) {
		su_refresh(su.proc, v);
		su_sync(v);
		ck_assert_uint_eq(view_exists(v), 3);
		ck_assert_uint_eq(view_uid(v, 2), 2600);
		view_flags(v, 2, &flags, &modseq);
		ck_assert_uint_eq(flags.system, renumbered[_i].want);
		su_check_keywords(v, 2, "Work");
		view_close(v);
		/* The name follows, whatever it was. */
		su_restart();
		ck_assert_int_eq(su_count_names("cur", renumbered[_i].name), 1);
		v = su_select(su.proc, su.store, "INBOX");
	}
	view_close(v);
}
END_TEST

/*
 * At the n-th slice of a scan, APPEND is given the UID that the scan wants to
 * take from the list.  The flags in the name of that file are still taken in.
 */
START_TEST(test_uid_of_the_list_comes_too_late)
{
	struct flags flags;
	struct view *v;
	struct op *op, *append;
	uint64_t modseq, end = timer_ms() + 120000;
	enum run run = RUN_MORE, appended = RUN_MORE;
	int flagged = 0;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	su_deliver_as("cur", "1000000002.y:2,", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	append = su_append_start(su.store);
	su_move("cur/1000000002.y:2,", "cur/1000000002.y:2,F");
	write_list("a", "3 :1000000002.y\n");
	op = select_refresh_new(v);
	for (int n = 0; run != RUN_DONE || appended != RUN_DONE; n++) {
		ck_assert_uint_lt(timer_ms(), end);
		if (n >= _i && appended != RUN_DONE)
			appended = op_run(append);
		if (run != RUN_DONE)
			run = op_run(op);
		ck_assert_int_ne(run, RUN_FAIL);
		ck_assert_int_ne(appended, RUN_FAIL);
		if (run == RUN_WAIT || appended == RUN_WAIT)
			su_turn(su.proc, 10);
	}
	op_free(op);
	op_free(append);
	su_refresh(su.proc, v);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 3);
	for (uint32_t seq = 1; seq <= 3; seq++) {
		view_flags(v, seq, &flags, &modseq);
		flagged += flags.system == FLAG_FLAGGED;
	}
	ck_assert_int_eq(flagged, 1);
	view_close(v);
}
END_TEST

/* Add a message as Dovecot does; false if somebody has the lock. */
static bool
dovecot_takes(const char *name, const char *line)
{
	char lock[256];
	int fd;

	(void)snprintf(lock, sizeof(lock), "%s/dovecot-uidlist.lock", su.root);
	fd = open(lock, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd == -1)
		return false;
	su_deliver_as("cur", name, SU_BODY_LF);
	write_list("a", line);
	(void)close(fd);
	ck_assert_int_eq(unlink(lock), 0);
	return true;
}

/* Dovecot adds a message while a scan is at its n-th slice. */
START_TEST(test_uidlist_changes_during_a_scan)
{
	struct su_told t = { .len = 0 };
	struct view *v;
	struct op *op;
	enum run run;
	bool done = false;
	int n = 0;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	ck_assert(dovecot_takes("1000000001.z:2,", "1500 :1000000001.z\n"));
	op = select_new(su.store, SLICE_LIT("INBOX"), 0);
	do {
		if (!done && n++ >= _i)
			done = dovecot_takes("1000000002.y:2,",
			    "1600 :1000000002.y\n");
		if ((run = op_run(op)) == RUN_WAIT)
			su_turn(su.proc, 10);
	} while (run == RUN_WAIT || run == RUN_MORE);
	ck_assert_int_eq(run, RUN_DONE);
	v = select_result(op);
	op_free(op);
	if (!done)
		ck_assert(dovecot_takes("1000000002.y:2,",
		    "1600 :1000000002.y\n"));
	su_refresh(su.proc, v);
	ck_assert(view_sync(v, true, su_tell, &t) == RUN_DONE);
	ck_assert_uint_eq(view_exists(v), 3);
	ck_assert_uint_eq(view_uid(v, 2), 1500);
	ck_assert_uint_eq(view_uid(v, 3), 1600);
	view_close(v);
}
END_TEST

/*
 * The list is read before the first UID is given out, which follows its UIDs.
 */
START_TEST(test_uidlist_is_read_before_append)
{
	write_list("w", "3 V12345 N100\n7 :1000000005.a\n150 :1000000006.b\n");
	su_deliver_as("cur", "1000000005.a:2,", SU_BODY_LF);
	ck_assert_uint_eq(su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
	    0), 151);
}
END_TEST

/* Put a link in the place of the list, which makes reading it fail. */
static void
break_list(bool broken)
{
	char list[256], aside[256];

	list_path(list, "dovecot-uidlist");
	list_path(aside, "list.aside");
	if (broken) {
		ck_assert_int_eq(rename(list, aside), 0);
		ck_assert_int_eq(symlink("nowhere", list), 0);
	} else {
		ck_assert_int_eq(unlink(list), 0);
		ck_assert_int_eq(rename(aside, list), 0);
	}
}

/* While the list of a Maildir from Dovecot cannot be read, nothing is. */
START_TEST(test_uidlist_is_needed_for_the_first_uids)
{
	struct view *v;

	su_deliver_as("cur", "1000000005.a:2,S", SU_BODY_LF);
	su_deliver("1000000006.b", SU_BODY_LF);
	write_list("w", "3 V12345 N100\n7 :1000000005.a\n");
	break_list(true);
	su_do(select_new(su.store, SLICE_LIT("INBOX"), 0), STORE_ERR_IO);
	su_do(status_new(su.store, SLICE_LIT("INBOX")), STORE_ERR_IO);
	ck_assert_int_eq(su_count_names("new", ""), 1);
	su_restart();
	ck_assert_int_eq(su_count_names(".", "dovecot-uidlist.lock"), 0);
	break_list(false);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_uidvalidity(v), 12345);
	ck_assert_uint_eq(view_uid(v, 1), 7);
	ck_assert_uint_eq(view_uid(v, 2), 100);
	view_close(v);
}
END_TEST

/* What is known stays known while the list cannot be read. */
START_TEST(test_uidlist_that_can_no_longer_be_read)
{
	struct view *v;
	struct op *op;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_restart();
	v = su_select(su.proc, su.store, "INBOX");
	break_list(true);
	su_deliver("1000000006.b", SU_BODY_LF);
	su_deliver_as("cur", "1000000007.c:2,", SU_BODY_LF);
	for (int i = 0; i < 2; i++) {
		op = select_refresh_new(v);
		ck_assert_int_eq(su_finish(su.proc, op), RUN_FAIL);
		ck_assert_int_eq(op_error(op)->kind, STORE_ERR_IO);
		op_free(op);
		su_check_told(v, true, "");
	}
	break_list(false);
	su_refresh(su.proc, v);
	su_check_told(v, true, "EXISTS 3;RECENT 3;");
	ck_assert_uint_eq(view_uid(v, 2), 2);
	ck_assert_uint_eq(view_uid(v, 3), 3);
	view_close(v);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_uids_of_dovecot_are_kept);
	tcase_add_test(tc, test_no_uid_is_left);
	tcase_add_test(tc, test_uidlist_is_appended_to);
	tcase_add_test(tc, test_uidlist_lock_is_respected);
	tcase_add_test(tc, test_uidlist_of_another_program_is_read);
	tcase_add_loop_test(tc, test_uid_of_the_list_keeps_flags, 0,
	    NROWS(renumbered));
	tcase_add_loop_test(tc, test_uid_of_the_list_comes_too_late, 0, 24);
	tcase_add_loop_test(tc, test_uidlist_changes_during_a_scan, 0, 24);
	tcase_add_test(tc, test_uidlist_is_read_before_append);
	tcase_add_test(tc, test_uidlist_is_needed_for_the_first_uids);
	tcase_add_test(tc, test_uidlist_that_can_no_longer_be_read);
	(void)slices;
}

Suite *
suite_uidlist_write(void)
{
	return su_suite("uidlist_write", add_tests);
}
