/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Getting a mailbox into memory. */

#ifndef STORAGE_MAILBOX_MAILBOX_LOOKUP_H
#define STORAGE_MAILBOX_MAILBOX_LOOKUP_H

#include <stdint.h>

#include "storage/types.h"

/*
 * Get the mailbox with this id, and take a reference.  Returns NULL and sets
 * err (STORE_ERR_NONEXISTENT, or what the index reported).
 */
struct mailbox	*mailbox_lookup(struct store *st, uint32_t id,
		    struct store_error *err);

#endif
