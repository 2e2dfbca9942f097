/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * What a process takes in of another's commits: wherever such a commit comes
 * between two reads, and whichever read fails, both processes show the same
 * mailbox in the end, and no message twice.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "storage/index/store_state.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/store.h"
#include "storage/tick.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

/* The other process, and its session. */
static struct storage	*other;
static struct store	*other_store;
static struct view	*other_view;
static unsigned int	 ndelivered;

/* The step of a statement before which something happens, and steps so far. */
static unsigned long	 step_at;
static unsigned long	 nsteps;
static pthread_t	 main_thread;

/* Run an operation of the other process, while this one stands still. */
static void
run_alone(struct op *op)
{
	enum run run;

	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT)
		if (run == RUN_WAIT)
			su_turn_alone(other, 10);
	ck_assert_msg(run == RUN_DONE, "%s", op_error(op)->text);
	op_free(op);
}

static void
store_keyword(const struct idset *uids, const char *keyword)
{
	struct slice k = slice_str(keyword);
	struct flag_names f = { FLAG_FLAGGED, &k, 1 };

	run_alone(flags_new(other_view, uids, FLAGS_ADD, &f, UINT64_MAX));
}

/* One commit of each kind: flags with a new keyword, an expunge, a delivery. */
static void
commit(void)
{
	struct idset uids;
	char name[64];

	su_sync(other_view);
	idset_init(&uids, IDSET_NOLIMIT);
	(void)idset_add(&uids, view_uid(other_view, 1));
	(void)snprintf(name, sizeof(name), "k%u", ndelivered % 8);
	store_keyword(&uids, name);
	idset_reset(&uids);
	(void)idset_add(&uids, view_uid(other_view, 2));
	run_alone(expunge_all_new(other_view, &uids));
	idset_clear(&uids);
	(void)snprintf(name, sizeof(name), "%u.x", 1100000000 + ndelivered++);
	su_deliver(name, SU_BODY_LF);
	run_alone(select_refresh_new(other_view));
	su_sync(other_view);
}

/*
 * Whether this is the step.  A helper thread may be making a checkpoint, and
 * nobody else commits while this process has the lock.
 */
static bool
is_step(void)
{
	return pthread_equal(pthread_self(), main_thread) &&
	    su.store->writer == NULL && nsteps++ == step_at;
}

static int
on_step(const struct shim_event *ev, void *arg)
{
	(void)ev;
	(void)arg;
	if (is_step())
		commit();
	return 0;
}

/* ESTALE is what NFS says; SQLite reports EIO in more than one way. */
static int
fail_step(const struct shim_event *ev, void *arg)
{
	(void)ev;
	(void)arg;
	return is_step() ? ESTALE : 0;
}

/* Whether both sessions show the same message under a number. */
static bool
same_message(struct view *v, uint32_t seq)
{
	struct flags a, b;
	uint64_t ma, mb;

	view_flags(v, seq, &a, &ma);
	view_flags(other_view, seq, &b, &mb);
	return view_uid(v, seq) == view_uid(other_view, seq) && ma == mb &&
	    a.system == b.system && a.keywords == b.keywords;
}

static void
check_now(struct view *v)
{
	su_refresh(su.proc, v);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), view_exists(other_view));
	for (uint32_t seq = 1; seq <= view_exists(v); seq++)
		ck_assert_msg(same_message(v, seq), "message %u differs", seq);
	ck_assert_uint_eq(view_keywords(v), view_keywords(other_view));
	for (unsigned int i = 0; i < view_keywords(v); i++)
		ck_slice_eq(view_keyword(v, i), view_keyword(other_view, i));
}

/*
 * Check what both show, now and after one more commit: a message that is in
 * memory twice is seen when the next one comes.
 */
static void
check_same(struct view *v)
{
	check_now(v);
	commit();
	check_now(v);
}

static void
open_other(void)
{
	char name[64];

	ndelivered = 0;
	main_thread = pthread_self();
	for (int i = 0; i < 12; i++) {
		(void)snprintf(name, sizeof(name), "%d.x", 1000000000 + i);
		su_deliver(name, SU_BODY_LF);
	}
	other = su_process_new();
	other_store = su_open(other);
	other_view = su_select(other, other_store, "INBOX");
}

static void
close_other(void)
{
	view_close(other_view);
	store_close(other_store);
	su_process_free(other);
}

/*
 * Have the other process commit before step k of those that are made without
 * the lock.  Returns whether there was such a step.
 */
static bool
interrupted(unsigned long k, struct op *op)
{
	enum run run;

	step_at = k;
	nsteps = 0;
	shim_hook(SHIM_STEP | SHIM_READ, "penfold/index.db", on_step, NULL);
	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT)
		if (run == RUN_WAIT)
			su_turn(su.proc, 10);
	(void)shim_clear();
	ck_assert_msg(run == RUN_DONE, "%s", op_error(op)->text);
	return nsteps > k;
}

START_TEST(test_commit_while_another_is_taken_in)
{
	struct view *v;
	struct op *op;
	bool more = true;
	unsigned long k;

	open_other();
	v = su_select(su.proc, su.store, "INBOX");
	for (k = 0; more; k++) {
		commit();
		op = select_refresh_new(v);
		more = interrupted(k, op);
		op_free(op);
		check_same(v);
	}
	ck_assert_uint_gt(k, 3);
	view_close(v);
	close_other();
}
END_TEST

