/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A slice lends bytes: a pointer and a length, not NUL-terminated, owning
 * nothing.  What a client sends is passed about as slices and read in place.
 * An empty slice may have p == NULL.
 */
#ifndef COMMON_SLICE_H
#define COMMON_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>


struct slice {
	const char	*p;
	size_t		 len;	/* bytes */
};

/* A slice of a string literal, its length known at compile time. */
#define SLICE_LIT(s)	((struct slice){ "" s, sizeof(s) - 1 })
/* The same as an initialiser of static data. */
#define SLICE_INIT(s)	{ "" s, sizeof(s) - 1 }
/* Arguments for printf's "%.*s". */
#define SLICE_ARG(s)	((int)(s).len), ((s).len == 0 ? "" : (s).p)

/* Lend len bytes at p. */
static inline struct slice
slice_make(const char *p, size_t len)
{
	return (struct slice){ p, len };
}

/* Lend a C string without its NUL; NULL gives an empty slice. */
static inline struct slice
slice_str(const char *s)
{
	return (struct slice){ s, s == NULL ? 0 : strlen(s) };
}

/* Same bytes. */
static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Same bytes as the C string. */
static inline bool
slice_eq_str(struct slice a, const char *s)
{
	return slice_eq(a, slice_str(s));
}

/* Same bytes but for the case of ASCII letters, whatever the locale. */
bool		 slice_caseeq(struct slice a, struct slice b);

/* slice_caseeq() with a C string. */
bool		 slice_caseeq_str(struct slice a, const char *s);

/*
 * Order two slices: bytes as unsigned, a prefix before what it begins.
 * Returns <0, 0 or >0 as memcmp(3); the second ignores ASCII case.
 */
int		 slice_cmp(struct slice a, struct slice b);
int		 slice_casecmp(struct slice a, struct slice b);

/* Whether s begins or ends with the given bytes; _case: ASCII case ignored. */
bool		 slice_starts(struct slice s, struct slice prefix);
bool		 slice_starts_case(struct slice s, struct slice prefix);
bool		 slice_ends(struct slice s, struct slice suffix);

/*
 * At most len bytes of s from off.  Both are clamped, so that the result
 * always lies within s.
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

/* s without its first off bytes, clamped. */
static inline struct slice
slice_from(struct slice s, size_t off)
{
	return slice_sub(s, off, s.len);
}

/* What slice_chr() and slice_find() return when nothing was found. */
#define SLICE_NONE	((size_t)-1)

/* Offset of the first byte c, or SLICE_NONE. */
static inline size_t
slice_chr(struct slice s, char c)
{
	const char *q;

	if (s.p == NULL || (q = memchr(s.p, c, s.len)) == NULL)
		return SLICE_NONE;
	return (size_t)(q - s.p);
}

/* Offset of the first occurrence of needle, or SLICE_NONE; empty is at 0. */
size_t		 slice_find(struct slice s, struct slice needle);

/* s without spaces, tabs, CR and LF at both ends. */
struct slice	 slice_trim(struct slice s);

/*
 * Cut s at the first byte c: head gets what is before it, s what is after.
 * Returns true, or false when c is not in s: then head is all of s and s is
 * empty.  So `while (s.len > 0) { slice_cut(&s, ',', &head); ... }` visits
 * every field.
 */
bool		 slice_cut(struct slice *s, char c, struct slice *head);

#endif
