/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* What a user's mail takes, and the ids that messages keep when copied. */
#include "config.h"

#include <stdio.h>

#include <sqlite3.h>

#include "storage/store.h"
#include "tests/unit/storeutil.h"

#define CRLF_LEN	(sizeof(SU_BODY_CRLF) - 1)
#define LF_LEN		(sizeof(SU_BODY_LF) - 1)

static void
check_usage(uint64_t mailboxes, uint64_t messages, uint64_t size)
{
	struct op *op = usage_new(su.store);
	const struct usage *u;

	su_must(su.proc, op);
	u = usage_result(op);
	ck_assert_uint_eq(u->mailboxes, mailboxes);
	ck_assert_uint_eq(u->messages, messages);
	ck_assert_uint_eq(u->size, size);
	op_free(op);
}

/* Run an operation on the UIDs from lo to hi. */
static void
copy(struct view *v, uint32_t lo, uint32_t hi, const char *to, bool move)
{
	struct idset set;

	idset_init(&set, IDSET_NOLIMIT);
	(void)idset_add_range(&set, lo, hi);
	su_do(copy_new(v, &set, slice_str(to), move), STORE_OK);
	idset_clear(&set);
}

static void
expunge(struct view *v, uint32_t uid)
{
	struct idset set;

	idset_init(&set, IDSET_NOLIMIT);
	(void)idset_add(&set, uid);
	su_do(expunge_all_new(v, &set), STORE_OK);
	idset_clear(&set);
}

START_TEST(test_usage_of_all_that_changes_mail)
{
	struct view *v;

	v = su_select(su.proc, su.store, "INBOX");
	check_usage(3, 0, 0);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	check_usage(3, 1, CRLF_LEN);
	su_deliver("1000000000.two", SU_BODY_LF);
	su_refresh(su.proc, v);
	su_sync(v);
	check_usage(3, 2, CRLF_LEN + LF_LEN);
	copy(v, 1, 2, "Sent", false);
	check_usage(3, 4, 2 * (CRLF_LEN + LF_LEN));
	copy(v, 2, 2, "Trash", true);
	check_usage(3, 4, 2 * (CRLF_LEN + LF_LEN));
	expunge(v, 1);
	check_usage(3, 3, CRLF_LEN + 2 * LF_LEN);
	view_close(v);
	su_do(folder_delete_new(su.store, SLICE_LIT("Sent")), STORE_OK);
	check_usage(2, 1, LF_LEN);
	su_do(folder_rename_new(su.store, SLICE_LIT("Trash"), SLICE_LIT("Bin")),
	    STORE_OK);
	su_do(folder_create_new(su.store, SLICE_LIT("New"), 0), STORE_OK);
	check_usage(3, 1, LF_LEN);
	su_restart();
	check_usage(3, 1, LF_LEN);
	/* Another program takes a folder away, and brings it back. */
	su_move(".Bin", "away");
	su_do(list_new(su.store), STORE_OK);
	check_usage(2, 0, 0);
	su_move("away", ".Bin");
	su_do(list_new(su.store), STORE_OK);
	check_usage(3, 1, LF_LEN);
}
END_TEST

/* A size in a name is believed until the message is read. */
START_TEST(test_usage_of_names_with_sizes)
{
	static const struct {
		const char	*name;
		uint64_t	 size;	/* before the message is read */
	} rows[] = {
		{ "1000000000.a,S=5", 5 },
		{ "1000000000.a,S=5,W=9", 5 },
		{ "1000000000.a,W=9,S=7", 7 },
		{ "1000000000.a,S=x", LF_LEN },
		{ "1000000000.a,S=", LF_LEN },
		{ "1000000000.a,SS=5", LF_LEN },
		{ "1000000000.a,S=99999999999999999999", LF_LEN },
		{ "1000000000.a", LF_LEN },
	};
	struct view *v;
	struct buf b;

	su_deliver_as(_i % 2 == 0 ? "new" : "cur", rows[_i].name, SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	check_usage(3, 1, rows[_i].size);
	buf_init(&b, 10000);
	su_body(v, 1, &b);
	buf_clear(&b);
	check_usage(3, 1, LF_LEN);
	expunge(v, 1);
	check_usage(3, 0, 0);
	view_close(v);
}
END_TEST

/* The number of different ids, and of messages without one. */
static void
check_objects(int different, int without)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/penfold/index.db", su.root);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT "
	    "count(DISTINCT object), count(*) FILTER (WHERE object = 0) "
	    "FROM name", -1, &stmt, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	ck_assert_int_eq(sqlite3_column_int(stmt, 0), different);
	ck_assert_int_eq(sqlite3_column_int(stmt, 1), without);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(db);
}

/*
 * RFC 8474, 5.1: a message and its copies have one EMAILID, also if nobody has
 * read it before it was copied.
 */
START_TEST(test_copies_have_one_id)
{
	struct view *v;
	struct buf b;

	su_deliver("1000000000.one", SU_BODY_LF);
	su_deliver("1000000001.two", SU_BODY_LF);
	v = su_select(su.proc, su.store, "INBOX");
	check_objects(2, 0);
	copy(v, 1, 2, "Sent", false);
	copy(v, 2, 2, "Trash", true);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	check_objects(3, 0);
	buf_init(&b, 10000);
	su_body(v, 1, &b);
	buf_clear(&b);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_deliver("1000000002.three", SU_BODY_LF);
	su_refresh(su.proc, v);
	check_objects(5, 0);
	view_close(v);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_usage_of_all_that_changes_mail);
	tcase_add_loop_test(tc, test_usage_of_names_with_sizes, 0, 8);
	tcase_add_test(tc, test_copies_have_one_id);
	(void)slices;
}

Suite *
suite_usage(void)
{
	return su_suite("usage", add_tests);
}
