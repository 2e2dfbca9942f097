/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * How mailbox names are written on the wire.  Internally, names are UTF-8 with
 * '/' between levels.  The separator that clients see is configured; the
 * encoding depends on what the client has enabled.
 */

#ifndef IMAPD_NAME_STYLE_H
#define IMAPD_NAME_STYLE_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

struct name_style {
	char		 separator;	/* between levels: '/' or '.' */
	bool		 utf8;	/* UTF-8 (RFC 9051, 5.1), not modified UTF-7 */
};

/* The style without a session: '/' and modified UTF-7. */
extern const struct name_style name_style_default;

/*
 * Decode a name from the wire and append it to out.  If the separator is '.',
 * a '/' in the wire name becomes '.', so that different names stay different.
 *
 * Returns 0, or -1 if the name is not in the encoding of the style, or if
 * memory is short.
 */
int	 name_style_decode(const struct name_style *style, struct buf *out,
	    struct slice wire);

/*
 * Encode a name for the wire and append it to out, the reverse of
 * name_style_decode().  Returns 0, or -1 if memory is short.
 */
int	 name_style_encode(const struct name_style *style, struct buf *out,
	    struct slice name);

#endif
