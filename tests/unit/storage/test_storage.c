/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* New options for a storage in use: each takes effect at once. */
#include "config.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "common/base/timer.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/maildir/watch.h"
#include "storage/store.h"
#include "storage/tick.h"
#include "tests/unit/storeutil.h"

/* Begin an APPEND of this size, which must end with want. */
static void
try_size(uint64_t size, enum store_err want)
{
	struct flag_names none = { 0, NULL, 0 };
	struct op *op = save_new(su.store, SLICE_LIT("INBOX"));
	int rc;

	su_must(su.proc, op);
	rc = save_begin(op, &none, 0, size);
	ck_assert_int_eq(rc, want == STORE_OK ? 0 : -1);
	ck_assert_int_eq(op_error(op)->kind, want);
	op_free(op);
}

START_TEST(test_configure_message_max)
{
	su.options.message_max = 100;
	storage_configure(su.proc, &su.options);
	try_size(101, STORE_ERR_TOOBIG);
	su.options.message_max = 101;
	storage_configure(su.proc, &su.options);
	try_size(101, STORE_OK);
}
END_TEST

START_TEST(test_configure_mailbox_max)
{
	/* INBOX, Sent and Trash exist already, so one more is allowed. */
	su.options.mailbox_max = 4;
	storage_configure(su.proc, &su.options);
	su_do(folder_create_new(su.store, SLICE_LIT("a"), 0), STORE_OK);
	su_do(folder_create_new(su.store, SLICE_LIT("b"), 0), STORE_ERR_LIMIT);
	su.options.mailbox_max = 5;
	storage_configure(su.proc, &su.options);
	su_do(folder_create_new(su.store, SLICE_LIT("b"), 0), STORE_OK);
}
END_TEST

/* STORE +FLAGS of one keyword to the first message. */
static void
try_keyword(struct view *v, const char *keyword, enum store_err want)
{
	struct slice k = slice_str(keyword);
	struct flag_names f = { 0, &k, 1 };
	struct idset set;

	idset_init(&set, 10);
	ck_assert_int_eq(idset_add(&set, 1), 0);
	su_do(flags_new(v, &set, FLAGS_ADD, &f, UINT64_MAX), want);
	idset_clear(&set);
}

START_TEST(test_configure_keyword_max)
{
	struct view *v;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	v = su_select(su.proc, su.store, "INBOX");
	su.options.keyword_max = 1;
	storage_configure(su.proc, &su.options);
	try_keyword(v, "one", STORE_OK);
	try_keyword(v, "two", STORE_ERR_LIMIT);
	su.options.keyword_max = 2;
	storage_configure(su.proc, &su.options);
	try_keyword(v, "two", STORE_OK);
	view_close(v);
}
END_TEST

/* The option's strings are copied: those of the old configuration are freed. */
START_TEST(test_configure_folders)
{
	char name[] = "Entw";
	struct storage_folder folders[] = {
		{ name, MAILBOX_USE_DRAFTS }, { NULL, 0 }
	};
	const struct mailbox_info *info;
	struct store_error err;
	struct store *st;
	struct op *op;
	char root[96];
	size_t n;

	su.options.folders = folders;
	storage_configure(su.proc, &su.options);
	memset(name, 'x', sizeof(name) - 1);
	(void)snprintf(root, sizeof(root), "%s/other", su.root);
	st = store_open(su.proc, SLICE_LIT("other"), slice_str(root), &err);
	ck_assert_msg(st != NULL, "%s", err.text);
	op = list_new(st);
	su_must(su.proc, op);
	info = list_result(op, &n);
	ck_assert_uint_eq(n, 2);
	ck_slice_eq(info[1].name, slice_str("Entw"));
	ck_assert_uint_eq(info[1].attrs & MAILBOX_USE_DRAFTS,
	    MAILBOX_USE_DRAFTS);
	op_free(op);
	store_close(st);
}
END_TEST

/*
 * A message expunged 90 minutes ago is kept under a limit of two hours, and
 * removed under one of one hour.
 */
START_TEST(test_configure_expunged_keep)
{
	struct view *v;
	struct op *op;
	char sql[128];
	sqlite3 *db;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
	    FLAG_DELETED);
	v = su_select(su.proc, su.store, "INBOX");
	op = expunge_new(v, NULL);
	su_must(su.proc, op);
	op_free(op);
	view_close(v);
	ck_assert_int_eq(sqlite3_open(su.store->db_path, &db), SQLITE_OK);
	(void)snprintf(sql, sizeof(sql), "UPDATE expunged SET time = "
	    "time - %d", 90 * 60);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	for (uint32_t hours = 2; hours >= 1; hours--) {
		su.options.expunged_keep = hours * 3600;
		storage_configure(su.proc, &su.options);
		su.store->purge_due_ms = 0;
		su_turn_until(su.store->purge_due_ms != 0 &&
		    !su.store->purge_job);
		ck_assert_int_eq(su_count_names("penfold/expunged", ""),
		    (int)hours - 1);
	}
}
END_TEST

