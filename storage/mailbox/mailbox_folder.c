/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The descriptors of a mailbox's folder.  Those that were used last are kept
 * open, within bounds.
 */

#include "config.h"

#include <sys/stat.h>
#include <stdio.h>
#include <unistd.h>

#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/mailbox_folder.h"
#include "storage/mailbox/mailbox_struct.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"

/*
 * Open folders of a user and of a process, two descriptors each.  A client
 * that goes through thousands of mailboxes gains nothing by more than a few;
 * all clients of a worker together must leave descriptors for sockets.
 */
#define STORE_MAX	32
#define PROCESS_MAX	1000

/* Close the descriptors, but keep the watch. */
static void
close_fds(struct mailbox *mb)
{
	struct store *st = mb->store;

	if (mb->dir_fd == -1)
		return;
	TAILQ_REMOVE(&st->folders, mb, folder_link);
	TAILQ_REMOVE(&st->storage->folders, mb, all_folders_link);
	st->nfolders--;
	st->storage->nfolders--;
	/* With its last reference, the syncfile closes cur_fd. */
	syncfile_unref(mb->cur_sync);
	mb->cur_sync = NULL;
	(void)close(mb->dir_fd);
	mb->cur_fd = mb->dir_fd = -1;
}

/* Whether nobody relies on the descriptors: sessions that only wait do not. */
static bool
may_close(const struct mailbox *mb)
{
	return mb->refs == mb->nviews && mb->pins == 0;
}

static void
evict(struct mailbox *mb)
{
	if (mb->nviews > 0)
		close_fds(mb);
	else
		mailbox_close_folder(mb);
}

static void
bound_store(struct store *st)
{
	struct mailbox *mb, *next;

	for (mb = TAILQ_FIRST(&st->folders); mb != NULL &&
	    st->nfolders > STORE_MAX; mb = next) {
		next = TAILQ_NEXT(mb, folder_link);
		if (may_close(mb))
			evict(mb);
	}
}

static void
bound_process(struct storage *s)
{
	unsigned int max = s->options.folder_max;
	struct mailbox *mb, *next;

	if (max == 0)
		max = PROCESS_MAX;
	for (mb = TAILQ_FIRST(&s->folders); mb != NULL && s->nfolders > max;
	    mb = next) {
		next = TAILQ_NEXT(mb, all_folders_link);
		if (may_close(mb))
			evict(mb);
	}
}

void
mailbox_folders_bound(struct store *st)
{
	bound_store(st);
	bound_process(st->storage);
}

/* Note that the folder is used now. */
static void
use(struct mailbox *mb)
{
	struct store *st = mb->store;

	TAILQ_REMOVE(&st->folders, mb, folder_link);
	TAILQ_INSERT_TAIL(&st->folders, mb, folder_link);
	TAILQ_REMOVE(&st->storage->folders, mb, all_folders_link);
	TAILQ_INSERT_TAIL(&st->storage->folders, mb, all_folders_link);
}

int
mailbox_dir(struct mailbox *mb)
{
	struct store *st = mb->store;

	if (mb->dir_fd != -1) {
		use(mb);
		return mb->dir_fd;
	}
	mb->dir_fd = maildir_open_dir(st->root_fd, mb->folder[0] == '\0' ?
	    "." : mb->folder);
	if (mb->dir_fd == -1)
		return -1;
	/*
	 * A folder is a mailbox if it has a cur/, but reading and writing need
	 * new/ and tmp/, too.  Whoever needs them says if they are missing.
	 */
	(void)mkdirat(mb->dir_fd, "new", 0700);
	(void)mkdirat(mb->dir_fd, "tmp", 0700);
	TAILQ_INSERT_TAIL(&st->folders, mb, folder_link);
	TAILQ_INSERT_TAIL(&st->storage->folders, mb, all_folders_link);
	st->nfolders++;
	st->storage->nfolders++;
	/* Whoever opens this folder is about to use it. */
	mb->pins++;
	mailbox_folders_bound(st);
	mb->pins--;
	return mb->dir_fd;
}

int
mailbox_cur(struct mailbox *mb)
{
	struct store *st = mb->store;
	char what[80];

	if (mailbox_dir(mb) == -1 || mb->cur_fd != -1)
		return mb->cur_fd;
	mb->cur_fd = maildir_open_dir(mb->dir_fd, "cur");
	if (mb->cur_fd == -1)
		return -1;
	(void)snprintf(what, sizeof(what), "%s/cur", mb->folder);
	mb->cur_sync = syncfile_new(st->storage->sync, mb->cur_fd, st->group,
	    what);
	return mb->cur_fd;
}

void
mailbox_close_folder(struct mailbox *mb)
{
	watch_stop(mb->watch.watched);
	mb->watch.watched = NULL;
	mb->watch.cur_clean = mb->watch.new_clean = false;
	close_fds(mb);
}
