/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Modified UTF-7, the mailbox names of IMAP4rev1 (RFC 3501, section 5.1.3).
 * Decoding is strict: each name has one encoding, so that two names on the
 * wire are never one mailbox.
 */
#ifndef COMMON_MUTF7_H
#define COMMON_MUTF7_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/*
 * Append the modified UTF-7 of UTF-8 text.  Returns 0, or -1 with out
 * unchanged when the text is not UTF-8, holds a NUL, or the cap would be
 * passed.
 */
int	 mutf7_encode(struct buf *out, struct slice utf8);

/*
 * Append the UTF-8 of modified UTF-7 text.  Refused: bytes outside printable
 * ASCII, printable ASCII in base64, two adjacent shifts, bits left over that
 * are not zero, half a surrogate pair, a NUL, a shift that is not ended.
 * Returns 0, or -1 with out unchanged.
 */
int	 mutf7_decode(struct buf *out, struct slice mutf7);

#endif
