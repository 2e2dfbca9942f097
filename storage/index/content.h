/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * The results of parsing messages, as rows of the tables content, structure
 * and header.  No other module writes these tables.
 */
#ifndef STORAGE_INDEX_CONTENT_H
#define STORAGE_INDEX_CONTENT_H

#include <stdint.h>

#include "common/base/slice.h"
#include "storage/index/sql.h"

struct content {
	uint64_t	 raw;		/* bytes of the file */
	uint64_t	 wire;		/* octets with CRLF */
	int64_t		 date;		/* internal date, seconds */
	int64_t		 mtime;		/* of the file, seconds */
	uint64_t	 digest;	/* of the file: see digest.h */
	uint32_t	 traits;	/* MESSAGE_* */
	struct slice	 gist;		/* see gist.h */
	struct slice	 blob;		/* see mimeblob.h */
	struct slice	 headers;	/* from mimeblob_headers() */
};

/*
 * Add the rows within a transaction.  Returns their id, which no content of
 * this index has had before.
 */
int64_t	 content_add(struct sql *db, const struct content *c);

/*
 * Reserve n ids within a transaction, for messages that are not parsed yet: the
 * numbers of content_add() and of this function are unique together, so that
 * each identifies a message and its copies (RFC 8474, EMAILID).  Returns the
 * first, or 0 if the index could not be read.
 */
int64_t	 content_reserve(struct sql *db, uint32_t n);

/*
 * One entry less uses this content; the rows are deleted with the last.  An id
 * of 0 is ignored.
 */
void	 content_drop(struct sql *db, int64_t id);

#endif
