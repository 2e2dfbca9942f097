/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Tombstones: turns an entry into a row of the table expunged, within a
 * transaction.
 */

#ifndef STORAGE_MAILBOX_TOMB_H
#define STORAGE_MAILBOX_TOMB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/maildir/maildir.h"

struct mailbox;

/* What the index has of a message, besides what was parsed. */
struct tomb_entry {
	uint32_t	 uid;
	uint32_t	 flags;		/* FLAG_* */
	int64_t		 content;	/* 0 if never parsed */
	uint64_t	 raw;		/* bytes of the file */
	uint64_t	 wire;
	uint64_t	 size;		/* as counted in the row */
	int64_t		 object;	/* 0: see schema.sql */
	char		 name[MAILDIR_NAME_MAX]; /* of the file; "" if none */
	size_t		 base_len;
};

/* The kinds of tombstones. */
#define TOMB_BASE	(1U << 0)	/* keeps the file from coming back */
#define TOMB_MOVED	(1U << 1)	/* another mailbox has the file */
#define TOMB_BARE	(1U << 2)	/* and the content; nothing is kept */

/*
 * Consecutive UIDs whose rows are deleted by one statement.  If last is 0,
 * there are none.
 */
struct tomb_run {
	uint32_t	 first;
	uint32_t	 last;
};

/* Read an entry.  Returns false if there is none with this UID. */
bool	 tomb_entry_read(const struct mailbox *mb, uint32_t uid,
	    struct tomb_entry *e);
/*
 * Turn an entry and its name into a tombstone, within a transaction.  Their
 * rows are deleted together with others of the run, which must be zero at
 * first and must be ended by tomb_run_end().
 */
void	 tomb_add(struct mailbox *mb, const struct tomb_entry *e,
	    uint64_t modseq, unsigned int how, struct tomb_run *run);
/* Delete the rows of the run, which is empty after that. */
void	 tomb_run_end(struct mailbox *mb, struct tomb_run *run);
/*
 * Make the tombstone of a message whose file is gone, and delete its rows.
 * Returns 0, or -1 if there is no such entry.
 */
int	 tomb_lost(struct mailbox *mb, uint32_t uid, uint64_t modseq);

#endif
