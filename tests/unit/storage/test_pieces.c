/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * STORE, COPY, MOVE and EXPUNGE of many messages take several transactions.
 * Others get the lock between these, and each message is changed as a whole.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "storage/index/op_head.h"
#include "storage/index/store_state.h"
#include "storage/op/op_state.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

#define MESSAGES	100
/* So many calls of a kind fail, one in each test. */
#define FAULT_CALLS	12

enum what { STORE, COPY, MOVE, EXPUNGE, WHATS };

static struct storage *other;		/* another process */
static struct store *other_store;
static struct view *mine, *theirs;

/* An operation commits whenever it looks at the clock. */
static void
begin(void)
{
	char name[64];

	su.delays.lock_hold_ms = su.delays.lock_pause_ms = 0;
	su_restart();
	for (int i = 0; i < MESSAGES; i++) {
		(void)snprintf(name, sizeof(name), "%d.m:2,", 1000000000 + i);
		su_deliver_as("cur", name, SU_BODY_LF);
	}
	other = su_process_new();
	other_store = su_open(other);
	mine = su_select(su.proc, su.store, "INBOX");
	theirs = su_select(other, other_store, "INBOX");
	ck_assert_uint_eq(view_exists(mine), MESSAGES);
}

static void
end(void)
{
	view_close(mine);
	view_close(theirs);
	store_close(other_store);
	su_process_free(other);
}

/* Begin to do it to all messages that the session sees. */
static struct op *
start(enum what what)
{
	static const struct flag_names flagged = { .system = FLAG_FLAGGED };
	struct op *op = NULL;
	struct idset uids;

	idset_init(&uids, IDSET_NOLIMIT);
	(void)idset_add_range(&uids, 1, MESSAGES);
	switch (what) {
	case STORE:
		op = flags_new(mine, &uids, FLAGS_ADD, &flagged, UINT64_MAX);
		break;
	case COPY:
	case MOVE:
		op = copy_new(mine, &uids, SLICE_LIT("Sent"), what == MOVE);
		break;
	case EXPUNGE:
		op = expunge_all_new(mine, &uids);
		break;
	case WHATS:
		break;
	}
	idset_clear(&uids);
	return op;
}

/* How many messages the operation has done, as it says. */
static uint32_t
done(const struct op *op, enum what what)
{
	switch (what) {
	case STORE:
		return (uint32_t)idset_count(&flags_result(op)->changed);
	case COPY:
	case MOVE:
		ck_assert_uint_eq(idset_count(&copy_result(op)->from),
		    idset_count(&copy_result(op)->to));
		return (uint32_t)idset_count(&copy_result(op)->from);
	case EXPUNGE:
		return (uint32_t)idset_count(expunge_result(op, NULL));
	case WHATS:
		break;
	}
	return 0;
}

/* A message has an entry in each session, and a file. */
static void
check_mailbox(const char *name, const char *cur, uint32_t n)
{
	struct view *v = su_select(su.proc, su.store, name);
	struct view *w = su_select(other, other_store, name);
	struct buf b;

	ck_assert_uint_eq(view_exists(v), n);
	ck_assert_uint_eq(view_exists(w), n);
	ck_assert_int_eq(su_count_names(cur, ""), (int)n);
	for (uint32_t seq = 1; seq <= n; seq++) {
		ck_assert_uint_eq(view_uid(v, seq), view_uid(w, seq));
		buf_init(&b, BUF_NOCAP);
		su_body(v, view_uid(v, seq), &b);
		ck_assert_uint_gt(buf_len(&b), 0);
		buf_clear(&b);
	}
	view_close(v);
	view_close(w);
}

static uint32_t
flagged(struct view *v)
{
	struct flags flags;
	uint64_t modseq;
	uint32_t n = 0;

	for (uint32_t seq = 1; seq <= view_exists(v); seq++) {
		view_flags(v, seq, &flags, &modseq);
		n += (flags.system & FLAG_FLAGGED) != 0;
	}
	return n;
}

