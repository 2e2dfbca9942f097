/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * What was expunged is removed when its time is up, in pieces.  On a full disk
 * it goes at once: what makes room succeeds, and nothing else is lost.
 */
#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/base/table.h"
#include "storage/index/due.h"
#include "storage/index/op_head.h"
#include "storage/index/reserve.h"
#include "storage/index/sql.h"
#include "storage/index/store_state.h"
#include "storage/store.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

#define MESSAGES	6

/* Run SQL on the index of the user, by a connection of its own. */
static void
execute(const char *text)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(su.store->db_path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/*
 * Expunge messages of INBOX and Sent, UID 1 from each, then UID 2, and so on.
 * The first was expunged longest ago, and all but the last too long ago.
 */
static void
expunge_some(void)
{
	static const char *const boxes[] = { "INBOX", "Sent" };

	for (int i = 0; i < MESSAGES; i++) {
		struct view *v;

		(void)su_append(su.proc, su.store, boxes[i % 2],
		    SU_BODY_CRLF, FLAG_DELETED);
		v = su_select(su.proc, su.store, boxes[i % 2]);
		su_do(expunge_new(v, NULL), STORE_OK);
		view_close(v);
	}
	execute("UPDATE expunged SET time = time + uid * 20 - 10000 - "
	    "(SELECT count(*) FROM mailbox m "
	    "WHERE m.id = expunged.mailbox AND m.name = 'INBOX');"
	    "UPDATE expunged SET time = time + 10000 WHERE uid = 3 AND "
	    "mailbox = (SELECT id FROM mailbox WHERE name = 'Sent')");
	ck_assert_int_eq(su_count_names("penfold/expunged", ""), MESSAGES);
}

static void
purge(void)
{
	su.store->purge_due_ms = 0;
	due_touch(su.store);
	su_turn_until(su.store->purge_due_ms != 0 && !su.store->purge_job);
}

/* What a hook has seen. */
struct seen {
	unsigned int	 unlinks;
	unsigned int	 locked;	/* of them, within a transaction */
	unsigned int	 disorder;	/* of them, older than the one before */
	unsigned int	 uid;		/* of the last one */
};

static int
on_unlink(const struct shim_event *ev, void *arg)
{
	struct seen *s = arg;
	unsigned int uid = 0;
	const char *dot = strrchr(ev->path, '.');

	if (dot != NULL)
		(void)sscanf(dot, ".%u", &uid);
	s->unlinks++;
	s->locked += sql_in_tx(su.store->db);
	s->disorder += uid < s->uid;
	s->uid = uid;
	return 0;
}

/*
 * The oldest files go first, and while files are unlinked, which can take long,
 * others can write to the index.
 */
START_TEST(test_purge_without_the_lock)
{
	struct seen seen = { 0 };

	expunge_some();
	shim_hook(SHIM_UNLINK, "expunged/message", on_unlink, &seen);
	purge();
	(void)shim_clear();
	ck_assert_uint_eq(seen.unlinks, MESSAGES - 1);
	ck_assert_uint_eq(seen.locked, 0);
	ck_assert_uint_eq(seen.disorder, 0);
	ck_assert_int_eq(su_count_names("penfold/expunged", ""), 1);
}
END_TEST

/*
 * If the index cannot be written, files are gone all the same, and their rows
 * are cleared by the next purge.
 */
START_TEST(test_purge_on_a_full_disk)
{
	expunge_some();
	shim_set(&(struct shim_rule){ .calls = SHIM_WRITE,
	    .path = "index.db-wal", .errnum = ENOSPC });
	purge();
	ck_assert_uint_gt(shim_clear(), 0);
	ck_assert_int_eq(su_count_names("penfold/expunged", ""), 1);
	su.store->disk_full = false;
	purge();
	execute("CREATE TEMP TABLE one (n CHECK (n = 1));"
	    "INSERT INTO one SELECT count(*) FROM expunged "
	    "WHERE content <> 0 OR base IS NOT NULL;"
	    "DELETE FROM one; INSERT INTO one SELECT count(*) FROM content");
}
END_TEST

/* Two processes may purge at once. */
START_TEST(test_two_purges)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);

	expunge_some();
	su.store->purge_due_ms = st->purge_due_ms = 0;
	due_touch(su.store);
	due_touch(st);
	while (su.store->purge_due_ms == 0 || su.store->purge_job ||
	    st->purge_due_ms == 0 || st->purge_job)
		su_turn_all();
	ck_assert_int_eq(su_count_names("penfold/expunged", ""), 1);
	execute("CREATE TEMP TABLE one (n CHECK (n = 1));"
	    "INSERT INTO one SELECT count(*) FROM content");
	store_close(st);
	su_process_free(other);
}
END_TEST

