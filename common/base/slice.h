/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A slice is a pointer and a length: bytes that it does not own, without a NUL
 * at their end.  Data from clients is passed around as slices and read in
 * place.  An empty slice may have p == NULL.
 */
#ifndef COMMON_BASE_SLICE_H
#define COMMON_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char	*p;
	size_t		 len;	/* bytes */
};

/* A slice of a string literal, whose length is known at compile time. */
#define SLICE_LIT(s)	((struct slice){ "" s, sizeof(s) - 1 })
/* SLICE_LIT() as an initialiser of static data. */
#define SLICE_INIT(s)	{ "" s, sizeof(s) - 1 }
/* No bytes; where that differs from an empty text: there is none. */
#define SLICE_EMPTY	((struct slice){ NULL, 0 })
/* Arguments for "%.*s" in printf(3). */
#define SLICE_ARG(s)	((int)(s).len), ((s).len == 0 ? "" : (s).p)

/* Return a slice of len bytes at p. */
static inline struct slice
slice_make(const char *p, size_t len)
{
	return (struct slice){ p, len };
}

/* Return a slice of a C string without its NUL.  NULL gives an empty slice. */
static inline struct slice
slice_str(const char *s)
{
	return (struct slice){ s, s == NULL ? 0 : strlen(s) };
}

/* Whether two slices have the same bytes. */
static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Whether a slice has the same bytes as a C string. */
static inline bool
slice_eq_str(struct slice a, const char *s)
{
	return slice_eq(a, slice_str(s));
}

/* Whether two slices are equal but for the case of ASCII letters. */
bool		 slice_caseeq(struct slice a, struct slice b);

/* As slice_caseeq(), with a C string. */
bool		 slice_caseeq_str(struct slice a, const char *s);

/*
 * Compare two slices by unsigned bytes, with a prefix before what it begins.
 * Returns <0, 0 or >0 as memcmp(3) does.  slice_casecmp() ignores ASCII case.
 */
int		 slice_cmp(struct slice a, struct slice b);
int		 slice_casecmp(struct slice a, struct slice b);

/* Whether s begins or ends with the given bytes.  _case ignores ASCII case. */
bool		 slice_starts(struct slice s, struct slice prefix);
bool		 slice_starts_case(struct slice s, struct slice prefix);
bool		 slice_ends(struct slice s, struct slice suffix);

/*
 * Return at most len bytes of s from off on.  Both are clamped, so that the
 * result is always within s.
 */
static inline struct slice
slice_sub(struct slice s, size_t off, size_t len)
{
	if (off >= s.len)
		return (struct slice){ s.p == NULL ? NULL : s.p + s.len, 0 };
	if (len > s.len - off)
		len = s.len - off;
	return (struct slice){ s.p + off, len };
}

/* Return s without its first off bytes, clamped. */
static inline struct slice
slice_from(struct slice s, size_t off)
{
	return slice_sub(s, off, s.len);
}

/* Returned by slice_chr() and slice_find() if nothing was found. */
#define SLICE_NONE	((size_t)-1)

/* Return the offset of the first byte c, or SLICE_NONE. */
static inline size_t
slice_chr(struct slice s, char c)
{
	const char *q;

	if (s.p == NULL || (q = memchr(s.p, c, s.len)) == NULL)
		return SLICE_NONE;
	return (size_t)(q - s.p);
}

/*
 * Return the offset of the first needle, or SLICE_NONE.  An empty needle is at
 * 0.
 */
size_t		 slice_find(struct slice s, struct slice needle);

/* Return s without spaces, tabs, CR and LF at both ends. */
struct slice	 slice_trim(struct slice s);

/*
 * Cut s at the first byte c: head gets what is before it, s what is after it.
 * Returns true, or false if c is not in s: then head is all of s, and s is
 * empty.  So `while (s.len > 0) { slice_cut(&s, ',', &head); ... }` visits
 * every field, except an empty one at the end.
 */
bool		 slice_cut(struct slice *s, char c, struct slice *head);

#endif
