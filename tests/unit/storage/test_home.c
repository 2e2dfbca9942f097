/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* What is open of a mail home that is moved, removed or replaced. */
#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/index/store_state.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

static const char *
at(const char *root, const char *name)
{
	static char path[4][200];
	static int n;

	n = (n + 1) % 4;
	(void)snprintf(path[n], sizeof(path[n]), "%s%s", root, name);
	return path[n];
}

/* Move the home away, and another one, which is empty, to its place. */
static void
swap(void)
{
	ck_assert_int_eq(rename(su.root, at(su.root, ".away")), 0);
	ck_assert_int_eq(mkdir(su.root, 0700), 0);
}

static int
move_home(const struct shim_event *ev, void *arg)
{
	(void)ev;
	if (*(bool *)arg)
		return 0;
	*(bool *)arg = true;
	shim_pause(true);
	swap();
	shim_pause(false);
	return 0;
}

static void
remove_penfold(void)
{
	ck_assert_int_eq(rename(at(su.root, "/penfold"),
	    at(su.root, ".penfold")), 0);
}

static void
remove_index(void)
{
	ck_assert_int_eq(unlink(at(su.root, "/penfold/index.db")), 0);
}

/* Another file is at the path of the index. */
static void
replace_index(void)
{
	ck_assert_int_eq(close(open(at(su.root, "/penfold/other"),
	    O_WRONLY | O_CREAT, 0600)), 0);
	ck_assert_int_eq(rename(at(su.root, "/penfold/other"),
	    at(su.root, "/penfold/index.db")), 0);
}

static void	(*const changes[])(void) = {
	swap, remove_penfold, remove_index, replace_index,
};

