/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* LIST of a real user. */
#include "config.h"

#include "storage/store.h"
#include "tests/unit/storeutil.h"

START_TEST(test_new_user_has_folders)
{
	const struct mailbox_info *info;
	struct op *op = list_new(su.store);
	size_t n;

	su_must(su.proc, op);
	info = list_result(op, &n);
	ck_assert_uint_eq(n, 3);
	ck_assert(slice_eq_str(info[0].name, "INBOX"));
	ck_assert(slice_eq_str(info[1].name, "Sent"));
	ck_assert_uint_eq(info[1].use, MAILBOX_USE_SENT);
	ck_assert_uint_eq(info[1].attrs, MAILBOX_SUBSCRIBED);
	op_free(op);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_new_user_has_folders);
	(void)slices;
}

Suite *
suite_list(void)
{
	return su_suite("list", add_tests);
}
