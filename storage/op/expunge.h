/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Expunging messages. */

#ifndef STORAGE_EXPUNGE_H
#define STORAGE_EXPUNGE_H

#include <stdint.h>

#include "common/base/idset.h"
#include "storage/types.h"

/* EXPUNGE: all that are \Deleted; with uids only those among them. */
struct op	*expunge_new(struct view *v, const struct idset *uids);
/* The same for these messages, \Deleted or not: QUIT of POP3. */
struct op	*remove_new(struct view *v, const struct idset *uids);
/* UIDs that were expunged; told by the next view_sync. */
const struct idset *expunge_result(const struct op *op, uint64_t *modseq);

#endif
