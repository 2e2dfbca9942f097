/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* After a failed sync nothing is accepted until everything is on disk. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/index/store_state.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

#define WAL	"/index.db-wal"
#define REFUSED	"The mail store cannot be written to disk"

/* Let count syncs of files with path in their names fail; 0: all. */
static void
fail_syncs(const char *path, unsigned long count)
{
	shim_set(&(struct shim_rule){ .calls = SHIM_SYNC, .path = path,
	    .count = count, .errnum = EIO });
}

static void
append_fails(enum store_err kind)
{
	struct op *op = su_append_start(su.store);

	ck_assert(su_finish(su.proc, op) == RUN_FAIL);
	ck_assert_int_eq(op_error(op)->kind, kind);
	ck_assert_str_eq(op_error(op)->text, REFUSED);
	op_free(op);
}

/* Nothing is committed. */
static void
append_refused(void)
{
	append_fails(STORE_ERR_IO);
}

/* The sync of what was committed fails, and can't be repeated. */
static void
append_unsure(void)
{
	append_fails(STORE_ERR_UNSURE);
}

static void
append_done(void)
{
	struct op *op = su_append_start(su.store);

	su_must(su.proc, op);
	op_free(op);
}

static uint32_t
count_messages(void)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	uint32_t n = view_exists(v);

	view_close(v);
	return n;
}

static bool
marked(void)
{
	return su_count_names("penfold", "unsynced") > 0;
}

/* Have what failed be tried again at once. */
static void
heal_soon(void)
{
	su.delays.heal_ms = 0;
	su_restart();
}

/* A failed sync is made good before the answer, and not forgotten. */
START_TEST(test_failed_sync_is_repeated)
{
	static const char *const files[] = { WAL, "/cur" };

	heal_soon();
	append_done();
	fail_syncs(files[_i], 1);
	append_done();
	ck_assert_uint_eq(shim_clear(), 1);
	su_turn_until(!su.store->sick);
	ck_assert(!marked());
	append_done();
	ck_assert_uint_eq(count_messages(), 3);
}
END_TEST

/* While no sync succeeds, nothing is committed, but mail can be read. */
START_TEST(test_nothing_is_accepted_until_all_is_on_disk)
{
	struct view *v;
	struct idset one;
	struct flag_names f = { .system = FLAG_SEEN };
	struct buf body;

	heal_soon();
	su.proc->delays.heal_ms = DELAY_NEVER_MS / 2;
	append_done();
	v = su_select(su.proc, su.store, "INBOX");
	fail_syncs(WAL, 0);
	append_unsure();
	ck_assert(marked());
	ck_assert_uint_eq(count_messages(), 2);
	append_refused();
	append_refused();
	ck_assert_uint_eq(count_messages(), 2);
	buf_init(&body, 1000);
	su_body(v, 1, &body);
	buf_clear(&body);
	idset_init(&one, 10);
	(void)idset_add(&one, 1);
	su_do(flags_new(v, &one, FLAGS_ADD, &f, UINT64_MAX), STORE_ERR_IO);
	su_do(expunge_new(v, &one), STORE_OK);	/* \Deleted is not set */
	su_do(expunge_all_new(v, &one), STORE_ERR_IO);
	su_do(folder_create_new(su.store, SLICE_LIT("Box"), 0), STORE_ERR_IO);
	idset_clear(&one);
	(void)shim_clear();
	su.store->heal_due_ms = 0;
	append_done();
	ck_assert(!marked());
	ck_assert_uint_eq(count_messages(), 3);
	view_close(v);
}
END_TEST

/*
 * Other processes are told before the client has an answer, also when the loop
 * has not turned since the sync failed.
 */
START_TEST(test_mark_comes_before_the_answer)
{
	struct op *op;
	enum run run;

	heal_soon();
	append_done();
	fail_syncs(WAL, 0);
	op = su_append_start(su.store);
	do {
		run = op_run(op);
		(void)sched_yield();
	} while (run != RUN_FAIL);
	ck_assert_int_eq(op_error(op)->kind, STORE_ERR_UNSURE);
	ck_assert(marked());
	op_free(op);
	(void)shim_clear();
}
END_TEST

