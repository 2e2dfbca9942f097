/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Tombstones: how an entry becomes a row of the table expunged, within a
 * transaction.
 */

#ifndef STORAGE_TOMBS_H
#define STORAGE_TOMBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/maildir/maildir.h"

struct mailbox;

/* What the index has of a message beside what parsing found. */
struct expunge_entry {
	uint32_t	 uid;
	uint32_t	 flags;		/* FLAG_* */
	int64_t		 content;	/* 0: never parsed */
	uint64_t	 raw;		/* bytes and octets of the content */
	uint64_t	 wire;
	char		 name[MAILDIR_NAME_MAX]; /* of the file, "" if none */
	size_t		 base_len;
};

/* How a tombstone is made. */
#define EXPUNGE_BASE	(1U << 0)	/* keeps the file from coming back */
#define EXPUNGE_MOVED	(1U << 1)	/* the file lives on elsewhere, too */

/* UIDs in a row whose rows go with one statement; 0 in last: none. */
struct expunge_run {
	uint32_t	 first;
	uint32_t	 last;
};

/* Read an entry; false if there is no such entry. */
bool	 expunge_entry_get(const struct mailbox *mb, uint32_t uid,
	    struct expunge_entry *e);
/*
 * Within a transaction: entry and name become a tombstone.  They go with
 * others of the run, which is all zero at first and has to be ended.
 */
void	 expunge_entry(struct mailbox *mb, const struct expunge_entry *e,
	    uint64_t modseq, unsigned int how, struct expunge_run *run);
/* Delete the rows of the run. */
void	 expunge_run_end(struct mailbox *mb, struct expunge_run *run);
/*
 * All that for a message whose file is gone.  Returns 0, or -1 if there is
 * no such entry.
 */
int	 expunge_lost(struct mailbox *mb, uint32_t uid, uint64_t modseq);

#endif
