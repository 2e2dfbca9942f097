/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* The file of the message that a reader stands on, for search. */

#ifndef STORAGE_READER_H
#define STORAGE_READER_H

#include "storage/store.h"

/* The descriptor, opened on first use and the reader's; -1 on failure. */
int	 reader_fd(struct reader *r);

#endif