/* A sleeping store is due by the new times. */
START_TEST(test_configure_times)
{
	/* Nothing is pending but the closing of the idle index. */
	su_turn_until(!su.store->touched);
	ck_assert_uint_eq(su.store->due_ms, su.store->used_ms + 3600000);
	su.options.idle_close = 600;
	storage_configure(su.proc, &su.options);
	su_turn_until(!su.store->touched);
	ck_assert_uint_eq(su.store->due_ms, su.store->used_ms + 600000);
}
END_TEST

/* The poll interval of a mailbox that cannot be watched. */
START_TEST(test_configure_poll_interval)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	struct mailbox *mb = TAILQ_FIRST(&su.store->mailboxes);
	struct watched *watched = mb->watch.watched;

	/* First let the store do its pending work. */
	su_turn_until(tick_store_due(su.store) != 0);
	mb->watch.watched = NULL;
	/* Then the poll is due before any work that was done just now. */
	mb->used_ms -= 3000;
	for (uint32_t s = 1; s <= 3; s++) {
		su.options.poll_interval = s;
		storage_configure(su.proc, &su.options);
		ck_assert_uint_eq(tick_store_due(su.store),
		    mb->used_ms + s * 1000);
	}
	mb->watch.watched = watched;
	view_close(v);
}
END_TEST

START_TEST(test_configure_lock_timeout)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct op *op;
	uint64_t began;

	/* From here on the other process holds the write lock. */
	ck_assert_int_eq(sql_do(st->db, SQL_BEGIN, SQL_NOARGS), SQL_DONE);
	su.options.lock_timeout = 1;
	storage_configure(su.proc, &su.options);
	op = folder_create_new(su.store, SLICE_LIT("a"), 0);
	began = timer_ms();
	ck_assert(su_finish(su.proc, op) == RUN_FAIL);
	ck_assert_int_eq(op_error(op)->kind, STORE_ERR_INUSE);
	ck_assert_uint_ge(timer_ms() - began, 1000);
	op_free(op);
	ck_assert_int_eq(sql_do(st->db, SQL_ROLLBACK, SQL_NOARGS), SQL_DONE);
	store_close(st);
	su_process_free(other);
}
END_TEST

/* If more indexes are open than allowed, unused ones are closed. */
START_TEST(test_configure_open_max)
{
	struct store_error err;
	struct store *st;
	char root[96];

	for (int i = 0; i < 3; i++) {
		(void)snprintf(root, sizeof(root), "%s/u%d", su.root, i);
		st = su_open_other(su.proc, root, &err);
		ck_assert_msg(st != NULL, "%s", err.text);
		store_close(st);
	}
	su_turn(su.proc, 0);
	ck_assert_uint_eq(su.proc->nstores_open, 4);
	su.options.open_max = 2;
	storage_configure(su.proc, &su.options);
	su_turn_until(su.proc->nstores_open == 2);
}
END_TEST

/* Number of threads of this process; 0 where it cannot be determined. */
static int
count_threads(void)
{
	struct dirent *e;
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	if (d != NULL)
		(void)closedir(d);
	return n;
}

/* Surplus threads end by themselves, and syncs go on meanwhile. */
START_TEST(test_configure_sync_threads)
{
	static const uint32_t rows[] = { 5, 1, 3, 64, 2, 2 };
	int before = count_threads(), want;

	for (size_t i = 0; i < NROWS(rows); i++) {
		want = before - 2 + (int)rows[i];
		su.options.sync_threads = rows[i];
		storage_configure(su.proc, &su.options);
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
		su_turn_until(before == 0 || count_threads() == want);
	}
	/* Change the number again before surplus threads can notice. */
	for (uint32_t i = 0; i < 200; i++) {
		su.options.sync_threads = i % 2 == 0 ? 8 : 1;
		storage_configure(su.proc, &su.options);
	}
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_configure_message_max);
	tcase_add_test(tc, test_configure_mailbox_max);
	tcase_add_test(tc, test_configure_keyword_max);
	tcase_add_test(tc, test_configure_folders);
	tcase_add_test(tc, test_configure_expunged_keep);
	tcase_add_test(tc, test_configure_times);
	tcase_add_test(tc, test_configure_poll_interval);
	tcase_add_test(tc, test_configure_lock_timeout);
	tcase_add_test(tc, test_configure_open_max);
	tcase_add_test(tc, test_configure_sync_threads);
	(void)slices;
}

Suite *
suite_storage(void)
{
	return su_suite("storage", add_tests);
}
