/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What the store holds in memory, for its own modules.
 *
 *	storage		the process: helper threads, watches, timers
 *	store		a user: root folder, index, who writes
 *	mailbox		what all sessions share of one mailbox
 *	view		what one session was told of it
 *
 * A mailbox's entries are sorted by UID and 24 bytes each.  An expunged
 * one stays as a zombie until every view was told; views hold the few
 * zombies they were told of, so that sequence numbers and places in the
 * array differ only by those.  Nothing that a view holds grows with the
 * mailbox.
 */

#ifndef STORAGE_STATE_H
#define STORAGE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "common/base/idset.h"
#include "storage/index/sql.h"
#include "storage/index/sync.h"
#include "storage/index/wait.h"
#include "storage/mailbox/changes.h"
#include "storage/maildir/watch.h"
#include "storage/types.h"

/* Bits of struct entry beside FLAG_*. */
#define ENTRY_ZOMBIE	(1U << 8)	/* expunged, some view not yet told */

struct entry {
	uint32_t	 uid;
	uint32_t	 flags;		/* FLAG_* and ENTRY_* */
	uint64_t	 modseq;	/* of a zombie: of the expunge */
	uint64_t	 keywords;
};

/* A row of the table mailbox. */
struct mailbox_row {
	uint32_t	 uidvalidity;
	uint32_t	 uidnext;
	uint64_t	 highestmodseq;
	uint64_t	 flagmodseq;
	uint64_t	 floor;
	uint32_t	 recentuid;
	uint32_t	 messages;
	uint32_t	 unseen;
	uint32_t	 deleted;
	uint64_t	 bytes;
	uint32_t	 unsized;
	bool		 renames;
	int64_t		 newmtime;
	int64_t		 curmtime;
	int64_t		 curchecked;
	uint32_t	 listuid;
	uint32_t	 listnext;
	int64_t		 listmtime;
	int64_t		 listsize;
};

TAILQ_HEAD(jobs, op);
TAILQ_HEAD(view_list, view);
TAILQ_HEAD(mailbox_list, mailbox);
TAILQ_HEAD(store_list, store);
RB_HEAD(store_tree, store);
RB_HEAD(due_tree, store);

struct mailbox {
	TAILQ_ENTRY(mailbox) link;	/* of store->mailboxes */
	struct store	*store;
	uint32_t	 id;
	char		*name;		/* UTF-8 */
	char		*folder;	/* "" for INBOX, ".Sent" */
	unsigned int	 refs;		/* views and operations */
	uint64_t	 used_ms;	/* when refs fell to 0 */
	int		 dir_fd;	/* the folder, or -1 */
	int		 cur_fd;	/* its cur/, or -1 */
	struct syncfile	*cur_sync;	/* of cur_fd */
	bool		 dead;		/* deleted: nothing works any more */
	bool		 lost;		/* dead because its index is */

	struct mailbox_row row;
	bool		 row_dirty;	/* to be written by the transaction */
	bool		 row_owed; /* to be written some time: curchecked */
	struct mailbox_row saved;	/* to go back to when it fails */
	unsigned int	 saved_nkeywords;
	bool		 suspended;	/* these two are of the transaction: */
	struct mailbox_row pending;
	unsigned int	 pending_nkeywords;
	uint64_t	 load_modseq;	/* entries loaded so far are of then */
	unsigned int	 load_restarts;

	char		*keywords[KEYWORD_MAX];
	unsigned int	 nkeywords;

	bool		 loaded;	/* entries are here */
	struct entry	*entries;	/* sorted by uid */
	size_t		 n;
	size_t		 size;
	size_t		 zombies;
	uint32_t	 moved;	/* entries were taken out: places changed */
	struct changes	 flag_changes;
	struct changes	 expunges;
	struct view_list views;
	unsigned int	 takers;	/* views that take \Recent */
	uint32_t	 next_origin;	/* numbers for views */
	struct idset	 claimed;	/* \Recent for the first view to come */
	bool		 claim_due;	/* another process added messages */
	bool		 claim_job;

	struct idset	 renames;	/* file names that are behind */
	uint64_t	 renames_due_ms; /* 0: none */
	bool		 rename_job;
	bool		 renames_unknown; /* names must be compared first */

	uint64_t	 list_due_ms; /* dovecot-uidlist is written; 0: none */
	bool		 list_job;
	bool		 list_tried;	/* before it is given up */
	unsigned int	 keywords_listed; /* of dovecot-keywords; 0: unknown */
	int64_t		 list_lock;	/* mtime of one nobody gave back */

	struct watched	*watched;	/* NULL when not watched */
	bool		 cur_clean;	/* watched, and known as it is now */
	bool		 new_clean;
	bool		 scan_due;	/* something came, or may have */
	bool		 scan_job;	/* a scan from the loop is on its way */
	struct scan	*scan;		/* the one that has begun, or NULL */
	TAILQ_ENTRY(mailbox) notify_link;
	bool		 notify;	/* views may have something to tell */

	/* Where the last partial fetch of an LF file ended. */
	uint32_t	 pos_uid;
	uint64_t	 pos_start;	/* of the stretch */
	uint64_t	 pos_raw;
	uint64_t	 pos_wire;
	bool		 pos_cr;
};

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

	/* The list of mailboxes, as of root_mtime and of the index. */
	struct list_item *items;
	size_t		 nitems;
	int64_t		 root_mtime;	/* ns, -1: never read */
	int64_t		 root_checked;
	bool		 items_stale;

	bool		 control_dirty;
	uint64_t	 control_due_ms;
};

struct storage {
	struct storage_options options;
	struct store_tree stores;
	struct store_list touched;
	struct due_tree	 sleeping;
	struct store_list spares;	/* longest first */
	struct waiters	 waiters;
	struct jobs	 jobs;
	struct mailbox_list notify;
	struct sync	*sync;
	struct watch	*watch;
	unsigned int	 nstores_open;	/* with a database handle */
	char		 boot_id[64];
	/* Nothing in memory is of the index any more: it was set aside. */
	void		(*index_lost)(struct store *st);
};

#endif
