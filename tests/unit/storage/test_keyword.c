/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* The numbers of keywords. */
#include "config.h"


#include "storage/store.h"
#include "tests/unit/storeutil.h"

/* When all numbers are taken, those of unused keywords are given again. */
START_TEST(test_keyword_numbers_are_given_again)
{
	struct view *v = su_two_messages();

	su_store_numbered(v, 1, 0, 64);
	su_store_one(v, 1, FLAGS_ADD, "more", STORE_ERR_LIMIT);
	ck_assert(!view_keyword_room(v));
	su_store(v, 1, FLAGS_REPLACE, NULL, 0, STORE_OK);
	ck_assert(view_keyword_room(v));
	su_sync(v);
	su_store_one(v, 2, FLAGS_ADD, "more", STORE_OK);
	su_check_told(v, true, "KEYWORDS 0;");
	su_check_keywords(v, 1, "");
	su_check_keywords(v, 2, "more");
	ck_assert_uint_eq(view_keywords(v), 64);
	su_store_numbered(v, 1, 100, 163);
	su_store_one(v, 1, FLAGS_ADD, "too-many", STORE_ERR_LIMIT);
	su_check_keywords(v, 2, "more");
	v = su_again(v);
	su_check_keywords(v, 2, "more");
	su_store_one(v, 1, FLAGS_ADD, "too-many", STORE_ERR_LIMIT);
	su_store_one(v, 2, FLAGS_REMOVE, "more", STORE_OK);
	su_store_one(v, 1, FLAGS_ADD, "too-many", STORE_OK);
	view_close(v);
}
END_TEST

/* A command does not take the number of a keyword that it uses itself. */
START_TEST(test_keyword_numbers_of_one_command)
{
	static const char *const some[] = { "new1", "k5", "new2", "k0" };
	struct view *v = su_two_messages();

	su_store_numbered(v, 1, 0, 64);
	su_store(v, 1, FLAGS_REPLACE, NULL, 0, STORE_OK);
	su_store(v, 2, FLAGS_ADD, some, 4, STORE_OK);
	su_check_keywords(v, 2, "k0 new1 new2 k5");
	view_close(v);
}
END_TEST

/* What another process gives the number to is seen here. */
START_TEST(test_keyword_number_of_another_process)
{
	struct view *v = su_two_messages(), *w;
	struct storage *proc = su_process_new();
	struct store *st = su_open(proc);

	su_store_numbered(v, 1, 0, 64);
	w = su_select(proc, st, "INBOX");
	su_sync(w);
	su_store(v, 1, FLAGS_REPLACE, NULL, 0, STORE_OK);
	su_store_one(v, 2, FLAGS_ADD, "more", STORE_OK);
	su_refresh(proc, w);
	su_check_told(w, true, "KEYWORDS 0;FLAGS 1;FLAGS 2;");
	su_check_keywords(w, 1, "");
	su_check_keywords(w, 2, "more");
	view_close(v);
	view_close(w);
	store_close(st);
	su_process_free(proc);
}
END_TEST

/* A refused command leaves the names of keywords as they were. */
START_TEST(test_keyword_number_that_is_not_given)
{
	static const char *const names[] = { "new1", "new2" };
	struct view *v = su_two_messages();

	su_store_numbered(v, 1, 0, 64);
	su_store_one(v, 1, FLAGS_REMOVE, "k7", STORE_OK);
	su_sync(v);
	su_store(v, 2, FLAGS_ADD, names, 2, STORE_ERR_LIMIT);
	su_check_told(v, true, "");
	ck_slice_eq(view_keyword(v, 7), slice_str("k7"));
	su_store_one(v, 2, FLAGS_ADD, "new2", STORE_OK);
	ck_slice_eq(view_keyword(v, 7), slice_str("new2"));
	view_close(v);
}
END_TEST

static enum store_err
append_with(const char *mailbox, const char *keyword)
{
	struct slice k = slice_str(keyword);
	struct flag_names names = { 0, &k, 1 };
	struct op *op = save_new(su.store, slice_str(mailbox));
	enum store_err kind;

	ck_assert_int_eq(su_finish(su.proc, op), RUN_DONE);
	ck_assert_int_eq(save_begin(op, &names, NULL, 0), 0);
	ck_assert_int_eq(save_write(op, "a: b\r\n\r\n", 8), 0);
	ck_assert_int_eq(save_end(op), 0);
	save_commit(op);
	(void)su_finish(su.proc, op);
	kind = op_error(op)->kind;
	op_free(op);
	return kind;
}

/* APPEND, COPY and MOVE say that there is no room, and do nothing. */
START_TEST(test_keyword_no_room_for_a_message)
{
	struct view *v = su_two_messages(), *w;
	struct idset set = su_one(2);

	su_append(su.proc, su.store, "Sent", SU_BODY_CRLF, 0);
	w = su_select(su.proc, su.store, "Sent");
	su_store_numbered(w, 1, 0, 64);
	view_close(w);
	/* Nobody has Sent in memory. */
	v = su_again(v);
	su_store_one(v, 2, FLAGS_ADD, "more", STORE_OK);
	for (int move = 0; move < 2; move++)
		su_do(copy_new(v, &set, SLICE_LIT("Sent"), move),
		    STORE_ERR_LIMIT);
	ck_assert_int_eq(append_with("Sent", "more"), STORE_ERR_LIMIT);
	ck_assert_int_eq(append_with("Sent", "K63"), STORE_OK);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 2);
	w = su_select(su.proc, su.store, "Sent");
	ck_assert_uint_eq(view_exists(w), 2);
	ck_assert_int_eq(su_count_names(".Sent/cur", ""), 2);
	su_store_one(w, 1, FLAGS_REMOVE, "k9", STORE_OK);
	view_close(w);
	su_do(copy_new(v, &set, SLICE_LIT("Sent"), true), STORE_OK);
	ck_assert_int_eq(append_with("Sent", "more"), STORE_OK);
	view_close(v);
	idset_clear(&set);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_keyword_numbers_are_given_again);
	tcase_add_test(tc, test_keyword_numbers_of_one_command);
	tcase_add_test(tc, test_keyword_number_of_another_process);
	tcase_add_test(tc, test_keyword_number_that_is_not_given);
	tcase_add_test(tc, test_keyword_no_room_for_a_message);
	(void)slices;
}

Suite *
suite_keyword(void)
{
	return su_suite("keyword", add_tests);
}
