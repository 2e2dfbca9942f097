/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/* Slices: comparison and search of lent bytes. */
#include "config.h"

#include <string.h>

#include "common/base/compat.h"
#include "common/base/slice.h"

static inline unsigned char
lower(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? u + ('a' - 'A') : u;
}

bool
slice_caseeq(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (a.p[i] != b.p[i] && lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool
slice_caseeq_str(struct slice a, const char *s)
{
	return slice_caseeq(a, slice_str(s));
}

int
slice_cmp(struct slice a, struct slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int r;

	if (len > 0 && (r = memcmp(a.p, b.p, len)) != 0)
		return r;
	return (a.len > b.len) - (a.len < b.len);
}

int
slice_casecmp(struct slice a, struct slice b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int r;

	for (size_t i = 0; i < len; i++)
		if ((r = lower(a.p[i]) - lower(b.p[i])) != 0)
			return r;
	return (a.len > b.len) - (a.len < b.len);
}

bool
slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len &&
	    slice_eq(slice_sub(s, 0, prefix.len), prefix);
}

bool
slice_starts_case(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len &&
	    slice_caseeq(slice_sub(s, 0, prefix.len), prefix);
}

bool
slice_ends(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len &&
	    slice_eq(slice_from(s, s.len - suffix.len), suffix);
}

size_t
slice_find(struct slice s, struct slice needle)
{
	const char *q;

	if (needle.len == 0)
		return 0;
	if (s.len < needle.len)
		return SLICE_NONE;
	if ((q = memmem(s.p, s.len, needle.p, needle.len)) == NULL)
		return SLICE_NONE;
	return (size_t)(q - s.p);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice
slice_trim(struct slice s)
{
	while (s.len > 0 && is_space(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool
slice_cut(struct slice *s, char c, struct slice *head)
{
	size_t i = slice_chr(*s, c);

	if (i == SLICE_NONE) {
		*head = *s;
		*s = slice_from(*s, s->len);
		return false;
	}
	*head = slice_sub(*s, 0, i);
	*s = slice_from(*s, i + 1);
	return true;
}
