/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* COPY and MOVE between mailboxes on disk. */
#include "config.h"

#include "storage/index/op_head.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/view_state.h"
#include "storage/store.h"
#include "tests/unit/storeutil.h"

START_TEST(test_copy_move)
{
	struct view *v, *w;
	struct idset set;
	struct op *op;
	const struct copy_result *res;
	struct buf b;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, FLAG_SEEN);
	su_deliver("1000000000.two", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	idset_init(&set, 10);
	(void)idset_add_range(&set, 1, 2);
	su_set_flags(su.proc, v, 2, FLAGS_ADD, 0, "tag");
	op = copy_new(v, &set, SLICE_LIT("Sent"), false);
	su_must(su.proc, op);
	res = copy_result(op);
	ck_assert_uint_eq(idset_count(&res->to), 2);
	op_free(op);
	op = copy_new(v, &set, SLICE_LIT("Trash"), true);
	su_must(su.proc, op);
	op_free(op);
	/* A session not told of the expunge can still read (RFC 2180, 4.1). */
	buf_init(&b, 10000);
	su_body(v, 1, &b);
	ck_assert(slice_eq_str(buf_slice(&b), SU_BODY_CRLF));
	buf_clear(&b);
	su_check_told(v, true, "KEYWORDS 0;EXPUNGE 2;EXPUNGE 1;");
	ck_assert_int_eq(su_count_names("cur", ""), 0);
	ck_assert_int_eq(su_count_names(".Trash/cur", ""), 2);
	ck_assert_int_eq(su_count_names(".Sent/cur", ""), 2);
	w = su_select(su.proc, su.store, "Trash");
	ck_assert_uint_eq(view_exists(w), 2);
	ck_assert_int_eq(view_keyword_find(w, SLICE_LIT("TAG")), 0);
	buf_init(&b, 10000);
	su_body(w, 1, &b);
	ck_assert(slice_eq_str(buf_slice(&b), SU_BODY_CRLF));
	buf_clear(&b);
	view_close(w);
	op = copy_new(v, &set, SLICE_LIT("Nowhere"), false);
	ck_assert(su_finish(su.proc, op) == RUN_FAIL);
	ck_assert_int_eq(op_error(op)->kind, STORE_ERR_NONEXISTENT);
	op_free(op);
	view_close(v);
	idset_clear(&set);
}
END_TEST

/*
 * The events of a MOVE within a mailbox come in the order of the names, old and
 * new, and none of them is taken for another program's.
 */
