/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The watchdog: which children it ends.  Time passes as looks, not seconds. */

#include "config.h"

#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "common/base/compat.h"
#include "common/parent/parent_ctx.h"
#include "common/parent/parent_kid.h"
#include "common/parent/parent_watch.h"
#include "common/proc/stats.h"
#include "tests/unit/util.h"

static struct stats	 tables[2];
static struct kid	*a, *b;

static struct kid *
kid_make(enum role role, uint32_t number)
{
	struct kid *k = kid_new(role, number, 0, 0, "/");

	k->pid = 1 << 30;		/* runs, but nobody has this number */
	k->stats = &tables[number];
	return k;
}

static void
kid_drop(struct kid *k)
{
	TAILQ_REMOVE(&kids, k, entry);
	free(k->root);
	free(k);
}

static void
setup(void)
{
	memset(&parent, 0, sizeof(parent));
	memset(tables, 0, sizeof(tables));
	TAILQ_INIT(&kids);
	a = kid_make(ROLE_MAIL, 0);
	b = kid_make(ROLE_MAIL, 1);
}

static void
teardown(void)
{
	kid_drop(a);
	kid_drop(b);
	memset(&parent, 0, sizeof(parent));
}

static void
look(int times)
{
	for (int i = 0; i < times; i++) {
		tables[1].beat++;
		parent_watch_look();
	}
}

START_TEST(test_parent_watch_ends_a_child_that_stands_still)
{
	tables[0].beat = 7;
	look(1);
	/* Three looks are 30 s. */
	look(WATCH_SILENT - 1);
	ck_assert(!a->killed);
	look(1);
	ck_assert(a->killed);
	look(100);
	ck_assert(!b->killed);
}
END_TEST

/* One sign of life is enough, however late. */
START_TEST(test_parent_watch_starts_anew)
{
	for (int i = 0; i < 10; i++) {
		tables[0].beat++;
		look(WATCH_SILENT);
		ck_assert(!a->killed);
	}
}
END_TEST

/* A child that never said anything stands still, too. */
START_TEST(test_parent_watch_ends_a_child_that_never_began)
{
	look(WATCH_SILENT - 1);
	ck_assert(!a->killed);
	look(1);
	ck_assert(a->killed);
}
END_TEST

START_TEST(test_parent_watch_ends_a_retired_worker)
{
	b->retired = true;
	tables[0].beat++;
	look(1);
	for (int i = 1; i < WATCH_LINGERS - 1; i++) {
		tables[0].beat++;
		look(1);
	}
	ck_assert(!b->killed);
	look(1);
	ck_assert(b->killed);
	ck_assert(!a->killed);
}
END_TEST

/* A front that was retired may keep its sessions as long as they last. */
START_TEST(test_parent_watch_lets_a_retired_front_live)
{
	b->role = ROLE_FRONT;
	b->retired = true;
	look(10 * WATCH_LINGERS);
	ck_assert(!b->killed);
}
END_TEST

START_TEST(test_parent_watch_leaves_others_alone)
{
	a->pid = 0;			/* not running */
	b->stats = NULL;		/* no memory to share */
	look(10 * WATCH_SILENT);
	ck_assert(!a->killed);
	ck_assert(!b->killed);
	a->pid = 1 << 30;
	parent.stopping = true;
	look(10 * WATCH_SILENT);
	ck_assert(!a->killed);
}
END_TEST

Suite *
suite_parent_watch(void)
{
	Suite *s = suite_create("parent_watch");
	TCase *t = tcase_create("watch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_parent_watch_ends_a_child_that_stands_still);
	tcase_add_test(t, test_parent_watch_starts_anew);
	tcase_add_test(t, test_parent_watch_ends_a_child_that_never_began);
	tcase_add_test(t, test_parent_watch_ends_a_retired_worker);
	tcase_add_test(t, test_parent_watch_lets_a_retired_front_live);
	tcase_add_test(t, test_parent_watch_leaves_others_alone);
	suite_add_tcase(s, t);
	return s;
}
