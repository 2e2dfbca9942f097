/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A scan reads the folder without a lock, and takes in what it found in several
 * transactions.  Whatever others do between these, each file is one message.
 */
#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/compat.h"
#include "storage/index/op_head.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/store_absorb.h"
#include "storage/mailbox/view_state.h"
#include "storage/op/scan_struct.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

static struct storage *other;		/* another process */
static struct store *other_store;
static struct view *mine, *theirs;
static struct op *expunging;		/* of mine, beside the scan */

/* What clients have last done to the flags of messages, by UID. */
#define UIDS	4096
static bool	answered[UIDS];
static enum { ANY, SET, UNSET } seen[UIDS];

/* Scans commit whenever they look at the clock. */
static void
begin(void)
{
	su.delays.lock_hold_ms = su.delays.lock_pause_ms = 0;
	su.delays.rename_ms = 0;
	su_restart();
	memset(answered, 0, sizeof(answered));
	memset(seen, 0, sizeof(seen));
	other = su_process_new();
	other_store = su_open(other);
	mine = su_select(su.proc, su.store, "INBOX");
	theirs = su_select(other, other_store, "INBOX");
}

static void
end(void)
{
	view_close(mine);
	view_close(theirs);
	store_close(other_store);
	su_process_free(other);
}

/* A small generator, so that a seed is the same story everywhere. */
static uint32_t
next(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 16) % n;
}

/* Another program does something to a file of cur/, chosen by nth. */
static void
change_file(uint32_t nth, bool removes)
{
	char path[256], from[512], to[600];
	struct dirent *e, *chosen = NULL;
	uint32_t i = 0;
	DIR *d;

	(void)snprintf(path, sizeof(path), "%s/cur", su.root);
	d = opendir(path);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && i++ == nth)
			chosen = e;
	if (chosen != NULL) {
		(void)snprintf(from, sizeof(from), "%s/%s", path,
		    chosen->d_name);
		(void)snprintf(to, sizeof(to), "%s%s", from,
		    strchr(chosen->d_name, 'F') == NULL ? "F" : "");
		if (removes)
			ck_assert_int_eq(unlink(from), 0);
		else
			ck_assert_int_eq(rename(from, to), 0);
	}
	(void)closedir(d);
}

static uint32_t
any_uid(struct view *v, uint32_t *seed)
{
	su_sync(v);
	return view_exists(v) == 0 ? 0 : view_uid(v, 1 +
	    next(seed, view_exists(v)));
}

static struct op *
expunge_one(struct view *v, uint32_t uid)
{
	struct idset set;
	struct op *op;

	idset_init(&set, 10);
	(void)idset_add(&set, uid);
	op = expunge_all_new(v, &set);
	idset_clear(&set);
	return op;
}

static void
expunge(struct storage *s, struct view *v, uint32_t uid)
{
	struct op *op = expunge_one(v, uid);

	su_must(s, op);
	op_free(op);
}

/*
 * The EXPUNGE of the process that scans takes turns with the scan, since it
 * waits for the end of the scan if its file was renamed.
 */
static void
expunge_beside(void)
{
	enum run run;

	if (expunging == NULL)
		return;
	run = op_run(expunging);
	if (run == RUN_MORE || run == RUN_WAIT)
		return;
	ck_assert_msg(run == RUN_DONE, "%s", op_error(expunging)->text);
	op_free(expunging);
	expunging = NULL;
}

/* Let the names of files follow the flags. */
static void
settle(struct storage *s, struct view *v)
{
	const struct mailbox_names *names = &view_mailbox(v)->names;

	for (int i = 0; i < 50 && (names->job ||
	    !idset_empty(&names->behind)); i++)
		su_turn(s, 1);
}

static void
finish_beside(void)
{
	while (expunging != NULL) {
		expunge_beside();
		su_turn_all();
	}
}

#define DISTURBANCES	12

