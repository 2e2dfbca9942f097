/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Base64: RFC 4648 for SASL, RFC 2045 for MIME. */
#include "config.h"

#include "common/base/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define NONE	0x80	/* a byte outside the alphabet */
#define X8	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE
#define X16	X8, X8

static const uint8_t values[256] = {
	X16, X16,
	X8, NONE, NONE, NONE, 62, NONE, NONE, NONE, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NONE, NONE, NONE, NONE,
	NONE, NONE,
	NONE, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NONE, NONE, NONE, NONE,
	NONE,
	NONE, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NONE, NONE, NONE, NONE,
	NONE,
	X16, X16, X16, X16, X16, X16, X16, X16,
};

static inline uint8_t
value(char c)
{
	return values[(unsigned char)c];
}

int
base64_encode(struct buf *out, struct slice s)
{
	char *dst;

	if (s.len == 0)
		return 0;
	if (s.len > BUF_NOCAP / 2 ||
	    buf_reserve(out, BASE64_LEN(s.len), &dst) == -1)
		return -1;
	buf_commit(out, BASE64_LEN(s.len));
	while (s.len > 0) {
		uint32_t v = (uint32_t)(unsigned char)s.p[0] << 16;

		if (s.len > 1)
			v |= (uint32_t)(unsigned char)s.p[1] << 8;
		if (s.len > 2)
			v |= (unsigned char)s.p[2];
		dst[0] = alphabet[v >> 18];
		dst[1] = alphabet[v >> 12 & 63];
		dst[2] = s.len > 1 ? alphabet[v >> 6 & 63] : '=';
		dst[3] = s.len > 2 ? alphabet[v & 63] : '=';
		dst += 4;
		s = slice_from(s, 3);
	}
	return 0;
}

int
base64_decode(struct buf *out, struct slice s)
{
	size_t pad = 0, n, len;
	uint32_t v;
	char *dst;

	if (s.len % 4 != 0)
		return -1;
	if (s.len == 0)
		return 0;
	if (s.p[s.len - 1] == '=')
		pad = s.p[s.len - 2] == '=' ? 2 : 1;
	len = s.len / 4 * 3 - pad;
	if (buf_reserve(out, len, &dst) == -1)
		return -1;
	for (; s.len > 0; s = slice_from(s, 4)) {
		n = s.len == 4 ? 4 - pad : 4;
		v = 0;
		for (size_t i = 0; i < n; i++) {
			if (value(s.p[i]) == NONE)
				return -1;
			v |= (uint32_t)value(s.p[i]) << (18 - 6 * i);
		}
		/* Bits that belong to no byte must be zero. */
		if ((v & (0xffffff >> 8 * (n - 1))) != 0)
			return -1;
		for (size_t i = 0; i < n - 1; i++)
			*dst++ = (char)(v >> (16 - 8 * i));
	}
	buf_commit(out, len);
	return 0;
}

void
base64_stream_init(struct base64_stream *st)
{
	st->acc = 0;
	st->n = 0;
}

/* Output the whole bytes of an unfinished quantum. */
static char *
stream_flush(struct base64_stream *st, char *dst)
{
	if (st->n == 2)
		*dst++ = (char)(st->acc >> 4);
	if (st->n == 3) {
		*dst++ = (char)(st->acc >> 10);
		*dst++ = (char)(st->acc >> 2);
	}
	base64_stream_init(st);
	return dst;
}

int
base64_stream_feed(struct base64_stream *st, struct slice in,
    struct buf *out)
{
	const char *p = in.p, *end = in.p + in.len;
	char *dst, *start;

	if (in.len == 0)
		return 0;
	if (buf_reserve(out, in.len / 4 * 3 + 3, &start) == -1)
		return -1;
	dst = start;
	while (p < end) {
		while (st->n == 0 && end - p >= 4) {
			uint8_t a = value(p[0]), b = value(p[1]);
			uint8_t c = value(p[2]), d = value(p[3]);

			if (((a | b | c | d) & NONE) != 0)
				break;
			*dst++ = (char)(a << 2 | b >> 4);
			*dst++ = (char)(b << 4 | c >> 2);
			*dst++ = (char)(c << 6 | d);
			p += 4;
		}
		if (p == end)
			break;
		if (value(*p) != NONE) {
			st->acc = st->acc << 6 | value(*p);
			if (++st->n == 4) {
				*dst++ = (char)(st->acc >> 16);
				*dst++ = (char)(st->acc >> 8);
				*dst++ = (char)st->acc;
				base64_stream_init(st);
			}
		} else if (*p == '=')
			dst = stream_flush(st, dst);
		p++;
	}
	buf_commit(out, (size_t)(dst - start));
	return 0;
}

int
base64_stream_finish(struct base64_stream *st, struct buf *out)
{
	char *dst;

	if (buf_reserve(out, 2, &dst) == -1)
		return -1;
	buf_commit(out, (size_t)(stream_flush(st, dst) - dst));
	return 0;
}
