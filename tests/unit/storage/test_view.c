/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* What sessions in several processes are told about one mailbox. */
#include "config.h"

#include <stdio.h>

#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/view_state.h"
#include "storage/store.h"
#include "tests/unit/storeutil.h"

START_TEST(test_two_processes)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct view *a, *b;
	struct op *op;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	a = su_select(su.proc, su.store, "INBOX");
	b = su_select(other, st, "INBOX");
	ck_assert_uint_eq(view_exists(b), 2);
	su_set_flags(other, b, 1, FLAGS_ADD, FLAG_SEEN | FLAG_DELETED, "x");
	su_turn_until(view_changed(a, true));
	su_check_told(a, true, "KEYWORDS 0;FLAGS 1;");
	op = expunge_new(b, NULL);
	su_must(other, op);
	op_free(op);
	(void)su_append(other, st, "INBOX", SU_BODY_CRLF, 0);
	su_turn_until((su_sync(a), view_uidnext(a) == 4));
	ck_assert_uint_eq(view_exists(a), 2);
	ck_assert_uint_eq(view_uid(a, 1), 2);
	ck_assert_uint_eq(view_uid(a, 2), 3);
	su_refresh(su.proc, a);
	su_refresh(other, b);
	su_check_told(b, true, "KEYWORDS 0;EXPUNGE 1;EXISTS 2;RECENT 1;");
	view_close(a);
	view_close(b);
	store_close(st);
	su_process_free(other);
}
END_TEST

/* \Recent, for two sessions in each of two processes (RFC 3501, 2.3.2). */
START_TEST(test_recent_is_for_one_session)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct view *v[4];
	struct op *op;
	char name[64];
	unsigned int recent = 0;

	for (int i = 0; i < 4; i++)
		v[i] = su_select(i < 2 ? su.proc : other, i < 2 ? su.store : st,
		    "INBOX");
	for (int i = 0; i < 40; i++) {
		struct su_told t = { .len = 0 };
		int who = i * 7 % 4;

		(void)snprintf(name, sizeof(name), "%d.x", 1000000000 + i);
		if (i % 3 == 0)
			(void)su_append(i % 2 ? su.proc : other,
			    i % 2 ? su.store : st, "INBOX", SU_BODY_CRLF, 0);
		else
			su_deliver(name, SU_BODY_LF);
		su_refresh(who < 2 ? su.proc : other, v[who]);
		(void)view_sync(v[who], true, su_tell, &t);
		su_turn_all();
	}
	for (int i = 0; i < 4; i++) {
		struct su_told t = { .len = 0 };

		su_refresh(i < 2 ? su.proc : other, v[i]);
		(void)view_sync(v[i], true, su_tell, &t);
		ck_assert_uint_eq(view_exists(v[i]), 40);
		recent += view_recent_count(v[i]);
	}
	ck_assert_uint_eq(recent, 40);
	for (uint32_t uid = 1; uid <= 40; uid++) {
		int n = 0;

		for (int i = 0; i < 4; i++)
			n += view_recent(v[i], uid);
		ck_assert_int_eq(n, 1);
	}
	/* A session that comes now finds nothing recent. */
	op = status_new(su.store, SLICE_LIT("INBOX"));
	su_must(su.proc, op);
	ck_assert_uint_eq(status_result(op)->recent, 0);
	op_free(op);
	for (int i = 0; i < 4; i++)
		view_close(v[i]);
	store_close(st);
	su_process_free(other);
}
END_TEST

static uint32_t
status_recent(struct storage *s, struct store *st)
{
	struct op *op = status_new(st, SLICE_LIT("INBOX"));
	uint32_t n;

	su_must(s, op);
	n = status_result(op)->recent;
	op_free(op);
	return n;
}

/* RFC 3501, 6.3.10: RECENT counts messages.  UIDs that nobody got are none. */
START_TEST(test_status_recent_counts_no_gaps)
{
	struct storage *other;
	struct store *st;
	struct view *v;

	su_deliver("1000000000.one", SU_BODY_LF);
	su_deliver("1000000001.two", SU_BODY_LF);
	ck_assert_uint_eq(status_recent(su.proc, su.store), 2);
	v = su_select(su.proc, su.store, "INBOX");
	view_close(v);
	ck_assert_uint_eq(status_recent(su.proc, su.store), 0);
	/* After another boot, UIDNEXT is 10,000 higher. */
	other = su_process_new();
	(void)snprintf(other->boot_id, sizeof(other->boot_id), "another");
	st = su_open(other);
	ck_assert_uint_eq(status_recent(other, st), 0);
	su_deliver("1000000002.three", SU_BODY_LF);
	ck_assert_uint_eq(status_recent(other, st), 1);
	store_close(st);
	su_process_free(other);
}
END_TEST

/* Half of these are changed at a time, so that no two are neighbours. */
#define MANY		2000000

/* Fill a mailbox that is in memory, without an index or files. */
static void
fill(struct mailbox *mb)
{
	for (uint32_t uid = 1; uid <= MANY; uid++)
		mailbox_added(mb, uid, 0, 0, uid);
	mb->row.uidnext = MANY + 1;
	mailbox_changed(mb);
}

static bool
count_told(void *arg, const struct view_update *u)
{
	uint32_t *counts = arg;

	counts[u->event]++;
	return true;
}

/*
 * Not by the clock: if a change cost as much as there are ranges, this would
 * take an hour.
 */
