/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Copying and moving messages. */

#ifndef STORAGE_OP_COPY_H
#define STORAGE_OP_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/idset.h"
#include "common/base/slice.h"
#include "storage/types.h"

/* Copy or move messages, with flags, keywords and internal date. */
struct op	*copy_new(struct view *v, const struct idset *uids,
		    struct slice to, bool move);
struct copy_result {
	uint32_t	 uidvalidity;	/* of the destination */
	struct idset	 from;		/* UIDs in the source, ascending */
	struct idset	 to;	/* new UIDs in the same order (RFC 4315) */
	bool		 expunged;	/* some messages were gone already */
};
/*
 * What was copied, after RUN_DONE.  Many messages take several transactions, so
 * that after RUN_FAIL of a MOVE, these messages have been moved nevertheless.
 */
const struct copy_result *copy_result(const struct op *op);

#endif
