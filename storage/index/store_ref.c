/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The stores of a process, and who holds them; see store_ref.h. */

#include "config.h"

#include <string.h>

#include "common/base/timer.h"
#include "storage/index/due.h"
#include "storage/index/store_ref.h"
#include "storage/index/store_state.h"

static int
store_cmp(struct store *a, struct store *b)
{
	return strcmp(a->root, b->root);
}

RB_GENERATE(store_tree, store, node, store_cmp)

void
store_note_spare(struct store *st)
{
	struct store_list *spares = &st->storage->spares;
	bool spare = st->db != NULL && st->refs == 0;

	if (spare && !st->spare)
		TAILQ_INSERT_TAIL(spares, st, spare_link);
	else if (!spare && st->spare)
		TAILQ_REMOVE(spares, st, spare_link);
	st->spare = spare;
	st->leave = st->leave && spare;
}

void
store_ref(struct store *st)
{
	st->refs++;
	store_note_spare(st);
	due_touch(st);
}

void
store_unref(struct store *st)
{
	st->refs--;
	st->used_ms = timer_ms();
	store_note_spare(st);
	due_touch(st);
}
