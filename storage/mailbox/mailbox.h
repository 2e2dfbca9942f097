/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The state of a mailbox that all its sessions in the process share: the
 * row, the entries, the keywords, the change logs.
 *
 * What a transaction does to the row is undone with it (mailbox_row.h);
 * entries change only after COMMIT, so that no view ever sees what was not
 * committed.
 *
 * Entries are sorted by UID and 24 bytes each.  An expunged one stays as a
 * zombie until every view was told; views hold the few zombies that they were
 * told of, so that sequence numbers and places in the array differ only by
 * those.  Nothing that a view holds grows with the mailbox.
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

/* Bits of struct entry beside FLAG_*. */
#define ENTRY_ZOMBIE	(1U << 8)	/* expunged, some view not yet told */

struct entry {
	uint32_t	 uid;
	uint32_t	 flags;		/* FLAG_* and ENTRY_* */
	uint64_t	 modseq;	/* of a zombie: of the expunge */
	uint64_t	 keywords;
};

TAILQ_HEAD(view_list, view);

/* What the transaction under way changed, and what it goes back to. */
struct mailbox_tx {
	bool		 dirty;		/* the row is to be written by it */
	struct mailbox_row saved;	/* to go back to when it fails */
	unsigned int	 saved_nkeywords;
	bool		 suspended;	/* between slices; then these hold */
	struct mailbox_row pending;	/* what it has made of the row */
	unsigned int	 pending_nkeywords;
	bool		 owed;	/* without one: curchecked, to be written */
};

/* File names follow flags. */
struct mailbox_names {
	struct idset	 behind;	/* UIDs whose names do not say them */
	uint64_t	 due_ms;	/* 0: none */
	bool		 job;		/* under way */
	bool		 unknown;	/* names must be compared first */
};

/* dovecot-uidlist and dovecot-keywords follow the index. */
struct mailbox_list_file {
	uint64_t	 due_ms;	/* 0: none */
	bool		 job;		/* under way */
	bool		 tried;		/* before the mailbox is given up */
	unsigned int	 keywords;	/* in dovecot-keywords; 0: unknown */
	int64_t		 lock;		/* mtime of one nobody gave back */
};

/* The folder and other programs. */
struct mailbox_watch {
	struct watched	*watched;	/* NULL when not watched */
	bool		 cur_clean;	/* watched, and known as it is now */
	bool		 new_clean;
	bool		 scan_due;	/* something came, or may have */
	bool		 scan_job;	/* a scan from the loop is on its way */
	struct scan	*scan;		/* the one that has begun, or NULL */
};

/* Where the last partial fetch of an LF file ended. */
struct mailbox_pos {
	uint32_t	 uid;
	uint64_t	 start;		/* of the stretch */
	uint64_t	 raw;
	uint64_t	 wire;
	bool		 cr;
};

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
	struct mailbox_tx tx;

	char		*keywords[KEYWORD_MAX];
	unsigned int	 nkeywords;

	bool		 loaded;	/* entries are here */
	struct entry	*entries;	/* sorted by uid */
	size_t		 n;
	size_t		 size;
	size_t		 zombies;
	uint32_t	 moved;	/* entries were taken out: places changed */
	uint64_t	 load_modseq;	/* entries loaded so far are of then */
	unsigned int	 load_restarts;

	struct changes	 flag_changes;
	struct changes	 expunges;
	struct view_list views;
	unsigned int	 takers;	/* views that take \Recent */
	uint32_t	 next_origin;	/* numbers for views */
	struct idset	 claimed;	/* \Recent for the first view to come */
	bool		 claim_due;	/* another process added messages */
	bool		 claim_job;
	TAILQ_ENTRY(mailbox) notify_link;
	bool		 notify;	/* views may have something to tell */

	struct mailbox_names names;
	struct mailbox_list_file list;
	struct mailbox_watch watch;
	struct mailbox_pos pos;
};

/* File names follow flags after this. */
#define MAILBOX_RENAME_MS 700

/*
 * Get the mailbox with this id, with a reference.  Returns NULL with err set
 * (STORE_ERR_NONEXISTENT, or what the index said).
 */
struct mailbox	*mailbox_get(struct store *st, uint32_t id,
		    struct store_error *err);
/* One reference more. */
void		 mailbox_ref(struct mailbox *mb);
/* One less.  A mailbox that was loaded for its numbers alone is freed then. */
void		 mailbox_unref(struct mailbox *mb);
/* Free a mailbox without references. */
void		 mailbox_destroy(struct mailbox *mb);

/* The folder and its cur/, opened on first use; -1 with errno. */
int		 mailbox_dir(struct mailbox *mb);
int		 mailbox_cur(struct mailbox *mb);
/* Watch the folder if that can be. */
void		 mailbox_watch(struct mailbox *mb);
/* The folder is not as the index says: the next scan looks at all of it. */
void		 mailbox_distrust(struct mailbox *mb);
/* The same, and that scan is to be soon. */
void		 mailbox_look_again(struct mailbox *mb);

/*
 * Before and after our own changes in cur/ under the write lock: if nobody
 * else changed it meanwhile, the new mtime counts as clean.  begin gives what
 * end wants to know.
 */
bool		 mailbox_change_begin(struct mailbox *mb);
void		 mailbox_change_end(struct mailbox *mb, bool clean);

/* Index of the first entry with a UID not below uid. */
size_t		 mailbox_place(const struct mailbox *mb, uint32_t uid);
/* The entry, zombie or not, or NULL. */
struct entry	*mailbox_entry(const struct mailbox *mb, uint32_t uid);

/* Room for one more entry at the end; it is for the caller to fill. */
struct entry	*mailbox_push_entry(struct mailbox *mb);

/* After COMMIT, if it is loaded: */
void		 mailbox_added(struct mailbox *mb, uint32_t uid,
		    uint32_t flags, uint64_t keywords, uint64_t modseq);
void		 mailbox_flagged(struct mailbox *mb, struct entry *e,
		    uint32_t flags, uint64_t keywords, uint64_t modseq,
		    uint32_t origin);
void		 mailbox_expunged(struct mailbox *mb, struct entry *e,
		    uint64_t modseq);
/* All changes of this commit were said; tells views. */
void		 mailbox_changed(struct mailbox *mb);
/*
 * Drop what every view was told of: log entries below these positions, and
 * zombies, if no view is being told of any.  Returns whether zombies went:
 * then no view may keep places of them.
 */
bool		 mailbox_trim(struct mailbox *mb, uint64_t flags,
		    uint64_t expunges, bool all_told);
/* It was deleted: nothing works on it any more, views see it empty. */
void		 mailbox_die(struct mailbox *mb);
/* Its index was: views stay as they are, and are told by view_lost(). */
void		 mailbox_lose(struct mailbox *mb);

/* A file name of this message is behind its flags. */
void		 mailbox_rename_later(struct mailbox *mb, uint32_t uid);

#endif
