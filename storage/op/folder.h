/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* CREATE, DELETE, RENAME, SUBSCRIBE. */

#ifndef STORAGE_FOLDER_H
#define STORAGE_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/slice.h"
#include "storage/types.h"

/* use: MAILBOX_USE_* of CREATE-SPECIAL-USE, or 0.  Makes parents. */
struct op	*create_new(struct store *st, struct slice name, uint32_t use);
/* INBOX cannot be; children stay, and leave a \Noselect level. */
struct op	*delete_new(struct store *st, struct slice name);
/* With children; INBOX's messages move and it stays (RFC 3501 6.3.5). */
struct op	*rename_new(struct store *st, struct slice from,
		    struct slice to);
/* SUBSCRIBE, or UNSUBSCRIBE if subscribed is false. */
struct op	*subscribe_new(struct store *st, struct slice name,
		    bool subscribe);

#endif
