/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A header block, field by field (RFC 5322, section 2.2).  Lines end in LF or
 * CRLF.  A line that begins with a space or a tab continues the field before
 * it.  The block ends at the first empty line, or where its bytes end.  A line
 * without a colon is kept as a field whose name is the whole line; no request
 * can name it.
 */
#ifndef STORAGE_MIME_HEADER_H
#define STORAGE_MIME_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

struct header_field {
	struct slice	name;	/* without white space before the colon */
	struct slice	value;	/* raw, after the colon, without the last
				   line end; p is NULL without a colon */
	struct slice	raw;	/* the whole field, with its line ends */
};

struct header_iter {
	const char	*p;
	const char	*end;
};

/* Start at the beginning of a block. */
void	 header_iter_init(struct header_iter *it, struct slice block);

/*
 * Get the next field.  Returns false at the end of the block; it->p is then
 * after the empty line, if there is one.
 */
bool	 header_next(struct header_iter *it, struct header_field *f);

/* Return the value without leading white space, as most fields mean it. */
struct slice header_value(const struct header_field *f);

/*
 * Append a value without its line ends (RFC 5322, section 2.2.3).  Returns 0,
 * or -1 if out would exceed its cap.
 */
int	 header_unfold(struct buf *out, struct slice value);

/*
 * Append the fields of a block that are in a list (or with except: that are
 * not), in the order of the block, with CRLF line ends, and then the empty
 * line that ends BODY[HEADER.FIELDS (...)] (RFC 3501, section 6.4.5).
 *
 * block  raw, or with CRLF already
 *
 * Returns 0, or -1 if out would exceed its cap or memory is short.
 */
int	 header_select(struct buf *out, struct slice block,
	    const struct slice *names, size_t n, bool except);

/*
 * Append the header that the index stores: all fields but those that are long
 * and that no client asks for, with CRLF line ends and the empty line.
 * Returns 0, or -1 if out would exceed its cap.
 */
int	 header_cache(struct buf *out, struct slice block);

/*
 * Whether header_cache() kept all fields of these names, so that requests for
 * them do not open the file.
 */
bool	 header_cached(const struct slice *names, size_t n);

#endif
