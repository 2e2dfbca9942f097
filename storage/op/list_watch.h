/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The look at list and rows that watchers of a store wait for. */

#ifndef STORAGE_LIST_WATCH_H
#define STORAGE_LIST_WATCH_H

struct store;

/* Look from the loop, as watcher_due() wants it. */
void	 list_watch_start_job(struct store *st);

#endif
