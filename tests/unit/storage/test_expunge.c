/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* EXPUNGE; sessions that were not told of it can still read the messages. */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox_struct.h"
#include "storage/mailbox/view_state.h"
#include "storage/maildir/expunged.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

#define KEPT_MAX	(EXPUNGE_NAME_MAX + 32)

START_TEST(test_zombies_and_two_views)
{
	struct view *a, *b;
	struct buf body;
	struct op *op;

	for (int i = 0; i < 5; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	a = su_select(su.proc, su.store, "INBOX");
	b = su_select(su.proc, su.store, "INBOX");
	su_set_flags(su.proc, a, 2, FLAGS_ADD, FLAG_DELETED, NULL);
	su_set_flags(su.proc, a, 4, FLAGS_ADD, FLAG_DELETED, "$label1");
	su_check_told(a, true, "KEYWORDS 0;");
	su_check_told(b, false, "KEYWORDS 0;FLAGS 2;FLAGS 4;");
	op = expunge_new(a, NULL);
	su_must(su.proc, op);
	op_free(op);
	su_check_told(a, true, "EXPUNGE 4;EXPUNGE 2;");
	ck_assert_uint_eq(view_exists(a), 3);
	ck_assert_uint_eq(view_uid(a, 2), 3);
	ck_assert_uint_eq(view_seq(a, 5), 3);
	ck_assert_uint_eq(view_seq(a, 4), 0);
	su_check_told(b, false, "");
	ck_assert_uint_eq(view_exists(b), 5);
	ck_assert_uint_eq(view_uid(b, 4), 4);
	buf_init(&body, 10000);
	su_body(b, 4, &body);
	ck_assert(slice_eq_str(buf_slice(&body), SU_BODY_CRLF));
	buf_clear(&body);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_check_told(a, true, "EXISTS 4;RECENT 4;");
	su_check_told(b, true, "EXPUNGE 4;EXPUNGE 2;EXISTS 4;");
	ck_assert_uint_eq(view_uid(b, 4), 6);
	view_close(a);
	view_close(b);
}
END_TEST

/*
 * Sessions that were not told yet can read what another process has expunged.
 */
START_TEST(test_expunged_elsewhere_is_read)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct idset set;
	struct view *a, *b;
	struct buf body;
	struct op *op;

	for (int i = 0; i < 8; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	a = su_select(su.proc, su.store, "INBOX");
	b = su_select(other, st, "INBOX");
	idset_init(&set, IDSET_NOLIMIT);
	(void)idset_add_range(&set, 2, 6);
	op = expunge_all_new(b, &set);
	su_must(other, op);
	op_free(op);
	for (uint32_t uid = 1; uid <= 8; uid++) {
		buf_init(&body, BUF_NOCAP);
		su_body(a, uid, &body);
		ck_assert(slice_eq_str(buf_slice(&body), SU_BODY_CRLF));
		buf_clear(&body);
	}
	ck_assert_uint_eq(view_exists(a), 8);
	su_check_told(a, true, "EXPUNGE 6;EXPUNGE 5;EXPUNGE 4;EXPUNGE 3;"
	    "EXPUNGE 2;");
	idset_clear(&set);
	view_close(a);
	view_close(b);
	store_close(st);
	su_process_free(other);
}
END_TEST

/*
 * If a statement of EXPUNGE fails, EXPUNGE fails: it does not leave out the
 * messages that it could not read.
 */
START_TEST(test_failed_statement_of_expunge)
{
	struct view *v;
	unsigned long failed = 1;

	for (unsigned long k = 0; failed > 0; k++) {
		struct op *op;
		enum run run;

		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
		    FLAG_DELETED);
		v = su_select(su.proc, su.store, "INBOX");
		ck_assert_uint_eq(view_exists(v), 1);
		op = expunge_new(v, NULL);
		shim_set(&(struct shim_rule){ .calls = SHIM_STEP,
		    .path = "penfold/index.db", .skip = k, .count = 1,
		    .errnum = EIO });
		run = su_finish(su.proc, op);
		failed = shim_clear();
		op_free(op);
		su_sync(v);
		ck_assert_msg(view_exists(v) == (run == RUN_DONE ? 0 : 1),
		    "statement %lu", k);
		if (run != RUN_DONE)
			su_do(expunge_new(v, NULL), STORE_OK);
		view_close(v);
	}
}
END_TEST

static void
remove_one(struct view *v, uint32_t uid)
{
	struct idset set;

	idset_init(&set, 10);
	(void)idset_add(&set, uid);
	su_do(expunge_all_new(v, &set), STORE_OK);
	idset_clear(&set);
}

