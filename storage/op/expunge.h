/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Expunging messages. */

#ifndef STORAGE_OP_EXPUNGE_H
#define STORAGE_OP_EXPUNGE_H

#include <stdint.h>

#include "common/base/idset.h"
#include "storage/types.h"

/* EXPUNGE: messages with \Deleted; only those in uids, unless uids is NULL. */
struct op	*expunge_new(struct view *v, const struct idset *uids);
/* Expunge all messages in uids, with or without \Deleted: POP3's QUIT. */
struct op	*expunge_all_new(struct view *v, const struct idset *uids);
/*
 * The UIDs that were expunged, after RUN_DONE; the next view_sync() reports
 * them.  *modseq is that of the expunge, 0 if there was none; modseq may be
 * NULL.
 */
const struct idset *expunge_result(const struct op *op, uint64_t *modseq);

#endif
