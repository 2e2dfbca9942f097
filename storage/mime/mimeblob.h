/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The structure of a message as the index stores it.  It is made once, when
 * the message is parsed.  It holds ENVELOPE and BODYSTRUCTURE as the text that
 * clients get, and a table of the parts for sections and searches.
 *
 * Format, version 2; numbers are varints:
 *
 *	version, flags (BLOB_*), size of the file, octets on the wire,
 *	number of parts, lengths of envelope, bodystructure, spans
 *	(imapform.h) and table; then the bytes of these four.
 *
 * The table has a row for each part, in the order of the file:
 *
 *	kind + 4 * encoding + 32 * overflow, number of children,
 *	distance from the start of the previous row's part, length of
 *	the header, length of the body, [line ends without CR in each
 *	of these three], lines of the body, and type, subtype and
 *	charset, each as its length and its bytes.
 *
 * The three in brackets are present only if the file has such line ends.
 *
 * Decoding trusts nothing: a malformed blob is an error, and a well-formed one
 * has no offset beyond the size of the file.
 */
#ifndef STORAGE_MIME_MIMEBLOB_H
#define STORAGE_MIME_MIMEBLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/slice.h"
#include "storage/mime/mime.h"
#include "storage/types.h"

#define MIMEBLOB_VERSION	2

/* The longest header block stored beside the blob.  Real mail stays below. */
#define MIMEBLOB_HEADERS_MAX	(64 * 1024)

struct mimeblob {
	uint64_t	 size;		/* of the file, in bytes */
	uint64_t	 wire;		/* RFC822.SIZE, in octets */
	bool		 has_nul;
	bool		 has_bare_lf;	/* some line ends lack CR */
	size_t		 nparts;
	struct slice	 envelope;	/* with its parentheses */
	struct slice	 bodystructure;
	struct slice	 spans;
	struct slice	 table;
};

/*
 * The longest ENVELOPE and the longest BODYSTRUCTURE.  Headers of 10 MB could
 * make 100 MB of them.  A message over the limit has an envelope of NILs, or
 * is a single opaque part.
 */
#define MIMEBLOB_TEXT_MAX	(4 * 1024 * 1024)

/*
 * Append the blob of a parsed message.  Returns 0, or -1 if out would exceed
 * its cap.
 */
int	 mimeblob_put(struct buf *out, const struct mime_message *m);

/*
 * Append the header block that is stored beside the blob, made by
 * header_cache().  Returns 1, or 0 with nothing appended if the header is too
 * long (every request for fields then opens the file), or -1 if out would
 * exceed its cap.
 */
int	 mimeblob_headers(struct buf *out, const struct mime_message *m);

/*
 * Read a blob; the slices point into it.  Costs a few dozen instructions,
 * since the table is not read.  Returns 0, or -1 if the blob is malformed and
 * the message has to be parsed again.
 */
int	 mimeblob_parse(struct mimeblob *mb, struct slice blob);

/*
 * Append BODY.  Returns 0, or -1 if out would exceed its cap or the blob is
 * malformed.
 */
int	 mimeblob_body(struct buf *out, const struct mimeblob *mb);

/*
 * Build the tree of parts in the arena: positions, kinds, encodings, types,
 * and of the parameters only charset.  Returns NULL if the arena is full or
 * the table is malformed.
 */
struct mime_part *mimeblob_parts(const struct mimeblob *mb, struct arena *a);

/* What BODY[...] selects of a part (RFC 3501, section 6.4.5). */
enum mime_section {
	MIME_SECTION_WHOLE,	/* nothing follows the number */
	MIME_SECTION_HEADER,	/* also for HEADER.FIELDS */
	MIME_SECTION_TEXT,
	MIME_SECTION_MIME
};

/*
 * Find a section.  Returns 1 and sets st, or returns 0 if the message has no
 * such section; the client then gets NIL.
 */
int	 mimeblob_section(const struct mime_part *root,
	    const uint32_t *path, size_t n, enum mime_section what,
	    struct stretch *st);

#endif