/* INBOX gets two files, and the first is expunged. */
static void
expunge_first(char kept[KEPT_MAX])
{
	char name[EXPUNGE_NAME_MAX];
	struct view *v;

	su_deliver_as("cur", "1000000000.a:2,", SU_BODY_CRLF);
	su_deliver_as("cur", "1000000001.b:2,", SU_BODY_CRLF);
	v = su_select(su.proc, su.store, "INBOX");
	expunged_file_name(view_mailbox(v)->id, 1, name);
	(void)snprintf(kept, KEPT_MAX, "penfold/expunged/%s", name);
	remove_one(v, 1);
	view_close(v);
	ck_assert_int_eq(su_count_names("cur", ""), 1);
	ck_assert_int_eq(su_count_names("penfold/expunged", ""), 1);
}

/* INBOX must have so many messages, all readable, and as many files. */
static void
check_inbox(uint32_t n)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	struct buf b;

	ck_assert_uint_eq(view_exists(v), n);
	ck_assert_int_eq(su_count_names("cur", ""), (int)n);
	for (uint32_t seq = 1; seq <= n; seq++) {
		buf_init(&b, 10000);
		su_body(v, view_uid(v, seq), &b);
		ck_assert(slice_eq_str(buf_slice(&b), SU_BODY_CRLF));
		buf_clear(&b);
	}
	view_close(v);
}

/*
 * An admin restores a file of an expunged message from a backup, at any time:
 * it is a message.
 */
START_TEST(test_restored_file_is_a_message)
{
	char kept[KEPT_MAX];

	expunge_first(kept);
	if (_i == 1)
		su_reboot("one");
	if (_i == 2) {
		su_reboot("one");
		check_inbox(1);
	}
	su_deliver_as("cur", "1000000000.a:2,S", SU_BODY_CRLF);
	check_inbox(2);
	ck_assert_int_eq(su_count_names("penfold/expunged", ""), 1);
	su_reboot("two");
	check_inbox(2);
	/* And the file that was kept. */
	su_move(kept, "cur/1000000002.c:2,");
	check_inbox(3);
}
END_TEST

/* A power cut took the rename of an EXPUNGE, and not its commit. */
START_TEST(test_expunged_file_that_comes_back)
{
	char kept[KEPT_MAX];

	expunge_first(kept);
	su_move(kept, "cur/1000000000.a:2,");
	su_reboot("one");
	check_inbox(1);
	ck_assert_int_eq(su_count_names("penfold/expunged", "message"), 1);
	/* Without a boot, only a person can have done that. */
	su_move(kept, "cur/1000000000.a:2,");
	check_inbox(2);
	su_reboot("two");
	check_inbox(2);
}
END_TEST

/* A file without a base name, after a MOVE, whose tombstone has none. */
START_TEST(test_file_without_a_name_after_a_move)
{
	char kept[KEPT_MAX], name[EXPUNGE_NAME_MAX];
	struct idset set;
	struct view *v;

	su_deliver_as("cur", "1000000000.a:2,", SU_BODY_CRLF);
	v = su_select(su.proc, su.store, "INBOX");
	idset_init(&set, 10);
	(void)idset_add(&set, 1);
	su_do(copy_new(v, &set, SLICE_LIT("Sent"), true), STORE_OK);
	idset_clear(&set);
	/* A file that is kept would show that this one is another. */
	expunged_file_name(view_mailbox(v)->id, 1, name);
	(void)snprintf(kept, sizeof(kept), "penfold/expunged/%s", name);
	su_move(kept, "tmp/kept");
	view_close(v);
	su_deliver_as("cur", ":2,S", SU_BODY_CRLF);
	su_reboot("one");
	check_inbox(1);
}
END_TEST

/* Another program has just renamed the file: it is expunged nevertheless. */
START_TEST(test_expunge_finds_a_renamed_file)
{
	struct view *v;

	su_deliver_as("cur", "1000000000.a:2,", SU_BODY_CRLF);
	su_deliver_as("cur", "1000000001.b:2,", SU_BODY_CRLF);
	v = su_select(su.proc, su.store, "INBOX");
	su_move("cur/1000000001.b:2,", "cur/1000000001.b:2,F");
	remove_one(v, 2);
	ck_assert_int_eq(su_count_names("cur", "b:2"), 0);
	ck_assert_int_eq(su_count_names("penfold/expunged", ""), 1);
	su_check_told(v, true, "EXPUNGE 2;");
	view_close(v);
	su_reboot("one");
	check_inbox(1);
}
END_TEST

