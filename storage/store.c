/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A user's mail from the first session to the last: opening and closing the
 * folders below the root, and the watch for commits of other processes.
 * index.c has the database handle, tick.c what is done in the background.
 */

#include "config.h"

#include <sys/stat.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
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
#include "storage/mailbox/mailboxes.h"
#include "storage/mailbox/names.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"
#include "storage/op/list.h"
#include "storage/store.h"
#include "storage/store_life.h"

/* Create all parts of a path that are missing. */
static int
make_path(const char *path)
{
	char part[PATH_MAX];

	if (strlen(path) >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (const char *p = path;; p++) {
		if ((*p != '/' && *p != '\0') || p == path) {
			if (*p == '\0')
				return 0;
			continue;
		}
		memcpy(part, path, (size_t)(p - path));
		part[p - path] = '\0';
		if (mkdir(part, 0700) == -1 && errno != EEXIST &&
		    errno != EACCES && errno != EROFS)
			return -1;
		if (*p == '\0')
			return 0;
	}
}

static int
open_folders(struct store *st)
{
	if (make_path(st->root) == -1)
		return -1;
	st->root_fd = open(st->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (st->root_fd == -1)
		return -1;
	if (maildir_make(st->root_fd, ".") == -1)
		return -1;
	if ((mkdirat(st->root_fd, "penfold", 0700) == -1 &&
	    errno != EEXIST) || (st->penfold_fd =
	    maildir_open_dir(st->root_fd, "penfold")) == -1)
		return -1;
	if ((mkdirat(st->penfold_fd, "expunged", 0700) == -1 &&
	    errno != EEXIST) || (st->expunged_fd =
	    maildir_open_dir(st->penfold_fd, "expunged")) == -1)
		return -1;
	st->wake_fd = openat(st->penfold_fd, "wake",
	    O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return st->wake_fd == -1 ? -1 : 0;
}

static void
wake_report(void *arg, enum watch_dir dir)
{
	struct store *st = arg;

	(void)dir;
	st->wake_seen = true;
	due_touch(st);
}

static void
watch_wake(struct store *st)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/penfold/wake", st->root) <
	    (int)sizeof(path))
		st->watched = watch_file(st->storage->watch, path,
		    wake_report, st);
}

static void
root_report(void *arg, const char *name)
{
	struct store *st = arg;

	if (name != NULL && name[0] != '.')
		return;
	list_doubt(st, name);
	/* A mailbox that a session looks at may have another name now. */
	if (mailboxes_any(st) || st->watchers != NULL)
		due_touch(st);
}

static void
watch_root(struct store *st)
{
	st->root_watched = watch_names(st->storage->watch, st->root,
	    root_report, st);
}

struct store *
store_open(struct storage *s, struct slice user, struct slice root,
    struct store_error *err)
{
	struct store *st, *other;

	memset(err, 0, sizeof(*err));
	st = xcalloc(1, sizeof(*st));
	st->root = xstrdup_slice(root);
	if ((other = RB_INSERT(store_tree, &s->stores, st)) != NULL) {
		free(st->root);
		free(st);
		store_ref(other);
		return other;
	}
	st->storage = s;
	st->user = xstrdup_slice(user);
	st->due_ms = UINT64_MAX;
	st->db_path = xmalloc(root.len + sizeof("/penfold/index.db"));
	(void)snprintf(st->db_path, root.len + sizeof("/penfold/index.db"),
	    "%s/penfold/index.db", st->root);
	st->root_fd = st->penfold_fd = st->expunged_fd = -1;
	st->wake_fd = st->wal_fd = -1;
	st->list = list_open();
	st->purge_due_ms = timer_ms() + s->delays.purge_first_ms;
	TAILQ_INIT(&st->mailboxes);
	TAILQ_INIT(&st->dirty);
	TAILQ_INIT(&st->folders);
	st->group = syncgroup_new(s->sync, st);
	if (open_folders(st) == -1) {
		store_error_errno(err, errno, st->root);
		goto fail;
	}
	st->root_sync = syncfile_new(s->sync, st->root_fd, st->group, ".");
	st->expunged_sync = syncfile_new(s->sync, st->expunged_fd, st->group,
	    "penfold/expunged");
	watch_wake(st);
	watch_root(st);
	index_start(st);
	store_ref(st);
	return st;
fail:
	store_destroy(st);
	return NULL;
}

void
store_close(struct store *st)
{
	if (st != NULL)
		store_unref(st);
}

void
store_destroy(struct store *st)
{
	assert(st->refs == 0);
	mailboxes_free(st);
	watch_stop(st->watched);
	watch_stop(st->root_watched);
	index_close(st);
	syncjob_free(st->opening);
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
	RB_REMOVE(store_tree, &st->storage->stores, st);
	free(st->user);
	free(st->root);
	free(st->db_path);
	free(st);
}
