/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Scans of Maildir folders that other programs change meanwhile. */
#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/view_state.h"
#include "storage/op/scan_struct.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

START_TEST(test_hazards_in_the_maildir)
{
	struct view *v;
	char path[256];

	su_deliver("1000000000.one", SU_BODY_LF);
	(void)snprintf(path, sizeof(path), "%s/cur/fifo", su.root);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/new/link", su.root);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	su_deliver_as("cur", "1000000001.wrong,S=9999:2,F", SU_BODY_LF);
	su_deliver_as("cur", "1000000002.empty:2,", "");
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 3);
	{
		struct buf b;

		buf_init(&b, 10000);
		su_body(v, 2, &b);
		ck_assert_uint_gt(buf_len(&b), 10);
		buf_clear(&b);
		su_body(v, 3, &b);
		buf_clear(&b);
	}
	(void)snprintf(path, sizeof(path), "%s/cur/1000000002.empty:2,",
	    su.root);
	ck_assert_int_eq(unlink(path), 0);
	su_refresh(su.proc, v);
	su_check_told(v, true, "EXPUNGE 3;");
	view_close(v);
}
END_TEST

/*
 * No call of op_run() may do more for each message than for this many of them,
 * however many there are.  With slices of a microsecond, an operation stops
 * whenever it looks at the clock, so that a call does what there is between
 * two looks.
 */
#define WORK_MAX	1024

/* Messages that the steps of a scan have dealt with so far. */
struct work {
	size_t		 read;		/* names of files */
	size_t		 rows;		/* rows of the index */
	size_t		 sorted;	/* once for each pass of merge sort */
	size_t		 merged;	/* with rows of the index */
	size_t		 fresh;		/* merged, but without a row */
	size_t		 added;
};

static size_t
sorted(const struct filelist_order *o)
{
	size_t passes = 0;

	for (size_t run = o->run; run > 1; run /= 2)
		passes++;
	return passes * o->n + o->out;
}

/* What the scan of op has done; unchanged if there is none. */
static void
measure(const struct op *op, struct work *w)
{
	const struct scan *sc = (const struct scan *)op->part;

	if (sc == NULL)
		return;
	w->read = sc->found.n;
	w->rows = sc->row_last;
	w->sorted = sc->found.order.n + sorted(&sc->found.order) +
	    sorted(&sc->fresh);
	w->merged = sc->differ.n;
	w->fresh = sc->fresh.n;
	w->added = sc->at;
}

static void
check_work(struct work before, struct work after)
{
	ck_assert_uint_le(after.read, before.read + WORK_MAX);
	ck_assert_uint_le(after.rows, before.rows + WORK_MAX);
	ck_assert_uint_le(after.sorted, before.sorted + WORK_MAX);
	ck_assert_uint_le(after.merged, before.merged + WORK_MAX);
	ck_assert_uint_le(after.fresh, before.fresh + WORK_MAX);
	ck_assert_uint_le(after.added, before.added + WORK_MAX);
}

/*
 * Run an operation to its end, and check each call of its scan.  Returns the
 * number of calls.
 */
static size_t
count_calls(struct op *op)
{
	struct work before, after = { 0 };
	size_t calls = 0;
	enum run run;

	do {
		before = after;
		run = op_run(op);
		measure(op, &after);
		check_work(before, after);
		calls++;
		if (run == RUN_WAIT)
			su_turn(su.proc, 10);
	} while (run == RUN_MORE || run == RUN_WAIT);
	ck_assert_msg(run == RUN_DONE, "%s", op_error(op)->text);
	return calls;
}

/* Work that grows with the number of messages is split into short slices. */
START_TEST(test_slices_are_short)
{
	struct flag_names f = { .system = FLAG_FLAGGED };
	struct idset all;
	struct view *v;
	struct op *op;
	char name[64];

	for (int i = 0; i < 3 * WORK_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%d.M%d", 1000000000 + i,
		    i * 7919 % 3000);
		su_deliver_as(i % 2 ? "cur" : "new", name, SU_BODY_LF);
	}
	op = select_new(su.store, SLICE_LIT("INBOX"), 0);
	(void)count_calls(op);
	v = select_result(op);
	op_free(op);
	ck_assert_uint_eq(view_exists(v), 3 * WORK_MAX);

	/* Now that the index knows all messages, they are merged with it. */
	su_deliver_as("cur", "1.x", SU_BODY_LF);
	op = select_refresh_new(v);
	(void)count_calls(op);
	op_free(op);
	ck_assert_uint_eq(view_mailbox(v)->row.messages, 3 * WORK_MAX + 1);

	idset_init(&all, 10);
	ck_assert_int_eq(idset_add_range(&all, 1, 3 * WORK_MAX), 0);
	op = flags_new(v, &all, FLAGS_ADD, &f, UINT64_MAX);
	ck_assert_uint_ge(count_calls(op), 3);
	op_free(op);
	idset_clear(&all);
	view_close(v);
}
END_TEST

