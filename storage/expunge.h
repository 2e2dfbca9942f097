/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Taking messages out: rows, tombstones and the folder expunged/. */

#ifndef STORAGE_EXPUNGE_H
#define STORAGE_EXPUNGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/slice.h"
#include "storage/maildir.h"

struct mailbox;
struct store;

#define EXPUNGE_NAME_MAX 64

/* The name in expunged/. */
void	 expunge_file_name(uint32_t mailbox, uint32_t uid,
	    char name[EXPUNGE_NAME_MAX]);

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

/* Read it; false if there is no such entry. */
bool	 expunge_entry_get(const struct mailbox *mb, uint32_t uid,
	    struct expunge_entry *e);
/* UIDs in a row whose rows go with one statement; 0 in last: none. */
struct expunge_run {
	uint32_t	 first;
	uint32_t	 last;
};

/*
 * Within a transaction: entry and name become a tombstone.  They go with
 * others of the run, which is all zero at first and has to be ended.
 */
void	 expunge_entry(struct mailbox *mb, const struct expunge_entry *e,
	    uint64_t modseq, unsigned int how, struct expunge_run *run);
void	 expunge_run_end(struct mailbox *mb, struct expunge_run *run);
/*
 * All that for a message whose file is gone.  Returns 0, or -1 if there is
 * no such entry.
 */
int	 expunge_lost(struct mailbox *mb, uint32_t uid, uint64_t modseq);
/*
 * Unlink what has been expunged for so many seconds and drop the oldest
 * tombstones, a bounded number at a time.  Returns whether there is more to
 * do.
 */
bool	 expunge_purge(struct store *st, uint32_t keep);

#endif
