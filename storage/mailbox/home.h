/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The mail home: the folder of a user's mail, and what is open in it.
 *
 * A store works through descriptors, but an administrator may move the folder
 * away, restore a backup, or remove penfold/ meanwhile.  What is open then is
 * not the user's mail any more, and the store is given up: its sessions end,
 * and the next login opens everything anew.  Nothing that was begun in a home
 * that was given up is answered OK.
 *
 * Watches tell at once when a name in the home changes.  The folders above the
 * home are not watched, so each operation also compares the home with what is
 * at its path, which costs a stat.  An error is not absence: a home that
 * cannot be looked at is kept.
 */

#ifndef STORAGE_MAILBOX_HOME_H
#define STORAGE_MAILBOX_HOME_H

#include "common/base/run.h"
#include "storage/types.h"

/*
 * Open st->root and the folders in it, make those that are missing, watch them,
 * and begin to open the index.  A home that vanished a moment ago is not made:
 * it may be about to come back, and an administrator who moves a folder to its
 * path would move it into ours.  Then nothing is open yet, and operations wait
 * for the home (home_wait()).
 *
 * Returns 0, or -1 with err set; store_destroy() closes what is open then.
 */
int	 home_open(struct store *st, struct store_error *err);
/* For another login: if the home is missing, wait for it anew. */
void	 home_wait_again(struct store *st);
/*
 * If the home was missing when the store was opened, wait for a moment until it
 * is there, and open it.  Returns RUN_DONE at once if the home is open.
 */
enum run home_wait(struct op *op);
/*
 * Give up the store if its home, or the index in it, is not at its path any
 * more.  For callers between operations: the open transaction may be rolled
 * back, and the index closed.
 */
void	 home_look(struct store *st);
/* As home_look(), and look at everything that is open. */
void	 home_look_whole(struct store *st);
/* Give up the store.  why is for the log. */
void	 home_leave(struct store *st, const char *why);
/* At the end of a process: forget which homes have vanished. */
void	 home_forget(struct storage *s);

#endif