/* During a scan nobody sees changes that are not committed. */
START_TEST(test_scan_in_slices_is_seen_at_its_end)
{
	struct view *a, *b;
	struct op *op;
	char name[64];
	uint64_t modseq;
	int calls = 0;

	a = su_select(su.proc, su.store, "INBOX");
	modseq = view_highestmodseq(a);
	for (int i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof(name), "%d.x", 1000000000 + i);
		su_deliver(name, SU_BODY_LF);
	}
	op = select_refresh_new(a);
	while (op_run(op) == RUN_MORE) {
		calls++;
		ck_assert_uint_eq(view_highestmodseq(a), modseq);
		ck_assert(!view_changed(a, true));
	}
	op_free(op);
	ck_assert_int_gt(calls, 5);
	su_check_told(a, true, "EXISTS 500;RECENT 500;");

	/* A scan that is given up half way leaves nothing behind. */
	for (int i = 500; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "%d.x", 1000000000 + i);
		su_deliver(name, SU_BODY_LF);
	}
	op = select_refresh_new(a);
	for (int i = 0; i < 20; i++)
		ck_assert(op_run(op) == RUN_MORE);
	op_free(op);
	b = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(b), 1000);
	su_check_told(a, true, "EXISTS 1000;");
	view_close(a);
	view_close(b);
}
END_TEST

/* An idle session is told of a message that was delivered during a scan. */
START_TEST(test_delivery_during_a_scan)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	char name[64];

	for (int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "%d.x", 1000000000 + i);
		su_deliver(name, SU_BODY_LF);
	}
	su_turn_until(view_mailbox(v)->watch.scan != NULL);
	for (int i = 0; i < 20; i++)
		su_turn(su.proc, 0);
	ck_assert(view_mailbox(v)->watch.scan != NULL);
	su_deliver("1000000300.x", SU_BODY_LF);
	su_turn_until((su_sync(v), view_exists(v) == 301));
	view_close(v);
}
END_TEST

/*
 * While another program renames a file, a scan may find it under neither name.
 */
START_TEST(test_rename_during_a_scan)
{
	struct view *v;
	struct op *op;
	bool away = false;

	su_deliver_as("cur", "1000000000.a:2,", SU_BODY_LF);
	su_deliver_as("cur", "1000000001.b:2,", SU_BODY_LF);
	su_deliver_as("cur", "1000000002.c:2,", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	su_check_told(v, true, "");
	su_move("cur/1000000002.c:2,", "cur/1000000002.c:2,F");
	op = select_refresh_new(v);
	for (int step = 0; op_run(op) == RUN_MORE; step++) {
		if (!away && view_mailbox(v)->watch.scan != NULL) {
			su_move("cur/1000000000.a:2,", "tmp/a");
			su_move("cur/1000000001.b:2,", "tmp/b");
			away = true;
		}
		ck_assert_int_lt(step, 1000);
	}
	op_free(op);
	ck_assert(away);
	su_check_told(v, true, "FLAGS 3;");
	su_move("tmp/a", "cur/1000000000.a:2,S");
	su_refresh(su.proc, v);
	su_check_told(v, true, "EXPUNGE 2;FLAGS 1;");
	ck_assert_uint_eq(view_uid(v, 1), 1);
	ck_assert_uint_eq(view_uid(v, 2), 3);
	view_close(v);
}
END_TEST

/*
 * Some programs mark a message as unread by moving it back to new/.  It remains
 * the message that it was.
 */
START_TEST(test_file_back_in_new)
{
	struct view *v;
	struct buf b;

	su_deliver_as("cur", "1000000000.a:2,S", SU_BODY_CRLF);
	su_deliver_as("cur", "1000000001.b:2,F", SU_BODY_CRLF);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 2);
	su_move("cur/1000000000.a:2,S", "new/1000000000.a");
	su_move("cur/1000000001.b:2,F", "new/1000000001.b:2,F");
	su_refresh(su.proc, v);
	su_check_told(v, true, "FLAGS 1;");
	ck_assert_uint_eq(view_uid(v, 1), 1);
	ck_assert_uint_eq(view_uid(v, 2), 2);
	ck_assert_uint_eq(view_first_unseen(v), 1);
	ck_assert_int_eq(su_count_names("new", "1"), 0);
	for (uint32_t uid = 1; uid <= 2; uid++) {
		buf_init(&b, 10000);
		su_body(v, uid, &b);
		ck_assert(slice_eq_str(buf_slice(&b), SU_BODY_CRLF));
		buf_clear(&b);
	}
	view_close(v);
}
END_TEST

/*
 * If a statement of a scan fails, the scan changes nothing: otherwise the index
 * would know the new name of a file, but not the flags in it.
 */
