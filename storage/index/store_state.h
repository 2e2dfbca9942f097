/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What the store holds in memory, for its own modules.
 *
 *	storage		the process: helper threads, watches, timers
 *	store		a user: root folder, index, who writes
 *	mailbox		what all sessions share of one mailbox (mailbox.h)
 *	view		what one session was told of it (view.c)
 */

#ifndef STORAGE_STORE_STATE_H
#define STORAGE_STORE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "storage/index/wait.h"
#include "storage/maildir/watch.h"
#include "storage/types.h"

TAILQ_HEAD(jobs, op);
TAILQ_HEAD(watching, watchers);
TAILQ_HEAD(mailbox_list, mailbox);
TAILQ_HEAD(store_list, store);
RB_HEAD(store_tree, store);
RB_HEAD(due_tree, store);

struct list_item {
	struct mailbox_info info;
	char		*name;
	char		*folder;	/* NULL if there is none */
};

struct store {
	RB_ENTRY(store)	 node;		/* of storage->stores, by root */
	struct storage	*storage;
	bool		 touched;	/* see due.h */
	TAILQ_ENTRY(store) touched_link;
	RB_ENTRY(store)	 due_node;
	uint64_t	 due_ms;	/* of timer_ms(); UINT64_MAX never */
	bool		 spare;		/* open, and nobody uses it */
	TAILQ_ENTRY(store) spare_link;
	char		*user;
	char		*root;		/* absolute */
	char		*db_path;
	unsigned int	 refs;		/* sessions and operations */
	uint64_t	 used_ms;
	int		 root_fd;
	int		 penfold_fd;
	int		 expunged_fd;
	int		 wake_fd;
	int		 wal_fd;
	struct syncfile	*wal_sync;
	struct syncfile	*root_sync;
	struct syncfile	*expunged_sync;
	struct sql	*db;		/* NULL while closed */
	int64_t		 data_version;
	bool		 absorb_all;	/* the handle was closed meanwhile */
	struct op	*writer;	/* whose transaction is open */
	uint64_t	 sync_due_ms;	/* the WAL must be synced; 0 none */
	bool		 checkpointing;	/* see sync_checkpoint_running() */
	bool		 parting;	/* after this one, close the handle */
	int		 wal_pages;	/* when the last one was started */
	uint64_t	 db_inode;	/* of the index that is open */
	unsigned int	 lost;		/* how many indexes were */
	uint64_t	 purge_due_ms;	/* look into expunged/ */
	bool		 disk_full;	/* an operation has failed of it, */
	unsigned int	 no_room;	/* and so many looks are left */
	bool		 grave_job;	/* grave.c is at work */
	bool		 swept;		/* expunged/ has no strays */
	struct watched	*watched;	/* the wake file */
	bool		 wake_seen;	/* another process has committed */
	struct mailbox_list mailboxes;
	struct watchers	*watchers;	/* NULL: nobody watches all of it */

	/* The list of mailboxes, as of root_mtime and of the index. */
	struct list_item *items;
	size_t		 nitems;
	int64_t		 root_mtime;	/* ns, -1: never read */
	int64_t		 root_checked;
	bool		 items_stale;

	bool		 control_dirty;
	uint64_t	 control_due_ms;
};

/* storage->stores, by root; index.c has its functions. */
int	store_cmp(struct store *a, struct store *b);
RB_PROTOTYPE(store_tree, store, node, store_cmp)

struct storage {
	struct storage_options options;
	struct store_tree stores;
	struct store_list touched;
	struct due_tree	 sleeping;
	struct store_list spares;	/* longest first */
	struct waiters	 waiters;
	struct jobs	 jobs;
	struct mailbox_list notify;
	struct watching	 watching;	/* who is to be told something */
	struct sync	*sync;
	struct watch	*watch;
	unsigned int	 nstores_open;	/* with a database handle */
	char		 boot_id[64];
	/* Nothing in memory is of the index any more: it was set aside. */
	void		(*index_lost)(struct store *st);
};

#endif
