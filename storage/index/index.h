/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* A user's store from inside: the references to it, and its index. */

#ifndef STORAGE_INDEX_H
#define STORAGE_INDEX_H

#include "storage/index/sql.h"
#include "storage/types.h"

/* One reference more, and one less: without any it closes after a while. */
void		 store_ref(struct store *st);
void		 store_unref(struct store *st);
/* Have the index open.  Returns 0, or -1 with err set. */
int		 store_db(struct store *st, struct store_error *err);
/*
 * The same, and be sure that it is the one that others open: another process
 * may have set a damaged one aside.  One stat(2).
 */
int		 store_db_same(struct store *st, struct store_error *err);
/* A transaction of ours was committed: wake others, plan sync, checkpoint. */
void		 store_committed(struct store *st);
/* The control file is behind: subscriptions, names or uses changed. */
void		 store_control_changed(struct store *st);
/* Write what is owed and give up the handle. */
void		 store_close_db(struct store *st);
/* Forget the list of mailboxes in memory. */
void		 store_free_items(struct store *st);

#endif
