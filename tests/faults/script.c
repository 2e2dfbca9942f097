/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The scripts; see script.h. */

#include "config.h"

#include <sys/stat.h>

#include <stdio.h>
#include <unistd.h>

#include <sqlite3.h>

#include "storage/index/vfs.h"
#include "tests/faults/script.h"
#include "tests/faults/world.h"
#include "tests/unit/shim.h"
#include "tests/unit/storeutil.h"

static struct view	*view;		/* opened by setup functions */

/* INBOX has messages 0 to 3, and is selected. */
static void
setup_inbox(void)
{
	for (uint32_t m = 0; m < 4; m++)
		(void)w_append(INBOX, m, m == 1 ? FLAG_DELETED : 0);
	view = w_select(INBOX);
	(void)w_store(view, 2, FLAGS_ADD, FLAG_SEEN | W_KEYWORD);
}

static void
run_append(void)
{
	(void)w_append(INBOX, 5, FLAG_SEEN);
	(void)w_append(SENT, 6, 0);
	(void)w_noop(view);
}

static void
run_deliver(void)
{
	w_deliver(INBOX, 5);
	w_deliver(INBOX, 6);
	(void)w_noop(view);
	w_deliver(INBOX, 7);
	w_close(w_select(INBOX));
}

/* Messages that were taken in are synced later. */
static void
run_deliver_idle(void)
{
	w_deliver(INBOX, 5);
	(void)w_noop(view);
	w_idle();
	w_deliver(INBOX, 6);
	(void)w_noop(view);
	w_idle();
}

static void
run_store(void)
{
	(void)w_store(view, 0, FLAGS_ADD, FLAG_FLAGGED);
	(void)w_store(view, 3, FLAGS_ADD, W_KEYWORD);
	(void)w_store(view, 2, FLAGS_REPLACE, FLAG_ANSWERED);
}

/* Flags that were changed reach the file names. */
static void
run_rename_flags(void)
{
	run_store();
	w_idle();
	(void)w_store(view, 0, FLAGS_REMOVE, FLAG_FLAGGED);
	w_idle();
	(void)w_noop(view);
}

static void
run_copy(void)
{
	(void)w_copy(view, 0, 2, SENT, false);
}

static void
run_move(void)
{
	(void)w_copy(view, 0, 2, SENT, true);
	(void)w_noop(view);
}

static void
run_expunge(void)
{
	(void)w_expunge(view);
	(void)w_store(view, 3, FLAGS_ADD, FLAG_DELETED);
	(void)w_expunge(view);
	(void)w_noop(view);
}

static void
run_pop3(void)
{
	struct view *v = w_select(INBOX);

	if (v == NULL)
		return;
	(void)w_remove(v, 0);
	w_close(v);
}

static void
run_folders(void)
{
	if (w_create(WORK, "Work"))
		(void)w_append(WORK, 8, 0);
	if (w->mailboxes[WORK].fate == THERE) {
		(void)w_rename(WORK, "Done");
		(void)w_subscribe(WORK);
		(void)w_append(WORK, 9, 0);
		(void)w_delete(WORK);
	}
}

static void
setup_work(void)
{
	setup_inbox();
	(void)w_create(WORK, "Work");
	(void)w_append(WORK, 8, FLAG_FLAGGED);
	(void)w_append(WORK, 9, 0);
}

static void
run_rename(void)
{
	(void)w_rename(WORK, "Done");
	w_close(w_select(WORK));
}

static void
run_delete(void)
{
	(void)w_delete(WORK);
}

/* The index is lost while nobody is logged in. */
static void
setup_lost(void)
{
	char path[128];
	static const char *const files[] = {
		"index.db", "index.db-wal", "index.db-shm"
	};

	setup_work();
	w_idle();
	w_end();
	for (size_t i = 0; i < NROWS(files); i++) {
		(void)snprintf(path, sizeof(path), "%s/penfold/%s", su.root,
		    files[i]);
		(void)unlink(path);
	}
}

/*
 * The WAL begins with a mark, and nothing of it is in the database.  A helper
 * thread of the store may have the index locked at first.
 */
static void
setup_wal(void)
{
	setup_inbox();
	while (!w_checkpoint(true))
		su_turn(su.proc, 5);
}

static void
close_other(sqlite3 *db)
{
	w_flushing = true;
	sqlite3_close(db);
	w_flushing = false;
}

/*
 * Another process has the index open and does this; it may wait for the disk.
 * NULL if one of its calls has failed.  In this process it needs our layer over
 * files, since both share the memory of the WAL-index.
 */
static sqlite3 *
open_other(const char *text)
{
	sqlite3 *db = NULL;
	int rc;

	w_flushing = true;
	rc = sqlite3_open_v2(su_in_penfold("index.db"), &db,
	    SQLITE_OPEN_READWRITE, VFS_NAME);
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, text, NULL, NULL, NULL);
	w_flushing = false;
	if (rc != SQLITE_OK) {
		close_other(db);
		db = NULL;
	}
	return db;
}

