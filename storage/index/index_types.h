/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* What modules keep that know nothing else of an index. */

#ifndef STORAGE_INDEX_INDEX_TYPES_H
#define STORAGE_INDEX_INDEX_TYPES_H

#include <stdbool.h>
#include <stdint.h>

/* Which file an index is, and which of all indexes. */
struct index_identity {
	uint64_t	 dev;		/* 0: none */
	uint64_t	 ino;
	char		 id[40];	/* meta.id */
};

/* What somebody who waits for an index remembers; zero at first. */
struct index_wait {
	bool		 waiting;
	unsigned int	 tries;		/* store->open_tries when that began */
};

#endif
