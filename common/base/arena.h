/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Memory of one command: allocated by moving a pointer, freed all at once.
 * An arena has a limit, so that what a client sends cannot use more than
 * that; over it every function returns NULL.  Memory is aligned for any type.
 */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stddef.h>

#include "common/base/slice.h"

struct arena_block;

struct arena {
	struct arena_block	*blocks;	/* newest first */
	char			*next;		/* free part of the newest */
	size_t			 left;		/* bytes at next */
	size_t			 used;		/* bytes of all blocks */
	size_t			 limit;		/* most of them */
};

/* Start empty; nothing is allocated yet. */
void		 arena_init(struct arena *a, size_t limit);

/* Another limit; what is over it already stays until reset. */
void		 arena_set_limit(struct arena *a, size_t limit);

/* size bytes, uninitialised, valid until reset; NULL over the limit. */
void		*arena_alloc(struct arena *a, size_t size);

/* An array of n members of the given size, zeroed; checks n * size. */
void		*arena_calloc(struct arena *a, size_t n, size_t size);

/* An array of n members of the given size, uninitialised. */
void		*arena_array(struct arena *a, size_t n, size_t size);

/* A NUL-terminated copy of at most len bytes of s, up to its first NUL. */
char		*arena_strndup(struct arena *a, const char *s, size_t len);

/*
 * A NUL-terminated copy of a slice.  NULs inside are copied, so that a
 * caller who wants a C string of client data looks for them first.
 */
char		*arena_slice(struct arena *a, struct slice s);

/* The same copy as a slice, the NUL behind its len; p is NULL on failure. */
struct slice	 arena_dup(struct arena *a, struct slice s);

/* Free everything but one small block, which serves the next command. */
void		 arena_reset(struct arena *a);

/* Free everything; the arena may be used on. */
void		 arena_clear(struct arena *a);

#endif
