/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * What the store keeps in memory, for the modules of storage/ only.
 *
 *	storage		a process: helper threads, watches, timers
 *	store		a user: root folder, index, open transaction
 *	mailbox		what all sessions share of a mailbox (mailbox.h)
 *	view		what one session was told of a mailbox (view.c)
 */

#ifndef STORAGE_INDEX_STORE_STATE_H
#define STORAGE_INDEX_STORE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "storage/index/delays.h"
#include "storage/index/index_types.h"
#include "storage/index/sql.h"
#include "storage/index/waiter.h"
#include "storage/maildir/watch.h"
#include "storage/types.h"

TAILQ_HEAD(jobs, op);
TAILQ_HEAD(watching, watchers);
TAILQ_HEAD(mailbox_list, mailbox);
TAILQ_HEAD(store_list, store);
TAILQ_HEAD(vanished_list, vanished);
RB_HEAD(store_tree, store);
RB_HEAD(due_tree, store);

struct store {
	RB_ENTRY(store)	 node;		/* in storage->stores, by root */
	struct storage	*storage;
	bool		 touched;	/* in storage->touched; see due.h */
	TAILQ_ENTRY(store) touched_link;
	RB_ENTRY(store)	 due_node;
	uint64_t	 due_ms;	/* when to look; UINT64_MAX: never */
	bool		 spare;		/* in spares: open index, no users */
	TAILQ_ENTRY(store) spare_link;
	char		*user;
	char		*root;		/* absolute path */
	char		*db_path;
	unsigned int	 refs;		/* held by sessions, operations, etc. */
	uint64_t	 used_ms;
	bool		 gone;		/* given up, in storage->gone */
	TAILQ_ENTRY(store) gone_link;
	/*
	 * The home is gone and nothing is open: until when to wait for it; see
	 * home.h.  0: the home is open.
	 */
	uint64_t	 missing_ms;
	bool		 doubted;	/* a watch saw the home change */
	uint64_t	 mend_due_ms;	/* for what is missing; 0: not due */
	uint64_t	 root_dev;	/* of root_fd */
	uint64_t	 root_ino;
	int		 root_fd;
	int		 penfold_fd;
	int		 expunged_fd;
	int		 wake_fd;
	int		 wal_fd;	/* owned by wal_sync */
	struct syncgroup *group;	/* of all syncfiles of this store */
	struct syncfile	*wal_sync;	/* NULL if wal_fd is -1 */
	struct syncfile	*root_sync;
	struct syncfile	*expunged_sync;
	struct sql	*db;		/* NULL while the index is closed */
	int64_t		 data_version;
	bool		 absorb_all;	/* all mailboxes may have changed */
	bool		 absorb_stale;	/* a stale mailbox was taken up */
	uint64_t	 absorb_due_ms;	/* when to try again; 0: not due */
	bool		 sick;		/* a sync has failed; see heal.h */
	struct syncjob	*heal;		/* under way, or NULL */
	struct heal	*heal_arg;	/* of that job */
	uint64_t	 heal_due_ms;	/* when to try again */
	unsigned int	 heal_tries;	/* that have failed */
	struct op	*writer;	/* operation with a transaction open */
	uint64_t	 sync_due_ms;	/* when to sync the WAL; 0: not due */
	struct syncjob	*checkpoint;	/* under way, or NULL */
	struct checkpoint *checkpoint_arg;	/* of that job */
	enum sql_rc	 checkpoint_rc;	/* of the last one */
	bool		 wal_asked;	/* a checkpoint was to begin the WAL */
	bool		 unsure;	/* a COMMIT may have failed or not */
	bool		 parting;	/* closes when the checkpoint ends */
	bool		 leave;		/* is to close, to make room */
	int		 wal_pages;	/* WAL pages at the last checkpoint */
	struct index_identity self;	/* last open index; dev 0: none */
	struct index_identity suspect;	/* found damaged; dev 0: none */
	struct sql	*old;		/* to be rescued (opening.h), or NULL */
	struct index_identity old_wal;	/* of that handle */
	uint64_t	 old_due_ms;	/* when to try again */
	struct syncjob	*opening;	/* under way, or NULL */
	struct opening	*opening_arg;	/* of that job */
	unsigned int	 open_tries;	/* that have failed */
	struct store_error open_err;	/* of the last of these */
	int64_t		 boots;		/* boots that the open index has seen */
	unsigned int	 lost;		/* how often an index was lost */
	uint64_t	 purge_due_ms;	/* when to purge expunged/ */
	bool		 purge_job;	/* a job of purge.c is running */
	bool		 purge_all;	/* it is to make room */
	bool		 room_wanted;	/* such a job is to be started */
	bool		 disk_full;	/* an operation found the disk full */
	unsigned int	 no_room;	/* rounds of early purging left */
	bool		 over_quota;	/* room is not what statvfs(3) says */
	bool		 grave_job;	/* a job of grave.c is running */
	uint64_t	 swept_ms;	/* expunged/ was swept; 0: not yet */
	bool		 sweep_job;	/* a job of sweep.c is running */
	struct watched	*watched;	/* watches the wake file */
	bool		 wake_seen;	/* the wake file was written to */
	struct mailbox_list mailboxes;	/* in memory; see mailboxes.h */
	struct mailbox_list dirty;	/* changed by the open transaction */
	struct mailbox_list folders;	/* open, longest unused first */
	unsigned int	 nfolders;
	struct watchers	*watchers;	/* NULL: nobody watches this store */

	/* The list of mailboxes; see op/list.h. */
	struct names	*names;		/* NULL: not read yet */
	struct list	*list;
	bool		 list_stale;	/* the log of names may have more */
	struct watched	*root_watched;	/* names in the root; NULL: none */
	struct watched	*penfold_watched; /* names in penfold/; NULL: none */

	bool		 control_dirty;	/* penfold/control is out of date */
	unsigned int	 control_changes; /* how often that became true */
	uint64_t	 control_due_ms;
	uint32_t	 control_retry_ms; /* after a failure; 0: none */
	struct op	*control_job;	/* the job that writes, or NULL */
	uint64_t	 control_modseq; /* its floor for modseqs; 0: unknown */
};

/* The tree of stores, ordered by root path; defined in store_ref.c. */
RB_PROTOTYPE(store_tree, store, node, store_cmp)

struct storage {
	struct storage_options options;
	struct delays	 delays;
	struct store_tree stores;
	struct store_list gone;		/* given up; see mailbox/home.h */
	struct vanished_list vanished;	/* homes, for a while */
	struct store_list touched;
	struct due_tree	 sleeping;
	struct store_list spares;	/* longest unused first */
	struct waiters	 waiters;
	struct jobs	 jobs;
	struct mailbox_list notify;
	struct mailbox_list folders;	/* open, longest unused first */
	unsigned int	 nfolders;
	struct watching	 watching;	/* watchers with changes to report */
	struct sync	*sync;
	struct watch	*watch;
	unsigned int	 nstores_open;	/* stores with an open index */
	char		 boot_id[64];
	/*
	 * Called when a damaged index was set aside: forget all that memory
	 * has from that index.
	 */
	void		(*index_lost)(struct store *st);
	/*
	 * Called when another index is at the path: home_leave(); for the open
	 * transaction of a store that is given up: op_rollback(); and when a
	 * folder may have changed: list_doubt().
	 */
	void		(*leave)(struct store *st, const char *why);
	void		(*rollback)(struct op *op);
	void		(*doubt)(struct store *st, const char *folder);
};

#endif
