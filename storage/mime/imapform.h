/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * What IMAP says of a message's structure: ENVELOPE and BODYSTRUCTURE (RFC
 * 3501, section 7.4.2) as text, printed once when a message is parsed and
 * copied to clients from then on.  The form is IMAP4rev1's, which IMAP4rev2
 * allows: 7-bit quoted strings, literals for all else, values as the message
 * has them and not decoded.
 *
 * All functions append and return 0, or -1 when the cap would be passed.
 */
#ifndef STORAGE_IMAPFORM_H
#define STORAGE_IMAPFORM_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/mime.h"

/*
 * A string, quoted if it can be.  A NUL, which no string may have (RFC 3501,
 * section 9, CHAR8), becomes U+FFFD.
 */
int	 imapform_string(struct buf *out, struct slice s);

/* The same, NIL for p == NULL. */
int	 imapform_nstring(struct buf *out, struct slice s);

/* A field body as an nstring: unfolded. */
int	 imapform_value(struct buf *out, struct slice s);

/*
 * Text that people read (a subject, a name) as an nstring: unfolded, and any
 * white space is one space, as folding leaves it in different forms.
 */
int	 imapform_text(struct buf *out, struct slice s);

/* An envelope with its parentheses; NULL is one of NILs. */
int	 imapform_envelope(struct buf *out, const struct mime_envelope *env);

/*
 * The BODYSTRUCTURE of a part and of all in it.  BODY is the same without
 * the extension data, so where those are is appended to spans (NULL: not
 * wanted): pairs of varints, how far behind the end of the one before (or
 * the start of the text) one begins, and its length.
 */
int	 imapform_structure(struct buf *out, const struct mime_part *root,
	    struct buf *spans);

/* Append BODY: text printed by imapform_structure() without its spans. */
int	 imapform_body(struct buf *out, struct slice text,
	    struct slice spans);

#endif
