/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A growable byte buffer that is filled at its end and read from its front,
 * and never holds more than its cap.  Every function that adds returns 0, or
 * -1 with the buffer unchanged when the cap would be passed or memory is
 * short.  Slices lent by it are valid until the next call that adds.
 *
 * This is the hot path of every answer: adding a byte or a short string is
 * inline, a compare and a copy.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/slice.h"

struct buf {
	char	*p;	/* memory, NULL before the first byte */
	size_t	 off;	/* first unread byte */
	size_t	 end;	/* one past the last byte */
	size_t	 size;	/* bytes allocated at p */
	size_t	 cap;	/* most unread bytes ever held */
};

/* A cap for buffers whose content is bounded by something else. */
#define BUF_NOCAP	(SIZE_MAX / 4)

/* Start empty, without memory; cap is the most that it may hold. */
void	 buf_init(struct buf *b, size_t cap);

/* Free the memory; the buffer is empty, keeps its cap and may be used on. */
void	 buf_clear(struct buf *b);

/* buf_clear() that overwrites the memory first, for secrets. */
void	 buf_clear_secret(struct buf *b);

/* Empty it, keeping the memory only if it is not more than keep bytes. */
void	 buf_reset(struct buf *b, size_t keep);

/* Make room at the end for n more bytes; the slow path of buf_reserve(). */
int	 buf_grow(struct buf *b, size_t n);

/* Unread bytes. */
static inline size_t
buf_len(const struct buf *b)
{
	return b->end - b->off;
}

/* Lend the unread bytes. */
static inline struct slice
buf_slice(const struct buf *b)
{
	if (b->end == b->off)
		return (struct slice){ "", 0 };
	return (struct slice){ b->p + b->off, b->end - b->off };
}

/*
 * Lend room for n bytes or more at the end, to be written and then counted
 * by buf_commit().
 */
static inline int
buf_reserve(struct buf *b, size_t n, char **room)
{
	if ((n > b->size - b->end || n > b->cap - (b->end - b->off)) &&
	    buf_grow(b, n) == -1)
		return -1;
	*room = b->p + b->end;
	return 0;
}

/* Count n bytes, not more than were reserved, as content. */
static inline void
buf_commit(struct buf *b, size_t n)
{
	b->end += n;
}

/* Append len bytes. */
static inline int
buf_add(struct buf *b, const void *p, size_t len)
{
	char *room;

	if (len == 0)
		return 0;
	if (buf_reserve(b, len, &room) == -1)
		return -1;
	memcpy(room, p, len);
	b->end += len;
	return 0;
}

/* Append a slice. */
static inline int
buf_add_slice(struct buf *b, struct slice s)
{
	return buf_add(b, s.p, s.len);
}

/* Append a C string; the length of a literal is computed by the compiler. */
static inline int
buf_add_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

/* Append one byte. */
static inline int
buf_addc(struct buf *b, char c)
{
	char *room;

	if (buf_reserve(b, 1, &room) == -1)
		return -1;
	*room = c;
	b->end++;
	return 0;
}

/* Append a number in decimal, without printf. */
int	 buf_add_u64(struct buf *b, uint64_t n);

/* Append as printf(3); slow, for what is rare. */
int	 buf_addf(struct buf *b, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));

/*
 * Drop n bytes from the front, at most all.  Constant time; the memory they
 * used comes back when the buffer runs empty or has to grow.
 */
static inline void
buf_consume(struct buf *b, size_t n)
{
	if (n >= b->end - b->off)
		b->off = b->end = 0;
	else
		b->off += n;
}

/* Take back what was added after the buffer held len bytes. */
static inline void
buf_truncate(struct buf *b, size_t len)
{
	if (len < b->end - b->off)
		b->end = b->off + len;
}

#endif
