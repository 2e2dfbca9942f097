/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Watching a store: mailboxes without a view, and the list of mailboxes. */
#include "config.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "storage/store.h"
#include "tests/unit/storeutil.h"

#define IDS_MAX	64

/* The changes reported for each mailbox, by id; see slot(). */
struct heard {
	unsigned int	what[IDS_MAX];
};

/* Ids of mailboxes are large, but those of an account are consecutive. */
static uint32_t
slot(uint32_t mailbox)
{
	return mailbox == 0 ? 0 : 1 + mailbox % (IDS_MAX - 1);
}

static void
hear(void *arg, uint32_t mailbox, unsigned int what)
{
	struct heard *h = arg;

	ck_assert_uint_ne(what, 0);
	h->what[slot(mailbox)] |= what;
}

static bool
heard_of_any(const struct heard *h, unsigned int what)
{
	for (int i = 0; i < IDS_MAX; i++)
		if ((h->what[i] & what) == what)
			return true;
	return false;
}

/* Turn the loops until a change was reported, and on for what may follow. */
static void
wait_for(const struct heard *h, unsigned int what)
{
	su_turn_until(heard_of_any(h, what));
	for (int i = 0; i < 5; i++)
		su_turn_all();
}

/* Make the list look as if read long after the last folder was made. */
static void
age_list(void)
{
	struct timespec t[2];

	ck_assert_int_eq(clock_gettime(CLOCK_REALTIME, &t[0]), 0);
	t[0].tv_sec -= 60;
	t[1] = t[0];
	ck_assert_int_eq(utimensat(AT_FDCWD, su.root, t, 0), 0);
	(void)su_mailbox_id("INBOX");
}

static void
run(struct storage *s, struct op *op)
{
	su_must(s, op);
	op_free(op);
}

static void
append(struct storage *s, struct store *st)
{
	(void)su_append(s, st, "Sent", SU_BODY_CRLF, 0);
}

static void
flag(struct storage *s, struct store *st)
{
	struct view *v = su_select(s, st, "Sent");

	su_set_flags(s, v, 1, FLAGS_ADD, FLAG_FLAGGED, NULL);
	view_close(v);
}

static void
expunge(struct storage *s, struct store *st)
{
	struct view *v = su_select(s, st, "Sent");
	struct idset uids;

	idset_init(&uids, IDSET_NOLIMIT);
	ck_assert_int_eq(idset_add(&uids, 1), 0);
	run(s, expunge_all_new(v, &uids));
	idset_clear(&uids);
	view_close(v);
}

static void
create(struct storage *s, struct store *st)
{
	run(s, folder_create_new(st, SLICE_LIT("New"), 0));
}

static void
rename_sent(struct storage *s, struct store *st)
{
	run(s, folder_rename_new(st, SLICE_LIT("Sent"), SLICE_LIT("Gone")));
}

static void
delete_sent(struct storage *s, struct store *st)
{
	run(s, folder_delete_new(st, SLICE_LIT("Sent")));
}

static void
unsubscribe(struct storage *s, struct store *st)
{
	run(s, folder_subscribe_new(st, SLICE_LIT("Sent"), false));
}

static const struct {
	const char	*name;
	void		(*change)(struct storage *, struct store *);
	const char	*mailbox;	/* its name afterwards, or before */
	unsigned int	 want;
} rows[] = {
	{ "APPEND", append, "Sent", CHANGE_NEW },
	{ "STORE", flag, "Sent", CHANGE_FLAGS },
	{ "EXPUNGE", expunge, "Sent", CHANGE_EXPUNGE },
	{ "CREATE", create, "New", CHANGE_NAME },
	{ "RENAME", rename_sent, "Gone", CHANGE_NAME },
	{ "DELETE", delete_sent, "Sent", CHANGE_NAME },
	{ "UNSUBSCRIBE", unsubscribe, "Sent", CHANGE_SUBSCRIPTION },
};

/* Even rows: changed by this process; odd ones: by another. */
START_TEST(test_change_without_a_view_is_told)
{
	struct storage *s;
	struct store *st;
	struct watcher *all, *some;
	struct heard h, none;
	uint32_t id, before;

	memset(&h, 0, sizeof(h));
	memset(&none, 0, sizeof(none));
	append(su.proc, su.store);
	/* Start with no mailbox in memory. */
	su_restart();
	s = su.proc;
	st = su.store;
	if (_i % 2 == 1) {
		s = su_process_new();
		st = su_open(s);
	}
	age_list();
	before = su_mailbox_id(rows[_i / 2].mailbox);
	all = watcher_new(su.store, CHANGE_ALL, hear, &h);
	some = watcher_new(su.store, CHANGE_ALL & ~rows[_i / 2].want, hear,
	    &none);
	for (int i = 0; i < 5; i++)
		su_turn_all();
	memset(&h, 0, sizeof(h));
	rows[_i / 2].change(s, st);
	wait_for(&h, rows[_i / 2].want);
	/*
	 * Look up the id only now: it reads the list, which would find the
	 * change.
	 */
	if ((id = su_mailbox_id(rows[_i / 2].mailbox)) == 0)
		id = before;
	for (uint32_t i = 0; i < IDS_MAX; i++) {
		ck_assert_msg(h.what[i] ==
		    (i == slot(id) ? rows[_i / 2].want : 0),
		    "%s: mailbox %u: told %#x", rows[_i / 2].name, i,
		    h.what[i]);
		ck_assert_msg(none.what[i] == 0,
		    "%s: mailbox %u: told %#x, not asked for",
		    rows[_i / 2].name, i, none.what[i]);
	}
	watcher_free(some);
	watcher_free(all);
	if (st != su.store) {
		store_close(st);
		su_process_free(s);
	}
}
END_TEST

/* After the last unwatch nothing is reported, not even a change under way. */
START_TEST(test_unwatch_ends_it)
{
	struct watcher *w;
	struct heard h;

	memset(&h, 0, sizeof(h));
	w = watcher_new(su.store, CHANGE_ALL, hear, &h);
	for (int i = 0; i < 5; i++)
		su_turn_all();
	memset(&h, 0, sizeof(h));
	watcher_free(w);
	append(su.proc, su.store);
	create(su.proc, su.store);
	for (int i = 0; i < 5; i++)
		su_turn_all();
	for (uint32_t i = 0; i < IDS_MAX; i++)
		ck_assert_uint_eq(h.what[i], 0);
}
END_TEST

/* After the loss of an index, any of its mailboxes may have changed. */
START_TEST(test_lost_index_is_told)
{
	struct watcher *w;
	struct heard h;
	char path[256];

	memset(&h, 0, sizeof(h));
	w = watcher_new(su.store, CHANGE_ALL, hear, &h);
	for (int i = 0; i < 5; i++)
		su_turn_all();
	ck_assert_uint_eq(h.what[0], 0);
	(void)snprintf(path, sizeof(path), "%s/penfold/index.db", su.root);
	ck_assert_int_eq(unlink(path), 0);
	wait_for(&h, CHANGE_ALL);
	ck_assert_uint_eq(h.what[0], CHANGE_ALL);
	watcher_free(w);
}
END_TEST

static void
add_tests(TCase *tc, bool slices)
{
	(void)slices;
	tcase_add_loop_test(tc, test_change_without_a_view_is_told, 0,
	    2 * NROWS(rows));
	tcase_add_test(tc, test_unwatch_ends_it);
	tcase_add_test(tc, test_lost_index_is_told);
}

Suite *
suite_watcher(void)
{
	return su_suite("watcher", add_tests);
}
