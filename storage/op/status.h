/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The numbers of a mailbox, for STATUS. */

#ifndef STORAGE_OP_STATUS_H
#define STORAGE_OP_STATUS_H

#include <stdint.h>

#include "common/base/slice.h"
#include "storage/types.h"

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

#endif