/* Stops the thread that syncs expunged/. */
static struct {
	pthread_mutex_t	 mutex;
	pthread_cond_t	 changed;
	bool		 reached;
	bool		 open;
} gate = { .mutex = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER };

static int
stop_at_gate(const struct shim_event *ev, void *arg)
{
	(void)ev;
	(void)arg;
	(void)pthread_mutex_lock(&gate.mutex);
	gate.reached = true;
	(void)pthread_cond_broadcast(&gate.changed);
	while (!gate.open)
		(void)pthread_cond_wait(&gate.changed, &gate.mutex);
	(void)pthread_mutex_unlock(&gate.mutex);
	return 0;
}

static bool
gate_reached(void)
{
	bool reached;

	(void)pthread_mutex_lock(&gate.mutex);
	reached = gate.reached;
	(void)pthread_mutex_unlock(&gate.mutex);
	return reached;
}

static void
open_gate(void)
{
	(void)pthread_mutex_lock(&gate.mutex);
	gate.open = true;
	(void)pthread_cond_broadcast(&gate.changed);
	(void)pthread_mutex_unlock(&gate.mutex);
}

/* Somebody replaces expunged/ while a purge waits for its sync. */
START_TEST(test_expunged_is_replaced_during_a_purge)
{
	int fd;

	su.delays.mend_ms = 0;
	su_restart();
	expunge_some();
	gate.reached = gate.open = false;
	shim_hook(SHIM_SYNC, "penfold/expunged", stop_at_gate, NULL);
	su.store->purge_due_ms = 0;
	due_touch(su.store);
	su_turn_until(gate_reached());
	ck_assert(su.store->purge_job);
	fd = su.store->expunged_fd;
	su_move("penfold/expunged", "penfold/moved");
	su_turn_until(su.store->expunged_fd != fd);
	open_gate();
	(void)shim_clear();
	su_turn_until(!su.store->purge_job);
}
END_TEST

/* Calls that may need room. */
#define CHANGES	(SHIM_WRITE | SHIM_RENAME | SHIM_LINK | SHIM_MKDIR |	\
		SHIM_TRUNCATE)

static off_t
reserve_size(void)
{
	char path[128];
	struct stat sb;

	(void)snprintf(path, sizeof(path), "%s/penfold/reserve", su.root);
	return stat(path, &sb) == -1 ? -1 : sb.st_size;
}

static struct op *
make_expunge(struct view *v)
{
	return expunge_new(v, NULL);
}

static struct op *
make_store(struct view *v)
{
	struct flag_names f = { .system = FLAG_DELETED | FLAG_SEEN };
	struct idset uids;
	struct op *op;

	idset_init(&uids, 10);
	(void)idset_add(&uids, view_uid(v, 2));
	op = flags_new(v, &uids, FLAGS_REPLACE, &f, UINT64_MAX);
	idset_clear(&uids);
	return op;
}

static struct op *
make_delete(struct view *v)
{
	(void)v;
	return folder_delete_new(su.store, SLICE_LIT("box"));
}

/* Move all messages that the session sees. */
static struct op *
move_all(struct view *v)
{
	struct idset uids;
	struct op *op;

	idset_init(&uids, IDSET_NOLIMIT);
	(void)idset_add_range(&uids, 1, view_last_uid(v));
	op = copy_new(v, &uids, SLICE_LIT("box"), true);
	idset_clear(&uids);
	return op;
}

