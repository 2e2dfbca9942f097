/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * UTF-8 as RFC 3629 has it: shortest forms only, no surrogates, nothing over
 * U+10FFFF.
 */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

#define UTF8_MAX	4		/* bytes of the longest character */
#define UTF8_BAD	0xffffffffU	/* no character: invalid bytes */
#define UTF8_REPLACE	0xfffdU		/* what stands for them */

/* Whether all of s is UTF-8.  NUL is; a caller who minds looks for it. */
bool		 utf8_valid(struct slice s);

/* Whether all of s is ASCII. */
bool		 utf8_ascii(struct slice s);

/*
 * Decode the first character of s, which is not empty.  Returns how many
 * bytes it has, always one or more, so that a loop ends; cp is UTF8_BAD when
 * they are no character, and then they are the longest prefix of one, as
 * Unicode recommends for replacement (3.9, "maximal subparts").
 */
size_t		 utf8_decode(struct slice s, uint32_t *cp);

/*
 * Whether s ends within a character that more bytes could complete: returns
 * how many bytes of its end belong to that, 0 to 3.
 */
size_t		 utf8_partial(struct slice s);

/* Encode one character; returns its length, 0 when there is none such. */
size_t		 utf8_encode(uint32_t cp, char dst[UTF8_MAX]);

#endif
