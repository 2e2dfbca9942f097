/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* APPEND to a mailbox on disk. */
#include "config.h"

#include "storage/store.h"
#include "tests/unit/storeutil.h"

START_TEST(test_append_and_read)
{
	struct view *v;
	struct buf b;

	ck_assert_uint_eq(su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
	    FLAG_SEEN), 1);
	ck_assert_uint_eq(su_append(su.proc, su.store, "inbox", SU_BODY_CRLF,
	    0), 2);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), 2);
	ck_assert_uint_eq(view_recent_count(v), 2);
	ck_assert_uint_eq(view_first_unseen(v), 2);
	buf_init(&b, 10000);
	su_body(v, 1, &b);
	ck_assert(slice_eq_str(buf_slice(&b), SU_BODY_CRLF));
	buf_clear(&b);
	view_close(v);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_recent_count(v), 0);
	view_close(v);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_append_and_read);
	(void)slices;
}

Suite *
suite_save(void)
{
	return su_suite("save", add_tests);
}
