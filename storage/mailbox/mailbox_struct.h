/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The state of a mailbox in memory; mailbox.h says what always holds. */

#ifndef STORAGE_MAILBOX_MAILBOX_STRUCT_H
#define STORAGE_MAILBOX_MAILBOX_STRUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/compat.h"
#include "common/base/idset.h"
#include "storage/index/gap.h"
#include "storage/index/mailbox_columns.h"
#include "storage/mailbox/changes.h"
#include "storage/maildir/keywordfile.h"
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
	TAILQ_ENTRY(mailbox) link;	/* in store->dirty, if dirty */
	bool		 dirty;		/* the transaction will write the row */
	struct mailbox_row saved;	/* the row before the transaction */
	struct keywords	*saved_keywords; /* NULL: as they were */
	bool		 suspended;	/* between slices: pending is set */
	struct mailbox_row pending;	/* the row as the transaction left it */
	struct keywords	*pending_keywords; /* NULL: as they were */
	bool		 owed;	/* curchecked is still to be written */
};

/* The renaming of files after their flags changed. */
struct mailbox_names {
	struct idset	 behind;	/* UIDs whose names do not show flags */
	struct idset	 waiting;	/* UIDs with keywords without letter */
	uint64_t	 due_ms;	/* when to rename; 0: not due */
	bool		 job;		/* a job is running */
	bool		 tried;		/* tried when the mailbox was idle */
	bool		 unknown;	/* behind may lack UIDs: read names */
};

/* The writing of dovecot-uidlist and dovecot-keywords. */
struct mailbox_list_file {
	uint64_t	 due_ms;	/* when to write; 0: not due */
	uint32_t	 retry_ms;	/* after a failure; 0: it succeeded */
	struct op	*job;		/* the job that writes, or NULL */
	bool		 tried;		/* tried when the mailbox was idle */
	struct keywordfile_stamp stamp;	/* dovecot-keywords, as last read */
	bool		 letters_owed;	/* it lacks letters of the index */
	bool		 letters_gone;	/* no letter is left */
	int64_t		 lock;		/* mtime of a lock nobody released */
};

/* What is known of the folder, which other programs may change. */
struct mailbox_watch {
	struct watched	*watched;	/* NULL if not watched */
	/* Watched, and as the index says, or as a scan has begun to read it. */
	bool		 cur_clean;
	bool		 new_clean;
	bool		 distrusted;	/* cur/ is to be read in any case */
	bool		 odd_letters;	/* names have letters without keyword */
	bool		 scan_due;	/* something has or may have changed */
	bool		 scan_job;	/* the loop has started a scan */
	struct idset	 suspects;	/* UIDs whose files may have changed */
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
	unsigned int	 nviews;	/* of these, held by views */
	unsigned int	 pins;		/* held by walks and transactions */
	bool		 dropped;	/* free it once nobody holds it */
	bool		 stale;		/* not held, and of an older commit */
	uint64_t	 used_ms;	/* when a reference was last dropped */
	TAILQ_ENTRY(mailbox) folder_link; /* in store->folders, if open */
	TAILQ_ENTRY(mailbox) all_folders_link; /* in storage->folders */
	int		 dir_fd;	/* the folder; -1 if closed */
	int		 cur_fd;	/* its cur/; -1 if closed */
	struct syncfile	*cur_sync;	/* owns cur_fd; NULL if it is -1 */
	bool		 dead;		/* deleted; operations fail */
	bool		 lost;		/* dead, because the index was lost */

	struct mailbox_row row;
	struct mailbox_tx tx;

	struct keywords	*keywords;
	uint32_t	 keywords_version; /* raised when numbers change */
	uint64_t	 keywords_full;	/* at this modseq all were in use */

	struct gaps	 gaps;		/* read with the entries */

	bool		 loaded;	/* entries are complete */
	struct entry	*entries;	/* sorted by uid */
	size_t		 n;
	size_t		 size;
	size_t		 zombies;
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

#endif