/* Read a file of penfold/. */
static void
read_text(const char *name, char *text, size_t size)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/penfold/%s", su.root, name);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, size - 1, f)] = '\0';
	(void)fclose(f);
}

/*
 * The list says what an expunged message was, also if the index is lost: it can
 * be brought back with its flags.
 */
START_TEST(test_expunged_list)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char kept[KEPT_MAX], name[EXPUNGE_NAME_MAX], line[512], text[4096];
	struct flags f;
	struct view *v;
	uint64_t modseq;
	long long when;

	view_close(su_select(su.proc, su.store, "Sent"));
	su_deliver_as(".Sent/cur", "1000000000.a:2,S", SU_BODY_CRLF);
	su_deliver_as(".Sent/cur", "1000000001.b", SU_BODY_CRLF);
	v = su_select(su.proc, su.store, "Sent");
	su_set_flags(su.proc, v, 1, FLAGS_ADD, FLAG_FLAGGED, "kw");
	expunged_file_name(view_mailbox(v)->id, 1, name);
	(void)snprintf(kept, KEPT_MAX, "penfold/expunged/%s", name);
	remove_one(v, 1);
	remove_one(v, 2);
	view_close(v);
	store_close(su.store);
	su_process_free(su.proc);
	read_text("expunged.list", text, sizeof(text));
	ck_assert_int_eq(sscanf(text, "%*s %lld ", &when), 1);
	(void)snprintf(line, sizeof(line),
	    "%s %lld .Sent/1000000000.a:2,FS\tkw\n", name, when);
	ck_assert_msg(strncmp(text, line, strlen(line)) == 0, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, " .Sent/1000000001.b:2,\n"));
	for (size_t i = 0; i < NROWS(ends); i++) {
		(void)snprintf(line, sizeof(line), "%s/penfold/index.db%s",
		    su.root, ends[i]);
		(void)unlink(line);
	}
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	view_close(su_select(su.proc, su.store, "Sent"));
	su_move(kept, ".Sent/new/1000000000.a:2,FS");
	v = su_select(su.proc, su.store, "Sent");
	ck_assert_uint_eq(view_exists(v), 1);
	view_flags(v, 1, &f, &modseq);
	ck_assert_uint_eq(f.system, FLAG_FLAGGED | FLAG_SEEN);
	view_close(v);
}
END_TEST

/* The list does not grow for ever, and keeps what is still needed. */
START_TEST(test_expunged_list_is_bounded)
{
	static char big[EXPUNGED_LIST_MAX + 1];
	struct slice lines;
	char text[64];

	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\n';
	lines = slice_make(big, sizeof(big));
	ck_assert_int_eq(expunged_list_append(su.store->penfold_fd, 1000,
	    SLICE_LIT("cut")), 0);
	ck_assert_int_eq(expunged_list_append(su.store->penfold_fd, 1000,
	    lines), 0);
	read_text("expunged.list", text, sizeof(text));
	ck_assert_int_eq(strncmp(text, "cut\nxx", 6), 0);
	/* It is large, and there is no older one. */
	ck_assert_int_eq(expunged_list_append(su.store->penfold_fd, 1000,
	    SLICE_LIT("a\n")), 0);
	read_text("expunged.list", text, sizeof(text));
	ck_assert_str_eq(text, "a\n");
	read_text("expunged.list.old", text, sizeof(text));
	ck_assert_int_eq(strncmp(text, "cut\nxx", 6), 0);
	/* It is large again, and files in the older one are still kept. */
	ck_assert_int_eq(expunged_list_append(su.store->penfold_fd, 1000,
	    lines), 0);
	ck_assert_int_eq(expunged_list_append(su.store->penfold_fd, 1000,
	    SLICE_LIT("b\n")), 0);
	read_text("expunged.list", text, sizeof(text));
	ck_assert_int_eq(strncmp(text, "a\nxx", 4), 0);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_expunged_list);
	if (!slices)
		tcase_add_test(tc, test_expunged_list_is_bounded);
	tcase_add_test(tc, test_zombies_and_two_views);
	tcase_add_test(tc, test_expunged_elsewhere_is_read);
	tcase_add_test(tc, test_failed_statement_of_expunge);
	tcase_add_loop_test(tc, test_restored_file_is_a_message, 0, 3);
	tcase_add_test(tc, test_expunged_file_that_comes_back);
	tcase_add_test(tc, test_file_without_a_name_after_a_move);
	tcase_add_test(tc, test_expunge_finds_a_renamed_file);
	(void)slices;
}

Suite *
suite_expunge(void)
{
	return su_suite("expunge", add_tests);
}