/*
 * All that was done, to n messages, is there in both processes.  INBOX and Sent
 * have so many other messages.
 */
static void
check_done(enum what what, uint32_t n, uint32_t in_inbox, uint32_t in_sent)
{
	bool gone = what == MOVE || what == EXPUNGE;
	bool there = what == MOVE || what == COPY;

	su_refresh(su.proc, mine);
	su_sync(mine);
	su_refresh(other, theirs);
	su_sync(theirs);
	ck_assert_uint_eq(flagged(mine), what == STORE ? n : 0);
	ck_assert_uint_eq(flagged(theirs), what == STORE ? n : 0);
	check_mailbox("INBOX", "cur", MESSAGES + in_inbox - (gone ? n : 0));
	check_mailbox("Sent", ".Sent/cur", in_sent + (there ? n : 0));
}

/* Others write between the transactions. */
START_TEST(test_others_get_the_lock)
{
	enum what what = (enum what)_i;
	uint32_t appended = 0;
	struct op *op;
	enum run run;

	begin();
	op = start(what);
	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT) {
		if (!op->in_tx && op->committed && done(op, what) > 0 &&
		    done(op, what) < MESSAGES && appended < 3) {
			(void)su_append(other, other_store, "INBOX",
			    SU_BODY_CRLF, 0);
			(void)su_append(other, other_store, "Sent",
			    SU_BODY_CRLF, 0);
			appended++;
		}
		if (run == RUN_WAIT)
			su_turn(su.proc, 10);
	}
	ck_assert_msg(run == RUN_DONE, "%s", op_error(op)->text);
	ck_assert_uint_ge(appended, 1);
	ck_assert_uint_eq(done(op, what), MESSAGES);
	op_free(op);
	check_done(what, MESSAGES, appended, appended);
	end();
}
END_TEST

/* What fails in a later transaction, and how. */
static const struct {
	enum what	 what;
	unsigned int	 calls;
	const char	*path;
} faults[] = {
	{ STORE, SHIM_STEP, "index.db" },
	{ COPY, SHIM_LINK, "cur/" },
	{ COPY, SHIM_STEP, "index.db" },
	{ MOVE, SHIM_RENAME, "cur/" },
	{ MOVE, SHIM_STEP, "index.db" },
	{ EXPUNGE, SHIM_RENAME, "cur/" },
	{ EXPUNGE, SHIM_STEP, "index.db" },
};

/* The n-th call of this thread fails, of those in an operation. */
struct nth {
	pthread_t	 thread;
	bool		 on;
	unsigned int	 n;
};

static int
fail_nth(const struct shim_event *ev, void *arg)
{
	struct nth *nth = arg;

	(void)ev;
	return pthread_equal(pthread_self(), nth->thread) && nth->on &&
	    nth->n > 0 && --nth->n == 0 ? EIO : 0;
}

/* Run it to its end, with that failure. */
static enum run
finish(struct op *op, const struct nth *which, unsigned int calls,
    const char *path)
{
	struct nth nth = *which;
	enum run run;

	shim_hook(calls, path, fail_nth, &nth);
	do {
		nth.on = true;
		run = op_run(op);
		nth.on = false;
		if (run == RUN_WAIT)
			su_turn(su.proc, 10);
	} while (run == RUN_MORE || run == RUN_WAIT);
	(void)shim_clear();
	ck_assert_uint_eq(nth.n, 0);
	return run;
}

/*
 * It fails in the middle.  What the answer says was done is done, and nothing
 * else; of a COPY, nothing.  What comes next succeeds.
 */