/* Count the messages in cur/ of a home. */
static int
count_in(const char *root)
{
	DIR *d = opendir(at(root, "/cur"));
	struct dirent *e;
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static void
reopen(void)
{
	store_close(su.store);
	su.store = su_open(su.proc);
}

static void
append_lost(struct op *op)
{
	ck_assert(su_finish(su.proc, op) == RUN_FAIL);
	ck_assert_int_eq(op_error(op)->kind, STORE_ERR_LOST);
	op_free(op);
}

/* Paths of a home below a symbolic link. */
static const char	*const linked[] = { "", "/new/home" };

/* A mail folder may be a link, or be reached by one. */
START_TEST(test_linked_home)
{
	char root[100], index[130];
	struct store_error err;
	struct store *st;
	struct view *v;

	(void)snprintf(root, sizeof(root), "%s.link%s", su.root, linked[_i]);
	(void)snprintf(index, sizeof(index), "%s.real%s/penfold/index.db",
	    su.root, linked[_i]);
	ck_assert_int_eq(mkdir(at(su.root, ".real"), 0700), 0);
	ck_assert_int_eq(symlink(at(su.root, ".real"), at(su.root, ".link")),
	    0);
	st = su_open_other(su.proc, root, &err);
	ck_assert_ptr_nonnull(st);
	ck_assert_uint_eq(su_append(su.proc, st, "INBOX", SU_BODY_LF, 0), 1);
	v = su_select(su.proc, st, "INBOX");
	ck_assert_uint_eq(view_exists(v), 1);
	view_close(v);
	store_close(st);
	ck_assert_int_eq(access(index, F_OK), 0);
}
END_TEST

static int	woken;

static void
note_wake(void *arg)
{
	(void)arg;
	woken++;
}

/* A session that only waits hears of it; a login finds what is there. */
START_TEST(test_idle_session_hears_of_it)
{
	struct store *old = su.store;
	struct view *v;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	v = su_select(su.proc, su.store, "INBOX");
	woken = 0;
	view_on_change(v, note_wake, NULL);
	changes[_i]();
	su_turn_until(woken > 0);
	ck_assert(view_lost(v));
	ck_assert(store_lost(su.store));
	view_close(v);
	reopen();
	ck_assert(!store_lost(su.store));
	ck_assert_ptr_ne(su.store, old);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_uint_eq(view_exists(v), _i == 0 ? 1 : 2);
	view_close(v);
}
END_TEST

/* An operation that is under way sees it, or the login of another session. */
START_TEST(test_operation_looks)
{
	struct store *st;
	struct op *op = su_append_start(su.store);

	changes[_i / 2]();
	if (_i % 2 == 1) {
		st = su_open(su.proc);
		ck_assert_ptr_ne(st, su.store);
		ck_assert(store_lost(su.store));
		store_close(st);
	}
	append_lost(op);
	reopen();
	ck_assert_int_eq(count_in(su.root), 0);
	if (_i / 2 == 0)
		ck_assert_int_eq(count_in(at(su.root, ".away")), 0);
}
END_TEST

/* A folder above the home, of which no watch tells, is moved. */
START_TEST(test_parent_is_moved)
{
	struct store_error err;
	struct store *st, *now;
	char root[96];
	struct op *op;

	(void)snprintf(root, sizeof(root), "%s/a/b/Maildir", su.root);
	st = su_open_other(su.proc, root, &err);
	ck_assert_msg(st != NULL, "%s", err.text);
	(void)su_append(su.proc, st, "INBOX", SU_BODY_LF, 0);
	ck_assert_int_eq(rename(at(su.root, "/a"), at(su.root, "/c")), 0);
	op = save_new(st, SLICE_LIT("INBOX"));
	append_lost(op);
	ck_assert(store_lost(st));
	now = su_open_other(su.proc, root, &err);
	ck_assert_msg(now != NULL, "%s", err.text);
	(void)su_append(su.proc, now, "INBOX", SU_BODY_LF, 0);
	ck_assert_int_eq(count_in(at(su.root, "/c/b/Maildir")), 1);
	ck_assert_int_eq(count_in(root), 1);
	store_close(now);
	store_close(st);
}
END_TEST

/* What was committed is not acknowledged if the home has gone meanwhile. */
START_TEST(test_nothing_is_acknowledged_in_a_home_that_is_gone)
{
	static const char *const when[] = { "/index.db-wal", "/cur" };
	struct op *op = su_append_start(su.store);
	bool moved = false;

	shim_hook(SHIM_SYNC, when[_i], move_home, &moved);
	append_lost(op);
	(void)shim_clear();
	ck_assert(moved);
	reopen();
	ck_assert_int_eq(count_in(su.root), 0);
}
END_TEST

/* A change of flags is not acknowledged either. */
START_TEST(test_flags_are_not_acknowledged)
{
	const struct flag_names seen = { .system = FLAG_SEEN };
	struct idset one;
	struct view *v;
	struct op *op;
	bool moved = false;

	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	v = su_select(su.proc, su.store, "INBOX");
	idset_init(&one, 10);
	(void)idset_add(&one, 1);
	op = flags_new(v, &one, FLAGS_ADD, &seen, UINT64_MAX);
	shim_hook(SHIM_WRITE, "/wake", move_home, &moved);
	append_lost(op);
	(void)shim_clear();
	ck_assert(moved);
	idset_clear(&one);
	view_close(v);
}
END_TEST

/* The transaction that is open is rolled back, with what it did on disk. */
START_TEST(test_open_transaction_is_rolled_back)
{
	struct op *op = su_append_start(su.store);

	while (su.store->writer != op && op_run(op) != RUN_DONE)
		su_turn_all();
	if (su.store->writer == op) {
		swap();
		store_close(su_open(su.proc));
		ck_assert_ptr_null(su.store->writer);
		append_lost(op);
		ck_assert_int_eq(count_in(at(su.root, ".away")), 0);
	} else
		op_free(op);
}
END_TEST

/* An error is not absence. */
START_TEST(test_home_that_cannot_be_looked_at_is_kept)
{
	static const int errors[] = { EIO, EACCES, ENOMEM, ESTALE, ELOOP };
	struct view *v = su_select(su.proc, su.store, "INBOX");
	struct op *op;

	shim_set(&(struct shim_rule){ .calls = SHIM_STAT, .path = su.root,
	    .errnum = errors[_i] });
	for (int i = 0; i < 3; i++) {
		op = list_new(su.store);
		(void)su_finish(su.proc, op);
		op_free(op);
		su_turn_all();
	}
	ck_assert_uint_gt(shim_clear(), 0);
	ck_assert(!view_lost(v));
	ck_assert(!store_lost(su.store));
	view_close(v);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
}
END_TEST

/*
 * Processes go on to hear of each other after the file was replaced by which
 * they do.
 */
START_TEST(test_wake_is_opened_again)
{
	struct storage *other;
	struct store *st;
	struct view *v;

	su.delays.mend_ms = 0;
	su_restart();
	other = su_process_new();
	st = su_open(other);
	v = su_select(su.proc, su.store, "INBOX");
	ck_assert_int_eq(unlink(at(su.root, "/penfold/wake")), 0);
	ck_assert_int_eq(rmdir(at(su.root, "/penfold/expunged")), 0);
	su_turn_until(access(at(su.root, "/penfold/wake"), F_OK) == 0 &&
	    access(at(su.root, "/penfold/expunged"), F_OK) == 0);
	for (int i = 0; i < 5; i++)
		su_turn_all();
	woken = 0;
	view_on_change(v, note_wake, NULL);
	(void)su_append(other, st, "INBOX", SU_BODY_LF, 0);
	su_turn_until(woken > 0);
	ck_assert(!view_lost(v));
	su_check_told(v, true, "EXISTS 1;RECENT 1;");
	view_close(v);
	store_close(st);
	su_process_free(other);
}
END_TEST

/* Nothing new is in the way of whoever removes penfold/. */
START_TEST(test_nothing_is_made_while_penfold_is_removed)
{
	struct op *op;

	ck_assert_int_eq(unlink(at(su.root, "/penfold/wake")), 0);
	ck_assert_int_eq(rmdir(at(su.root, "/penfold/expunged")), 0);
	for (int i = 0; i < 5; i++)
		su_turn_all();
	op = list_new(su.store);
	su_must(su.proc, op);
	op_free(op);
	ck_assert_int_eq(access(at(su.root, "/penfold/wake"), F_OK), -1);
	ck_assert_int_eq(access(at(su.root, "/penfold/expunged"), F_OK), -1);
}
END_TEST

/* A home that is gone is not made anew at once, so that it can come back. */
START_TEST(test_vanished_home_may_come_back)
{
	struct store_error err;

	su.delays.vanished_ms = DELAY_NEVER_MS;
	su_restart();
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	ck_assert_int_eq(rename(su.root, at(su.root, ".away")), 0);
	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_null(su_open_other(su.proc, su.root, &err));
		ck_assert_int_eq(err.kind, STORE_ERR_LOST);
		ck_assert_int_eq(access(su.root, F_OK), -1);
	}
	ck_assert_int_eq(rename(at(su.root, ".away"), su.root), 0);
	reopen();
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	ck_assert_int_eq(count_in(su.root), 2);
}
END_TEST

