/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What a user's mail takes, for quotas. */

#ifndef STORAGE_READ_USAGE_H
#define STORAGE_READ_USAGE_H

#include <stdint.h>

#include "storage/types.h"

struct usage {
	uint64_t	 mailboxes;
	uint64_t	 messages;
	uint64_t	 size;	/* bytes of their files, without expunged/ */
};

/*
 * Read what the index has counted, in one row, however much mail there is.
 * Mail that no scan has taken in yet is not counted.
 */
struct op	*usage_new(struct store *st);
/* The result, after RUN_DONE. */
const struct usage *usage_result(const struct op *op);

#endif