static const struct {
	struct op	*(*make)(struct view *v);
	uint32_t	 left;		/* messages in INBOX afterwards */
	uint32_t	 deleted;	/* of them, with \Deleted */
	bool		 box;		/* the mailbox is there */
	uint32_t	 moved;		/* messages in it */
} ops[] = {
	{ make_expunge, 1, 0, true, 0 },
	{ make_store, 2, 2, true, 0 },
	{ make_delete, 2, 1, false, 0 },
	{ move_all, 0, 0, true, 2 },
};

static void
empty(const char *name)
{
	struct view *v = su_select(su.proc, su.store, name);

	su_do(expunge_all_new(v, NULL), STORE_OK);
	view_close(v);
}

/*
 * An empty mailbox "box", and INBOX with two messages, the first with \Deleted.
 */
static struct view *
prepare(void)
{
	struct view *v;

	if (su_mailbox_id("box") == 0)
		su_do(folder_create_new(su.store, SLICE_LIT("box"), 0),
		    STORE_OK);
	else
		empty("box");
	empty("INBOX");
	v = su_select(su.proc, su.store, "INBOX");
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
	    FLAG_DELETED);
	(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 2);
	return v;
}

static void
judge(int i, bool done, unsigned long call)
{
	struct view *v = su_select(su.proc, su.store, "INBOX");
	uint32_t deleted = 0;
	struct flags f;
	uint64_t modseq;

	ck_assert_msg(view_exists(v) == (done ? ops[i].left : 2),
	    "call %lu: %u messages", call, view_exists(v));
	for (uint32_t seq = 1; seq <= view_exists(v); seq++) {
		view_flags(v, seq, &f, &modseq);
		deleted += (f.system & FLAG_DELETED) != 0;
	}
	ck_assert_msg(deleted == (done ? ops[i].deleted : 1),
	    "call %lu: %u deleted", call, deleted);
	ck_assert_msg((su_mailbox_id("box") != 0) == (!done || ops[i].box),
	    "call %lu: box", call);
	if (su_mailbox_id("box") != 0)
		ck_assert_uint_eq(su_messages(su.proc, su.store, "box"),
		    done ? ops[i].moved : 0);
	view_close(v);
}

/*
 * Whichever call finds the disk full, or the quota used up: room is made, and
 * the operation succeeds.
 */
START_TEST(test_full_once)
{
	unsigned long failed = 1;

	for (unsigned long k = 0; failed > 0; k++) {
		struct view *v = prepare();
		struct op *op = ops[_i].make(v);

		shim_set(&(struct shim_rule){ .calls = CHANGES, .skip = k,
		    .path = su.root, .count = 1,
		    .errnum = k % 2 == 0 ? ENOSPC : EDQUOT });
		ck_assert_msg(su_finish(su.proc, op) == RUN_DONE,
		    "call %lu: %s", k, op_error(op)->text);
		failed = shim_clear();
		op_free(op);
		judge(_i, true, k);
		view_close(v);
	}
}
END_TEST

/*
 * If the disk stays full from some call on, the operation is done or refused,
 * and what is refused has changed nothing.  A file can be moved back to where
 * it was, since there is room for its name.
 */
START_TEST(test_full_for_good)
{
	unsigned long failed = 1;

	for (unsigned long k = 0; failed > 0; k++) {
		struct view *v = prepare();
		struct op *op = ops[_i].make(v);
		bool done;

		shim_set(&(struct shim_rule){ .skip = k, .path = su.root,
		    .calls = CHANGES & ~SHIM_RENAME,
		    .errnum = k % 2 == 0 ? ENOSPC : EDQUOT });
		done = su_finish(su.proc, op) == RUN_DONE;
		if (!done)
			ck_assert_int_eq(op_error(op)->kind,
			    STORE_ERR_OVERQUOTA);
		failed = shim_clear();
		op_free(op);
		judge(_i, done, k);
		view_close(v);
	}
}
END_TEST

