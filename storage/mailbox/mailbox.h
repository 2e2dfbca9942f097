/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The state of a mailbox that all its sessions in this process share: the row,
 * the entries, the keywords, the logs of changes.
 *
 * What a transaction does to the row is undone if it fails (mailbox_row.h).
 * Entries change only after COMMIT, so that no view ever sees what was not
 * committed.
 *
 * Entries are sorted by UID and take 24 bytes each.  The entry of an expunged
 * message stays as a zombie until every view was told.  Each view lists the
 * few zombies that it was told of; only by these do its sequence numbers
 * differ from places in the array.  Nothing in a view grows with the mailbox.
 */

#ifndef STORAGE_MAILBOX_H
#define STORAGE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "common/base/idset.h"
#include "storage/mailbox/changes.h"
#include "storage/mailbox/mailbox_row.h"
#include "storage/maildir/watch.h"
#include "storage/types.h"

/* Bits in the flags of an entry, beside FLAG_*. */
#define ENTRY_ZOMBIE	(1U << 8)	/* expunged, some view not yet told */

struct entry {
	uint32_t	 uid;
	uint32_t	 flags;		/* FLAG_* and ENTRY_* */
	uint64_t	 modseq;	/* of a zombie: of its expunge */
	uint64_t	 keywords;
};

TAILQ_HEAD(view_list, view);

/* What the open transaction has changed, and how to undo it. */
struct mailbox_tx {
	bool		 dirty;		/* the transaction will write the row */
	struct mailbox_row saved;	/* the row before the transaction */
	unsigned int	 saved_nkeywords;
	bool		 suspended;	/* between slices: pending is set */
	struct mailbox_row pending;	/* the row as the transaction left it */
	unsigned int	 pending_nkeywords;
	bool		 owed;	/* curchecked is still to be written */
};

/* The renaming of files after their flags changed. */
struct mailbox_names {
	struct idset	 behind;	/* UIDs whose names do not show flags */
	uint64_t	 due_ms;	/* when to rename; 0: not due */
	bool		 job;		/* a job is running */
	bool		 unknown;	/* behind may lack UIDs: read names */
};

/* The writing of dovecot-uidlist and dovecot-keywords. */
struct mailbox_list_file {
	uint64_t	 due_ms;	/* when to write; 0: not due */
	bool		 job;		/* a job is running */
	bool		 tried;		/* tried when the mailbox was idle */
	unsigned int	 keywords;	/* in dovecot-keywords; 0: unknown */
	int64_t		 lock;		/* mtime of a lock nobody released */
};

/* What is known of the folder, which other programs may change. */
struct mailbox_watch {
	struct watched	*watched;	/* NULL if not watched */
	bool		 cur_clean;	/* watched, and as the index says */
	bool		 new_clean;
	bool		 scan_due;	/* something has or may have changed */
	bool		 scan_job;	/* the loop has started a scan */
	struct scan	*scan;		/* the scan in progress, or NULL */
};

/* Where the last partial fetch from a file with LF line ends stopped. */
struct mailbox_pos {
	uint32_t	 uid;
	uint64_t	 start;		/* start of the stretch */
	uint64_t	 raw;
	uint64_t	 wire;
	bool		 cr;
};

struct mailbox {
	TAILQ_ENTRY(mailbox) link;	/* in store->mailboxes */
	struct store	*store;
	uint32_t	 id;
	char		*name;		/* UTF-8 */
	char		*folder;	/* as ".Sent"; "" for INBOX */
	unsigned int	 refs;		/* held by views and operations */
	uint64_t	 used_ms;	/* when a reference was last dropped */
	int		 dir_fd;	/* the folder; -1 if closed */
	int		 cur_fd;	/* its cur/; -1 if closed */
	struct syncfile	*cur_sync;	/* for syncing cur_fd */
	bool		 dead;		/* deleted; operations fail */
	bool		 lost;		/* dead, because the index was lost */

	struct mailbox_row row;
	struct mailbox_tx tx;

	char		*keywords[KEYWORD_MAX];
	unsigned int	 nkeywords;

