/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Writing penfold/control; storage/index/control.h has its format. */

#ifndef STORAGE_OP_CONTROL_WRITE_H
#define STORAGE_OP_CONTROL_WRITE_H

#include <stdint.h>

#include "storage/types.h"

/* When the file is due to be written, or UINT64_MAX. */
uint64_t	 control_write_due(const struct store *st);
/* Start a job that writes the file. */
void		 control_write_start(struct store *st);
/*
 * Write the file now if it is out of date.  Blocks.  If that fails, the file
 * stays out of date.
 */
void		 control_write_flush(struct store *st);

#endif