START_TEST(test_move_within_a_mailbox_leaves_the_watch_whole)
{
	struct view *v;
	struct idset set;

	for (int i = 0; i < 3; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert(view_mailbox(v)->watch.cur_clean);
	idset_init(&set, 10);
	(void)idset_add_range(&set, 1, 2);
	su_do(copy_new(v, &set, SLICE_LIT("INBOX"), true), STORE_OK);
	idset_clear(&set);
	ck_assert(view_mailbox(v)->watch.cur_clean);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	ck_assert(view_mailbox(v)->watch.cur_clean);
	su_check_told(v, true, "EXPUNGE 2;EXPUNGE 1;EXISTS 4;RECENT 4;");
	view_close(v);
}
END_TEST

static void
all_readable(struct view *v, uint32_t n)
{
	ck_assert_uint_eq(view_exists(v), n);
	for (uint32_t uid = 1; uid <= n; uid++) {
		struct buf b;

		buf_init(&b, BUF_NOCAP);
		su_body(v, uid, &b);
		ck_assert(slice_eq_str(buf_slice(&b), SU_BODY_CRLF));
		buf_clear(&b);
	}
}

/*
 * Other sessions do not see a half-done EXPUNGE or MOVE, and an abandoned one
 * changes nothing.
 */
START_TEST(test_changes_in_slices_are_all_or_nothing)
{
	struct view *a, *b;
	struct idset all;
	struct op *op;

	for (int i = 0; i < 200; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	idset_init(&all, IDSET_NOLIMIT);
	(void)idset_add_range(&all, 1, 200);
	a = su_select(su.proc, su.store, "INBOX");
	b = su_select(su.proc, su.store, "INBOX");
	for (int i = 0; i < 4; i++) {
		op = i % 2 ? expunge_all_new(a, &all) :
		    copy_new(a, &all, SLICE_LIT("Sent"), i == 2);
		for (int k = 0; k < 8; k++)
			ck_assert(op_run(op) == RUN_MORE);
		ck_assert(!view_changed(b, true));
		if (i != 2)
			all_readable(b, 200);
		op_free(op);
		all_readable(b, 200);
		ck_assert_int_eq(su_count_names("cur", ""), 200);
		ck_assert_int_eq(su_count_names(".Sent/cur", ""), 0);
	}
	su_do(copy_new(a, &all, SLICE_LIT("Sent"), true), STORE_OK);
	ck_assert_int_eq(su_count_names("cur", ""), 0);
	ck_assert_int_eq(su_count_names(".Sent/cur", ""), 200);
	view_close(a);
	view_close(b);
	a = su_select(su.proc, su.store, "Sent");
	all_readable(a, 200);
	su_do(expunge_all_new(a, &all), STORE_OK);
	ck_assert_int_eq(su_count_names(".Sent/cur", ""), 0);
	view_close(a);
	idset_clear(&all);
}
END_TEST

/*
 * COPY finds that another program has renamed the file, and scans the source;
 * then it has to renew the list of the destination, which takes some slices.
 * At the n-th, another file of the source is renamed: no scan begins within the
 * transaction.
 */
START_TEST(test_source_changes_while_the_list_is_renewed)
{
	struct mailbox_row *row;
	struct view *v, *w;
	struct idset set;
	struct op *op;
	enum run run = RUN_MORE;

	(void)su_append(su.proc, su.store, "Sent", SU_BODY_CRLF, 0);
	su_restart();
	su_deliver_as("cur", "1000000001.a:2,", SU_BODY_LF);
	su_deliver_as("cur", "1000000002.b:2,", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	w = su_select(su.proc, su.store, "Sent");
	row = &view_mailbox(w)->row;
	ck_assert_int_ne(row->listmtime, 0);
	su_move("cur/1000000001.a:2,", "cur/1000000001.a:2,F");
	idset_init(&set, 10);
	(void)idset_add(&set, 1);
	op = copy_new(v, &set, SLICE_LIT("Sent"), false);
	idset_clear(&set);
	for (int n = 0; run == RUN_MORE || run == RUN_WAIT; n++) {
		bool before = op->in_tx && op->part == NULL;

		if (n == _i)
			su_move("cur/1000000002.b:2,", "cur/1000000002.b:2,F");
		/* The rest of the promise is used up during the scan. */
		if (op->part != NULL && !op->in_tx)
			row->listnext = row->uidnext;
		run = op_run(op);
		ck_assert(!before || !op->in_tx || op->part == NULL);
		if (run == RUN_WAIT)
			su_turn(su.proc, 10);
	}
	ck_assert_msg(run == RUN_DONE, "%s", op_error(op)->text);
	op_free(op);
	ck_assert_uint_gt(row->listnext, row->uidnext);
	ck_assert_int_eq(su_count_names(".Sent/cur", ""), 2);
	su_refresh(su.proc, v);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 2);
	view_close(v);
	view_close(w);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	if (slices)
		tcase_add_loop_test(tc,
		    test_source_changes_while_the_list_is_renewed, 0, 40);
	tcase_add_test(tc, test_copy_move);
	tcase_add_test(tc, test_move_within_a_mailbox_leaves_the_watch_whole);
	if (slices)
		tcase_add_test(tc, test_changes_in_slices_are_all_or_nothing);
}

Suite *
suite_copy(void)
{
	return su_suite("copy", add_tests);
}