	bool		 loaded;	/* entries are complete */
	struct entry	*entries;	/* sorted by uid */
	size_t		 n;
	size_t		 size;
	size_t		 zombies;
	uint32_t	 moved;	/* entries were taken out: places changed */
	uint64_t	 load_modseq;	/* of the entries loaded so far */
	unsigned int	 load_restarts;

	struct changes	 flag_changes;
	struct changes	 expunges;
	struct view_list views;
	unsigned int	 takers;	/* views that take \Recent */
	uint32_t	 next_origin;	/* origin of the next view */
	struct idset	 claimed;	/* \Recent, for the next view to sync */
	bool		 claim_due;	/* others have added messages */
	bool		 claim_job;
	TAILQ_ENTRY(mailbox) notify_link;
	bool		 notify;	/* views may have something to tell */

	struct mailbox_names names;
	struct mailbox_list_file list;
	struct mailbox_watch watch;
	struct mailbox_pos pos;
};

/* How long after a change of flags the file is renamed. */
#define MAILBOX_RENAME_MS 700

/*
 * Get the mailbox with this id, and take a reference.  Returns NULL and sets
 * err (STORE_ERR_NONEXISTENT, or what the index reported).
 */
struct mailbox	*mailbox_get(struct store *st, uint32_t id,
		    struct store_error *err);
/* Take another reference. */
void		 mailbox_ref(struct mailbox *mb);
/*
 * Drop a reference.  Without references, a mailbox is freed at once if only
 * its row was needed; otherwise it stays in memory for a while.
 */
void		 mailbox_unref(struct mailbox *mb);
/* Free a mailbox without references. */
void		 mailbox_destroy(struct mailbox *mb);

/*
 * Return the descriptor of the folder or of its cur/, opened when first needed
 * and owned by mb, or -1 with errno.
 */
int		 mailbox_dir(struct mailbox *mb);
int		 mailbox_cur(struct mailbox *mb);
/* Watch the folder, if possible. */
void		 mailbox_watch(struct mailbox *mb);
/*
 * Note that the folder is not as the index says: the next scan reads all of
 * it.
 */
void		 mailbox_distrust(struct mailbox *mb);
/* As mailbox_distrust(), and have the next scan made soon. */
void		 mailbox_look_again(struct mailbox *mb);

/*
 * Called before and after our own changes in cur/, under the write lock: if
 * nobody else has changed cur/ meanwhile, its new mtime counts as clean.  What
 * begin returns is passed to end.
 */
bool		 mailbox_change_begin(struct mailbox *mb);
void		 mailbox_change_end(struct mailbox *mb, bool clean);

/* Return the index of the first entry whose UID is not below uid. */
size_t		 mailbox_place(const struct mailbox *mb, uint32_t uid);
/* Return the entry of a UID, even if it is a zombie, or NULL. */
struct entry	*mailbox_entry(const struct mailbox *mb, uint32_t uid);

/* Append an entry, which the caller must fill. */
struct entry	*mailbox_push_entry(struct mailbox *mb);

/* Apply a change to the entries, after COMMIT, if they are loaded. */
void		 mailbox_added(struct mailbox *mb, uint32_t uid,
		    uint32_t flags, uint64_t keywords, uint64_t modseq);
void		 mailbox_flagged(struct mailbox *mb, struct entry *e,
		    uint32_t flags, uint64_t keywords, uint64_t modseq,
		    uint32_t origin);
void		 mailbox_expunged(struct mailbox *mb, struct entry *e,
		    uint64_t modseq);
/* End the changes of one commit, and wake the views. */
void		 mailbox_changed(struct mailbox *mb);
/*
 * Drop what every view was told of: items of the logs before these positions,
 * and zombies, unless some view is just being told of an expunge.  Returns
 * whether zombies were dropped; the views must forget theirs then.
 */
bool		 mailbox_trim(struct mailbox *mb, uint64_t flags,
		    uint64_t expunges, bool all_told);
/* The mailbox was deleted: operations on it fail, and views see it empty. */
void		 mailbox_die(struct mailbox *mb);
/* The index was lost: views no longer change, and view_lost() says so. */
void		 mailbox_lose(struct mailbox *mb);

/* Note that the name of this message's file does not show its flags. */
void		 mailbox_rename_later(struct mailbox *mb, uint32_t uid);

#endif
