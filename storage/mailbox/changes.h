/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The log of what changed in a mailbox, in memory: ranges of UIDs, each
 * with the view that did it.  Positions only grow; a view keeps the one it
 * has read up to, and what all have read is dropped.
 */

#ifndef STORAGE_CHANGES_H
#define STORAGE_CHANGES_H

#include <stddef.h>
#include <stdint.h>

struct change {
	uint32_t	 lo;		/* UIDs, both included */
	uint32_t	 hi;
	uint32_t	 origin;	/* struct view's, or 0 */
};

struct changes {
	struct change	*items;
	size_t		 n;
	size_t		 size;
	size_t		 open;		/* items from here may still grow */
	uint64_t	 base;		/* position of items[0] */
};

/* Free the log. */
void		 changes_clear(struct changes *c);
/* Add a UID, which joins the last range if it follows it. */
void		 changes_add(struct changes *c, uint32_t uid, uint32_t origin);
/* The commit is complete: what was added is not joined any more. */
void		 changes_close(struct changes *c);
/* The position behind the last. */
uint64_t	 changes_end(const struct changes *c);
/* The item at a position, or NULL behind the last. */
const struct change *changes_at(const struct changes *c, uint64_t pos);
/* Drop what lies before pos. */
void		 changes_trim(struct changes *c, uint64_t pos);

#endif
