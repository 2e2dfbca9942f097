/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Getting a mailbox into memory. */

#ifndef STORAGE_MAILBOX_MAILBOX_LOOKUP_H
#define STORAGE_MAILBOX_MAILBOX_LOOKUP_H

#include <stdint.h>

#include "storage/index/sql_rc.h"
#include "storage/types.h"

/*
 * Get the mailbox with this id, and take a reference.  The index must be open.
 * Returns SQL_DONE, with *out NULL if there is no such mailbox; or what failed,
 * SQL_BUSY if no lock for reading can be had at the moment.
 */
enum sql_rc	 mailbox_lookup(struct store *st, uint32_t id,
		    struct mailbox **out);

#endif