/* Somebody does something while nobody has the lock. */
static void
disturb(uint32_t what, uint32_t *seed)
{
	static int n;
	char name[64];
	uint32_t uid;

	(void)snprintf(name, sizeof(name), "%d.d%d%s", 1000000000 + n % 7, n,
	    what == 0 ? "" : ":2,");
	n++;
	switch (what) {
	case 0:
		su_deliver(name, SU_BODY_LF);
		break;
	case 1:
		su_deliver_as("cur", name, SU_BODY_LF);
		break;
	case 2:
		change_file(next(seed, 20), false);
		break;
	case 3:
		change_file(next(seed, 40), true);
		break;
	case 4:
		(void)su_append(other, other_store, "INBOX", SU_BODY_CRLF, 0);
		break;
	case 5:
	case 6:
		if ((uid = any_uid(theirs, seed)) == 0)
			break;
		su_set_flags(other, theirs, uid, what == 5 ? FLAGS_ADD :
		    FLAGS_REMOVE, FLAG_SEEN, NULL);
		seen[uid] = what == 5 ? SET : UNSET;
		break;
	case 7:
		if ((uid = any_uid(mine, seed)) == 0)
			break;
		su_set_flags(su.proc, mine, uid, FLAGS_ADD, FLAG_ANSWERED,
		    NULL);
		answered[uid] = true;
		break;
	case 8:
		if ((uid = any_uid(theirs, seed)) != 0)
			expunge(other, theirs, uid);
		break;
	case 9:
		uid = any_uid(mine, seed);
		if (uid != 0 && expunging == NULL)
			expunging = expunge_one(mine, uid);
		break;
	default:
		/* Names follow flags, or the other process scans. */
		for (int i = 0; i < 50; i++)
			su_turn(what == 10 ? su.proc : other, 0);
		settle(what == 10 ? su.proc : other,
		    what == 10 ? mine : theirs);
		break;
	}
}

/* Both sessions see the flags that clients have set. */
static void
check_flags(struct view *v)
{
	struct flags flags;
	uint64_t modseq;

	for (uint32_t i = 1; i <= view_exists(v); i++) {
		uint32_t uid = view_uid(v, i);

		ck_assert_uint_lt(uid, UIDS);
		view_flags(v, i, &flags, &modseq);
		ck_assert_msg(!answered[uid] || flags.system & FLAG_ANSWERED,
		    "UID %u lost \\Answered", uid);
		ck_assert_msg(seen[uid] == ANY || (seen[uid] == SET) ==
		    ((flags.system & FLAG_SEEN) != 0), "UID %u", uid);
	}
}

/* Both sessions see each file once, and no other message. */
static void
check_all(int files)
{
	const struct message *m;
	struct reader *r;
	struct idset uids;
	char **names;
	size_t n = 0;
	enum run run;

	ck_assert_uint_eq(view_exists(mine), files);
	ck_assert_uint_eq(view_exists(theirs), files);
	idset_init(&uids, IDSET_NOLIMIT);
	for (uint32_t i = 1; i <= view_exists(mine); i++) {
		ck_assert_uint_eq(view_uid(mine, i), view_uid(theirs, i));
		(void)idset_add(&uids, view_uid(mine, i));
	}
	names = calloc((size_t)files + 1, sizeof(*names));
	ck_assert_ptr_nonnull(names);
	r = reader_new(mine, &uids, NEED_NAME | NEED_FILE);
	while ((run = reader_next(r, &m)) != RUN_DONE || m != NULL) {
		if (run == RUN_WAIT) {
			su_turn_all();
			continue;
		}
		ck_assert_msg(run == RUN_DONE, "%s", reader_error(r)->text);
		names[n] = strndup(m->name.p, m->name.len);
		for (size_t i = 0; i < n; i++)
			ck_assert_str_ne(names[i], names[n]);
		n++;
	}
	reader_free(r);
	ck_assert_uint_eq(n, files);
	while (n > 0)
		free(names[--n]);
	free(names);
	idset_clear(&uids);
}

static void
check_end(void)
{
	for (int i = 0; i < 3; i++) {
		su_refresh(su.proc, mine);
		su_sync(mine);
		su_refresh(other, theirs);
		su_sync(theirs);
	}
	ck_assert_int_eq(su_count_names("new", ""), 0);
	check_all(su_count_names("cur", ""));
	check_flags(mine);
	check_flags(theirs);
}

