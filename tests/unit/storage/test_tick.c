/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * What is done in the background, against every state in which it can find a
 * mailbox.  Most of what could go wrong is a mailbox that is used after it was
 * freed, which only a build with sanitizers tells for certain.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "storage/index/due.h"
#include "storage/index/store_state.h"
#include "storage/mailbox/mailbox.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/maildir/watch.h"
#include "storage/store.h"
#include "storage/tick.h"
#include "tests/unit/storeutil.h"

/* A state is a combination of these; each has a mailbox of its own. */
#define IS_LOADED	(1U << 0)	/* was selected by a session */
#define IS_WATCHED	(1U << 1)	/* its folder is watched */
#define IS_HELD		(1U << 2)	/* a session has it selected */
#define IS_FLAGGED	(1U << 3)	/* a file name does not show a flag */
#define IS_BEHIND	(1U << 4)	/* dovecot-uidlist lacks a UID */
#define IS_WRITTEN	(1U << 5)	/* another process wrote that UID */
#define IS_DEAD		(1U << 6)	/* another process deleted it */
#define STATES		(1U << 7)

static struct view	*held[STATES];

static bool
possible(unsigned int state)
{
	if (state & (IS_HELD | IS_FLAGGED) && (state & IS_LOADED) == 0)
		return false;
	return (state & IS_WRITTEN) == 0 || (state & IS_BEHIND) != 0;
}

static const char *
name_of(unsigned int state)
{
	static char name[16];

	(void)snprintf(name, sizeof(name), "m%u", state);
	return name;
}

static struct mailbox *
in_memory(unsigned int state)
{
	struct mailbox *mb;

	TAILQ_FOREACH(mb, &su.store->mailboxes, link)
		if (strcmp(mb->name, name_of(state)) == 0)
			return mb;
	return NULL;
}

static void
deliver(unsigned int state, const char *file)
{
	char dir[64];

	(void)snprintf(dir, sizeof(dir), ".%s/new", name_of(state));
	su_deliver_as(dir, file, SU_BODY_LF);
}

/* Bring a mailbox that is not in memory into its state, in this process. */
static void
prepare(unsigned int state)
{
	const char *name = name_of(state);
	struct mailbox *mb;

	if (state & IS_BEHIND)
		deliver(state, "1000000001.two");
	ck_assert_uint_eq(su_messages(su.proc, su.store, name),
	    state & IS_BEHIND ? 2 : 1);
	if (state & IS_LOADED) {
		held[state] = su_select(su.proc, su.store, name);
		if (state & IS_FLAGGED)
			su_set_flags(su.proc, held[state], 1, FLAGS_ADD,
			    FLAG_SEEN, NULL);
		if ((state & IS_HELD) == 0) {
			view_close(held[state]);
			held[state] = NULL;
		}
	}
	if ((mb = in_memory(state)) == NULL)
		return;
	if (state & IS_WATCHED)
		mailbox_watch(mb);
	else {
		watch_stop(mb->watch.watched);
		mb->watch.watched = NULL;
	}
}

/* Another process writes lists, and deletes mailboxes. */
static void
interfere(void)
{
	struct storage *other = su_process_new();
	struct store *st = su_open(other);
	struct op *op;

	for (unsigned int state = 0; state < STATES; state++)
		if (possible(state) && state & IS_WRITTEN)
			(void)su_messages(other, st, name_of(state));
	tick_flush(st);
	for (unsigned int state = 0; state < STATES; state++) {
		if (!possible(state) || (state & IS_DEAD) == 0)
			continue;
		op = folder_delete_new(st, slice_str(name_of(state)));
		su_must(other, op);
		op_free(op);
	}
	store_close(st);
	su_process_free(other);
}

