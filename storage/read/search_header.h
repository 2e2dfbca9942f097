/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */

/*
 * The header of one message for SEARCH HEADER.  All fields that some key asks
 * for are decoded once, in time slices, however many keys there are.
 */

#ifndef STORAGE_READ_SEARCH_HEADER_H
#define STORAGE_READ_SEARCH_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/header.h"

/* A value that a key may ask for. */
struct search_value {
	size_t		 name;		/* index into names */
	size_t		 off;		/* in text */
	size_t		 len;
};

struct search_header {
	struct slice	*names;		/* that keys ask for, sorted */
	size_t		 nnames;
	size_t		 names_size;
	struct buf	 text;		/* values, decoded and folded */
	struct search_value *values;
	size_t		 nvalues;
	size_t		 values_size;
	struct header_iter it;		/* the fields that are still to come */
	bool		 begun;		/* it is set */
	bool		 loaded;	/* all fields are decoded */
};

/* Set up, with no names.  search_header_clear() frees everything. */
void	 search_header_init(struct search_header *h);
void	 search_header_clear(struct search_header *h);

/* First of all: a key asks for fields of this name, which must outlive h. */
void	 search_header_want(struct search_header *h, struct slice name);

/* Start on another message: forget the fields of the last one. */
void	 search_header_reset(struct search_header *h);

/*
 * Decode the fields of the message; block is its header and must stay until
 * they are.  Returns false once timer_ns() is past until_ns: call again.
 */
bool	 search_header_load(struct search_header *h, struct slice block,
	    uint64_t until_ns);

/*
 * Whether the header is loaded and so small that it may be asked for many keys
 * in one go.
 */
bool	 search_header_is_small(const struct search_header *h);

/*
 * Whether a field of this name, for which search_header_want() was called, has
 * the folded text in its value.
 */
bool	 search_header_has(const struct search_header *h, struct slice name,
	    struct slice text);

#endif
