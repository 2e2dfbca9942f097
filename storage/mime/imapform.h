/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * ENVELOPE and BODYSTRUCTURE (RFC 3501, section 7.4.2) as text.  They are
 * printed once, when a message is parsed, and copied to clients from then on.
 * The form is that of IMAP4rev1, which IMAP4rev2 allows: 7-bit quoted strings,
 * literals for everything else, and values as the message has them, not
 * decoded.
 *
 * All functions append to out and return 0, or -1 if out would exceed its cap.
 */
#ifndef STORAGE_IMAPFORM_H
#define STORAGE_IMAPFORM_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/mime.h"

/*
 * A string, quoted if possible, else as a literal.  NUL, which no string may
 * contain (RFC 3501, section 9, CHAR8), becomes U+FFFD.
 */
int	 imapform_string(struct buf *out, struct slice s);

/* As imapform_string(), but NIL if s.p is NULL. */
int	 imapform_nstring(struct buf *out, struct slice s);

/* A field body, unfolded, as an nstring. */
int	 imapform_value(struct buf *out, struct slice s);

/*
 * Text for people (a subject, a name) as an nstring.  The text is unfolded,
 * and any white space becomes one space, because senders fold in different
 * ways.  White space at the beginning and the end is dropped.
 */
int	 imapform_text(struct buf *out, struct slice s);

/* An envelope with its parentheses; all members are NIL if env is NULL. */
int	 imapform_envelope(struct buf *out, const struct mime_envelope *env);

/*
 * The BODYSTRUCTURE of a part and of all parts in it.  BODY is the same
 * without the extension data.  The places of the extension data are appended
 * to spans (unless that is NULL) as pairs of varints: the distance of a span
 * from the end of the previous one (or from the start of the text), and its
 * length.
 */
int	 imapform_structure(struct buf *out, const struct mime_part *root,
	    struct buf *spans);

/* Append BODY: the text printed by imapform_structure(), without its spans. */
int	 imapform_body(struct buf *out, struct slice text,
	    struct slice spans);

#endif
