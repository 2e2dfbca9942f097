/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Bump allocation.  Blocks grow with demand.  The oldest and smallest block is
 * kept over a reset, so that a session that sends small commands calls
 * malloc(3) once in its life.
 */
#include "config.h"

#include <stdalign.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/compat.h"
#include "common/base/num.h"

#define ARENA_BLOCK_MIN	1024		/* kept over a reset */
#define ARENA_BLOCK_MAX	(64 * 1024)	/* larger only for one object */
#define ARENA_ALIGN	alignof(max_align_t)

struct arena_block {
	struct arena_block		*older;
	size_t				 size;	/* bytes in data */
	alignas(max_align_t) char	 data[];
};

void
arena_init(struct arena *a, size_t limit)
{
	a->blocks = NULL;
	a->next = NULL;
	a->left = a->used = 0;
	a->limit = limit;
}

void
arena_set_limit(struct arena *a, size_t limit)
{
	a->limit = limit;
}

static int
arena_grow(struct arena *a, size_t size)
{
	struct arena_block *b;
	size_t want, most, total;

	most = a->used < a->limit ? a->limit - a->used : 0;
	if (size > most)
		return -1;
	want = a->blocks == NULL ? ARENA_BLOCK_MIN : a->blocks->size * 2;
	if (want > ARENA_BLOCK_MAX)
		want = ARENA_BLOCK_MAX;
	if (want < size)
		want = size;
	if (want > most)
		want = most;
	if (num_add_size(sizeof(*b), want, &total) == -1 ||
	    (b = malloc(total)) == NULL)
		return -1;
	b->older = a->blocks;
	b->size = want;
	a->blocks = b;
	a->used += want;
	a->next = b->data;
	a->left = want;
	return 0;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	size_t pad;
	void *p;

	if (size == 0)
		size = 1;
	pad = a->next == NULL ? 0 : -(uintptr_t)a->next & (ARENA_ALIGN - 1);
	if (pad > a->left || size > a->left - pad) {
		if (arena_grow(a, size) == -1)
			return NULL;
		pad = 0;
	}
	p = a->next + pad;
	a->next += pad + size;
	a->left -= pad + size;
	return p;
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	size_t total;

	if (num_mul_size(n, size, &total) == -1)
		return NULL;
	return arena_alloc(a, total);
}

void *
arena_calloc(struct arena *a, size_t n, size_t size)
{
	void *p = arena_array(a, n, size);

	if (p != NULL)
		memset(p, 0, n * size);
	return p;
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	return arena_slice(a, slice_make(s, strnlen(s, len)));
}

char *
arena_slice(struct arena *a, struct slice s)
{
	size_t size;
	char *p;

	if (num_add_size(s.len, 1, &size) == -1 ||
	    (p = arena_alloc(a, size)) == NULL)
		return NULL;
	if (s.len > 0)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return p;
}

struct slice
arena_dup(struct arena *a, struct slice s)
{
	char *p = arena_slice(a, s);

	return slice_make(p, p == NULL ? 0 : s.len);
}

/* Free all blocks but the oldest, and that too if it is large. */
void
arena_reset(struct arena *a)
{
	struct arena_block *b;

	while ((b = a->blocks) != NULL &&
	    (b->older != NULL || b->size > ARENA_BLOCK_MIN)) {
		a->blocks = b->older;
		free(b);
	}
	a->next = b == NULL ? NULL : b->data;
	a->left = a->used = b == NULL ? 0 : b->size;
}

void
arena_clear(struct arena *a)
{
	struct arena_block *b;

	while ((b = a->blocks) != NULL) {
		a->blocks = b->older;
		free(b);
	}
	arena_init(a, a->limit);
}