/* A disk without room for the WAL, until the reserve is given up. */
struct full {
	bool		 open;		/* the reserve was given up */
	unsigned int	 piece;		/* renames since the last commit */
	unsigned int	 most;		/* the largest of the first pieces */
	unsigned int	 commits;
	off_t		 left;		/* of the reserve, at the next write */
};

static int
on_full(const struct shim_event *ev, void *arg)
{
	struct full *f = arg;

	switch (ev->call) {
	case SHIM_TRUNCATE:
		f->open = f->open || strstr(ev->path, "/reserve") != NULL;
		return 0;
	case SHIM_RENAME:
		f->piece += f->open;
		return 0;
	}
	if (f->open && f->left == 0)
		f->left = reserve_size();
	if (strstr(ev->path, "/wake") != NULL && f->piece > 0) {
		if (f->commits++ == 0)
			f->most = f->piece;
		f->piece = 0;
	}
	return strstr(ev->path, "index.db-") != NULL && !f->open ? ENOSPC : 0;
}

static void
fill_disk(struct full *f)
{
	memset(f, 0, sizeof(*f));
	shim_hook(SHIM_WRITE | SHIM_TRUNCATE | SHIM_RENAME, su.root, on_full,
	    f);
}

/*
 * Where nothing else is left, EXPUNGE uses the reserve, which is not enough for
 * many messages at once.  All are expunged nevertheless.
 */
START_TEST(test_expunge_with_the_reserve)
{
	struct view *v, *w;
	struct full full;
	struct op *op;
	uint64_t modseq = 0;

	for (int i = 0; i < 60; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
		    i % 3 == 2 ? 0 : FLAG_DELETED);
	v = su_select(su.proc, su.store, "INBOX");
	w = su_select(su.proc, su.store, "INBOX");
	ck_assert_int_eq(reserve_size(), RESERVE_SIZE);
	fill_disk(&full);
	op = expunge_new(v, NULL);
	su_must(su.proc, op);
	(void)shim_clear();
	ck_assert(full.open);
	ck_assert_uint_le(full.most, 16);
	ck_assert_uint_gt(full.commits, 1);
	ck_assert_uint_eq(idset_count(expunge_result(op, &modseq)), 40);
	ck_assert_uint_eq(modseq, view_highestmodseq(v));
	op_free(op);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 20);
	ck_assert_uint_eq(view_exists(w), 60);
	su_sync(w);
	ck_assert_uint_eq(view_exists(w), 20);
	for (uint32_t seq = 1; seq <= 20; seq++)
		ck_assert_uint_eq(view_uid(w, seq), seq * 3);
	ck_assert_int_eq(su_count_names("cur", ""), 20);
	view_close(v);
	view_close(w);
}
END_TEST

/* STORE leaves one half of the reserve to EXPUNGE, which comes next. */
START_TEST(test_store_leaves_half)
{
	struct view *v = prepare();
	struct full full;

	fill_disk(&full);
	su_set_flags(su.proc, v, view_uid(v, 2), FLAGS_ADD, FLAG_DELETED,
	    NULL);
	ck_assert(full.open);
	ck_assert_int_eq(reserve_size(), RESERVE_HALF);
	full.open = false;
	su_do(expunge_new(v, NULL), STORE_OK);
	ck_assert(full.open);
	(void)shim_clear();
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 0);
	view_close(v);
}
END_TEST

/*
 * MOVE, by which users delete, leaves the same half, and needs no more for many
 * messages than for two: it commits two at a time.
 */
START_TEST(test_move_leaves_half)
{
	struct view *v = prepare();
	struct full full;
	struct op *op;

	for (int i = 0; i < 58; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF, 0);
	su_sync(v);
	fill_disk(&full);
	op = move_all(v);
	su_must(su.proc, op);
	(void)shim_clear();
	ck_assert_int_eq(full.left, RESERVE_HALF);
	ck_assert_uint_le(full.most, 2);
	ck_assert_uint_gt(full.commits, 1);
	ck_assert_uint_eq(idset_count(&copy_result(op)->from), 60);
	ck_assert_uint_eq(idset_count(&copy_result(op)->to), 60);
	op_free(op);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 0);
	ck_assert_uint_eq(su_messages(su.proc, su.store, "box"), 60);
	view_close(v);
}
END_TEST

