/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Modified UTF-7, the form of mailbox names in IMAP4rev1 (RFC 3501, section
 * 5.1.3).  Decoding is strict: each name has one encoding, so that two names
 * on the wire are never the same mailbox.
 */
#ifndef COMMON_BASE_MUTF7_H
#define COMMON_BASE_MUTF7_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

/*
 * Append UTF-8 text as modified UTF-7.  Returns 0, or -1 with out unchanged if
 * the text is not UTF-8 or has a NUL, or if out would exceed its cap.
 */
int	 mutf7_encode(struct buf *out, struct slice utf8);

/*
 * Append modified UTF-7 text as UTF-8.  Refuses bytes outside printable ASCII,
 * printable ASCII in base64, two adjacent shifts, leftover bits that are not
 * zero, half a surrogate pair, a NUL, and a shift that does not end.  Returns
 * 0, or -1 with out unchanged.
 */
int	 mutf7_decode(struct buf *out, struct slice mutf7);

#endif
