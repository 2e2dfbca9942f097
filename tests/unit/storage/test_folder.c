/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* CREATE, DELETE, RENAME and SUBSCRIBE of mailboxes on disk. */
#include "config.h"

#include <sys/stat.h>
#include <stdio.h>
#include <unistd.h>

#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/store.h"
#include "tests/unit/storeutil.h"

START_TEST(test_mailboxes)
{
	const struct mailbox_info *info;
	struct op *op;
	struct view *v;
	size_t n;

	su_do(folder_create_new(su.store, SLICE_LIT("A/B.c/\xc3\xa4"), 0),
	    STORE_OK);
	su_do(folder_create_new(su.store, SLICE_LIT("A"), 0), STORE_ERR_EXISTS);
	su_do(folder_create_new(su.store, SLICE_LIT("x//y"), 0),
	    STORE_ERR_NAME);
	ck_assert_int_eq(su_count_names(".", ""), 4);
	su_do(folder_rename_new(su.store, SLICE_LIT("A"), SLICE_LIT("Z")),
	    STORE_OK);
	su_do(folder_delete_new(su.store, SLICE_LIT("Z/B.c")), STORE_OK);
	op = list_new(su.store);
	su_must(su.proc, op);
	info = list_result(op, &n);
	ck_assert_uint_eq(n, 6);
	ck_assert(slice_eq_str(info[3].name, "Z"));
	ck_assert(slice_eq_str(info[4].name, "Z/B.c"));
	ck_assert_uint_eq(info[4].attrs, MAILBOX_NONEXISTENT |
	    MAILBOX_NOSELECT | MAILBOX_CHILDREN);
	ck_assert(slice_eq_str(info[5].name, "Z/B.c/\xc3\xa4"));
	op_free(op);
	su_do(folder_delete_new(su.store, SLICE_LIT("Z/B.c")),
	    STORE_ERR_HASCHILDREN);
	su_do(folder_delete_new(su.store, SLICE_LIT("INBOX")),
	    STORE_ERR_NOPERM);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_do(folder_rename_new(su.store, SLICE_LIT("INBOX"), SLICE_LIT("Old")),
	    STORE_OK);
	v = su_select(su.proc, su.store, "Old");
	ck_assert_uint_eq(view_exists(v), 1);
	su_do(folder_delete_new(su.store, SLICE_LIT("Old")), STORE_OK);
	su_check_told(v, true, "EXPUNGE 1;");
	view_close(v);
	su_do(folder_subscribe_new(su.store, SLICE_LIT("Z"), true), STORE_OK);
	su_do(folder_subscribe_new(su.store, SLICE_LIT("Nope"), true),
	    STORE_ERR_NONEXISTENT);
}
END_TEST

/* A new folder is not scanned, and nothing is written, before mail arrives. */
START_TEST(test_created_mailbox_is_clean)
{
	struct view *v;
	int pages;

	su_do(folder_create_new(su.store, SLICE_LIT("a/b"), 0), STORE_OK);
	pages = sql_wal_pages(su.store->db);
	v = su_select(su.proc, su.store, "a/b");
	view_close(v);
	v = su_select(su.proc, su.store, "a");
	ck_assert_int_eq(sql_wal_pages(su.store->db), pages);
	ck_assert_uint_eq(view_exists(v), 0);
	view_close(v);
	su_deliver_as(".a.b/new", "1000000000.x", SU_BODY_LF);
	v = su_select(su.proc, su.store, "a/b");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
	su_deliver_as(".a/cur", "1000000000.x", SU_BODY_LF);
	v = su_select(su.proc, su.store, "a");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
}
END_TEST

/* If one folder of a tree can't be renamed, all keep their names. */
START_TEST(test_rename_is_all_or_nothing)
{
	const struct mailbox_info *info;
	struct op *op;
	char path[96];
	size_t n;

	su_do(folder_create_new(su.store, SLICE_LIT("T/a"), 0), STORE_OK);
	su_do(folder_create_new(su.store, SLICE_LIT("T/b"), 0), STORE_OK);
	/* This folder is no mailbox, but it is in the way of the rename. */
	(void)snprintf(path, sizeof(path), "%s/.New.Tree.b", su.root);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	su_do(folder_rename_new(su.store, SLICE_LIT("T"),
	    SLICE_LIT("New/Tree")), STORE_ERR_IO);
	ck_assert_int_eq(rmdir(path), 0);
	op = list_new(su.store);
	su_must(su.proc, op);
	info = list_result(op, &n);
	for (size_t i = 0; i < n; i++)
		ck_assert(!slice_starts(info[i].name, SLICE_LIT("New")));
	op_free(op);
	su_do(folder_rename_new(su.store, SLICE_LIT("T"),
	    SLICE_LIT("New/Tree")), STORE_OK);
	ck_assert_int_eq(su_count_names(".", ""), 4);
}
END_TEST

