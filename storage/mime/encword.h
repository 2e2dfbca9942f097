/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * Encoded words of header fields (RFC 2047): "=?charset?q?text?=" to UTF-8.
 *
 * Malformed mail is accepted: words inside quoted strings or without white
 * space around them are decoded too, and so is a character that was split
 * between two words of the same charset.  White space between two encoded
 * words is dropped (section 6.2).  Raw 8-bit bytes are read as UTF-8.
 */
#ifndef STORAGE_MIME_ENCWORD_H
#define STORAGE_MIME_ENCWORD_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/charset.h"

/*
 * Append a field body, decoded and unfolded; each fold becomes one space.
 * Words in more than CHARSET_SET_MAX charsets are guessed: set has those of the
 * fields before, whose bodies must still be there, or is zeroed.  Returns 0, or
 * -1 if out would exceed its cap.
 */
int	 encword_decode(struct buf *out, struct slice value,
	    struct charset_set *set);

#endif
