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
 * Start a job that expunges messages which must not stay, as those of a COPY
 * that failed.  It ends by itself.  A failure is logged, and another job tries
 * again a second later, and so on, as long as the process lives.
 */
struct op	*expunge_job_start(struct mailbox *mb,
		    const struct idset *uids);
/* Call ended(arg) when the job ends, or nothing any more if ended is NULL. */
void		 expunge_job_on_end(struct op *job, void (*ended)(void *arg),
		    void *arg);
/*
 * The UIDs that were expunged; the next view_sync() reports them.  Many
 * messages take several transactions, so that there may be some after RUN_FAIL,
 * too.  *modseq is that of the last transaction, 0 if there was none; modseq
 * may be NULL.
 */
const struct idset *expunge_result(const struct op *op, uint64_t *modseq);

#endif
