/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Memory for one command: allocated by advancing a pointer, and freed all at
 * once.  An arena has a limit on the memory that a client can make it use;
 * over the limit, every function returns NULL.  Memory is aligned for any
 * type.
 */
#ifndef COMMON_BASE_ARENA_H
#define COMMON_BASE_ARENA_H

#include <stddef.h>

#include "common/base/slice.h"

struct arena_block;

struct arena {
	struct arena_block	*blocks;	/* newest first */
	char			*next;		/* free part of the newest */
	size_t			 left;		/* bytes free at next */
	size_t			 used;		/* bytes of all blocks */
	size_t			 limit;		/* most bytes of all blocks */
};

/* Start empty; nothing is allocated yet. */
void		 arena_init(struct arena *a, size_t limit);

/* Change the limit.  Memory that is over it already stays until reset. */
void		 arena_set_limit(struct arena *a, size_t limit);

/*
 * Allocate size bytes, uninitialised and valid until reset.  Returns NULL over
 * the limit.
 */
void		*arena_alloc(struct arena *a, size_t size);

/*
 * Allocate a zeroed array of n members of the given size.  Returns NULL also
 * if n * size overflows.
 */
void		*arena_calloc(struct arena *a, size_t n, size_t size);

/* Allocate an array as arena_calloc() does, but uninitialised. */
void		*arena_array(struct arena *a, size_t n, size_t size);

/* Copy at most len bytes of s, up to its first NUL, and add a NUL. */
char		*arena_strndup(struct arena *a, const char *s, size_t len);

/*
 * Copy a slice and add a NUL.  NULs inside are copied: a caller who wants a C
 * string of client data looks for them first.
 */
char		*arena_slice(struct arena *a, struct slice s);

/*
 * Copy a slice as arena_slice() does; len does not count the added NUL.  p is
 * NULL on failure.
 */
struct slice	 arena_dup(struct arena *a, struct slice s);

/* Free everything but one small block, which is kept for the next command. */
void		 arena_reset(struct arena *a);

/* Free everything.  The arena can be used again. */
void		 arena_clear(struct arena *a);

#endif
