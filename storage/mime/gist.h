/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * What most searches look at, of each message some two hundred bytes: its
 * Date, and the values of the few header fields that people search and sort
 * by, decoded and folded as textstream_value() does it.  Made once when the
 * message is parsed, so that SEARCH SUBJECT over a mailbox reads neither
 * headers nor structures and decodes nothing.
 *
 * Format, version 1; numbers are varints:
 *
 *	version, flags (GIST_*), [date: seconds since 1970 and minutes of its
 *	zone, both zigzag], then in the order of the header: number of the
 *	field's name, length and bytes of the value.
 *
 * A header that is too long leaves the fields out: then they are looked for
 * in the header itself.
 */
#ifndef STORAGE_GIST_H
#define STORAGE_GIST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"

#define GIST_VERSION	1

/* The most that the fields of one message have; lists of a few hundred
   recipients are within it. */
#define GIST_FIELDS_MAX	(16 * 1024)

/* No field of that name is kept. */
#define GIST_NONE	UINT64_MAX

struct gist {
	bool		 has_date;	/* the Date field could be read */
	bool		 has_fields;	/* all there are of the names kept */
	int64_t		 date;		/* seconds since 1970 */
	int		 zone_min;	/* minutes east of Greenwich */
	struct slice	 fields;
};

/*
 * Append the gist of a message.
 *
 * headers  the block that is kept of its header (mimeblob_headers()); empty:
 *          none was
 * date     value of its Date field, or p NULL
 *
 * Returns 0, or -1 over the cap.
 */
int	 gist_put(struct buf *out, struct slice headers, struct slice date);

/* Read a gist; slices are lent from it.  Returns 0, or -1 if it is none. */
int	 gist_open(struct gist *g, struct slice s);

/* Number of a field's name, ASCII case ignored, or GIST_NONE. */
uint64_t gist_name(struct slice name);

/*
 * Take the next field from the front of those of a gist.  Returns false at
 * the end.
 */
bool	 gist_next(struct slice *fields, uint64_t *name, struct slice *value);

#endif