START_TEST(test_whatever_happens_during_a_scan)
{
	uint32_t seed = (uint32_t)_i;
	char name[64];

	begin();
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "%d.m%d%s", 1000000000 + i,
		    i, i % 3 == 0 ? "" : ":2,S");
		su_deliver_as(i % 3 == 0 ? "new" : "cur", name, SU_BODY_LF);
	}
	for (int round = 0; round < 6; round++) {
		struct op *op = select_refresh_new(mine);
		enum run run;

		while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT) {
			if (su.store->writer == NULL && next(&seed, 2) == 0)
				disturb(next(&seed, DISTURBANCES), &seed);
			else if (run == RUN_WAIT)
				su_turn_all();
			if (!op->in_tx)
				expunge_beside();
		}
		ck_assert_msg(run == RUN_DONE, "%s", op_error(op)->text);
		op_free(op);
	}
	finish_beside();
	check_end();
	end();
}
END_TEST

/* One thing happens, before each of the calls that a scan takes. */
START_TEST(test_one_change_at_each_step_of_a_scan)
{
	char name[64];
	int calls = 0;

	begin();
	for (int i = 0; i < 20; i++) {
		(void)snprintf(name, sizeof(name), "%d.m:2,", 1000000000 + i);
		su_deliver_as("cur", name, SU_BODY_LF);
	}
	for (int k = 0; calls >= k; k++) {
		uint32_t seed = (uint32_t)k;
		bool done = false;
		struct op *op;
		enum run run;

		/* Another program's file, so that all of cur/ is read. */
		(void)snprintf(name, sizeof(name), "%d.k:2,", 1100000000 + k);
		su_deliver_as("cur", name, SU_BODY_LF);
		op = select_refresh_new(mine);
		calls = 0;
		while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT) {
			if ((calls += run == RUN_MORE) > k && !done &&
			    su.store->writer == NULL) {
				disturb((uint32_t)_i, &seed);
				/* The names follow at once. */
				disturb(10, &seed);
				disturb(11, &seed);
				done = true;
			} else if (run == RUN_WAIT)
				su_turn_all();
			if (!op->in_tx)
				expunge_beside();
		}
		ck_assert_msg(run == RUN_DONE, "%s", op_error(op)->text);
		op_free(op);
		finish_beside();
		check_end();
	}
	ck_assert_int_gt(calls, 5);
	end();
}
END_TEST

/* A scan has the lock for a while, and others get it before it ends. */
START_TEST(test_scan_gives_way)
{
	struct op *op;
	char name[64];
	enum run run;
	uint32_t before;
	int times = 0;
	bool appended = false;

	begin();
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "%d.m:2,", 1000000000 + i);
		su_deliver_as("cur", name, SU_BODY_LF);
	}
	op = select_refresh_new(mine);
	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT) {
		before = view_exists(mine);
		su_sync(mine);
		times += view_exists(mine) > before;
		if (view_exists(mine) > 0 && !op->in_tx && !appended) {
			(void)su_append(other, other_store, "INBOX",
			    SU_BODY_CRLF, 0);
			appended = true;
		}
		su_turn(su.proc, 1);
	}
	ck_assert_msg(run == RUN_DONE, "%s", op_error(op)->text);
	op_free(op);
	su_sync(mine);
	ck_assert(appended);
	ck_assert_int_ge(times, 2);
	ck_assert_uint_eq(view_exists(mine), 1001);
	su_refresh(other, theirs);
	su_sync(theirs);
	check_all(1001);
	end();
}
END_TEST

/* Start a scan of all of cur/, and go on until it has read cur/. */
static struct op *
scan_reads_cur(void)
{
	struct op *op = select_refresh_new(mine);
	const struct scan *sc;

	do {
		ck_assert_int_eq(op_run(op), RUN_MORE);
		sc = (const struct scan *)op->part;
		ck_assert_ptr_nonnull(sc);
	} while (sc->found.n == 0 || sc->dir != NULL);
	ck_assert_uint_eq(sc->row_last, 0);
	return op;
}

