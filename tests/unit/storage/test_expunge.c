/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* EXPUNGE; sessions that were not told of it can still read the messages. */
#include "config.h"

#include <errno.h>

#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

START_TEST(test_zombies_and_two_views)
{
	struct view *a, *b;
	struct buf body;
	struct op *op;

	for (int i = 0; i < 5; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	a = su_select(su.proc, su.store, "INBOX");
	b = su_select(su.proc, su.store, "INBOX");
	su_set_flags(su.proc, a, 2, FLAGS_ADD, FLAG_DELETED, NULL);
	su_set_flags(su.proc, a, 4, FLAGS_ADD, FLAG_DELETED, "$label1");
	su_check_told(a, true, "KEYWORDS 0;");
	su_check_told(b, false, "KEYWORDS 0;FLAGS 2;FLAGS 4;");
	op = expunge_new(a, NULL);
	su_must(su.proc, op);
	op_free(op);
	su_check_told(a, true, "EXPUNGE 4;EXPUNGE 2;");
	ck_assert_uint_eq(view_exists(a), 3);
	ck_assert_uint_eq(view_uid(a, 2), 3);
	ck_assert_uint_eq(view_seq(a, 5), 3);
	ck_assert_uint_eq(view_seq(a, 4), 0);
	su_check_told(b, false, "");
	ck_assert_uint_eq(view_exists(b), 5);
	ck_assert_uint_eq(view_uid(b, 4), 4);
	buf_init(&body, 10000);
	su_body(b, 4, &body);
	ck_assert(slice_eq_str(buf_slice(&body), SU_BODY_CRLF));
	buf_clear(&body);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_check_told(a, true, "EXISTS 4;RECENT 4;");
	su_check_told(b, true, "EXPUNGE 4;EXPUNGE 2;EXISTS 4;");
	ck_assert_uint_eq(view_uid(b, 4), 6);
	view_close(a);
	view_close(b);
}
END_TEST

/*
 * Sessions that were not told yet can read what another process has expunged.
 */
START_TEST(test_expunged_elsewhere_is_read)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct idset set;
	struct view *a, *b;
	struct buf body;
	struct op *op;

	for (int i = 0; i < 8; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	a = su_select(su.proc, su.store, "INBOX");
	b = su_select(other, st, "INBOX");
	idset_init(&set, IDSET_NOLIMIT);
	(void)idset_add_range(&set, 2, 6);
	op = expunge_all_new(b, &set);
	su_must(other, op);
	op_free(op);
	for (uint32_t uid = 1; uid <= 8; uid++) {
		buf_init(&body, BUF_NOCAP);
		su_body(a, uid, &body);
		ck_assert(slice_eq_str(buf_slice(&body), SU_BODY_CRLF));
		buf_clear(&body);
	}
	ck_assert_uint_eq(view_exists(a), 8);
	su_check_told(a, true, "EXPUNGE 6;EXPUNGE 5;EXPUNGE 4;EXPUNGE 3;"
	    "EXPUNGE 2;");
	idset_clear(&set);
	view_close(a);
	view_close(b);
	store_close(st);
	su_process_free(other);
}
END_TEST

/*
 * If a statement of EXPUNGE fails, EXPUNGE fails: it does not leave out the
 * messages that it could not read.
 */
START_TEST(test_failed_statement_of_expunge)
{
	struct view *v;
	unsigned long failed = 1;

	for (unsigned long k = 0; failed > 0; k++) {
		struct op *op;
		enum run run;

		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
		    FLAG_DELETED);
		v = su_select(su.proc, su.store, "INBOX");
		ck_assert_uint_eq(view_exists(v), 1);
		op = expunge_new(v, NULL);
		shim_set(&(struct shim_rule){ .calls = SHIM_STEP,
		    .path = "penfold/index.db", .skip = k, .count = 1,
		    .errnum = EIO });
		run = su_finish(su.proc, op);
		failed = shim_clear();
		op_free(op);
		su_sync(v);
		ck_assert_msg(view_exists(v) == (run == RUN_DONE ? 0 : 1),
		    "statement %lu", k);
		if (run != RUN_DONE)
			su_do(expunge_new(v, NULL), STORE_OK);
		view_close(v);
	}
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_zombies_and_two_views);
	tcase_add_test(tc, test_expunged_elsewhere_is_read);
	tcase_add_test(tc, test_failed_statement_of_expunge);
	(void)slices;
}

Suite *
suite_expunge(void)
{
	return su_suite("expunge", add_tests);
}
