/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Modified UTF-7 (RFC 3501, section 5.1.3): printable ASCII represents itself,
 * "&-" represents "&", and everything else is UTF-16 in a base64 without
 * padding and with "," instead of "/".
 */
#include "config.h"

#include <string.h>

#include "common/base/mutf7.h"
#include "common/base/utf8.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool
is_direct(uint32_t cp)
{
	return cp >= 0x20 && cp <= 0x7e;
}

/* Bits that are not encoded or decoded yet. */
struct bits {
	uint32_t	acc;
	unsigned int	n;
};

static int
put_unit(struct bits *b, uint32_t unit, struct buf *out)
{
	b->acc = b->acc << 16 | unit;
	for (b->n += 16; b->n >= 6; b->n -= 6)
		if (buf_add_char(out,
		    alphabet[b->acc >> (b->n - 6) & 63]) == -1)
			return -1;
	b->acc &= (1U << b->n) - 1;
	return 0;
}

static int
put_char(struct bits *b, uint32_t cp, struct buf *out)
{
	if (cp < 0x10000)
		return put_unit(b, cp, out);
	cp -= 0x10000;
	if (put_unit(b, 0xd800 | cp >> 10, out) == -1)
		return -1;
	return put_unit(b, 0xdc00 | (cp & 0x3ff), out);
}

static int
put_end(struct bits *b, struct buf *out)
{
	if (b->n > 0 &&
	    buf_add_char(out, alphabet[b->acc << (6 - b->n) & 63]) == -1)
		return -1;
	b->acc = b->n = 0;
	return buf_add_char(out, '-');
}

static int
encode(struct buf *out, struct slice s)
{
	struct bits b = { 0, 0 };
	bool shifted = false;
	uint32_t cp;

	while (s.len > 0) {
		s = slice_from(s, utf8_decode(s, &cp));
		if (cp == UTF8_BAD || cp == 0)
			return -1;
		if (is_direct(cp)) {
			if (shifted && put_end(&b, out) == -1)
				return -1;
			shifted = false;
			if (buf_add_char(out, (char)cp) == -1 ||
			    (cp == '&' && buf_add_char(out, '-') == -1))
				return -1;
			continue;
		}
		if (!shifted && buf_add_char(out, '&') == -1)
			return -1;
		shifted = true;
		if (put_char(&b, cp, out) == -1)
			return -1;
	}
	return shifted ? put_end(&b, out) : 0;
}

int
mutf7_encode(struct buf *out, struct slice utf8)
{
	size_t len = buf_len(out);

	if (encode(out, utf8) == 0)
		return 0;
	buf_truncate(out, len);
	return -1;
}

/* Append a character from base64.  Returns -1 if it did not belong there. */
static int
add_char(struct buf *out, uint32_t cp)
{
	char dst[UTF8_MAX];
	size_t n;

	if (is_direct(cp) || cp == 0 || (n = utf8_encode(cp, dst)) == 0)
		return -1;
	return buf_add(out, dst, n);
}

/*
 * Take one UTF-16 unit.  *high is a high surrogate that waits for the other
 * half of its pair, or 0.
 */
static int
take_unit(uint32_t unit, uint32_t *high, struct buf *out)
{
	uint32_t cp = unit;

	if (*high != 0) {
		if (unit < 0xdc00 || unit > 0xdfff)
			return -1;
		cp = 0x10000 + ((*high & 0x3ff) << 10 | (unit & 0x3ff));
		*high = 0;
	} else if (unit >= 0xd800 && unit <= 0xdbff) {
		*high = unit;
		return 0;
	}
	return add_char(out, cp);
}

/* Decode the base64 between "&" and "-". */
static int
decode_shifted(struct buf *out, struct slice s)
{
	struct bits b = { 0, 0 };
	uint32_t high = 0;

	for (size_t i = 0; i < s.len; i++) {
		const char *q = memchr(alphabet, s.p[i], 64);

		if (q == NULL)
			return -1;
		b.acc = b.acc << 6 | (uint32_t)(q - alphabet);
		b.n += 6;
		if (b.n < 16)
			continue;
		b.n -= 16;
		if (take_unit(b.acc >> b.n & 0xffff, &high, out) == -1)
			return -1;
		b.acc &= (1U << b.n) - 1;
	}
	/* Left over: half a pair, a base64 character too many, or bits set. */
	return high != 0 || b.n >= 6 || b.acc != 0 ? -1 : 0;
}

static int
decode(struct buf *out, struct slice s)
{
	bool after_shift = false;

	while (s.len > 0) {
		struct slice run;
		char c = s.p[0];

		s = slice_from(s, 1);
		if (!is_direct((unsigned char)c))
			return -1;
		if (c != '&') {
			if (buf_add_char(out, c) == -1)
				return -1;
			after_shift = false;
			continue;
		}
		if (!slice_cut(&s, '-', &run))
			return -1;
		if (run.len == 0) {
			if (buf_add_char(out, '&') == -1)
				return -1;
			after_shift = false;
			continue;
		}
		if (after_shift || decode_shifted(out, run) == -1)
			return -1;
		after_shift = true;
	}
	return 0;
}

int
mutf7_decode(struct buf *out, struct slice mutf7)
{
	size_t len = buf_len(out);

	if (decode(out, mutf7) == 0)
		return 0;
	buf_truncate(out, len);
	return -1;
}