/* COPY needs more room than there is, and does not use the reserve. */
START_TEST(test_copy_is_refused)
{
	struct view *v = prepare();
	struct full full;
	struct idset uids = su_one(view_uid(v, 1));

	fill_disk(&full);
	su_do(copy_new(v, &uids, SLICE_LIT("box"), false),
	    STORE_ERR_OVERQUOTA);
	(void)shim_clear();
	idset_clear(&uids);
	ck_assert_int_eq(reserve_size(), RESERVE_SIZE);
	ck_assert_uint_eq(su_messages(su.proc, su.store, "box"), 0);
	view_close(v);
}
END_TEST

/* One can log in even if there is no room for the WAL-index. */
START_TEST(test_open_with_the_reserve)
{
	struct full full;
	char path[128];

	view_close(prepare());
	store_close(su.store);
	su_process_free(su.proc);
	(void)snprintf(path, sizeof(path), "%s/penfold/index.db-shm",
	    su.root);
	(void)unlink(path);
	fill_disk(&full);
	su.proc = su_process_new();
	su.store = su_open(su.proc);
	ck_assert_uint_eq(su_messages(su.proc, su.store, "INBOX"), 2);
	(void)shim_clear();
	ck_assert(full.open);
	/* The disk has room, and so a reserve again. */
	ck_assert_int_eq(reserve_size(), RESERVE_SIZE);
}
END_TEST

/*
 * An EXPUNGE that is not committed may be undone: its files stay, even if
 * somebody needs room.
 */
START_TEST(test_open_expunge_is_not_purged)
{
	struct view *v;
	struct op *op;
	enum run run;

	for (int i = 0; i < 40; i++)
		(void)su_append(su.proc, su.store, "INBOX", SU_BODY_CRLF,
		    FLAG_DELETED);
	v = su_select(su.proc, su.store, "INBOX");
	op = expunge_new(v, NULL);
	while (su_count_names("penfold/expunged", "") == 0) {
		run = op_run(op);
		ck_assert(run == RUN_MORE || run == RUN_WAIT);
		if (run == RUN_WAIT)
			su_turn(su.proc, 1);
	}
	ck_assert_ptr_eq(su.store->writer, op);
	su.store->over_quota = su.store->room_wanted = true;
	due_touch(su.store);
	for (int i = 0; i < 20; i++)
		su_turn(su.proc, 0);
	ck_assert(su.store->purge_job);
	op_free(op);
	su_turn_until(!su.store->purge_job);
	su_refresh(su.proc, v);
	su_sync(v);
	ck_assert_uint_eq(view_exists(v), 40);
	ck_assert_int_eq(su_count_names("cur", ""), 40);
	view_close(v);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	tcase_add_test(tc, test_purge_without_the_lock);
	tcase_add_test(tc, test_purge_on_a_full_disk);
	tcase_add_test(tc, test_two_purges);
	tcase_add_test(tc, test_expunged_is_replaced_during_a_purge);
	tcase_add_loop_test(tc, test_full_once, 0, NROWS(ops));
	tcase_add_loop_test(tc, test_full_for_good, 0, NROWS(ops));
	tcase_add_test(tc, test_expunge_with_the_reserve);
	tcase_add_test(tc, test_store_leaves_half);
	tcase_add_test(tc, test_move_leaves_half);
	tcase_add_test(tc, test_copy_is_refused);
	tcase_add_test(tc, test_open_with_the_reserve);
	if (slices)
		tcase_add_test(tc, test_open_expunge_is_not_purged);
}

Suite *
suite_room(void)
{
	return su_suite("room", add_tests);
}