/*
 * A reader keeps checkpoints from ending, so that SQLite does not sync the
 * database.  The first has no mark of its own, since another program has the
 * lock for writing.
 */
static void
run_checkpoint(void)
{
	sqlite3 *reader, *writer;

	(void)w_append(INBOX, 5, 0);
	reader = open_other("BEGIN; SELECT * FROM meta");
	(void)w_append(INBOX, 6, FLAG_SEEN);
	writer = open_other("BEGIN IMMEDIATE");
	(void)w_checkpoint(false);
	close_other(writer);
	(void)w_append(SENT, 7, 0);
	(void)w_checkpoint(false);
	(void)w_append(INBOX, 8, 0);
	close_other(reader);
	(void)w_checkpoint(false);
	(void)w_append(INBOX, 9, 0);
	(void)w_checkpoint(true);
	(void)w_append(SENT, 10, 0);
}

/* A user who never logged in has mail. */
static void
setup_new(void)
{
	static const char *const folders[] = { "", "cur", "new", "tmp" };
	char path[128];

	w_end();
	w_erase();
	for (size_t i = 0; i < NROWS(folders); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", su.root,
		    folders[i]);
		ck_assert_int_eq(mkdir(path, 0700), 0);
	}
	for (uint32_t m = 0; m < 4; m++)
		w_deliver(INBOX, m);
}

static void
run_look(void)
{
	w_close(w_select(INBOX));
	w_close(w_select(WORK));
}

/* The next login. */
static void
run_login(void)
{
	if (w_begin())
		run_look();
}

/* An old session and one that starts see what the other does. */
static void
run_two(void)
{
	struct view *v = w_select(INBOX);

	if (v == NULL)
		return;
	(void)w_append(INBOX, 5, 0);
	(void)w_noop(v);
	(void)w_store(v, 5, FLAGS_ADD, FLAG_DELETED);
	(void)w_noop(view);
	(void)w_expunge(view);
	(void)w_noop(v);
}

/* Each message that the session was told of can be read. */
static void
run_fetch(void)
{
	for (int i = 0; i < 4; i++) {
		w_fetch(view);
		(void)w_noop(view);
	}
}

void
script_select(void)
{
	view = w_select(INBOX);
}

static void
also_append(void)
{
	(void)w_append(INBOX, 10, FLAG_FLAGGED);
	(void)w_append(SENT, 11, 0);
	(void)w_noop(view);
	(void)w_append(INBOX, 12, 0);
}

static void
also_deliver(void)
{
	w_deliver(INBOX, 10);
	(void)w_noop(view);
	w_deliver(INBOX, 11);
	w_close(w_select(INBOX));
}

/* The other process moves a message that this one expunges. */
static void
also_expunge(void)
{
	(void)w_store(view, 0, FLAGS_ADD, FLAG_DELETED);
	(void)w_expunge(view);
	(void)w_noop(view);
}

static void
also_store(void)
{
	(void)w_store(view, 1, FLAGS_ADD, FLAG_DRAFT);
	(void)w_append(INBOX, 10, 0);
	(void)w_noop(view);
	(void)w_store(view, 10, FLAGS_ADD, FLAG_FLAGGED);
}

static void
also_churn(void)
{
	(void)w_store(view, 1, FLAGS_ADD, FLAG_DRAFT);
	w_idle();
	(void)w_append(INBOX, 10, 0);
	(void)w_store(view, 0, FLAGS_ADD, FLAG_DELETED);
	(void)w_expunge(view);
	(void)w_store(view, 2, FLAGS_REPLACE, FLAG_FLAGGED);
	(void)w_copy(view, 3, 3, SENT, true);
	w_idle();
}

static void
also_look(void)
{
	w_close(w_select(SENT));
	run_look();
	(void)w_noop(view);
}

const struct script scripts[] = {
	{ "append", setup_inbox, run_append, false, also_append },
	{ "deliver", setup_inbox, run_deliver, false, also_deliver },
	{ "deliver-idle", setup_inbox, run_deliver_idle, true, also_store },
	{ "store", setup_inbox, run_store, false, also_store },
	{ "rename-flags", setup_inbox, run_rename_flags, true, also_store },
	{ "copy", setup_inbox, run_copy, false, also_append },
	{ "move", setup_inbox, run_move, false, also_expunge },
	{ "expunge", setup_inbox, run_expunge, false, also_append },
	{ "pop3", setup_inbox, run_pop3, false, also_deliver },
	{ "folders", setup_inbox, run_folders, false, also_look },
	{ "rename", setup_work, run_rename, false, also_append },
	{ "delete", setup_work, run_delete, false, also_look },
	{ "index-lost", setup_lost, run_login, true, also_look },
	{ "two-sessions", setup_inbox, run_two, false, also_deliver },
	{ "fetch", setup_inbox, run_fetch, true, also_churn },
	{ "first-login", setup_new, run_login, true, also_look },
	{ "checkpoint", setup_wal, run_checkpoint, false, also_store },
	{ NULL, NULL, NULL, false, NULL }
};