START_TEST(test_failure_in_a_later_transaction)
{
	enum what what = faults[_i % NROWS(faults)].what;
	struct nth nth = { pthread_self(), false, _i / NROWS(faults) + 1 };
	struct op *op;
	uint32_t n;

	begin();
	op = start(what);
	while (op->in_tx || done(op, what) == 0)
		if (op_run(op) == RUN_WAIT)
			su_turn(su.proc, 10);
	ck_assert_int_eq(finish(op, &nth, faults[_i % NROWS(faults)].calls,
	    faults[_i % NROWS(faults)].path), RUN_FAIL);
	n = done(op, what);
	if (what == COPY) {
		ck_assert_int_eq(su_count_names(".Sent/cur", ""), 0);
	} else {
		ck_assert_uint_gt(n, 0);
		ck_assert_uint_lt(n, MESSAGES);
	}
	op_free(op);
	check_done(what, what == COPY ? 0 : n, 0, 0);
	op = start(what);
	su_must(su.proc, op);
	op_free(op);
	check_done(what, MESSAGES, 0, 0);
	end();
}
END_TEST

/*
 * Between two transactions the index is lost: UIDs may be those of other
 * messages now, so nothing more is done.
 */
START_TEST(test_index_lost_between_transactions)
{
	enum what what = (enum what)_i;
	struct op *op;
	enum run run;
	uint32_t n;

	begin();
	op = start(what);
	while (op->in_tx || done(op, what) == 0)
		if (op_run(op) == RUN_WAIT)
			su_turn(su.proc, 10);
	n = done(op, what);
	su.store->lost++;
	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT)
		if (run == RUN_WAIT)
			su_turn(su.proc, 10);
	ck_assert_int_eq(run, RUN_FAIL);
	ck_assert_int_eq(op_error(op)->kind, STORE_ERR_CORRUPT);
	ck_assert_uint_eq(done(op, what), n);
	op_free(op);
	if (what == COPY)
		su_turn_until(su_count_names(".Sent/cur", "") == 0);
	check_done(what, what == COPY ? 0 : n, 0, 0);
	end();
}
END_TEST

/* A client that does not wait for its COPY has copied nothing. */
START_TEST(test_copy_that_is_given_up)
{
	struct op *op;

	begin();
	op = start(COPY);
	while (done(op, COPY) < 2)
		if (op_run(op) == RUN_WAIT)
			su_turn(su.proc, 10);
	ck_assert_int_ge(su_count_names(".Sent/cur", ""), 2);
	op_free(op);
	su_turn_until(su_count_names(".Sent/cur", "") == 0);
	check_done(COPY, 0, 0, 0);
	end();
}
END_TEST

/*
 * Nothing can be written any more, so that what was copied cannot be removed
 * either: the client is answered all the same.  It goes as soon as the disk
 * works again.
 */
START_TEST(test_copy_is_removed_once_the_disk_works)
{
	struct op *op;
	enum run run;

	su.delays.unwanted_retry_ms = 10;
	begin();
	op = start(COPY);
	while (op->in_tx || done(op, COPY) == 0)
		if (op_run(op) == RUN_WAIT)
			su_turn(su.proc, 10);
	shim_set(&(struct shim_rule){ .calls = SHIM_WRITE,
	    .path = "index.db-wal", .errnum = EIO });
	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT)
		if (run == RUN_WAIT)
			su_turn(su.proc, 10);
	ck_assert_int_eq(run, RUN_FAIL);
	ck_assert_int_eq(op_error(op)->kind, STORE_ERR_IO);
	op_free(op);
	ck_assert_int_gt(su_count_names(".Sent/cur", ""), 0);
	(void)shim_clear();
	su_turn_until(su_count_names(".Sent/cur", "") == 0);
	check_done(COPY, 0, 0, 0);
	end();
}
END_TEST

/* Between two transactions another program marks a message. */
START_TEST(test_file_renamed_between_transactions)
{
	enum what what = (enum what)_i;
	struct op *op;
	bool renamed = false;
	enum run run;

	begin();
	op = start(what);
	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT) {
		if (!op->in_tx && done(op, what) > 0 && !renamed) {
			su_move("cur/1000000098.m:2,", "cur/1000000098.m:2,S");
			renamed = true;
		}
		if (run == RUN_WAIT)
			su_turn(su.proc, 10);
	}
	ck_assert_msg(run == RUN_DONE, "%s", op_error(op)->text);
	ck_assert(renamed);
	ck_assert_uint_eq(done(op, what), MESSAGES);
	op_free(op);
	check_done(what, MESSAGES, 0, 0);
	end();
}
END_TEST

