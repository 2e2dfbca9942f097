/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* File names follow flags: the lazy half of STORE. */

#ifndef STORAGE_OP_FLAGNAME_H
#define STORAGE_OP_FLAGNAME_H

#include "storage/types.h"

/* Start a job that renames the files whose names do not show their flags. */
void		 flagname_start_job(struct mailbox *mb);
/*
 * Rename those files outside of any operation.  Blocks until all names show
 * their flags, or one transaction fails or would have to wait.
 */
void		 flagname_flush(struct mailbox *mb);

#endif