/*
 * Go on until a scan wants the lock, so that it has read everything.  The other
 * process has the lock until the returned operation is freed.
 */
static struct op *
scan_wants_lock(struct op *op)
{
	struct op *holder = op_ready_new(other_store);
	enum run run;

	ck_assert_int_eq(op_run(holder), RUN_DONE);
	/* A helper thread may be about to write to the WAL. */
	while ((run = op_begin(holder)) == RUN_WAIT)
		su_turn(other, 10);
	ck_assert_int_eq(run, RUN_DONE);
	while ((run = op_run(op)) == RUN_MORE)
		;
	ck_assert_int_eq(run, RUN_WAIT);
	ck_assert(!op->in_tx);
	return holder;
}

static void
scan_ends(struct op *op)
{
	su_must(su.proc, op);
	op_free(op);
	su_sync(mine);
}

/* A new file that was found, and is gone when the scan has the lock. */
START_TEST(test_file_gone_before_the_lock)
{
	struct op *op, *holder;

	begin();
	su_deliver_as("cur", "1000000001.a:2,", SU_BODY_LF);
	op = scan_reads_cur();
	holder = scan_wants_lock(op);
	op_free(holder);
	if (_i == 0) {
		change_file(0, true);
	} else if (_i == 1) {
		change_file(0, false);
	} else {
		/* The other process takes the message in and expunges it. */
		su_refresh(other, theirs);
		su_sync(theirs);
		ck_assert_uint_eq(view_exists(theirs), 1);
		expunge(other, theirs, view_uid(theirs, 1));
	}
	scan_ends(op);
	ck_assert_uint_eq(view_exists(mine), 0);
	check_end();
	end();
}
END_TEST

/* Another program marks the message, just when its file is looked for. */
static int
mark_it(const struct shim_event *ev, void *arg)
{
	bool *done = arg;
	char to[600];

	if (!*done) {
		(void)snprintf(to, sizeof(to), "%sF", ev->path);
		ck_assert_int_eq(rename(ev->path, to), 0);
	}
	*done = true;
	return 0;
}

/*
 * A message that this process adds after the scan has read cur/ has a row and,
 * as far as the scan knows, no file.  Another program then marks it: before the
 * scan has the lock, or after that.
 */
START_TEST(test_file_renamed_before_it_is_missed)
{
	char from[600], to[640];
	const char *name;
	const struct message *m;
	struct op *op, *holder;
	struct idset uids;
	struct reader *r;
	bool done = false;
	uint32_t uid;

	begin();
	su_deliver_as("cur", "1000000001.a:2,", SU_BODY_LF);
	op = scan_reads_cur();
	uid = su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_sync(mine);
	idset_init(&uids, 10);
	(void)idset_add(&uids, uid);
	r = reader_new(mine, &uids, NEED_NAME);
	ck_assert_int_eq(reader_next(r, &m), RUN_DONE);
	ck_assert_ptr_nonnull(m);
	(void)snprintf(from, sizeof(from), "%s/cur/%.*s:2,", su.root,
	    SLICE_ARG(m->name));
	reader_free(r);
	idset_clear(&uids);
	holder = scan_wants_lock(op);
	op_free(holder);
	name = strrchr(from, '/');
	if (_i == 0) {
		(void)snprintf(to, sizeof(to), "%sF", from);
		ck_assert_int_eq(rename(from, to), 0);
	} else {
		shim_hook(SHIM_STAT, name, mark_it, &done);
	}
	scan_ends(op);
	(void)shim_clear();
	ck_assert(_i == 0 || done);
	ck_assert_uint_eq(view_exists(mine), 2);
	check_end();
	ck_assert_uint_eq(view_uid(mine, 1), uid);
	end();
}
END_TEST

