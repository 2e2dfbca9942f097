/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The gist of a message is what most searches look at, some two hundred bytes:
 * the Date, and the values of the few header fields that people search and
 * sort by, decoded and folded by textstream_value().  It is made once, when
 * the message is parsed, so that SEARCH SUBJECT over a mailbox reads neither
 * headers nor structures and decodes nothing.
 *
 * Format, version 1; numbers are varints:
 *
 *	version, flags (GIST_*), [date: seconds since 1970 and minutes of its
 *	zone, both zigzag], then in the order of the header: number of the
 *	field's name, length and bytes of the value.
 *
 * The fields are left out if they are too long, or in more than CHARSET_SET_MAX
 * charsets; a search then looks at the header itself.
 */
#ifndef STORAGE_MIME_GIST_H
#define STORAGE_MIME_GIST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

#define GIST_VERSION	1

/*
 * The most that the fields of one message may take.  Lists of a few hundred
 * recipients fit.
 */
#define GIST_FIELDS_MAX	(16 * 1024)

/* gist_name() of a field that is not stored. */
#define GIST_NONE	UINT64_MAX

struct gist {
	bool		 has_date;	/* the Date field could be read */
	bool		 has_fields;	/* fields is complete, not left out */
	int64_t		 date;		/* seconds since 1970 */
	int		 zone_min;	/* minutes east of Greenwich */
	struct slice	 fields;
};

/*
 * Append the gist of a message.
 *
 * headers  the header block stored for it (mimeblob_headers()); empty if
 *          none is stored
 * date     value of its Date field; p is NULL if there is none
 *
 * Returns 0, or -1 if out would exceed its cap.
 */
int	 gist_put(struct buf *out, struct slice headers, struct slice date);

/*
 * Read a gist; the slices point into it.  Returns 0, or -1 if s is not a gist
 * of this version.
 */
int	 gist_open(struct gist *g, struct slice s);

/* Return the number of a field's name, ignoring ASCII case, or GIST_NONE. */
uint64_t gist_name(struct slice name);

/* Take the first of the fields of a gist.  Returns false at the end. */
bool	 gist_next(struct slice *fields, uint64_t *name, struct slice *value);

#endif
