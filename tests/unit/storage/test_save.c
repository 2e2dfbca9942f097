/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* APPEND to a mailbox on disk. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "storage/store.h"
#include "tests/unit/shim.h"
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

/* Only the first rename succeeds. */
static int
on_rename(const struct shim_event *ev, void *arg)
{
	int *renames = arg;

	(void)ev;
	return (*renames)++ == 0 ? 0 : ENOSPC;
}

/*
 * The index cannot be written, and the message cannot be moved out of cur/
 * again: it is not there afterwards all the same.
 */
START_TEST(test_refused_append_is_not_there)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	struct flag_names none = { .system = 0 };
	struct op *op = save_new(su.store, SLICE_LIT("INBOX"));
	int renames = 0;

	su_must(su.proc, op);
	ck_assert_int_eq(save_begin(op, &none, NULL, strlen(SU_BODY_CRLF)), 0);
	ck_assert_int_eq(save_write(op, SU_BODY_CRLF, strlen(SU_BODY_CRLF)),
	    0);
	ck_assert_int_eq(save_end(op), 0);
	shim_hook(SHIM_RENAME, "/cur/", on_rename, &renames);
	shim_set(&(struct shim_rule){ .calls = SHIM_WRITE,
	    .path = "index.db-wal", .errnum = ENOSPC });
	save_commit(op);
	ck_assert(su_finish(su.proc, op) == RUN_FAIL);
	ck_assert_int_eq(op_error(op)->kind, STORE_ERR_OVERQUOTA);
	op_free(op);
	ck_assert_uint_gt(shim_clear(), 0);
	ck_assert_int_gt(renames, 0);
	su_refresh(su.proc, v);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 0);
	ck_assert_int_eq(su_count_names("tmp", ""), 0);
	view_close(v);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_refused_append_is_not_there);
	tcase_add_test(tc, test_append_and_read);
	(void)slices;
}

Suite *
suite_save(void)
{
	return su_suite("save", add_tests);
}
