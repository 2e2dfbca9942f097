/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Mod-sequences after a power cut: what was told and lost is told again, and no
 * mod-sequence is given out twice.
 */
#include "config.h"

#include <stdio.h>

#include <sqlite3.h>

#include "storage/index/gap.h"
#include "storage/index/store_state.h"
#include "storage/store.h"
#include "tests/unit/storeutil.h"

static uint64_t
highest(void)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	uint64_t modseq = view_highestmodseq(v);

	view_close(v);
	return modseq;
}

static uint64_t
since(uint64_t modseq)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	uint64_t n = view_since(v, modseq);

	view_close(v);
	return n;
}

static uint64_t
modseq_of(const struct view *v, uint32_t seq)
{
	struct flags f;
	uint64_t modseq;

	view_flags(v, seq, &f, &modseq);
	return modseq;
}

static uint64_t
count_search(struct view *v, uint64_t modseq)
{
	struct search_node node = { .key = SEARCH_MODSEQ, .number = modseq };
	struct op *op = search_new(v, &node);
	uint64_t n;

	su_must(su.proc, op);
	n = idset_count(&search_result(op)->uids);
	op_free(op);
	return n;
}

/* How many of two messages fail STORE (UNCHANGEDSINCE modseq). */
static uint64_t
count_modified(struct view *v, uint64_t modseq)
{
	struct flag_names f = { .system = FLAG_FLAGGED };
	struct idset set;
	struct op *op;
	uint64_t n;

	idset_init(&set, 10);
	(void)idset_add_range(&set, 1, 2);
	op = flags_new(v, &set, FLAGS_ADD, &f, modseq);
	su_must(su.proc, op);
	n = idset_count(&flags_result(op)->modified);
	op_free(op);
	idset_clear(&set);
	return n;
}

/*
 * RFC 7162: a client asks what has changed since it was told of a flag that a
 * power cut took.
 */
START_TEST(test_gap_after_a_power_cut)
{
	uint64_t before, told, after, modseq;
	struct view *v;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_reboot("one");
	before = highest();
	su_index_sync();
	v = su_select(su.proc, su.store, "INBOX");
	su_set_flags(su.proc, v, 1, FLAGS_ADD, 0, "lost");
	su_set_flags(su.proc, v, 2, FLAGS_ADD, 0, "lost");
	told = modseq_of(v, 1);
	ck_assert_uint_gt(told, before);
	view_close(v);
	su_power_cut("two");
	v = su_select(su.proc, su.store, "INBOX");
	after = view_highestmodseq(v);
	modseq = modseq_of(v, 2);
	ck_assert_uint_gt(after, told + 1);
	ck_assert_uint_eq(view_since(v, before), before);
	ck_assert_uint_eq(view_since(v, told), 0);
	ck_assert_uint_eq(view_since(v, after), after);
	ck_assert_uint_eq(count_search(v, told + 1), 2);
	ck_assert_uint_eq(count_search(v, after + 1), 0);
	ck_assert_uint_eq(count_search(v, 0), 2);
	/* What the client knows of the messages is not known to be true. */
	ck_assert_uint_eq(count_modified(v, told), 2);
	/* What it has read since is. */
	ck_assert_uint_eq(count_modified(v, modseq), 0);
	view_close(v);
}
END_TEST

/*
 * A boot without a power cut: who knew all before it is told nothing twice.  A
 * second process records nothing more.
 */
START_TEST(test_gaps_are_bounded)
{
	uint64_t was[GAP_MAX + 4];
	struct storage *other;
	struct store *st;
	char boot[16];
	size_t n = 0;

	for (; n < NROWS(was); n++) {
		was[n] = highest();
		(void)snprintf(boot, sizeof(boot), "boot %zu", n);
		su_reboot(boot);
		other = su_process_new();
		(void)snprintf(other->boot_id, sizeof(other->boot_id), "%s",
		    boot);
		st = su_open(other);
		view_close(su_select(other, st, "INBOX"));
		store_close(st);
		su_process_free(other);
	}
	ck_assert_uint_eq(since(highest()), highest());
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(since(was[i] + 1), 0);
	/* Between the newest gaps, all that was told is known. */
	for (size_t i = n - GAP_MAX + 1; i < n; i++)
		ck_assert_uint_eq(since(was[i]), was[i]);
	/* The others are one gap. */
	ck_assert_uint_eq(since(was[0]), was[0]);
	for (size_t i = 1; i <= n - GAP_MAX; i++)
		ck_assert_uint_eq(since(was[i]), 0);
}
END_TEST

/*
 * Mod-sequences are ahead of the clock after the loss of an index, or if the
 * clock was set back.
 */
START_TEST(test_modseq_ahead_of_the_clock)
{
	char path[128];
	sqlite3 *db;
	uint64_t told;
	struct view *v;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	store_close(su.store);
	su_process_free(su.proc);
	(void)snprintf(path, sizeof(path), "%s/penfold/index.db", su.root);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "UPDATE mailbox SET "
	    "highestmodseq = highestmodseq + (1 << 40)", NULL, NULL, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	view_close(su_select(su.proc, su.store, "INBOX"));
	su_index_sync();
	v = su_select(su.proc, su.store, "INBOX");
	for (int i = 0; i < 5; i++)
		su_set_flags(su.proc, v, 1, i % 2 ? FLAGS_REMOVE : FLAGS_ADD,
		    0, "lost");
	told = modseq_of(v, 1);
	view_close(v);
	su_power_cut("two");
	ck_assert_uint_gt(highest(), told + 1);
	ck_assert_uint_eq(since(told), 0);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_gap_after_a_power_cut);
	if (slices)
		return;
	tcase_add_test(tc, test_gaps_are_bounded);
	tcase_add_test(tc, test_modseq_ahead_of_the_clock);
}

Suite *
suite_gap(void)
{
	return su_suite("gap", add_tests);
}
