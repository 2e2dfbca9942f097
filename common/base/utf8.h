/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * UTF-8 as defined by RFC 3629: shortest forms only, no surrogates, nothing
 * over U+10FFFF.
 */
#ifndef COMMON_BASE_UTF8_H
#define COMMON_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

#define UTF8_MAX	4		/* bytes of the longest character */
#define UTF8_BAD	0xffffffffU	/* for bytes that are not a character */
#define UTF8_REPLACE	0xfffdU		/* replaces such bytes */

/*
 * Whether all of s is UTF-8.  NUL counts as valid; callers who mind look for
 * it.
 */
bool		 utf8_valid(struct slice s);

/* Whether all of s is ASCII. */
bool		 utf8_ascii(struct slice s);

/*
 * Decode the first character of s, which may not be empty.  Returns its number
 * of bytes, always one or more, so that a loop ends.  If the bytes are not a
 * character, cp is UTF8_BAD, and they are the longest prefix of one, as
 * Unicode recommends for replacement (3.9, "maximal subparts").
 */
size_t		 utf8_decode(struct slice s, uint32_t *cp);

/*
 * Return how many bytes at the end of s, 0 to 3, begin a character that more
 * bytes could complete.
 */
size_t		 utf8_partial(struct slice s);

/*
 * Encode one character.  Returns its length, or 0 if there is no such
 * character.
 */
size_t		 utf8_encode(uint32_t cp, char dst[UTF8_MAX]);

#endif
