/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* UTF-8 (RFC 3629). */
#include "config.h"

#include <string.h>

#include "common/base/utf8.h"

#define HIGH_BITS	0x8080808080808080ULL

/* Return the number of ASCII bytes that s begins with. */
static size_t
ascii_run(struct slice s)
{
	size_t i = 0;

	for (; s.len - i >= 8; i += 8) {
		uint64_t w;

		memcpy(&w, s.p + i, 8);
		if ((w & HIGH_BITS) != 0)
			break;
	}
	while (i < s.len && (unsigned char)s.p[i] < 0x80)
		i++;
	return i;
}

bool
utf8_ascii(struct slice s)
{
	return s.len == 0 || ascii_run(s) == s.len;
}

/*
 * Return how many bytes follow a lead byte (RFC 3629, section 4), or 0 if c is
 * not one.  lo and hi are the range of the first of them, which excludes long
 * forms, surrogates and everything over U+10FFFF.
 */
static size_t
lead(unsigned char c, unsigned char *lo, unsigned char *hi)
{
	*lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	*hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	if (c >= 0xc2 && c <= 0xdf)
		return 1;
	if (c >= 0xe0 && c <= 0xef)
		return 2;
	if (c >= 0xf0 && c <= 0xf4)
		return 3;
	return 0;
}

/*
 * Decode a character, or the beginning of one.  Returns the number of bytes
 * that belong together; missing is how many more would complete them.
 */
static size_t
decode(struct slice s, uint32_t *cp, size_t *missing)
{
	const unsigned char *p = (const unsigned char *)s.p;
	unsigned char lo, hi;
	size_t n, i;
	uint32_t v;

	*missing = 0;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	*cp = UTF8_BAD;
	if ((n = lead(p[0], &lo, &hi)) == 0)
		return 1;
	v = p[0] & (0x3fU >> n);
	for (i = 1; i <= n && i < s.len; i++) {
		if (p[i] < lo || p[i] > hi)
			return i;
		v = v << 6 | (p[i] & 0x3f);
		lo = 0x80;
		hi = 0xbf;
	}
	if (i <= n)
		*missing = n + 1 - i;
	else
		*cp = v;
	return i;
}

size_t
utf8_decode(struct slice s, uint32_t *cp)
{
	size_t missing;

	return decode(s, cp, &missing);
}

bool
utf8_valid(struct slice s)
{
	uint32_t cp;

	while (s.len > 0) {
		s = slice_from(s, ascii_run(s));
		if (s.len == 0)
			break;
		s = slice_from(s, utf8_decode(s, &cp));
		if (cp == UTF8_BAD)
			return false;
	}
	return true;
}

size_t
utf8_partial(struct slice s)
{
	uint32_t cp;

	for (size_t n = 1; n < UTF8_MAX && n <= s.len; n++) {
		struct slice end = slice_from(s, s.len - n);
		size_t missing;

		if (((unsigned char)s.p[s.len - n] & 0xc0) == 0x80)
			continue;
		if (decode(end, &cp, &missing) == n && missing > 0)
			return n;
		break;
	}
	return 0;
}

size_t
utf8_encode(uint32_t cp, char dst[UTF8_MAX])
{
	if (cp < 0x80) {
		dst[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		dst[0] = (char)(0xc0 | cp >> 6);
		dst[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp >= 0xd800 && cp <= 0xdfff)
		return 0;
	if (cp < 0x10000) {
		dst[0] = (char)(0xe0 | cp >> 12);
		dst[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		dst[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	if (cp > 0x10ffff)
		return 0;
	dst[0] = (char)(0xf0 | cp >> 18);
	dst[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	dst[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	dst[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}
