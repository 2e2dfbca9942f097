/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Looking at the list and the rows for the watchers of a store. */

#ifndef STORAGE_OP_LIST_WATCH_H
#define STORAGE_OP_LIST_WATCH_H

struct store;

/* Start a job that looks; for a store of which watcher_due() is true. */
void	 list_watch_start_job(struct store *st);

#endif
