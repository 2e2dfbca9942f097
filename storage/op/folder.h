/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* CREATE, DELETE, RENAME and SUBSCRIBE. */

#ifndef STORAGE_OP_FOLDER_H
#define STORAGE_OP_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "storage/types.h"

/*
 * Create a mailbox and the levels above it.  use is MAILBOX_USE_* of
 * CREATE-SPECIAL-USE (RFC 6154), or 0.
 */
struct op	*folder_create_new(struct store *st, struct slice name,
		    uint32_t use);
/*
 * Delete a mailbox, but not INBOX.  Mailboxes below it stay, and leave its
 * name as a \Noselect level.
 */
struct op	*folder_delete_new(struct store *st, struct slice name);
/*
 * Rename a mailbox and all below it.  INBOX stays, and its messages move (RFC
 * 3501, 6.3.5).
 */
struct op	*folder_rename_new(struct store *st, struct slice from,
		    struct slice to);
/* SUBSCRIBE, or UNSUBSCRIBE if subscribe is false. */
struct op	*folder_subscribe_new(struct store *st, struct slice name,
		    bool subscribe);

#endif