/* Give each state its mailbox, with a message that dovecot-uidlist has. */
static void
make_mailboxes(void)
{
	su.options.mailbox_max = 0;
	storage_configure(su.proc, &su.options);
	for (unsigned int state = 0; state < STATES; state++) {
		held[state] = NULL;
		if (!possible(state))
			continue;
		su_do(folder_create_new(su.store, slice_str(name_of(state)), 0),
		    STORE_OK);
		deliver(state, "1000000000.one");
		(void)su_messages(su.proc, su.store, name_of(state));
	}
	su_restart();
	for (unsigned int state = 0; state < STATES; state++)
		if (possible(state))
			prepare(state);
	interfere();
}

static void
flush(void)
{
	tick_flush(su.store);
}

static void
turn(void)
{
	for (int i = 0; i < 20; i++)
		su_turn_all();
}

static void
make_all_due(void)
{
	struct mailbox *mb;

	TAILQ_FOREACH(mb, &su.store->mailboxes, link) {
		mb->names.due_ms = mb->list.due_ms = 1;
		mb->watch.scan_due = mb->claim_due = true;
		mb->used_ms -= 3000000;
	}
	su.store->sync_due_ms = su.store->purge_due_ms = 1;
	due_touch(su.store);
	turn();
}

static void
make_idle(void)
{
	struct mailbox *mb;

	/* Twice, since a list is written before its mailbox is closed. */
	for (int i = 0; i < 2; i++) {
		TAILQ_FOREACH(mb, &su.store->mailboxes, link)
			mb->used_ms = 0;
		su.store->used_ms = 0;
		due_touch(su.store);
		turn();
	}
}

static void
close_held(void)
{
	for (unsigned int state = 0; state < STATES; state++) {
		view_close(held[state]);
		held[state] = NULL;
	}
}

static void
reach_open_max(void)
{
	struct store_error err;
	struct store *st;
	char root[96];

	close_held();
	store_close(su.store);
	(void)snprintf(root, sizeof(root), "%s/u", su.root);
	st = store_open(su.proc, SLICE_LIT("u"), slice_str(root), &err);
	ck_assert_msg(st != NULL, "%s", err.text);
	su.options.open_max = 1;
	storage_configure(su.proc, &su.options);
	/* Names that change are synced by a helper thread first. */
	su_turn_until(su.proc->nstores_open == 1);
	su.store = su_open(su.proc);
	store_close(st);
}

/* Whether the store that was closed is gone; if not, make it look idle. */
static bool
parted(struct store *st)
{
	struct mailbox *mb;

	if (RB_ROOT(&su.proc->stores) == NULL)
		return true;
	TAILQ_FOREACH(mb, &st->mailboxes, link)
		mb->used_ms = 0;
	st->used_ms = 0;
	due_touch(st);
	return false;
}

/* Close the store: it writes what it owes and parts from its index. */
static void
part(void)
{
	struct store *st = su.store;

	close_held();
	store_close(st);
	su_turn_until(parted(st));
	su.store = su_open(su.proc);
}

static void
end_process(void)
{
	close_held();
	su_restart();
}

static void
lose_index(void)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/penfold/index.db", su.root);
	ck_assert_int_eq(unlink(path), 0);
	flush();
	turn();
	close_held();
	ck_assert(store_lost(su.store));
	store_close(su.store);
	su.store = su_open(su.proc);
}

static void	(*const events[])(void) = {
	flush, turn, make_all_due, make_idle, reach_open_max, part,
	end_process, lose_index,
};

/* After each event, nothing is missing and the next command succeeds. */
START_TEST(test_background_work_in_every_state)
{
	make_mailboxes();
	events[_i]();
	for (unsigned int state = 0; state < STATES; state++) {
		if (!possible(state))
			continue;
		if (state & IS_DEAD)
			su_do(status_new(su.store,
			    slice_str(name_of(state))),
			    STORE_ERR_NONEXISTENT);
		else
			ck_assert_uint_eq(su_messages(su.proc, su.store,
			    name_of(state)), state & IS_BEHIND ? 2 : 1);
	}
	close_held();
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	(void)slices;
	tcase_add_loop_test(tc, test_background_work_in_every_state, 0,
	    NROWS(events));
}

Suite *
suite_tick(void)
{
	return su_suite("tick", add_tests);
}
