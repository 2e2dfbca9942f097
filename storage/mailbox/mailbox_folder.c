/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The descriptors of a mailbox's folder; see mailbox_folder.h. */

#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "storage/index/store_state.h"
#include "storage/index/sync.h"
#include "storage/mailbox/mailbox_folder.h"
#include "storage/mailbox/mailbox_struct.h"
#include "storage/maildir/maildir.h"
#include "storage/maildir/watch.h"

int
mailbox_dir(struct mailbox *mb)
{
	if (mb->dir_fd == -1) {
		if (mb->folder[0] == '\0')
			mb->dir_fd = maildir_open_dir(mb->store->root_fd, ".");
		else
			mb->dir_fd = maildir_open_dir(mb->store->root_fd,
			    mb->folder);
	}
	return mb->dir_fd;
}

static void
open_sync(struct mailbox *mb)
{
	struct store *st = mb->store;
	char what[80];

	(void)snprintf(what, sizeof(what), "%s/cur", mb->folder);
	mb->cur_sync = syncfile_new(st->storage->sync, mb->cur_fd, st->group,
	    what);
}

int
mailbox_cur(struct mailbox *mb)
{
	if (mb->cur_fd == -1 && mailbox_dir(mb) != -1) {
		mb->cur_fd = maildir_open_dir(mb->dir_fd, "cur");
		if (mb->cur_fd != -1)
			open_sync(mb);
	}
	return mb->cur_fd;
}

void
mailbox_close_folder(struct mailbox *mb)
{
	watched_free(mb->watch.watched);
	mb->watch.watched = NULL;
	mb->watch.cur_clean = mb->watch.new_clean = false;
	syncfile_unref(mb->cur_sync);
	mb->cur_sync = NULL;
	if (mb->dir_fd != -1)
		(void)close(mb->dir_fd);
	mb->cur_fd = mb->dir_fd = -1;
}
