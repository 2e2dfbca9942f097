/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * LF to CRLF.  Lines are found with memchr(3) and copied whole.
 */
#include "config.h"

#include <string.h>

#include "common/base/crlf.h"

/* Whether the LF at raw[i] needs a CR before it. */
static inline bool
needs_cr(const struct crlf *st, struct slice raw, size_t i)
{
	return i > 0 ? raw.p[i - 1] != '\r' : !st->cr;
}

static inline void
remember(struct crlf *st, struct slice raw)
{
	if (raw.len > 0)
		st->cr = raw.p[raw.len - 1] == '\r';
}

uint64_t
crlf_count(struct crlf *st, struct slice raw)
{
	uint64_t n = raw.len;
	const char *p = raw.p, *end, *lf;

	if (raw.len == 0)
		return 0;
	end = raw.p + raw.len;
	for (; p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL;
	    p = lf + 1)
		n += needs_cr(st, raw, (size_t)(lf - raw.p));
	remember(st, raw);
	return n;
}

size_t
crlf_copy(struct crlf *st, struct slice *raw, char *dst, size_t size)
{
	char *start = dst, *end = dst + size;

	while (raw->len > 0 && dst < end) {
		struct slice part = *raw;
		size_t lf;

		if (part.p[0] == '\n') {
			if (!st->cr) {
				*dst++ = '\r';
				st->cr = true;
				if (dst == end)
					break;
			}
			*dst++ = '\n';
			st->cr = false;
			*raw = slice_from(*raw, 1);
			continue;
		}
		/* Copy up to the LF but without it, since it may need a CR. */
		part = slice_sub(part, 0, (size_t)(end - dst));
		if ((lf = slice_chr(part, '\n')) != SLICE_NONE)
			part.len = lf;
		memcpy(dst, part.p, part.len);
		dst += part.len;
		remember(st, part);
		*raw = slice_from(*raw, part.len);
	}
	return (size_t)(dst - start);
}

int
crlf_add(struct crlf *st, struct slice raw, struct buf *out)
{
	struct crlf probe = *st;
	uint64_t n = crlf_count(&probe, raw);
	char *dst;

	if (n == 0)
		return 0;
	if (n > BUF_NOCAP || buf_reserve(out, (size_t)n, &dst) == -1)
		return -1;
	buf_commit(out, crlf_copy(st, &raw, dst, (size_t)n));
	return 0;
}

void
crlf_skip(struct crlf *st, struct slice *raw, uint64_t *skip)
{
	while (raw->len > 0 && *skip > 0) {
		struct slice part = *raw;
		size_t lf;

		if (part.p[0] == '\n') {
			if (!st->cr) {
				st->cr = true;
				if (--*skip == 0)
					break;
			}
			st->cr = false;
			--*skip;
			*raw = slice_from(*raw, 1);
			continue;
		}
		if (part.len > *skip)
			part.len = (size_t)*skip;
		if ((lf = slice_chr(part, '\n')) != SLICE_NONE)
			part.len = lf;
		remember(st, part);
		*skip -= part.len;
		*raw = slice_from(*raw, part.len);
	}
}
