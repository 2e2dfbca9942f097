/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Byte buffers: growth, and the slow ways of adding.
 *
 * The room of consumed bytes is regained by moving the rest to the front, and
 * only if the buffer has to grow anyway, so that reading costs no copies.  The
 * size doubles, so that adding is O(1) on average.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/buf.h"
#include "common/base/compat.h"
#include "common/base/num.h"

/* The first allocation; most lines and answers fit. */
#define BUF_MIN	512

void
buf_init(struct buf *b, size_t cap)
{
	b->p = NULL;
	b->off = b->end = b->size = 0;
	b->cap = cap < BUF_NOCAP ? cap : BUF_NOCAP;
}

void
buf_clear(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->off = b->end = b->size = 0;
}

void
buf_clear_secret(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->size);
	buf_clear(b);
}

void
buf_reset(struct buf *b, size_t keep)
{
	if (b->size > keep)
		buf_clear(b);
	b->off = b->end = 0;
}

int
buf_grow(struct buf *b, size_t n)
{
	size_t len = b->end - b->off, need, size;
	char *p;

	if (len > b->cap || n > b->cap - len)
		return -1;
	if (n <= b->size - b->end)
		return 0;
	if (b->off > 0) {
		memmove(b->p, b->p + b->off, len);
		b->off = 0;
		b->end = len;
	}
	/*
	 * Have room for half of the content as well.  Otherwise a long content
	 * that is consumed and added to byte by byte would be moved for each
	 * byte.
	 */
	need = len + n + len / 2;
	if (need <= b->size)
		return 0;
	size = b->size < BUF_MIN ? BUF_MIN : b->size;
	while (size < need)
		size *= 2;
	if ((p = realloc(b->p, size)) == NULL)
		return -1;
	b->p = p;
	b->size = size;
	return 0;
}

int
buf_add_u64(struct buf *b, uint64_t n)
{
	char tmp[NUM_PRINT_MAX];

	return buf_add(b, tmp, num_print(tmp, n));
}

int
buf_add_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char tmp[256], *room;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(tmp, sizeof(tmp), fmt, ap);
	va_end(ap);
	if (len < 0)
		return -1;
	if ((size_t)len < sizeof(tmp))
		return buf_add(b, tmp, (size_t)len);

	/* vsnprintf writes a NUL, for which the cap may leave no room. */
	if ((room = malloc((size_t)len + 1)) == NULL)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(room, (size_t)len + 1, fmt, ap);
	va_end(ap);
	len = buf_add(b, room, (size_t)len);
	free(room);
	return len;
}