static void
path_of(char path[128], const char *name)
{
	(void)snprintf(path, 128, "%s/%s", su.root, name);
}

/* Courier and others look for the file in each folder but the root. */
START_TEST(test_created_folders_are_marked)
{
	static const char *const folders[] = { ".a", ".a.b", ".Sent", ".bare" };
	struct stat sb;
	char path[128], name[64];

	path_of(path, ".bare");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	su_do(folder_create_new(su.store, SLICE_LIT("a/b"), 0), STORE_OK);
	su_do(folder_create_new(su.store, SLICE_LIT("bare"), 0), STORE_OK);
	for (size_t i = 0; i < NROWS(folders); i++) {
		(void)snprintf(name, sizeof(name), "%s/maildirfolder",
		    folders[i]);
		path_of(path, name);
		ck_assert_int_eq(stat(path, &sb), 0);
		ck_assert_int_eq(sb.st_size, 0);
	}
	path_of(path, "maildirfolder");
	ck_assert_int_eq(stat(path, &sb), -1);
	su_do(folder_delete_new(su.store, SLICE_LIT("a/b")), STORE_OK);
	su_turn_until(!su.store->grave_job);
	ck_assert_int_eq(su_count_names("penfold/expunged", "mailbox"), 0);
}
END_TEST

START_TEST(test_rename_inbox_creates_levels)
{
	struct view *v;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_do(folder_rename_new(su.store, SLICE_LIT("INBOX"),
	    SLICE_LIT("x/y/z")), STORE_OK);
	v = su_select(su.proc, su.store, "x/y/z");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
	view_close(su_select(su.proc, su.store, "x"));
	view_close(su_select(su.proc, su.store, "x/y"));
}
END_TEST

/* Where a child has the new name already, nothing is renamed. */
START_TEST(test_rename_finds_a_child_in_its_way)
{
	su_do(folder_create_new(su.store, SLICE_LIT("a/b"), 0), STORE_OK);
	su_do(folder_create_new(su.store, SLICE_LIT("c/b"), 0), STORE_OK);
	su_do(folder_delete_new(su.store, SLICE_LIT("c")), STORE_OK);
	su_do(folder_rename_new(su.store, SLICE_LIT("a"), SLICE_LIT("c")),
	    STORE_ERR_EXISTS);
	view_close(su_select(su.proc, su.store, "a/b"));
	view_close(su_select(su.proc, su.store, "a"));
	su_do(folder_create_new(su.store, SLICE_LIT("c"), 0), STORE_OK);
}
END_TEST

