/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Flags in file names, written by us and by other programs. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/table.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/view_state.h"
#include "storage/store.h"
#include "tests/unit/storeutil.h"

START_TEST(test_flags_reach_names_and_come_back)
{
	struct view *v;
	struct flags flags;
	uint64_t modseq;
	char from[256], to[256];

	su.delays.rename_ms = 0;
	storage_configure(su.proc, &su.options);
	su_deliver("1000000000.one", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	su_set_flags(su.proc, v, 1, FLAGS_ADD, FLAG_SEEN, "k");
	su_turn_until(su_count_names("cur", ":2,Sa") > 0);
	ck_assert_int_eq(su_count_names("cur", ":2,Sa"), 1);
	/*
	 * Another program marks the message answered and removes the keyword.
	 */
	(void)snprintf(from, sizeof(from), "%s/cur/1000000000.one:2,Sa",
	    su.root);
	(void)snprintf(to, sizeof(to), "%s/cur/1000000000.one:2,RS", su.root);
	ck_assert_int_eq(rename(from, to), 0);
	su_refresh(su.proc, v);
	view_flags(v, 1, &flags, &modseq);
	ck_assert_uint_eq(flags.system, FLAG_SEEN | FLAG_ANSWERED);
	ck_assert_uint_eq(flags.keywords, 0);
	su_check_told(v, true, "KEYWORDS 0;FLAGS 1;");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
}
END_TEST

/* Lengths of base names: with 252 octets a name has room for ":2,". */
static const int lengths[] = { 255, 254, 253, 252, 251, 250, 245, 192 };

static void
check_long(struct view *v, uint32_t system, uint64_t keywords)
{
	struct flags flags;
	struct buf b;
	uint64_t modseq;

	su_refresh(su.proc, v);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 2);
	for (uint32_t uid = 1; uid <= 2; uid++) {
		view_flags(v, uid, &flags, &modseq);
		ck_assert_uint_eq(flags.system, system);
		ck_assert_uint_eq(flags.keywords, keywords);
		buf_init(&b, 1000);
		su_body(v, uid, &b);
		ck_assert_uint_gt(buf_len(&b), 0);
		buf_clear(&b);
	}
}

/*
 * A name that has no room for flags is that of a message all the same, whose
 * flags the index has.
 */
START_TEST(test_flags_of_a_long_name)
{
	struct view *v;
	char name[260];

	su.delays.rename_ms = 0;
	storage_configure(su.proc, &su.options);
	(void)snprintf(name, sizeof(name), "1000000000.%0*d", lengths[_i] - 11,
	    1);
	su_deliver_as("cur", name, SU_BODY_LF);
	name[0] = '2';
	su_deliver_as("new", name, SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	check_long(v, 0, 0);
	for (uint32_t uid = 1; uid <= 2; uid++)
		su_set_flags(su.proc, v, uid, FLAGS_ADD, FLAG_SEEN |
		    FLAG_FLAGGED | FLAG_DELETED, "k");
	su_turn_until(idset_empty(&view_mailbox(v)->names.behind) &&
	    !view_mailbox(v)->names.job);
	ck_assert_int_eq(su_count_names("cur", ""), 2);
	mailbox_distrust(view_mailbox(v));
	check_long(v, FLAG_SEEN | FLAG_FLAGGED | FLAG_DELETED, 1);
	su_set_flags(su.proc, v, 1, FLAGS_REMOVE, FLAG_FLAGGED, "k");
	su_set_flags(su.proc, v, 2, FLAGS_REMOVE, FLAG_FLAGGED, "k");
	su_turn_until(idset_empty(&view_mailbox(v)->names.behind) &&
	    !view_mailbox(v)->names.job);
	view_close(v);
	su_restart();
	v = su_select(su.proc, su.store, "INBOX");
	mailbox_distrust(view_mailbox(v));
	check_long(v, FLAG_SEEN | FLAG_DELETED, 0);
	su_do(expunge_new(v, NULL), STORE_OK);
	ck_assert_int_eq(su_count_names("cur", ""), 0);
	view_close(v);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_loop_test(tc, test_flags_of_a_long_name, 0,
	    NROWS(lengths));
	tcase_add_test(tc, test_flags_reach_names_and_come_back);
	(void)slices;
}

Suite *
suite_flagname(void)
{
	return su_suite("flagname", add_tests);
}
