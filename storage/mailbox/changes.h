/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * A log of the changes in a mailbox, in memory: ranges of UIDs, each with the
 * view that changed them.  Positions in the log only grow.  A view keeps the
 * position that it has read up to, and what all views have read is dropped.
 */

#ifndef STORAGE_MAILBOX_CHANGES_H
#define STORAGE_MAILBOX_CHANGES_H

#include <stddef.h>
#include <stdint.h>

struct change {
	uint32_t	 lo;		/* first and last UID */
	uint32_t	 hi;
	uint32_t	 origin;	/* of the view, or 0 */
};

struct changes {
	struct change	*items;
	size_t		 n;
	size_t		 size;
	size_t		 open;		/* items from here on may still grow */
	uint64_t	 base;		/* position of items[0] */
};

/* Free the log. */
void		 changes_clear(struct changes *c);
/* Add a UID.  It extends the last range if it is next and of that origin. */
void		 changes_add(struct changes *c, uint32_t uid, uint32_t origin);
/* End a commit: later changes do not extend the ranges before. */
void		 changes_close(struct changes *c);
/* Return the position after the last item. */
uint64_t	 changes_end(const struct changes *c);
/* Return the item at a position, or NULL if there is none. */
const struct change *changes_at(const struct changes *c, uint64_t pos);
/* Drop the items before pos. */
void		 changes_trim(struct changes *c, uint64_t pos);

#endif