/* Write a lock file of the list of UIDs, as a living Dovecot does. */
static void
lock_list(const char *folder, mode_t mode)
{
	char path[256], host[256];
	FILE *f;

	ck_assert_int_eq(gethostname(host, sizeof(host)), 0);
	(void)snprintf(path, sizeof(path), "%s/%s/dovecot-uidlist.lock",
	    su.root, folder);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	(void)fprintf(f, "%ld:%s", (long)getppid(), host);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

/* Dovecot cannot release the lock of a folder that has another name now. */
START_TEST(test_rename_breaks_locks)
{
	su_do(folder_create_new(su.store, SLICE_LIT("a/b"), 0), STORE_OK);
	lock_list(".a", 0600);
	lock_list(".a.b", 0600);
	lock_list(".Sent", 0600);
	su_do(folder_rename_new(su.store, SLICE_LIT("a"), SLICE_LIT("c")),
	    STORE_OK);
	ck_assert_int_eq(su_count_names(".c", "dovecot-uidlist.lock"), 0);
	ck_assert_int_eq(su_count_names(".c.b", "dovecot-uidlist.lock"), 0);
	ck_assert_int_eq(su_count_names(".Sent", "dovecot-uidlist.lock"), 1);
}
END_TEST

/* A process of ours works in a folder whatever its name is. */
START_TEST(test_rename_keeps_our_locks)
{
	su_do(folder_create_new(su.store, SLICE_LIT("a"), 0), STORE_OK);
	lock_list(".a", 0700);
	su_do(folder_rename_new(su.store, SLICE_LIT("a"), SLICE_LIT("c")),
	    STORE_OK);
	ck_assert_int_eq(su_count_names(".c", "dovecot-uidlist.lock"), 1);
}
END_TEST

/* A RENAME that is refused removes no lock. */
START_TEST(test_rename_that_fails_keeps_locks)
{
	char path[128];

	su_do(folder_create_new(su.store, SLICE_LIT("a/b"), 0), STORE_OK);
	lock_list(".a", 0600);
	path_of(path, ".c.b");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	su_do(folder_rename_new(su.store, SLICE_LIT("a"), SLICE_LIT("c")),
	    STORE_ERR_IO);
	ck_assert_int_eq(su_count_names(".a", "dovecot-uidlist.lock"), 1);
}
END_TEST

/* A folder that cannot be moved is not gone: its mailbox stays. */
START_TEST(test_delete_fails_if_the_folder_stays)
{
	struct view *v;
	char path[96];

	(void)su_append(su.proc, su.store, "Sent", SU_BODY_CRLF, 0);
	(void)snprintf(path, sizeof(path), "%s/penfold/expunged", su.root);
	ck_assert_int_eq(rmdir(path), 0);
	su_do(folder_delete_new(su.store, SLICE_LIT("Sent")), STORE_ERR_IO);
	ck_assert_int_eq(su_count_names(".Sent/cur", ""), 1);
	v = su_select(su.proc, su.store, "Sent");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
}
END_TEST

/* How many names of a list begin so. */
static size_t
count_names(struct op *list, struct slice start)
{
	const struct mailbox_info *info;
	size_t n, count = 0;

	info = list_result(list, &n);
	for (size_t i = 0; i < n; i++)
		count += slice_starts(info[i].name, start);
	return count;
}

/*
 * A RENAME of many mailboxes stops when its slice is used up.  A list that is
 * asked for meanwhile has all the old names or all the new ones.
 */
START_TEST(test_rename_in_slices)
{
	struct op *op, *list;
	char name[16];
	size_t slices = 0, old;

	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "T/%d", i);
		su_do(folder_create_new(su.store, slice_str(name), 0),
		    STORE_OK);
	}
	op = folder_rename_new(su.store, SLICE_LIT("T"), SLICE_LIT("New"));
	list = list_new(su.store);
	while (op_run(op) == RUN_MORE) {
		slices++;
		(void)op_run(list);
	}
	if (su.options.slice_us == 1)
		ck_assert_uint_ge(slices, 20);
	su_must(su.proc, op);
	op_free(op);
	su_must(su.proc, list);
	old = count_names(list, SLICE_LIT("T/"));
	ck_assert(old == 20 || old == 0);
	ck_assert_uint_eq(old + count_names(list, SLICE_LIT("New/")), 20);
	op_free(list);
	list = list_new(su.store);
	su_must(su.proc, list);
	ck_assert_uint_eq(count_names(list, SLICE_LIT("T/")), 0);
	ck_assert_uint_eq(count_names(list, SLICE_LIT("New/")), 20);
	op_free(list);
}
END_TEST

START_TEST(test_subscriptions_have_a_bound)
{
	char name[16];
	int i;

	for (i = 0; i < 300; i++) {
		struct op *op;
		enum store_err kind;

		(void)snprintf(name, sizeof(name), "m%d", i);
		su_do(folder_create_new(su.store, slice_str(name), 0),
		    STORE_OK);
		op = folder_subscribe_new(su.store, slice_str(name), true);
		(void)su_finish(su.proc, op);
		kind = op_error(op)->kind;
		op_free(op);
		su_do(folder_delete_new(su.store, slice_str(name)), STORE_OK);
		if (kind == STORE_ERR_LIMIT)
			break;
		ck_assert_int_eq(kind, STORE_OK);
	}
	/*
	 * Twice the limit of mailboxes, less the three names that a new account
	 * is subscribed to.
	 */
	ck_assert_int_eq(i, 2 * 100 - 3);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_mailboxes);
	tcase_add_test(tc, test_created_mailbox_is_clean);
	tcase_add_test(tc, test_rename_is_all_or_nothing);
	tcase_add_test(tc, test_created_folders_are_marked);
	tcase_add_test(tc, test_rename_inbox_creates_levels);
	tcase_add_test(tc, test_rename_finds_a_child_in_its_way);
	tcase_add_test(tc, test_rename_breaks_locks);
	tcase_add_test(tc, test_rename_keeps_our_locks);
	tcase_add_test(tc, test_rename_that_fails_keeps_locks);
	tcase_add_test(tc, test_delete_fails_if_the_folder_stays);
	tcase_add_test(tc, test_rename_in_slices);
	tcase_add_test(tc, test_subscriptions_have_a_bound);
	(void)slices;
}

Suite *
suite_folder(void)
{
	return su_suite("folder", add_tests);
}