START_TEST(test_telling_many_changes_is_not_quadratic)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	struct mailbox *mb = view_mailbox(v);
	uint32_t told[VIEW_KEYWORDS + 1] = { 0 };

	fill(mb);
	ck_assert(view_sync(v, true, count_told, told) == RUN_DONE);
	ck_assert_uint_eq(view_exists(v), MANY);
	for (uint32_t parity = 1; parity <= 2; parity++) {
		for (uint32_t i = 2 - parity; i < MANY; i += 2)
			mailbox_flagged(mb, &mb->entries[i], FLAG_SEEN, 0,
			    MANY + parity, 0);
		mailbox_changed(mb);
	}
	ck_assert(view_sync(v, true, count_told, told) == RUN_DONE);
	ck_assert_uint_eq(told[VIEW_FLAGS], MANY);
	for (uint32_t i = 1; i < MANY; i += 2)
		mailbox_expunged(mb, &mb->entries[i], MANY + 3);
	mailbox_changed(mb);
	ck_assert(view_sync(v, true, count_told, told) == RUN_DONE);
	ck_assert_uint_eq(told[VIEW_EXPUNGE], MANY / 2);
	ck_assert_uint_eq(view_exists(v), MANY / 2);
	ck_assert_uint_eq(view_uid(v, MANY / 2), MANY - 1);
	view_close(v);
}
END_TEST

/* A session that says nothing costs no memory for each change of others. */
START_TEST(test_log_of_changes_is_bounded)
{
	struct view *silent = su_select(su.proc, su.store, "INBOX");
	struct view *busy = su_select(su.proc, su.store, "INBOX");
	struct mailbox *mb = view_mailbox(silent);
	uint32_t told[VIEW_KEYWORDS + 1] = { 0 };
	uint32_t n = 20000;

	for (uint32_t uid = 1; uid <= n; uid++)
		mailbox_added(mb, uid, 0, 0, uid);
	mb->row.uidnext = n + 1;
	mailbox_changed(mb);
	su_sync(silent);
	su_sync(busy);
	for (uint32_t i = 0; i < n; i += 2) {
		mailbox_flagged(mb, &mb->entries[i], FLAG_SEEN, 0, n + i,
		    view_origin(busy));
		mailbox_changed(mb);
		if (i % 1000 == 0)
			su_turn_all();
	}
	su_turn_all();
	ck_assert_uint_lt(mb->flag_changes.n, 5000);
	ck_assert(view_sync(silent, true, count_told, told) == RUN_DONE);
	ck_assert_uint_eq(told[VIEW_FLAGS], n / 2);
	/* Its own changes are not told to a session. */
	ck_assert(view_sync(busy, true, count_told, told) == RUN_DONE);
	ck_assert_uint_eq(told[VIEW_FLAGS], n / 2);
	ck_assert_uint_eq(mb->flag_changes.n, 0);
	view_close(silent);
	view_close(busy);
}
END_TEST

/* The UIDs that a view has followed since the last call, as a set. */
static void
check_followed(struct view *v, const char *want)
{
	struct idset uids;
	struct buf out;

	idset_init(&uids, IDSET_NOLIMIT);
	(void)idset_add(&uids, 99);
	view_followed(v, &uids);
	buf_init(&out, 1000);
	for (size_t i = 0; i < uids.n; i++)
		(void)buf_add_fmt(&out, "%u-%u ", uids.ranges[i].lo,
		    uids.ranges[i].hi);
	ck_slice_eq(buf_slice(&out), slice_str(want));
	buf_clear(&out);
	idset_clear(&uids);
}

/*
 * A search that is kept up to date depends on changes of its own session, too,
 * and on those of other sessions and processes.
 */
START_TEST(test_view_follows_all_changes)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct view *a, *b, *c;

	for (int i = 0; i < 5; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	a = su_select(su.proc, su.store, "INBOX");
	b = su_select(su.proc, su.store, "INBOX");
	c = su_select(other, st, "INBOX");
	su_set_flags(su.proc, a, 5, FLAGS_ADD, FLAG_FLAGGED, NULL);
	view_follow(a);
	check_followed(a, "");
	su_set_flags(su.proc, a, 1, FLAGS_ADD, FLAG_FLAGGED, NULL);
	su_check_told(a, true, "");
	su_set_flags(su.proc, b, 3, FLAGS_ADD, FLAG_FLAGGED, NULL);
	su_set_flags(other, c, 4, FLAGS_ADD, FLAG_FLAGGED, NULL);
	su_refresh(su.proc, a);
	su_check_told(a, true, "FLAGS 3;FLAGS 4;");
	check_followed(a, "1-1 3-4 ");
	check_followed(a, "");
	/* More than the log keeps. */
	for (int i = 0; i < 5000; i++)
		su_set_flags(su.proc, a, 2 + i % 2, i % 4 < 2 ? FLAGS_ADD :
		    FLAGS_REMOVE, FLAG_SEEN, NULL);
	su_turn(su.proc, 0);
	ck_assert_uint_le(view_mailbox(a)->flag_changes.n, 4096);
	check_followed(a, "2-3 ");
	view_close(a);
	view_close(b);
	view_close(c);
	store_close(st);
	su_process_free(other);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_two_processes);
	tcase_add_test(tc, test_recent_is_for_one_session);
	tcase_add_test(tc, test_status_recent_counts_no_gaps);
	if (slices)
		return;
	tcase_add_test(tc, test_view_follows_all_changes);
	tcase_add_test(tc, test_telling_many_changes_is_not_quadratic);
	tcase_add_test(tc, test_log_of_changes_is_bounded);
}

Suite *
suite_view(void)
{
	return su_suite("view", add_tests);
}
