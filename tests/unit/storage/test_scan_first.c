/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The first scan of a mailbox that another server has served: whatever happens
 * meanwhile, messages have the UIDs that they had there.
 */
#include "config.h"

#include <stdio.h>

#include "storage/index/op_head.h"
#include "storage/mailbox/mailbox.h"
#include "storage/op/scan_struct.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

/*
 * INBOX has n messages with UIDs from 1000 on, which are not in the order of
 * their names.  Scans commit whenever they look at the clock.
 */
static void
begin(int n)
{
	char name[64], path[256];
	FILE *f;

	su.delays.lock_hold_ms = su.delays.lock_pause_ms = 0;
	su_restart();
	(void)snprintf(path, sizeof(path), "%s/dovecot-uidlist", su.root);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	(void)fprintf(f, "3 V1600000000 N2001\n");
	for (int i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "%d.m%d:2,", 1000000000 +
		    i * 7 % n, i);
		(void)fprintf(f, "%d :%d.m%d\n", 1000 + i, 1000000000 +
		    i * 7 % n, i);
		su_deliver_as("cur", name, SU_BODY_LF);
	}
	(void)fclose(f);
}

/* Give up a first scan in the middle: the rest is found with its UIDs. */
START_TEST(test_first_scan_that_is_cut)
{
	char name[64];
	struct view *v;
	struct op *op;
	int calls = 0;

	begin(300);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "%d.x", 1000000000 + i);
		su_deliver(name, SU_BODY_LF);
	}
	op = select_new(su.store, SLICE_LIT("INBOX"), 0);
	while (calls < 15 * _i && op_run(op) != RUN_DONE) {
		calls++;
		su_turn(su.proc, 1);
	}
	op_free(op);
	su_restart();
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_uidvalidity(v), 1600000000);
	ck_assert_uint_eq(view_exists(v), 320);
	for (uint32_t i = 1; i <= 300; i++)
		ck_assert_uint_eq(view_uid(v, i), 999 + i);
	for (uint32_t i = 301; i <= 320; i++)
		ck_assert_uint_eq(view_uid(v, i), 1700 + i);
	view_close(v);
}
END_TEST

/*
 * Two processes make the first scan of a mailbox.  One misses a file that is
 * renamed meanwhile, and takes in files with higher UIDs.  The other, which has
 * found that file, must not give it a UID that the list has for another one.
 */
START_TEST(test_two_first_scans)
{
	const struct mailbox *mb;
	struct storage *other;
	struct store *other_store;
	struct op *a, *b;
	struct view *v;

	begin(100);
	other = su_process_new();
	other_store = su_open(other);
	b = select_new(other_store, SLICE_LIT("INBOX"), 0);
	while (!b->in_tx)
		if (op_run(b) != RUN_MORE)
			su_turn_all();
	mb = ((const struct scan *)b->part)->mb;
	su_move("cur/1000000028.m4:2,", "cur/1000000028.m4:2,F");
	a = select_new(su.store, SLICE_LIT("INBOX"), 0);
	while (op_run(a) == RUN_MORE)
		;
	ck_assert(b->in_tx);
	while (b->in_tx || mb->row.messages == 0)
		ck_assert_int_ne(op_run(b), RUN_DONE);
	ck_assert_uint_lt(mb->row.messages, 50);
	su_must(su.proc, a);
	op_free(a);
	op_free(b);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 100);
	for (uint32_t i = 1; i < 100; i++)
		ck_assert_uint_eq(view_uid(v, i), i <= 4 ? 999 + i : 1000 + i);
	ck_assert_uint_ge(view_uid(v, 100), 2001);
	view_close(v);
	store_close(other_store);
	su_process_free(other);
}
END_TEST

static int
count_name(const struct shim_event *ev, void *arg)
{
	(void)ev;
	(*(int *)arg)++;
	return 0;
}

/*
 * Between the transactions of a first scan, the list is due to be written.
 * That job finds a list that the index does not know, and leaves it to the scan
 * that has read it: the folder is read once.
 */
START_TEST(test_first_scan_reads_the_folder_once)
{
	struct mailbox *mb = NULL;
	struct op *op;
	enum run run;
	bool seen = false;
	int names = 0;

	begin(300);
	op = select_new(su.store, SLICE_LIT("INBOX"), 0);
	shim_hook(SHIM_READDIR, "/cur", count_name, &names);
	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT) {
		if (op->part != NULL)
			mb = ((const struct scan *)op->part)->mb;
		su_turn(su.proc, 1);
		seen = seen || (mb != NULL && mb->list.retry_ms != 0);
	}
	ck_assert_int_eq(run, RUN_DONE);
	ck_assert(seen);
	ck_assert(!mb->watch.distrusted);
	while (mb->watch.scan_due || mb->watch.scan_job)
		su_turn(su.proc, 1);
	op_free(op);
	(void)shim_clear();
	ck_assert_int_lt(names, 400);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	if (!slices)
		return;
	tcase_add_test(tc, test_first_scan_reads_the_folder_once);
	tcase_add_test(tc, test_two_first_scans);
	tcase_add_loop_test(tc, test_first_scan_that_is_cut, 0, 4);
}

Suite *
suite_scan_first(void)
{
	return su_suite("scan_first", add_tests);
}