/* The sync that nobody waits for counts, too. */
START_TEST(test_background_sync_is_noticed)
{
	struct view *v;

	su.delays.sync_ms = 0;
	su.delays.heal_ms = DELAY_NEVER_MS / 2;
	su_restart();
	append_done();
	v = su_select(su.proc, su.store, "INBOX");
	fail_syncs(WAL, 0);
	su_set_flags(su.proc, v, 1, FLAGS_ADD, FLAG_SEEN, NULL);
	su_turn_until(su.store->sick);
	append_refused();
	view_close(v);
	(void)shim_clear();
	su.store->heal_due_ms = 0;
	append_done();
}
END_TEST

/*
 * The kernel tells a failure only to descriptors that were open.  Another
 * process learns it from the mark.
 */
START_TEST(test_other_process_knows)
{
	struct storage *proc;
	struct store *st;
	struct op *op;

	heal_soon();
	append_done();
	fail_syncs(WAL, 0);
	append_unsure();
	su.delays.heal_ms = DELAY_NEVER_MS / 2;
	proc = su_process_new();
	st = su_open(proc);
	op = su_append_start(st);
	ck_assert(su_finish(proc, op) == RUN_FAIL);
	ck_assert_str_eq(op_error(op)->text, REFUSED);
	op_free(op);
	(void)shim_clear();
	st->heal_due_ms = 0;
	op = su_append_start(st);
	su_must(proc, op);
	op_free(op);
	store_close(st);
	su_process_free(proc);
}
END_TEST

/* What the kernel has dropped cannot be written again. */
START_TEST(test_damaged_wal_is_not_healed)
{
	char path[192];
	int fd;

	heal_soon();
	append_done();
	fail_syncs(WAL, 0);
	append_unsure();
	(void)snprintf(path, sizeof(path), "%s/penfold/index.db-wal", su.root);
	fd = open(path, O_RDWR);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(pwrite(fd, "lost", 4, 32 + 24 + 1000), 4);
	(void)close(fd);
	/* An attempt to heal may have begun before: it fails once more. */
	append_refused();
	(void)shim_clear();
	append_refused();
	ck_assert(marked());
}
END_TEST

static int
no_descriptor(const struct shim_event *ev, void *arg)
{
	(void)arg;
	/* SQLite itself calls open(). */
	return strcmp(ev->name, "openat") == 0 ? EMFILE : 0;
}

/* Without a descriptor to sync with, nothing is committed. */
START_TEST(test_no_descriptor_for_the_wal)
{
	struct store_error err;
	struct store *st;
	uint32_t n;

	append_done();
	n = count_messages();
	store_close(su.store);
	su_process_free(su.proc);
	su.proc = su_process_new();
	shim_hook(SHIM_OPEN, WAL, no_descriptor, NULL);
	st = su_open_other(su.proc, su.root, &err);
	(void)shim_clear();
	ck_assert_ptr_null(st);
	ck_assert_int_eq(err.kind, STORE_ERR_LIMIT);
	su.store = su_open(su.proc);
	ck_assert_uint_eq(count_messages(), n);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_loop_test(tc, test_failed_sync_is_repeated, 0, 2);
	tcase_add_test(tc, test_nothing_is_accepted_until_all_is_on_disk);
	tcase_add_test(tc, test_mark_comes_before_the_answer);
	tcase_add_test(tc, test_background_sync_is_noticed);
	tcase_add_test(tc, test_other_process_knows);
	tcase_add_test(tc, test_damaged_wal_is_not_healed);
	tcase_add_test(tc, test_no_descriptor_for_the_wal);
	(void)slices;
}

Suite *
suite_heal(void)
{
	return su_suite("heal", add_tests);
}
