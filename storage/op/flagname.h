/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* File names follow flags: the lazy half of STORE. */

#ifndef STORAGE_FLAGNAME_H
#define STORAGE_FLAGNAME_H

#include "storage/types.h"

/* Rename what is behind, from the loop. */
void		 flagname_start_job(struct mailbox *mb);
/* Free of any operation: block until it is done or cannot be. */
void		 flagname_flush(struct mailbox *mb);

#endif
