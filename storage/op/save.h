/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Saving new messages. */

#ifndef STORAGE_OP_SAVE_H
#define STORAGE_OP_SAVE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/idset.h"
#include "common/base/slice.h"
#include "storage/types.h"

/*
 * APPEND takes these steps: save_new(); op_run(), which finds out whether the
 * mailbox exists: go on after RUN_DONE, but after RUN_FAIL answer NO and
 * swallow the literal; for each message save_begin(), save_write() as its
 * bytes arrive, and save_end(); save_commit(); op_run() to the end.  Either
 * all messages are stored or none.
 */
struct op	*save_new(struct store *st, struct slice name);
/*
 * Begin a message of size octets.  internaldate is in seconds since the epoch,
 * where negative ones are dates, too; NULL means now.  Returns 0, or -1 on
 * failure (op_error()).
 */
int		 save_begin(struct op *op, const struct flag_names *flags,
		    const int64_t *internaldate, uint64_t size);
/*
 * Add bytes to the message.  Returns 0, or -1 on failure (op_error()); then go
 * on swallowing.
 */
int		 save_write(struct op *op, const char *p, size_t len);
/* End the message, all of whose bytes have come.  Returns as save_write(). */
int		 save_end(struct op *op);
/* All messages have come: the next op_run() stores them. */
void		 save_commit(struct op *op);
struct save_result {
	uint32_t	 uidvalidity;
	struct idset	 uids;
};
/* What was stored, after RUN_DONE. */
const struct save_result *save_result(const struct op *op);

#endif
