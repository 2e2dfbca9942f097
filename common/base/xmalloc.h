/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Allocation of small things of fixed size: failure is logged and ends the
 * process.  Memory whose size a client chooses comes from an arena, a buf or
 * malloc(3) itself, and failure is answered.  free(3) frees what these
 * functions return.
 */
#ifndef COMMON_BASE_XMALLOC_H
#define COMMON_BASE_XMALLOC_H

#include <stddef.h>

#include "common/base/slice.h"

#define XMALLOC_NONNULL	__attribute__((returns_nonnull))

/*
 * malloc(3), but never NULL.  Size 0 is allowed and returns a pointer to free.
 */
void	*xmalloc(size_t size) XMALLOC_NONNULL;

/* calloc(3), but never NULL. */
void	*xcalloc(size_t n, size_t size) XMALLOC_NONNULL;

/* reallocarray(3), but never NULL.  An overflow of n * size is fatal. */
void	*xreallocarray(void *p, size_t n, size_t size) XMALLOC_NONNULL;

/*
 * Make room in an array for one more element, as in
 *
 *	v = xgrow(v, n, &size, sizeof(*v));
 *	v[n++] = ...;
 *
 * n        elements in use
 * size     elements that there is room for; 0 if p is NULL
 *
 * Returns the array, which may have moved.  A full array is doubled; never
 * NULL, and overflow is fatal.
 */
void	*xgrow(void *p, size_t n, size_t *size, size_t item) XMALLOC_NONNULL;

/* strdup(3), but never NULL. */
char	*xstrdup(const char *s) XMALLOC_NONNULL;

/*
 * Copy a slice to a C string, never NULL.  NULs in the slice are copied, too.
 */
char	*xstrdup_slice(struct slice s) XMALLOC_NONNULL;

/* strndup(3), but never NULL.  Stops at a NUL. */
char	*xstrndup(const char *s, size_t max) XMALLOC_NONNULL;

#endif
