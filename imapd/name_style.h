/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * How mailbox names are written on the wire.  Inside they are UTF-8 with '/'
 * between levels; the configuration chooses the separator that clients see,
 * and what the client has enabled decides the encoding.
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

/* What a connection begins with: '/', modified UTF-7. */
extern const struct name_style name_style_default;

/*
 * Append the name that the wire has, decoded.  A '/' in a name of another
 * separator becomes that separator, so that no name is lost.
 *
 * Returns 0, or -1 when it is not in the encoding of the style, or when
 * memory is short.
 */
int	 name_style_decode(const struct name_style *style, struct buf *out,
	    struct slice wire);

/* Append a name as the wire has it; the reverse.  -1: memory is short. */
int	 name_style_encode(const struct name_style *style, struct buf *out,
	    struct slice name);

#endif