START_TEST(test_commit_while_a_mailbox_is_loaded)
{
	struct view *v;
	struct op *op;
	bool more = true;
	unsigned long k;

	open_other();
	for (k = 0; more; k++) {
		su_restart();
		op = select_new(su.store, SLICE_LIT("INBOX"), 0);
		more = interrupted(k, op);
		v = select_result(op);
		op_free(op);
		check_same(v);
		view_close(v);
	}
	ck_assert_uint_gt(k, 3);
	close_other();
}
END_TEST

static const unsigned int failing[] = { SHIM_READ, SHIM_STEP };

START_TEST(test_failed_read_changes_nothing)
{
	struct view *v;
	struct op *op;
	bool more = true;
	unsigned long k;

	open_other();
	v = su_select(su.proc, su.store, "INBOX");
	for (k = 0; more; k++) {
		commit();
		op = select_refresh_new(v);
		step_at = k;
		nsteps = 0;
		shim_hook(failing[_i], "penfold/index.db", fail_step, NULL);
		(void)su_finish(su.proc, op);
		(void)shim_clear();
		more = nsteps > k;
		op_free(op);
		/* What was not read is read the next time. */
		check_same(v);
	}
	ck_assert_uint_gt(k, 3);
	view_close(v);
	close_other();
}
END_TEST

/* A session that only waits is told, too, once the index can be read again. */
START_TEST(test_failed_read_is_tried_again_by_itself)
{
	struct view *v;

	su.delays.absorb_retry_ms = 1;
	storage_configure(su.proc, &su.options);
	open_other();
	v = su_select(su.proc, su.store, "INBOX");
	for (int i = 0; i < 5; i++)
		su_turn_all();
	su_sync(v);
	commit();
	shim_set(&(struct shim_rule){ .calls = SHIM_READ,
	    .path = "penfold/index.db", .errnum = ESTALE });
	su_turn_until(su.store->absorb_due_ms != 0);
	ck_assert_uint_gt(shim_clear(), 0);
	su_turn_until(view_changed(v, true));
	check_now(v);
	view_close(v);
	close_other();
}
END_TEST

static const char *
box(int i)
{
	static char name[16];

	(void)snprintf(name, sizeof(name), "m%d", i);
	return name;
}

static int
count_step(const struct shim_event *ev, void *arg)
{
	(void)ev;
	(void)arg;
	nsteps++;
	return 0;
}

#define BOXES	60

/*
 * Mailboxes that nobody uses cost a commit nothing, and are up to date when
 * somebody uses them again.
 */
START_TEST(test_idle_mailboxes_are_taken_up_when_used)
{
	struct view *v;
	int n = 0;

	open_other();
	for (int i = 0; i < BOXES; i++)
		su_do(folder_create_new(su.store, slice_str(box(i)), 0),
		    STORE_OK);
	/*
	 * Lists that are still to be written keep them in memory.  The first
	 * list of a mailbox is written at once, so it is the second line that
	 * waits.
	 */
	for (int k = 0; k < 2; k++) {
		tick_flush(su.store);
		for (int i = 0; i < BOXES; i++)
			(void)su_append(su.proc, su.store, box(i),
			    SU_BODY_CRLF, 0);
	}
	v = su_select(su.proc, su.store, box(0));
	view_close(v);
	for (struct mailbox *mb = NULL;
	    (mb = mailboxes_next(su.store, mb)) != NULL;)
		n++;
	ck_assert_int_ge(n, BOXES);
	for (int i = 0; i < 2; i++)
		(void)su_append(other, other_store, box(i), SU_BODY_CRLF, 0);
	ck_assert_int_eq(store_absorb(su.store), SQL_DONE);
	(void)su_append(other, other_store, box(2), SU_BODY_CRLF, 0);
	nsteps = 0;
	shim_hook(SHIM_STEP, "penfold/index.db", count_step, NULL);
	ck_assert_int_eq(store_absorb(su.store), SQL_DONE);
	(void)shim_clear();
	ck_assert_uint_lt(nsteps, 10);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(su_messages(su.proc, su.store, box(i)),
		    i < 3 ? 3 : 2);
	v = su_select(su.proc, su.store, box(0));
	ck_assert_uint_eq(view_exists(v), 3);
	ck_assert_uint_eq(view_last_uid(v), 3);
	view_close(v);
	/* What is written later for them does not undo the other's changes. */
	tick_flush(su.store);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(su_messages(other, other_store, box(i)),
		    i < 3 ? 3 : 2);
	close_other();
}
END_TEST

/* A keyword that no message got is taken in as well: its number is used. */
START_TEST(test_keyword_without_a_message)
{
	struct idset none;
	struct view *v;

	open_other();
	v = su_select(su.proc, su.store, "INBOX");
	idset_init(&none, IDSET_NOLIMIT);
	store_keyword(&none, "theirs");
	su_set_flags(su.proc, v, 1, FLAGS_ADD, 0, "ours");
	run_alone(select_refresh_new(other_view));
	su_sync(other_view);
	check_now(v);
	ck_assert_uint_eq(view_keywords(v), 2);
	ck_assert_int_eq(view_keyword_find(other_view, SLICE_LIT("ours")), 1);
	view_close(v);
	close_other();
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	(void)slices;
	tcase_add_test(tc, test_commit_while_another_is_taken_in);
	tcase_add_test(tc, test_commit_while_a_mailbox_is_loaded);
	tcase_add_loop_test(tc, test_failed_read_changes_nothing, 0,
	    NROWS(failing));
	tcase_add_test(tc, test_failed_read_is_tried_again_by_itself);
	tcase_add_test(tc, test_idle_mailboxes_are_taken_up_when_used);
	tcase_add_test(tc, test_keyword_without_a_message);
}

Suite *
suite_store_absorb(void)
{
	return su_suite("store_absorb", add_tests);
}
