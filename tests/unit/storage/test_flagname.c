/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Flags in file names, written by us and by other programs. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

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

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_flags_reach_names_and_come_back);
	(void)slices;
}

Suite *
suite_flagname(void)
{
	return su_suite("flagname", add_tests);
}
