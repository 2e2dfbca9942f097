/* SPDX-License-Identifier: ISC */
/* SPDX-FileCopyrightText: 2026 The Penfold maintainers */
/*
 * What parsing a message has found, as rows of the index: the tables content,
 * structure and header, which only this module writes.
 */
#ifndef STORAGE_CONTENT_H
#define STORAGE_CONTENT_H

#include <stdint.h>

#include "common/base/slice.h"
#include "storage/index/sql.h"

struct content {
	uint64_t	 raw;		/* bytes of the file */
	uint64_t	 wire;		/* octets with CRLF */
	int64_t		 date;		/* internal date, seconds */
	uint32_t	 traits;	/* MESSAGE_* */
	struct slice	 gist;		/* gist.h */
	struct slice	 blob;		/* mimeblob.h */
	struct slice	 headers;	/* mimeblob_headers() */
};

/* Add rows within a transaction; returns their id, never used before. */
int64_t	 content_add(struct sql *db, const struct content *c);

/* One entry uses it less; the rows go with the last one.  0 is none. */
void	 content_drop(struct sql *db, int64_t id);

#endif