/* A login waits for a home that is gone for a moment. */
START_TEST(test_login_waits_for_the_home)
{
	struct store_error err;
	struct store *st;
	struct op *op;

	su.delays.vanished_ms = su.delays.return_ms = DELAY_NEVER_MS;
	su_restart();
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	ck_assert_int_eq(rename(su.root, at(su.root, ".away")), 0);
	if (_i == 0) {
		op = list_new(su.store);
		su_do(op, STORE_ERR_LOST);
	}
	st = store_open(su.proc, SLICE_LIT("user"), slice_str(su.root), &err);
	ck_assert_ptr_nonnull(st);
	op = op_ready_new(st);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(op_run(op), RUN_WAIT);
		su_turn_all();
	}
	ck_assert_int_eq(access(su.root, F_OK), -1);
	ck_assert_int_eq(rename(at(su.root, ".away"), su.root), 0);
	su_must(su.proc, op);
	op_free(op);
	store_close(su.store);
	su.store = st;
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_LF, 0);
	ck_assert_int_eq(count_in(su.root), 2);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_loop_test(tc, test_login_waits_for_the_home, 0, 2);
	tcase_add_loop_test(tc, test_linked_home, 0,
	    NROWS(linked));
	tcase_add_loop_test(tc, test_idle_session_hears_of_it, 0,
	    NROWS(changes));
	tcase_add_loop_test(tc, test_operation_looks, 0, 2 * NROWS(changes));
	tcase_add_test(tc, test_parent_is_moved);
	tcase_add_loop_test(tc,
	    test_nothing_is_acknowledged_in_a_home_that_is_gone, 0, 2);
	tcase_add_test(tc, test_flags_are_not_acknowledged);
	tcase_add_loop_test(tc, test_home_that_cannot_be_looked_at_is_kept, 0,
	    5);
	tcase_add_test(tc, test_wake_is_opened_again);
	tcase_add_test(tc, test_nothing_is_made_while_penfold_is_removed);
	tcase_add_test(tc, test_vanished_home_may_come_back);
	if (slices)
		tcase_add_test(tc, test_open_transaction_is_rolled_back);
}

Suite *
suite_home(void)
{
	return su_suite("home", add_tests);
}
