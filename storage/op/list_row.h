/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * Rows of mailboxes, as their folders come, go and return.  All this is within
 * a transaction.  A row whose folder is missing moves to the table vanished,
 * and back if the folder returns, so that its id, UIDs, keywords and special
 * use are not lost by a moment's absence; see schema.c.
 */

#ifndef STORAGE_OP_LIST_ROW_H
#define STORAGE_OP_LIST_ROW_H

#include <stdint.h>

#include "common/base/slice.h"
#include "storage/types.h"

struct look;

/*
 * Add a row for a folder that was looked at, with the UIDVALIDITY of its
 * dovecot-uidlist, or a new one.  Returns the id, or 0 with the error of op
 * set.
 */
uint32_t	 list_row_add(struct op *op, struct slice name,
		    const struct look *k, uint32_t use);
/* The folder of a mailbox is missing. */
void		 list_row_vanish(struct store *st, uint32_t id);
/*
 * Find the vanished mailbox that a folder belongs to, and give it its row
 * again.  A folder that was renamed has the inode and the UIDVALIDITY of the
 * mailbox; if it has no dovecot-uidlist, its cur/ is as it was.  A folder that
 * was made anew, from a backup, has the old name and no other UIDVALIDITY.
 *
 * Returns 0 with *id, which is 0 if there is none, or -1 with the error of op
 * set.
 */
int		 list_row_return(struct op *op, struct slice name,
		    const struct look *k, uint32_t *id);
/* Get the id of the mailbox with this name, or 0.  Returns as above. */
int		 list_row_named(struct op *op, struct slice name,
		    uint32_t *id);
/*
 * Get the id of a mailbox that vanished before this time, in seconds, or 0.
 * Returns as above.
 */
int		 list_row_vanished(struct op *op, int64_t before,
		    uint32_t *id);

#endif
