/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The structure of a message as the index keeps it, made once when the
 * message is parsed: ENVELOPE and BODYSTRUCTURE as the text that clients get,
 * and a table of the parts for sections and searches.
 *
 * Format, version 2; numbers are varints:
 *
 *	version, flags (BLOB_*), size of the file, octets on the wire,
 *	number of parts, lengths of what follows: envelope, bodystructure,
 *	spans (imapform.h), table; then these four.
 *
 * A row of the table, in the order of the file, is: kind + 4 * encoding +
 * 32 * overflow, number of children, start behind the start of the row
 * before, length of the header, length of the body, [line ends without CR in
 * each of these three], lines of the body, and type, subtype and charset,
 * each a length and bytes.  The three in brackets are there if any such line
 * end is.
 *
 * Decoding trusts nothing: a blob that breaks its format is an error, and no
 * offset of one that does not leads out of the file's size.
 */
#ifndef STORAGE_MIMEBLOB_H
#define STORAGE_MIMEBLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/mime.h"
#include "storage/types.h"

#define MIMEBLOB_VERSION	2

/* The header block kept beside the blob; longer ones are not (no mail's). */
#define MIMEBLOB_HEADERS_MAX	(64 * 1024)

struct mimeblob {
	uint64_t	 size;		/* of the file, bytes */
	uint64_t	 wire;		/* RFC822.SIZE, octets */
	bool		 has_nul;
	bool		 has_bare_lf;	/* the file is not its wire form */
	size_t		 nparts;
	struct slice	 envelope;	/* with its parentheses */
	struct slice	 bodystructure;
	struct slice	 spans;
	struct slice	 table;
};

/*
 * The most that ENVELOPE and BODYSTRUCTURE may have each.  Headers of ten
 * megabytes can ask for a hundred; a message that does has no envelope, or
 * is one opaque part.
 */
#define MIMEBLOB_TEXT_MAX	(4 * 1024 * 1024)

/* Append the blob of a parsed message; -1 over the cap. */
int	 mimeblob_put(struct buf *out, const struct mime_message *m);

/*
 * Append the header block kept beside the blob (header_cache()), with CRLF.
 * Returns 1, 0 with nothing appended when it would be too long (then every
 * request for fields opens the file), or -1 over the cap.
 */
int	 mimeblob_headers(struct buf *out, const struct mime_message *m);

/*
 * Read a blob; slices are lent from it.  Costs a few dozen instructions; the
 * table is not looked at.  Returns 0, or -1: reparse the message.
 */
int	 mimeblob_open(struct mimeblob *mb, struct slice blob);

/* Append BODY; -1 over the cap or when the blob is broken. */
int	 mimeblob_body(struct buf *out, const struct mimeblob *mb);

/*
 * The tree of parts, in the arena: places, kinds, encodings, types, and of
 * the parameters only charset.  Returns NULL when the arena is full or the
 * table broken.
 */
struct mime_part *mimeblob_parts(const struct mimeblob *mb, struct arena *a);

/* What of a part BODY[...] names (RFC 3501, section 6.4.5). */
enum mime_section {
	MIME_SECTION_WHOLE,	/* nothing behind the number */
	MIME_SECTION_HEADER,	/* and HEADER.FIELDS, which selects from it */
	MIME_SECTION_TEXT,
	MIME_SECTION_MIME
};

/*
 * Find the part that a path of numbers names; an empty path is the message.
 * Returns NULL if there is none.
 */
const struct mime_part *mimeblob_part(const struct mime_part *root,
	    const uint32_t *path, size_t n);

/*
 * Find a section.  Returns 1 and where it is, or 0 if the message has none
 * such: the client gets NIL.
 */
int	 mimeblob_section(const struct mime_part *root,
	    const uint32_t *path, size_t n, enum mime_section what,
	    struct stretch *st);

#endif
