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
#ifndef STORAGE_MIME_IMAPFORM_H
#define STORAGE_MIME_IMAPFORM_H

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/mime.h"

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