/* Set the mtime of cur/, as a file system with coarse times leaves it. */
static void
set_mtime(int64_t ns)
{
	struct timespec times[2];
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/cur", su.root);
	times[0].tv_sec = times[1].tv_sec = (time_t)(ns / 1000000000);
	times[0].tv_nsec = times[1].tv_nsec = (long)(ns % 1000000000);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/*
 * Another program changes the folder during an operation, and a scan begins to
 * read it.  Neither the operation nor the end of a session may note that the
 * index has what is in the folder: the scan may never come to its end.
 */
START_TEST(test_scan_under_way_proves_nothing)
{
	struct op *holder, *op;
	struct mailbox *mb;
	struct mailbox_row row;
	bool clean;

	begin();
	mb = view_mailbox(mine);
	su_deliver_as("cur", "1000000001.a:2,", SU_BODY_LF);
	su_refresh(su.proc, mine);
	su_sync(mine);
	holder = op_ready_new(su.store);
	su_must(su.proc, holder);
	if (_i == 0)
		while (op_begin(holder) != RUN_DONE)
			su_turn(su.proc, 10);
	clean = mailbox_change_begin(mb);
	ck_assert(clean);
	su_move("cur/1000000001.a:2,", "cur/1000000001.a:2,F");
	op = scan_reads_cur();
	row = mb->row;
	if (_i == 0) {
		mailbox_change_end(mb, clean);
	} else {
		set_mtime(row.curmtime);
		mb->row.curchecked = row.curchecked = row.curmtime;
		store_save_row(mb);
	}
	ck_assert_int_eq(mb->row.curmtime, row.curmtime);
	ck_assert_int_eq(mb->row.curchecked, row.curchecked);
	op_free(holder);
	scan_ends(op);
	end();
}
END_TEST

/* Another server's list: file i has UID i + 1, or from own on 5001 + i. */
static void
write_list(uint32_t own, uint32_t n)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/dovecot-uidlist", su.root);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	(void)fprintf(f, "3 V%u N6000\n", view_uidvalidity(mine));
	for (uint32_t i = 0; i < n; i++)
		(void)fprintf(f, "%u :%u.m\n", i < own ? i + 1 : 5001 + i,
		    1000000000 + i);
	(void)fclose(f);
}

/*
 * Between two transactions of a scan, another server gives UIDs to the files
 * that have none yet.
 */
START_TEST(test_list_written_between_transactions)
{
	struct op *op;
	char name[64];
	enum run run;
	uint32_t own = 0;

	begin();
	for (uint32_t i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "%u.m:2,", 1000000000 + i);
		su_deliver_as("cur", name, SU_BODY_LF);
	}
	op = select_refresh_new(mine);
	while ((run = op_run(op)) == RUN_MORE || run == RUN_WAIT) {
		if (!op->in_tx && own == 0) {
			su_sync(mine);
			if ((own = view_exists(mine)) != 0)
				write_list(own, 100);
		}
		if (run == RUN_WAIT)
			su_turn(su.proc, 1);
	}
	ck_assert_int_eq(run, RUN_DONE);
	op_free(op);
	ck_assert_uint_gt(own, 0);
	ck_assert_uint_lt(own, 100);
	su_sync(mine);
	ck_assert_uint_eq(view_exists(mine), 100);
	for (uint32_t i = 0; i < 100; i++)
		ck_assert_uint_eq(view_uid(mine, i + 1), i < own ? i + 1 :
		    5001 + i);
	end();
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	if (!slices)
		return;
	tcase_add_loop_test(tc, test_whatever_happens_during_a_scan, 0, 3);
	tcase_add_loop_test(tc, test_one_change_at_each_step_of_a_scan, 0,
	    DISTURBANCES);
	tcase_add_test(tc, test_scan_gives_way);
	tcase_add_loop_test(tc, test_scan_under_way_proves_nothing, 0, 2);
	tcase_add_test(tc, test_list_written_between_transactions);
	tcase_add_loop_test(tc, test_file_gone_before_the_lock, 0, 3);
	tcase_add_loop_test(tc, test_file_renamed_before_it_is_missed, 0, 2);
}

Suite *
suite_scan_look(void)
{
	return su_suite("scan_look", add_tests);
}