START_TEST(test_failed_statement_of_a_scan)
{
	struct flags flags;
	struct view *v;
	uint64_t modseq;
	unsigned long failed = 1;

	su_deliver_as("cur", "1000000000.a:2,", SU_BODY_CRLF);
	v = su_select(su.proc, su.store, "INBOX");
	for (unsigned long k = 0; failed > 0; k++) {
		bool flagged = k % 2 == 0;
		struct op *op;

		su_move(flagged ? "cur/1000000000.a:2," :
		    "cur/1000000000.a:2,F", flagged ? "cur/1000000000.a:2,F" :
		    "cur/1000000000.a:2,");
		shim_set(&(struct shim_rule){ .calls = SHIM_STEP,
		    .path = "penfold/index.db", .skip = k, .count = 1,
		    .errnum = EIO });
		op = select_refresh_new(v);
		(void)su_finish(su.proc, op);
		op_free(op);
		failed = shim_clear();
		su_refresh(su.proc, v);
		su_sync(v);
		view_flags(v, 1, &flags, &modseq);
		ck_assert_msg(flags.system == (flagged ? FLAG_FLAGGED : 0),
		    "statement %lu", k);
	}
	view_close(v);
}
END_TEST

/* STATUS, which must tell these numbers. */
static void
check_status(uint32_t messages, uint32_t unseen, uint32_t recent,
    uint32_t uidnext)
{
	const struct mailbox_status *st;
	struct op *op = status_new(su.store, SLICE_LIT("INBOX"));

	su_must(su.proc, op);
	st = status_result(op);
	ck_assert_uint_eq(st->messages, messages);
	ck_assert_uint_eq(st->unseen, unseen);
	ck_assert_uint_eq(st->recent, recent);
	ck_assert_uint_eq(st->uidnext, uidnext);
	op_free(op);
}

/*
 * Programs that tell of new mail look into new/: STATUS, which clients send
 * every few minutes, takes nothing out of it.
 */
START_TEST(test_status_counts_what_is_in_new_and_leaves_it)
{
	struct view *v;

	su_deliver_as("cur", "1000000000.a:2,S", SU_BODY_LF);
	su_deliver("1000000001.b", SU_BODY_LF);
	su_deliver("1000000002.c:2,S", SU_BODY_LF);
	su_deliver_as("new", ".hidden", SU_BODY_LF);
	check_status(3, 1, 3, 4);
	check_status(3, 1, 3, 4);
	ck_assert_int_eq(su_count_names("new", ""), 2);
	ck_assert_int_eq(su_count_names("cur", ""), 1);
	/* UIDNEXT was 4, so that no new message may be below it. */
	ck_assert_uint_eq(su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
	    0), 4);
	check_status(4, 2, 4, 5);
	su_deliver("1000000003.d", SU_BODY_LF);
	check_status(5, 3, 5, 6);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 5);
	ck_assert_int_eq(su_count_names("new", ""), 0);
	check_status(5, 3, 0, 6);
	su_deliver("1000000004.e", SU_BODY_LF);
	check_status(6, 4, 0, 7);
	view_close(v);
	check_status(6, 4, 0, 7);
}
END_TEST

/* What another program has moved from cur/ to new/ is known already. */
START_TEST(test_status_counts_a_message_once)
{
	struct view *v;

	su_deliver_as("cur", "1000000000.a:2,S", SU_BODY_LF);
	su_deliver_as("cur", "1000000001.b:2,S", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	view_close(v);
	su_move("cur/1000000000.a:2,S", "new/1000000000.a");
	su_deliver("1000000002.c", SU_BODY_LF);
	check_status(3, 1, 1, 4);
	ck_assert_int_eq(su_count_names("new", ""), 2);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 3);
	ck_assert_int_eq(su_count_names("new", ""), 0);
	view_close(v);
}
END_TEST

/*
 * A STATUS may have counted the UIDs of messages that wait in new/.  An APPEND
 * gets a UID above these, also if a scan is about to take them in.
 */
START_TEST(test_append_during_a_scan)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	struct op *append = su_append_start(su.store);
	struct op *op = select_refresh_new(v);
	const struct scan *sc;

	su_deliver("1000000001.a", SU_BODY_LF);
	su_deliver("1000000002.b", SU_BODY_LF);
	do {
		ck_assert_int_eq(op_run(op), RUN_MORE);
		sc = (const struct scan *)op->part;
	} while (sc == NULL || sc->found.n < 2);
	for (int i = 0; i < 100; i++) {
		(void)op_run(append);
		su_turn(su.proc, 0);
	}
	su_must(su.proc, op);
	op_free(op);
	su_must(su.proc, append);
	ck_assert_uint_eq(idset_min(&save_result(append)->uids), 3);
	op_free(append);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 3);
	view_close(v);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_hazards_in_the_maildir);
	tcase_add_test(tc, test_file_back_in_new);
	tcase_add_test(tc, test_failed_statement_of_a_scan);
	tcase_add_test(tc, test_status_counts_what_is_in_new_and_leaves_it);
	tcase_add_test(tc, test_status_counts_a_message_once);
	if (slices) {
		tcase_add_test(tc, test_slices_are_short);
		tcase_add_test(tc, test_scan_in_slices_is_seen_at_its_end);
		tcase_add_test(tc, test_delivery_during_a_scan);
		tcase_add_test(tc, test_rename_during_a_scan);
		tcase_add_test(tc, test_append_during_a_scan);
	}
}

Suite *
suite_scan(void)
{
	return su_suite("scan", add_tests);
}
