/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/* Types for modules that know nothing else of an index. */

#ifndef STORAGE_INDEX_INDEX_TYPES_H
#define STORAGE_INDEX_INDEX_TYPES_H

#include <stdbool.h>
#include <stdint.h>

/* Tells an index from others: by its file, and by the id in it. */
struct index_identity {
	uint64_t	 dev;		/* 0: none */
	uint64_t	 ino;
	char		 id[40];	/* meta.id */
};

/* The state of a wait for an index; zero at first. */
struct index_wait {
	bool		 waiting;
	unsigned int	 tries;		/* store->open_tries when that began */
};

#endif
