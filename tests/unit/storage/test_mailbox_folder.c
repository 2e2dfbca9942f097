/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Descriptors of folders: how many are open, and which. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/view_state.h"
#include "storage/store.h"
#include "storage/tick.h"
#include "tests/unit/storeutil.h"

#define BOXES	80

static const char *
name_of(int i)
{
	static char name[16];

	(void)snprintf(name, sizeof(name), "m%d", i);
	return name;
}

static void
create_boxes(int n)
{
	su.options.mailbox_max = 0;
	storage_configure(su.proc, &su.options);
	for (int i = 0; i < n; i++)
		su_do(folder_create_new(su.store, slice_str(name_of(i)), 0),
		    STORE_OK);
}

START_TEST(test_folders_of_a_store_are_bounded)
{
	create_boxes(BOXES);
	/*
	 * A line of the uidlist that is still to be written keeps a mailbox in
	 * memory.  The first one is written at once, so append twice.
	 */
	for (int k = 0; k < 2; k++) {
		tick_flush(su.store);
		for (int i = 0; i < BOXES; i++)
			(void)su_append(su.proc, su.store, name_of(i),
			    SU_BODY_CRLF, 0);
	}
	su_turn_until(TAILQ_EMPTY(&su.proc->jobs));
	ck_assert_uint_eq(su.store->nfolders, 32);
	ck_assert_uint_eq(su.proc->nfolders, su.store->nfolders);
	/* Those that were used last are open. */
	ck_assert_str_eq(TAILQ_LAST(&su.store->folders, mailbox_list)->name,
	    name_of(BOXES - 1));
}
END_TEST

static void
deliver(int i, int n)
{
	char dir[32], file[32];

	(void)snprintf(dir, sizeof(dir), ".%s/new", name_of(i));
	(void)snprintf(file, sizeof(file), "%d.x", 1000000000 + n);
	su_deliver_as(dir, file, SU_BODY_LF);
}

/* Sessions whose folders were closed miss nothing and can do everything. */
START_TEST(test_closed_folder_of_a_session_is_opened_again)
{
	struct view *v[6];
	struct buf b;

	create_boxes((int)NROWS(v));
	su.options.folder_max = 2;
	storage_configure(su.proc, &su.options);
	for (int i = 0; i < (int)NROWS(v); i++)
		v[i] = su_select(su.proc, su.store, name_of(i));
	su_turn_until(TAILQ_EMPTY(&su.proc->jobs));
	ck_assert_uint_le(su.proc->nfolders, 2);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < (int)NROWS(v); i++) {
			deliver(i, round);
			su_turn_until(view_changed(v[i], true));
			su_sync(v[i]);
			ck_assert_uint_eq(view_exists(v[i]),
			    (unsigned)round + 1);
			buf_init(&b, 10000);
			su_body(v[i], view_last_uid(v[i]), &b);
			buf_clear(&b);
			su_set_flags(su.proc, v[i], 1, FLAGS_ADD, FLAG_SEEN,
			    NULL);
			su_turn_until(TAILQ_EMPTY(&su.proc->jobs));
			ck_assert_uint_le(su.proc->nfolders, 2);
		}
	/* With nothing else to do, all are idle and still watched. */
	for (int i = 0; i < (int)NROWS(v); i++) {
		ck_assert_ptr_nonnull(view_mailbox(v[i])->watch.watched);
		view_close(v[i]);
	}
}
END_TEST

/* An operation that is under way keeps its folder. */
START_TEST(test_folder_in_use_is_not_closed)
{
	struct flag_names none = { 0, NULL, 0 };
	struct op *op;

	create_boxes(4);
	su.options.folder_max = 1;
	storage_configure(su.proc, &su.options);
	op = save_new(su.store, slice_str(name_of(0)));
	su_must(su.proc, op);
	ck_assert_int_eq(save_begin(op, &none, 0, strlen(SU_BODY_CRLF)), 0);
	for (int i = 1; i < 4; i++)
		(void)su_append(su.proc, su.store, name_of(i), SU_BODY_CRLF,
		    0);
	su_turn_until(TAILQ_EMPTY(&su.proc->jobs));
	ck_assert_uint_eq(su.proc->nfolders, 1);
	ck_assert_str_eq(TAILQ_FIRST(&su.proc->folders)->name, name_of(0));
	ck_assert_int_eq(save_write(op, SU_BODY_CRLF, strlen(SU_BODY_CRLF)),
	    0);
	ck_assert_int_eq(save_end(op), 0);
	save_commit(op);
	su_must(su.proc, op);
	op_free(op);
	ck_assert_int_eq(su_count_names(".m0/cur", ""), 1);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	(void)slices;
	tcase_add_test(tc, test_folders_of_a_store_are_bounded);
	tcase_add_test(tc, test_closed_folder_of_a_session_is_opened_again);
	tcase_add_test(tc, test_folder_in_use_is_not_closed);
}

Suite *
suite_mailbox_folder(void)
{
	return su_suite("mailbox_folder", add_tests);
}
