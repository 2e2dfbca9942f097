/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A user's mail from the first session to the last.  home.c has the folders
 * below the root, index.c the database handle, tick.c what is done in the
 * background.
 */

#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/timer.h"
#include "common/base/xmalloc.h"
#include "storage/index/due.h"
#include "storage/index/index.h"
#include "storage/index/store_error.h"
#include "storage/index/store_ref.h"
#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/home.h"
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/names.h"
#include "storage/maildir/watch.h"
#include "storage/op/list.h"
#include "storage/store.h"
#include "storage/store_life.h"

/*
 * Put a new store into the tree, unless the tree has one of this user whose
 * home is still there.  Returns that one, or NULL.
 */
static struct store *
insert(struct storage *s, struct store *st)
{
	struct store *other;

	if ((other = RB_INSERT(store_tree, &s->stores, st)) == NULL)
		return NULL;
	home_look_whole(other);
	return other->gone ? RB_INSERT(store_tree, &s->stores, st) : other;
}

struct store *
store_open(struct storage *s, struct slice user, struct slice root,
    struct store_error *err)
{
	struct store *st, *other;

	memset(err, 0, sizeof(*err));
	st = xcalloc(1, sizeof(*st));
	st->root = xstrdup_slice(root);
	if ((other = insert(s, st)) != NULL) {
		home_wait_again(other);
		free(st->root);
		free(st);
		store_ref(other);
		return other;
	}
	st->storage = s;
	st->user = xstrdup_slice(user);
	st->due_ms = UINT64_MAX;
	st->root_fd = st->penfold_fd = st->expunged_fd = -1;
	st->wake_fd = st->wal_fd = -1;
	st->list = list_open();
	st->purge_due_ms = timer_ms() + s->delays.purge_first_ms;
	TAILQ_INIT(&st->mailboxes);
	TAILQ_INIT(&st->dirty);
	TAILQ_INIT(&st->folders);
	st->group = syncgroup_new(s->sync, st);
	if (home_open(st, err) == -1) {
		store_destroy(st);
		return NULL;
	}
	store_ref(st);
	return st;
}

void
store_close(struct store *st)
{
	if (st != NULL)
		store_unref(st);
}

bool
store_lost(const struct store *st)
{
	return st->gone;
}

void
store_destroy(struct store *st)
{
	assert(st->refs == 0);
	mailboxes_free(st);
	watch_stop(st->watched);
	watch_stop(st->root_watched);
	watch_stop(st->penfold_watched);
	index_give_up(st);
	syncjob_free(st->heal);
	if (st->root_sync == NULL && st->root_fd != -1)
		(void)close(st->root_fd);
	if (st->expunged_sync == NULL && st->expunged_fd != -1)
		(void)close(st->expunged_fd);
	syncfile_unref(st->root_sync);
	syncfile_unref(st->expunged_sync);
	syncgroup_free(st->group);
	names_free(st->names);
	list_close(st->list);
	if (st->wake_fd != -1)
		(void)close(st->wake_fd);
	if (st->penfold_fd != -1)
		(void)close(st->penfold_fd);
	due_forget(st);
	if (st->gone)
		TAILQ_REMOVE(&st->storage->gone, st, gone_link);
	else
		RB_REMOVE(store_tree, &st->storage->stores, st);
	free(st->user);
	free(st->root);
	free(st->db_path);
	free(st);
}
