/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * A header block, field by field (RFC 5322, section 2.2).  Lines end in LF or
 * CRLF; a field goes on over lines that begin with a space or a tab; the
 * block ends at the first empty line or where its bytes end.  A line without
 * a colon is kept as a field whose name is the line, which no request names.
 */
#ifndef STORAGE_HEADER_H
#define STORAGE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

struct header_field {
	struct slice	name;	/* without white space before the colon */
	struct slice	value;	/* raw, behind the colon, to before the last
				   line end; p is NULL without a colon */
	struct slice	raw;	/* all of it, with its last line end */
};

struct header_iter {
	const char	*p;
	const char	*end;
};

/* Start at the beginning of a block. */
void	 header_iter_init(struct header_iter *it, struct slice block);

/*
 * The next field.  Returns false at the end of the block; it->p is then
 * behind the empty line, if there was one.
 */
bool	 header_next(struct header_iter *it, struct header_field *f);

/* The first field of that name, ASCII case ignored; false if there is none. */
bool	 header_find(struct slice block, const char *name,
	    struct header_field *f);

/* value without white space in front: what most fields mean by it. */
struct slice header_value(const struct header_field *f);

/* Append a value without its line ends (RFC 5322, section 2.2.3). */
int	 header_unfold(struct buf *out, struct slice value);

/*
 * Append the fields of a block that are (or with except: are not) in a list,
 * in the order of the block, with CRLF line ends, and the empty line that
 * BODY[HEADER.FIELDS (...)] ends in (RFC 3501, section 6.4.5).
 *
 * block  raw or already with CRLF
 *
 * Returns 0, or -1 when out's cap would be passed.
 */
int	 header_select(struct buf *out, struct slice block,
	    const struct slice *names, size_t n, bool except);

/*
 * Append what is kept of a header beside the index: all fields but those
 * that no client asks for and that are long (header_is_cached), with CRLF
 * and the empty line.  Returns 0, or -1 over the cap.
 */
int	 header_cache(struct buf *out, struct slice block);

/*
 * Whether every field of a list can be answered from what header_cache()
 * kept, so that the file need not be opened.
 */
bool	 header_cached(const struct slice *names, size_t n);

#endif
