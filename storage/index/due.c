/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The queue of touched stores, and the tree of sleeping stores, ordered by the
 * time at which they are due.
 */

#include "config.h"

#include "storage/index/due.h"
#include "storage/index/store_state.h"

static int
due_cmp(struct store *a, struct store *b)
{
	if (a->due_ms != b->due_ms)
		return a->due_ms < b->due_ms ? -1 : 1;
	return a < b ? -1 : a > b;
}

RB_PROTOTYPE(due_tree, store, due_node, due_cmp)
RB_GENERATE(due_tree, store, due_node, due_cmp)

void
due_forget(struct store *st)
{
	if (st->touched)
		TAILQ_REMOVE(&st->storage->touched, st, touched_link);
	else if (st->due_ms != UINT64_MAX)
		RB_REMOVE(due_tree, &st->storage->sleeping, st);
	st->touched = false;
	st->due_ms = UINT64_MAX;
}

void
due_touch(struct store *st)
{
	if (st->touched)
		return;
	due_forget(st);
	st->touched = true;
	TAILQ_INSERT_TAIL(&st->storage->touched, st, touched_link);
}

void
due_at(struct store *st, uint64_t ms)
{
	if (st->touched || ms == st->due_ms)
		return;
	due_forget(st);
	st->due_ms = ms;
	if (ms != UINT64_MAX)
		RB_INSERT(due_tree, &st->storage->sleeping, st);
}

void
due_wake(struct storage *s, uint64_t now)
{
	struct store *st;

	while ((st = RB_MIN(due_tree, &s->sleeping)) != NULL &&
	    st->due_ms <= now)
		due_touch(st);
}

uint64_t
due_first(const struct storage *s)
{
	struct due_tree sleeping = s->sleeping;
	const struct store *st = RB_MIN(due_tree, &sleeping);

	return st == NULL ? UINT64_MAX : st->due_ms;
}
