/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * i;unicode-casemap (RFC 5051, section 2): titlecase, then the full
 * compatibility decomposition, character by character.
 */
#include "config.h"

#include <string.h>

#include <utf8proc.h>

#include "common/base/casefold.h"

size_t
casefold_char(uint32_t cp, uint32_t dst[CASEFOLD_MAX])
{
	utf8proc_int32_t out[CASEFOLD_MAX];
	utf8proc_ssize_t n;
	int boundary = 0;

	if (cp == 0 || cp > 0x10ffff) {
		dst[0] = UTF8_REPLACE;
		return 1;
	}
	cp = (uint32_t)utf8proc_totitle((utf8proc_int32_t)cp);
	dst[0] = cp;
	if (cp < 0x80)
		return 1;
	n = utf8proc_decompose_char((utf8proc_int32_t)cp, out, CASEFOLD_MAX,
	    UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &boundary);
	if (n < 1 || n > CASEFOLD_MAX)
		return 1;
	for (utf8proc_ssize_t i = 0; i < n; i++)
		dst[i] = (uint32_t)out[i];
	return (size_t)n;
}

/*
 * Copy the ASCII bytes at the start of s, but no NUL, in upper case.  Returns
 * the number of bytes.
 */
static size_t
fold_ascii(struct slice s, char *dst)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == 0 || c >= 0x80)
			break;
		dst[i] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
	}
	return i;
}

static int
fold_char(struct buf *out, uint32_t cp)
{
	uint32_t to[CASEFOLD_MAX];
	char *dst, *start;
	size_t n = casefold_char(cp, to);

	if (buf_reserve(out, n * UTF8_MAX, &start) == -1)
		return -1;
	dst = start;
	for (size_t i = 0; i < n; i++)
		dst += utf8_encode(to[i], dst);
	buf_commit(out, (size_t)(dst - start));
	return 0;
}

int
casefold_add(struct buf *out, struct slice s)
{
	size_t len = buf_len(out), n;
	uint32_t cp;
	char *room;

	while (s.len > 0) {
		if (buf_reserve(out, s.len, &room) == -1)
			goto full;
		n = fold_ascii(s, room);
		buf_commit(out, n);
		s = slice_from(s, n);
		while (s.len > 0 && (s.p[0] == '\0' ||
		    (unsigned char)s.p[0] >= 0x80)) {
			s = slice_from(s, utf8_decode(s, &cp));
			if (fold_char(out, cp) == -1)
				goto full;
		}
	}
	return 0;
full:
	buf_truncate(out, len);
	return -1;
}

void
casefold_stream_init(struct casefold_stream *st)
{
	st->n = 0;
}

int
casefold_stream_feed(struct casefold_stream *st, struct slice in,
    struct buf *out)
{
	struct casefold_stream saved = *st;
	size_t len = buf_len(out), cut;

	/* Complete the character that was cut, byte by byte. */
	while (st->n > 0 && in.len > 0) {
		struct slice held;
		uint32_t cp;
		size_t used;

		st->held[st->n++] = in.p[0];
		in = slice_from(in, 1);
		held = slice_make(st->held, st->n);
		if (utf8_partial(held) == st->n)
			continue;
		used = utf8_decode(held, &cp);
		if (fold_char(out, cp) == -1)
			goto full;
		/* The last byte may begin another character, or be one. */
		held = slice_from(held, used);
		cut = utf8_partial(held);
		st->n = 0;
		if (casefold_add(out, slice_sub(held, 0,
		    held.len - cut)) == -1)
			goto full;
		memmove(st->held, held.p + held.len - cut, cut);
		st->n = cut;
	}
	if (in.len == 0)
		return 0;
	cut = utf8_partial(in);
	if (casefold_add(out, slice_sub(in, 0, in.len - cut)) == -1)
		goto full;
	memcpy(st->held, in.p + in.len - cut, cut);
	st->n = cut;
	return 0;
full:
	*st = saved;
	buf_truncate(out, len);
	return -1;
}

int
casefold_stream_finish(struct casefold_stream *st, struct buf *out)
{
	struct slice held = slice_make(st->held, st->n);

	if (casefold_add(out, held) == -1)
		return -1;
	st->n = 0;
	return 0;
}
