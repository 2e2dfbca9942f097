/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* New messages. */

#ifndef STORAGE_SAVE_H
#define STORAGE_SAVE_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/idset.h"
#include "common/base/slice.h"
#include "storage/types.h"

/*
 * APPEND.  save_new() looks whether the mailbox exists (op_run() once
 * before the first byte: RUN_DONE means go on, RUN_FAIL say no and swallow
 * the literal).  Then for each message save_begin, save_write as bytes come,
 * save_end; then save_commit() and op_run() to the end: all or nothing.
 */
struct op	*save_new(struct store *st, struct slice name);
/* internaldate: seconds since the epoch, or -1 for now. */
int		 save_begin(struct op *op, const struct flag_names *flags,
		    int64_t internaldate, uint64_t size);
/* Returns -1 on failure (op_error); go on swallowing then. */
int		 save_write(struct op *op, const char *p, size_t len);
/* All bytes of the message have come; -1 as save_write(). */
int		 save_end(struct op *op);
/* All messages have come: op_run() stores them. */
void		 save_commit(struct op *op);
struct save_result {
	uint32_t	 uidvalidity;
	struct idset	 uids;
};
/* What was stored, after RUN_DONE. */
const struct save_result *save_result(const struct op *op);

#endif
