/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Looking at mailboxes: LIST, STATUS, SELECT, and NOOP's look at the disk. */

#ifndef STORAGE_OP_SELECT_H
#define STORAGE_OP_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "storage/types.h"

/*
 * All mailboxes of the user, among them subscribed names and implied parents.
 * Parents come before their children, and INBOX comes first.  Costs two stats
 * and a query if nothing has changed.
 */
struct op	*list_new(struct store *st);
/* The mailboxes, after RUN_DONE; lent until op_free(). */
const struct mailbox_info *list_result(const struct op *op, size_t *n);

/* The numbers of STATUS (RFC 3501, 6.3.10; RFC 7162; RFC 8438). */
struct mailbox_status {
	uint32_t	 messages;
	uint32_t	 recent;
	uint32_t	 unseen;
	uint32_t	 deleted;
	uint32_t	 uidnext;
	uint32_t	 uidvalidity;
	uint64_t	 highestmodseq;
	uint64_t	 size;		/* sum of RFC822.SIZE */
};

/*
 * STATUS.  Looks for deliveries first; apart from that, the cost does not
 * depend on the number of messages.
 */
struct op	*status_new(struct store *st, struct slice name);
/* The numbers of the mailbox, after RUN_DONE. */
const struct mailbox_status *status_result(const struct op *op);

/*
 * Select a mailbox.
 *
 * how        VIEW_* of view.h
 *
 * select_result() gives the view once after RUN_DONE; the caller closes it
 * with view_close().
 */
struct op	*select_new(struct store *st, struct slice name,
		    unsigned int how);
/* The view that select_new() opened, once, after RUN_DONE. */
struct view	*select_result(struct op *op);

/* Look for deliveries and other programs' changes (NOOP, CHECK). */
struct op	*select_refresh_new(struct view *v);

#endif
