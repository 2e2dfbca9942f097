/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A growable byte buffer.  Bytes are added at its end and read from its front,
 * and it never holds more than its cap.  Every function that adds returns 0,
 * or -1 with the buffer unchanged if the cap would be exceeded or memory is
 * short.  Slices of the content are valid until the next call that adds.
 *
 * This is the hot path of every answer: adding a byte or a short string is
 * inline, a compare and a copy.
 */
#ifndef COMMON_BASE_BUF_H
#define COMMON_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/base/slice.h"

struct buf {
	char	*p;	/* memory, NULL before the first byte */
	size_t	 off;	/* first unread byte */
	size_t	 end;	/* one past the last byte */
	size_t	 size;	/* bytes allocated at p */
	size_t	 cap;	/* most unread bytes allowed */
};

/* The cap of buffers whose content is limited by something else. */
#define BUF_NOCAP	(SIZE_MAX / 4)

/* Start empty, without memory.  cap is the most bytes that it may hold. */
void	 buf_init(struct buf *b, size_t cap);

/*
 * Free the memory.  The buffer is empty, keeps its cap and can be used again.
 */
void	 buf_clear(struct buf *b);

/* As buf_clear(), but overwrite the memory first, for secrets. */
void	 buf_clear_secret(struct buf *b);

/* Empty the buffer.  Its memory is kept if it is at most keep bytes. */
void	 buf_reset(struct buf *b, size_t keep);

/* Make room at the end for n more bytes: the slow path of buf_reserve(). */
int	 buf_grow(struct buf *b, size_t n);

/* Return the number of unread bytes. */
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
 * Reserve room for at least n bytes at the end.  The caller writes to it and
 * then calls buf_commit().
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

/* Add n of the reserved bytes to the content. */
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

/* Append a C string.  The compiler computes the length of a literal. */
static inline int
buf_add_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

/* Append one byte. */
static inline int
buf_add_char(struct buf *b, char c)
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

/* Append as printf(3) does.  It is slow, so use it for rare things. */
int	 buf_add_fmt(struct buf *b, const char *fmt, ...)
	    __attribute__((__format__(printf, 2, 3)));

/*
 * Drop n bytes from the front, or all if there are fewer.  Takes constant
 * time; their memory is reused when the buffer runs empty or has to grow.
 */
static inline void
buf_consume(struct buf *b, size_t n)
{
	if (n >= b->end - b->off)
		b->off = b->end = 0;
	else
		b->off += n;
}

/* Remove what was added after the buffer held len bytes. */
static inline void
buf_truncate(struct buf *b, size_t len)
{
	if (len < b->end - b->off)
		b->end = b->off + len;
}

#endif