/* Start an APPEND to Sent, up to its commit. */
static struct op *
start_append(void)
{
	struct flag_names f = { .system = 0 };
	struct op *op = save_new(su.store, SLICE_LIT("Sent"));

	su_must(su.proc, op);
	ck_assert_int_eq(save_begin(op, &f, &(int64_t){ 1000000000 },
	    strlen(SU_BODY_CRLF)), 0);
	ck_assert_int_eq(save_write(op, SU_BODY_CRLF, strlen(SU_BODY_CRLF)),
	    0);
	ck_assert_int_eq(save_end(op), 0);
	save_commit(op);
	return op;
}

/* Run an operation of the other process while this one stands still. */
static void
run_beside(struct op *op)
{
	enum run run;

	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT)
		if (run == RUN_WAIT)
			su_turn_alone(other, 10);
	ck_assert_msg(run == RUN_DONE, "%s", op_error(op)->text);
}

/* While an operation waits for the lock, its mailbox is deleted elsewhere. */
START_TEST(test_mailbox_deleted_before_the_lock)
{
	struct op *op = NULL, *holder, *delete;
	enum run run;

	begin();
	su_deliver_as(".Sent/cur", "1000000000.m:2,", SU_BODY_LF);
	view_close(theirs);
	theirs = su_select(other, other_store, "Sent");
	if (_i == 4)
		su_deliver_as(".Sent/cur", "1000000001.m:2,", SU_BODY_LF);
	holder = op_ready_new(other_store);
	run_beside(holder);
	switch (_i) {
	case 0:
		op = start(COPY);
		break;
	case 1:
		op = start(MOVE);
		break;
	case 2:
		op = start_append();
		break;
	case 3:
		view_close(mine);
		mine = su_select(su.proc, su.store, "Sent");
		op = start(EXPUNGE);
		break;
	case 4:
		op = select_new(su.store, SLICE_LIT("Sent"), 0);
		break;
	}
	while ((run = op_begin(holder)) == RUN_WAIT)
		su_turn_all();
	ck_assert_int_eq(run, RUN_DONE);
	while (op->lock_since_ms == 0) {
		run = op_run(op);
		ck_assert_msg(run == RUN_MORE || run == RUN_WAIT, "%s",
		    op_error(op)->text);
		if (run == RUN_WAIT)
			su_turn_all();
	}
	op_free(holder);
	delete = folder_delete_new(other_store, SLICE_LIT("Sent"));
	run_beside(delete);
	op_free(delete);
	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT)
		if (run == RUN_WAIT)
			su_turn(su.proc, 10);
	ck_assert_int_eq(run, RUN_FAIL);
	ck_assert_msg(op_error(op)->kind == STORE_ERR_NONEXISTENT, "%s",
	    op_error(op)->text);
	op_free(op);
	end();
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	(void)slices;
	tcase_add_loop_test(tc, test_mailbox_deleted_before_the_lock, 0, 5);
	tcase_add_loop_test(tc, test_others_get_the_lock, 0, WHATS);
	tcase_add_loop_test(tc, test_failure_in_a_later_transaction, 0,
	    NROWS(faults) * FAULT_CALLS);
	tcase_add_loop_test(tc, test_index_lost_between_transactions, 0,
	    WHATS);
	tcase_add_test(tc, test_copy_that_is_given_up);
	tcase_add_test(tc, test_copy_is_removed_once_the_disk_works);
	tcase_add_loop_test(tc, test_file_renamed_between_transactions, COPY,
	    WHATS);
}

Suite *
suite_pieces(void)
{
	return su_suite("pieces", add_tests);
}
